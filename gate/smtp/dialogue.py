"""The dialogue of one client session: what client and backend say goes in, what is to be done comes out.

Pure: no socket, no clock. It is the one place that knows in which order things happen (RFC 5321 3 and 4.1.4, RFC 2920):

- Replies keep the order of the commands: each command has a slot in `_pending`; an answer of the gate's own waits there
  until the backend has answered what came before it.
- Commands go to the backend as they come, pipelined only where the backend announced PIPELINING, but for **barriers**:
  nothing that follows one goes on before its reply was read. Barriers are EHLO, HELO, RSET, DATA, QUIT, a MAIL inside a
  transaction, and every RCPT: a decoy has to be one, and were the others none, a pipelined burst would tell by its time
  which of its recipients were denied (docs/decisions/2026-11-24-the-twin-by-time.md).
- A refused recipient never reaches the backend: its decoy does. A decoy that is accepted ends the session with 421
  before anything else is sent, so that no decoy ever receives mail. The way back goes over every later reply.
- A RCPT outside a transaction is always asked with its decoy: it cannot be judged, and gets the backend's 503 anyway.
- What the gate refuses in its own words (another's domain; a catch-all; a listed domain) waits until all is answered.
  From the eleventh of a session on each waits a second more, after the twentieth comes 421, as with Postfix.
- A client greets again after STARTTLS. A backend that answers 503 to a second EHLO has heard the first: the client is
  told what the backend said then.
- A backend that wants TLS of the gate (530, RFC 3207 4) is down to the client, who could do nothing about it.
- A message gets 250 only when the backend has said so after the final dot. A message that may not pass, or whose
  backend is lost, is read to its end and then answered; after that the session has no backend and only QUIT is left.
"""

from collections.abc import Callable, Sequence

from gate.backend.barred import wants_tls
from gate.backend.decoy import SLIDING, Decoy
from gate.backend.reply import Reply
from gate.smtp import announce, wording
from gate.smtp.actions import AbortBackend, Answered, DecoyAccepted, GateBarred, Outcome
from gate.smtp.commands import Command, Verb, parse
from gate.smtp.data import DataStream
from gate.smtp.envelope import Mail, Slot
from gate.smtp.exchange import Terms
from gate.smtp.phases import MESSAGE, TRANSITIONS, DialogueError, Phase, Signal
from gate.smtp.requests import Requests

_DEAF = frozenset({Phase.DRAIN, Phase.ORPHAN, Phase.CLOSED})
"""To the backend: it is gone, or its word counts no more."""
_UNHEARD = frozenset({Phase.TLS, Phase.CLOSED})
_FIRST = frozenset({Verb.EHLO, Verb.HELO, Verb.MAIL, Verb.RCPT})
"""What a backend turns away that wants TLS first."""
_LAST_WORDS = frozenset({421, 530})
_COMMANDS, _HELD = Phase.COMMANDS, Phase.HELD
"""For what each command passes: a name of the module is found in a quarter of the time that `Phase.HELD` is."""

__all__ = ["TRANSITIONS", "Dialogue", "DialogueError", "Phase", "Signal", "Terms"]


