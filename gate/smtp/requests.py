"""What each of the client's commands causes: forwarded, asked with a decoy, answered here, or put off.

Pure. The rules of order stand in `dialogue`, whose client side this is.
"""

from collections.abc import Callable

from gate.backend.decoy import WayBack
from gate.errors import Fault
from gate.rules.address import from_wire
from gate.smtp import wording
from gate.smtp.actions import AbortBackend, Answered, StartTls, Wait
from gate.smtp.commands import Command, Malformed, Verb, parse
from gate.smtp.envelope import Mail, Slot, text_of
from gate.smtp.exchange import HARD_ERRORS, SOFT_ERRORS, Exchange
from gate.smtp.phases import MESSAGE, Phase, Signal

PENDING_LIMIT = 100
"""Commands at most that wait for their replies; more stay unread."""

_CANNOT_VERIFY = frozenset({Verb.VRFY, Verb.EXPN})
_ALONE = frozenset({Verb.EHLO, Verb.HELO, Verb.STARTTLS})
"""Wait until everything before them was answered."""
_BARRIERS = frozenset({Verb.EHLO, Verb.HELO, Verb.RSET, Verb.DATA, Verb.QUIT})
"""Of the commands that are forwarded as they are; each RCPT is one too."""
_COMMANDS = Phase.COMMANDS
"""As in `dialogue`."""


class Requests(Exchange):
    """The client's side of a dialogue."""

    def _step(self) -> bool:
        """One command or one piece of a message; False: there is none, or it has to wait."""
        if self.phase is _COMMANDS:
            found = self._parked or self._next()
            return found is not None and self._take_command(found)
        if self.phase in MESSAGE:
            return self._take_data(self.input.take())
        found = (self._parked or self._next()) if self.phase is Phase.ORPHAN else None
        if found is not None:
            quits = isinstance(found, Command) and found.verb is Verb.QUIT
            self._end(wording.BYE if quits else self._own(wording.UNAVAILABLE))
        return False

    def _next(self) -> Command | Malformed | None:
        if len(self._pending) >= PENDING_LIMIT:
            return None
        line = self.input.next_line()
        return parse(line, utf8=self._announced.smtputf8) if isinstance(line, bytes) else line

    def _take_command(self, command: Command | Malformed) -> bool:
        """False: it has to wait, and is parked."""
        if isinstance(command, Malformed):
            self._answer(command.reply + b"\r\n")
            return True
        done = (not self._pending or self._may_pass(command.verb)) and _HANDLERS[command.verb](self, command)
        self._parked = None if done else command
        return done

    def _may_pass(self, verb: Verb) -> bool:
        """Whether a command need not wait for what is pending."""
        return verb in _CANNOT_VERIFY or (verb not in _ALONE and self._announced.pipelining)

    def _cannot_verify(self, _command: Command) -> bool:
        self._answer(wording.CANNOT_VERIFY)
        return True

    def _pass_on(self, command: Command) -> bool:
        self._forward(command.line, Slot(command, barrier=command.verb in _BARRIERS))
        return True

    def _mail(self, command: Command) -> bool:
        sender = from_wire(text_of(command.path))
        size = command.param(b"SIZE") or b"" if command.params else b""
        if self._must_greet:
            self._answer(b"503 5.5.1 Error: send EHLO first\r\n")
        elif size.isdigit() and int(size[:20]) > self._terms.message_bytes:
            self._answer(b"552 5.3.4 Message size exceeds fixed limit\r\n")
        elif self._envelope.mail is Mail.NONE:
            self._envelope.ask(sender)
            self._forward(command.line, Slot(command, sender=sender))
        elif self._pending:
            return False
        else:
            self._forward(command.line, Slot(command, sender=sender, barrier=True))
        return True

    def _rcpt(self, command: Command) -> bool:
        """One path for everyone, whatever the verdict: who is refused must not be told by time (see `dialogue`)."""
        sender, recipient = self._envelope.sender, from_wire(text_of(command.path))
        decoy = self._decoy(command.path, line=len(command.line) + 2)
        disguised = command.with_path(decoy.path)
        own = self._refusal(recipient.domain, command.path)
        verdict = None
        if self._envelope.mail is not Mail.NONE:
            try:
                verdict = self._judge(sender, recipient)
            except Fault:
                self._answer(b"451 4.3.0 Error: temporary lookup failure\r\n")
                return True
            if verdict.verdict == "refuse":
                if verdict.because == "relay":
                    own = b"554 5.7.1 <%s>: Relay access denied\r\n" % command.path
                if own is not None:
                    return self._refuse(Answered(sender, recipient, verdict, b"", own))
        if self._back is None:
            self._back = WayBack()
        self._back.add(decoy)
        asked = verdict is None or verdict.verdict == "refuse"
        slot = Slot(command, None, True, sender, recipient, verdict, decoy, asked)
        self._forward(disguised if asked else command.line, slot)
        return True

    def _refuse(self, answered: Answered) -> bool:
        """A refusal in the gate's own words: when all before it is answered, and counted as a mail server does."""
        if self._pending:
            return False
        self._errors += 1
        self._put_off = answered
        if self._errors > SOFT_ERRORS:
            self._move(Signal.WAIT)
            self._do(Wait(self._terms.error_seconds))
        else:
            self._refused()
        return True

    def _refused(self) -> None:
        answered, self._put_off = self._put_off, None
        if answered is None:
            return
        self._say(answered.reply)
        self._do(answered)
        if self._errors >= HARD_ERRORS:
            self._end(self._own(wording.TOO_MANY_ERRORS))

    def _start_tls(self, _command: Command) -> bool:
        if not self._terms.starttls:
            self._say(b"502 5.5.1 Error: command not implemented\r\n")
        elif self._secure:
            self._say(b"554 5.5.1 Error: TLS already active\r\n")
        elif self._envelope.mail is not Mail.NONE:
            self._say(b"503 5.5.1 Error: MAIL transaction in progress\r\n")
        else:
            self._move(Signal.HANDSHAKE)
            self.input.clear()
            self._say(b"220 2.0.0 Ready to start TLS\r\n")
            self._do(StartTls())
        return True

    def _take_data(self, data: bytes) -> bool:
        piece = self._stream.feed(data)
        self._out.to_backend += piece.forward
        if piece.problem is not None:
            self._do(AbortBackend())
            self._spoil(piece.problem.value + b"\r\n")
        if piece.rest is None:
            return False
        self.input.add(piece.rest)
        if self.phase is Phase.DATA:
            self._move(Signal.DOT)
            self._pending.append(Slot())
            return False
        self._move(Signal.DRAINED)
        if self._verdict_on_data.startswith(b"421"):
            self._end(self._verdict_on_data)
        else:
            self._say(self._verdict_on_data)
        return True


_HANDLERS: dict[Verb, Callable[[Requests, Command], bool]] = {
    **dict.fromkeys(_BARRIERS | {Verb.NOOP, Verb.HELP}, Requests._pass_on),
    **dict.fromkeys(_CANNOT_VERIFY, Requests._cannot_verify),
    Verb.MAIL: Requests._mail,
    Verb.RCPT: Requests._rcpt,
    Verb.STARTTLS: Requests._start_tls,
}
"""What each verb causes; False: not before what is pending has been answered. To add a verb: see `commands`."""
