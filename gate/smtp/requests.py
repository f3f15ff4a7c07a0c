"""What each of the client's commands causes: forwarded, asked with a decoy, answered here, or put off.

Pure. The rules of order stand in `dialogue`, whose client side this is.
"""

from gate.errors import Fault
from gate.rules.address import from_wire
from gate.smtp import commands, wording
from gate.smtp.actions import AbortBackend, Answered, StartTls, ToBackend
from gate.smtp.commands import Command, Malformed, Verb
from gate.smtp.envelope import Mail, Slot, text_of
from gate.smtp.exchange import Exchange
from gate.smtp.phases import Phase, Signal

PENDING_LIMIT = 100
"""Commands at most that wait for their replies; more stay unread."""

_ALONE = frozenset({Verb.EHLO, Verb.HELO, Verb.STARTTLS})
"""Wait until everything before them was answered."""
_BARRIERS = frozenset({Verb.EHLO, Verb.HELO, Verb.RSET, Verb.DATA, Verb.QUIT})


class Requests(Exchange):
    """The client's side of a dialogue."""

    def _step(self) -> bool:
        """One command or one piece of a message; False: there is none, or it has to wait."""
        if self.phase in (Phase.DATA, Phase.DRAIN):
            return bool(len(self._input)) and self._take_data(self._input.take())
        if self.phase not in (Phase.COMMANDS, Phase.ORPHAN) or len(self._pending) >= PENDING_LIMIT:
            return False
        if self._parked is not None:
            command: Command | Malformed = self._parked
        else:
            line = self._input.next_line()
            if line is None:
                return False
            command = commands.parse(line, utf8=self._announced.smtputf8) if isinstance(line, bytes) else line
        if isinstance(command, Malformed) and self.phase is Phase.COMMANDS:
            self._answer(command.reply + b"\r\n")
            return True
        if isinstance(command, Malformed) or self.phase is Phase.ORPHAN:
            quitting = isinstance(command, Command) and command.verb is Verb.QUIT
            self._end(wording.BYE if quitting else self._own(wording.UNAVAILABLE))
            return False
        done = self._handle(command)
        self._parked = None if done else command
        return done

    def _handle(self, command: Command) -> bool:
        """What a command causes; False: not before what is pending has been answered."""
        verb = command.verb
        if verb in {Verb.VRFY, Verb.EXPN}:
            self._answer(wording.CANNOT_VERIFY)
            return True
        if self._pending and (verb in _ALONE or not self._announced.pipelining):
            return False
        if verb is Verb.STARTTLS:
            self._start_tls()
            return True
        if verb is Verb.MAIL:
            return self._mail(command)
        if verb is Verb.RCPT:
            return self._rcpt(command)
        self._forward(command.line, Slot(command, barrier=verb in _BARRIERS))
        return True

    def _mail(self, command: Command) -> bool:
        sender = text_of(command.path)
        size = command.param(b"SIZE") or b""
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
        recipient, sender = text_of(command.path), self._envelope.sender
        # All of it for everyone: a refusal must not take longer.
        decoy = self._decoy(command.path, len(command.line) + 2)
        disguised = command.with_path(decoy.path)
        own = self._refusal(from_wire(recipient).domain, command.path)
        if self._envelope.mail is Mail.NONE:
            self._forward_decoy(disguised, Slot(command, barrier=True, recipient=recipient, decoy=decoy))
            return True
        try:
            verdict = self._judge(sender, recipient)
        except Fault:
            self._answer(b"451 4.3.0 Error: temporary lookup failure\r\n")
            return True
        if verdict.verdict == "accept":
            slot = Slot(command, sender=sender, recipient=recipient, verdict=verdict, seek=len(decoy.name))
            self._forward(command.line, slot)
            return True
        if verdict.because == "relay":
            own = b"554 5.7.1 <%s>: Relay access denied\r\n" % command.path
        if own is None:
            slot = Slot(command, barrier=True, sender=sender, recipient=recipient, verdict=verdict, decoy=decoy)
            self._forward_decoy(disguised, slot)
        elif self._pending:
            return False
        else:
            self._say(own)
            self._do(Answered(sender, recipient, verdict, b"", own))
        return True

    def _forward_decoy(self, disguised: bytes, slot: Slot) -> None:
        if slot.decoy is not None:
            self._envelope.lead_back(slot.decoy)
        self._forward(disguised, slot)

    def _start_tls(self) -> None:
        if not self._terms.starttls:
            self._say(b"502 5.5.1 Error: command not implemented\r\n")
        elif self._secure:
            self._say(b"554 5.5.1 Error: TLS already active\r\n")
        elif self._envelope.mail is not Mail.NONE:
            self._say(b"503 5.5.1 Error: MAIL transaction in progress\r\n")
        else:
            self._move(Signal.HANDSHAKE)
            self._input.clear()
            self._say(b"220 2.0.0 Ready to start TLS\r\n")
            self._do(StartTls())

    def _take_data(self, data: bytes) -> bool:
        piece = self._stream.feed(data)
        if piece.forward:
            self._do(ToBackend(piece.forward))
        if piece.problem is not None:
            self._do(AbortBackend())
            self._spoil(piece.problem.value + b"\r\n")
        if piece.rest is None:
            return False
        self._input.add(piece.rest)
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