class Dialogue(Requests):
    """One client session. Every event tells what it leads to.

    Attributes:
        phase: see the module's text.
        client_name: how the client called itself in its last accepted EHLO or HELO.
    """

    # ---- what the session may ask

    @property
    def in_transaction(self) -> bool:
        """Whether closing now would lose something: between MAIL and the reply to the message, or replies awaited."""
        if self.phase in {Phase.COMMANDS, Phase.ORPHAN}:
            return self._envelope.mail is not Mail.NONE or bool(self._pending)
        return self.phase not in {Phase.GREETING, Phase.TLS, Phase.CLOSED}

    @property
    def awaits_client(self) -> bool:
        """Whether it is the client's turn to give a command, so that ending now leaves nothing half done."""
        return self.phase in {Phase.COMMANDS, Phase.ORPHAN} and not self._pending

    @property
    def awaits_backend(self) -> bool:
        """Whether a reply of the backend is awaited."""
        return self.phase in {Phase.HELD, Phase.FINAL} or (self.phase is Phase.COMMANDS and bool(self._pending))

    def is_too_much(self, replies: Sequence[Reply]) -> bool:
        """Whether replies that came in one piece are more than can be answers: what is sent only when one of them was
        read, none of them can answer. (A taken decoy would be noticed too late.) Last may be a farewell, 421."""
        awaited = sum(slot.local is None for slot in self._pending) or int(self.phase is Phase.GREETING)
        return 0 < awaited < len(replies) - (replies[-1].code == 421)

    # ---- events

    def client_data(self, data: bytes) -> Outcome:
        """Bytes from the client, cut anywhere."""
        if self._ended or self.phase in _UNHEARD:
            return Outcome()
        if self._pending or self.phase is not _COMMANDS:
            self.input.add(data)
        elif (line := self.input.only_line(data)) is not None:  # as nearly all do
            self._take_command(parse(line, utf8=self._announced.smtputf8))
        return self._advance()

    def client_eof(self) -> Outcome:
        """The client sends no more, but may still read: what it has sent whole is carried to its end."""
        self._ended = True
        return self._advance()

    def backend_reply(self, reply: Reply) -> Outcome:
        """One whole reply of the backend, its greeting first."""
        pending = self._pending
        if pending:
            self._settle(pending.popleft(), reply)
            while pending and pending[0].local is not None:
                self._say(pending.popleft().local or b"")
        elif self.phase is Phase.GREETING:
            self._greeted(reply)
        elif self.phase is Phase.DATA:
            self._answered_too_early(reply)
        elif self.phase in _DEAF:
            return Outcome()
        elif reply.code == 421:
            self._end(self._led_back(reply.raw))
        else:
            self._end(self._own(wording.OUT_OF_STEP))
        return self._advance()

    def backend_lost(self) -> Outcome:
        """The backend has closed, could not be reached, or does not answer. The client is to try again later."""
        if self.phase is Phase.DATA:
            self._stream.drain()
            self._spoil(wording.LOST_MESSAGE)
        elif self.phase is Phase.FINAL:
            self._pending.clear()
            self._move(Signal.LOST)
            self._envelope.end()
            self._say(wording.LOST_MESSAGE)
        elif self.phase not in _DEAF:
            quitting = self._pending and self._pending[0].command and self._pending[0].command.verb is Verb.QUIT
            self._end(wording.BYE if quitting else self._own(wording.UNAVAILABLE))
        return self._advance()

    def secured(self) -> Outcome:
        """TLS with the client is established: everything said before is forgotten (RFC 3207 4.2)."""
        self._move(Signal.SECURED)
        self._secure = self._must_greet = True
        self._announced = announce.NOTHING
        self.client_name = ""
        return self._advance()

    def waited(self) -> Outcome:
        """The time of a `Wait` is over."""
        if self.phase is Phase.WAITING:
            self._move(Signal.WAITED)
            self._refused()
        return self._advance()

    def retire(self) -> Outcome:
        """The gate is closing: 421 now, or as soon as the transaction is over."""
        self._retiring = True
        return self._advance()

    def end(self, reply: bytes) -> Outcome:
        """End the session at once with this reply (without line end), such as after a timeout; `%s` is the server."""
        if self.phase is Phase.DATA:
            self._do(AbortBackend())
        if self.phase is not Phase.CLOSED:
            self._end(self._own(reply))
        return self._advance()

    # ---- how it goes on

    def _advance(self) -> Outcome:
        """Reads on as far as the phase allows, and tells all that is to be done since the event."""
        while (self.input.held or self._parked is not None) and self._step():
            pass
        if self._ended or self._retiring:
            self._wind_up()
        outcome, self._out = self._out, Outcome()
        return outcome

    def _wind_up(self) -> None:
        if self._ended and not self._pending:
            if self.phase in {Phase.COMMANDS, Phase.ORPHAN}:
                self._end(b"")
            elif self.phase in MESSAGE:
                self._do(AbortBackend())
                self._end(b"")
        if self._retiring and not self.in_transaction and self.phase is not Phase.CLOSED:
            self._end(self._own(wording.CLOSING))

    # ---- the backend's side

    def _greeted(self, reply: Reply) -> None:
        self._server_name = self._terms.hostname or announce.name_in(reply) or self._server_name
        told = announce.greeting(reply, self._terms.hostname)
        if reply.code == 220:
            self._move(Signal.GREETED)
            self._say(told)
        else:
            self._end(told)

    def _settle(self, slot: Slot, reply: Reply) -> None:
        """The backend's reply to a command, or to a message (a slot without a command)."""
        raw = reply.raw if self._back is None else self._back.of(reply.raw)
        command = slot.command
        if command is None:
            self._message_answered(reply, raw)
            return
        if reply.code in _LAST_WORDS and self._ended_by(slot, command, reply, raw):
            return
        answered = _ANSWERED.get(command.verb)
        told = raw if answered is None else answered(self, slot, command, reply, raw)
        if told is None:
            return
        if slot.barrier and self.phase is _HELD:
            self._move(Signal.RELEASED)
        self._out.to_client += told

    def _ended_by(self, slot: Slot, command: Command, reply: Reply, raw: bytes) -> bool:
        """Whether the backend closes, or wants TLS of the gate."""
        if reply.code != 421:
            if command.verb not in _FIRST or not wants_tls(reply):
                return False
            self._do(GateBarred())
            self._do(AbortBackend())
            raw = self._own(wording.UNAVAILABLE)
        self._note(slot, raw)
        self._end(raw, quits=command.verb is Verb.QUIT)
        return True

    def _note(self, slot: Slot, raw: bytes, *, taken: bool = False) -> None:
        if slot.verdict is not None and self._envelope.mail is Mail.OPEN:
            asked = slot.decoy.path if slot.disguised and slot.decoy is not None else b""
            self._do(Answered(slot.sender, slot.recipient, slot.verdict, asked, raw, taken))

    def _recipient_answered(self, slot: Slot, command: Command, reply: Reply, raw: bytes) -> bytes | None:
        decoy = slot.decoy
        if decoy is not None and len(decoy.name) < SLIDING:
            self._lead_the_other_back(decoy, reply.raw, disguised=slot.disguised)
        if not (slot.disguised and reply.severity == 2):
            self._note(slot, raw)
            return raw
        self._do(DecoyAccepted(command.path))
        self._do(AbortBackend())
        raw = self._own(wording.UNAVAILABLE)
        self._note(slot, raw, taken=True)
        self._end(raw)
        return None

    def _sender_answered(self, slot: Slot, _command: Command, reply: Reply, raw: bytes) -> bytes | None:
        self._envelope.answered(slot.sender, reply)
        return raw

    def _reset_answered(self, _slot: Slot, _command: Command, reply: Reply, raw: bytes) -> bytes | None:
        if reply.severity == 2:
            self._envelope.end()
        return raw

    def _quit_answered(self, _slot: Slot, _command: Command, _reply: Reply, raw: bytes) -> bytes | None:
        self._end(raw, quits=True)
        return None

    def _data_answered(self, _slot: Slot, _command: Command, reply: Reply, raw: bytes) -> bytes | None:
        if reply.code == 354:
            self._stream = DataStream(self._terms.message_bytes, normalize=self._terms.normalize)
            self._move(Signal.GO_AHEAD)
        elif reply.severity < 4:
            self._end(self._own(wording.OUT_OF_STEP))
            return None
        return raw

    def _message_answered(self, reply: Reply, raw: bytes) -> None:
        if reply.code == 421:
            self._end(raw)
        elif reply.severity == 3:
            self._end(self._own(wording.OUT_OF_STEP))
        else:
            self._envelope.end()
            self._move(Signal.FINISHED)
            self._out.to_client += raw

    def _lead_the_other_back(self, decoy: Decoy, raw: bytes, *, disguised: bool) -> None:
        """A short decoy is sought among whole words, and found takes a microsecond longer than not. So that one
        recipient's reply does not come later for it, what would be done if it were of the other kind is done too, and
        thrown away. (A long one is replaced wherever it is: that takes as long either way.)"""
        seen, other = (decoy.name, decoy.original) if disguised else (decoy.original, decoy.name)
        self._led_back(raw.replace(seen, other, 1))

    def _hello_answered(self, _slot: Slot, command: Command, reply: Reply, raw: bytes) -> bytes | None:
        if reply.code == 503 and self._secure and self._must_greet and self._welcome is not None:
            # RFC 3207 4.2 has the client greet again; to the backend, which sees no TLS, it may have done so already.
            reply = self._welcome
        if reply.code != 250:
            return raw
        self._welcome = reply
        self._must_greet = False
        self._envelope.end()  # RFC 5321 4.1.4: as by RSET
        self.client_name = command.name.decode("ascii")
        if command.verb is Verb.HELO:
            self._announced = announce.NOTHING
            return announce.hello(reply, self._terms.hostname)
        starttls = self._terms.starttls and not self._secure
        told, self._announced = announce.extended_hello(
            reply, self._terms.hostname, message_bytes=self._terms.message_bytes, starttls=starttls
        )
        return told

    def _answered_too_early(self, reply: Reply) -> None:
        """A reply before the final dot: a refusal is told when the client has come to its end, a 250 is none."""
        self._stream.drain()
        self._do(AbortBackend())
        self._spoil(self._led_back(reply.raw) if reply.severity >= 4 else wording.LOST_MESSAGE)


_ANSWERED: dict[Verb, Callable[[Dialogue, Slot, Command, Reply, bytes], bytes | None]] = {
    Verb.EHLO: Dialogue._hello_answered,
    Verb.HELO: Dialogue._hello_answered,
    Verb.MAIL: Dialogue._sender_answered,
    Verb.RCPT: Dialogue._recipient_answered,
    Verb.DATA: Dialogue._data_answered,
    Verb.RSET: Dialogue._reset_answered,
    Verb.QUIT: Dialogue._quit_answered,
}
"""What a reply to each verb changes, and what is told of it (a verb that is not here: the reply as it is); None: it has
ended the session. To add a verb: see `commands`."""
