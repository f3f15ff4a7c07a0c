"""The state of one session's dialogue and its smallest steps: replies in their turn, commands forwarded, the end.

Pure. It decides nothing: `requests` says what a client's command causes, `dialogue` what the backend's replies do.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gate.backend.decoy import Decoy, WayBack
from gate.backend.reply import Reply
from gate.rules.address import Address
from gate.rules.ruleset import Verdict
from gate.smtp import announce, wording
from gate.smtp.actions import Action, Answered, Close, Outcome
from gate.smtp.commands import Command
from gate.smtp.data import DataStream
from gate.smtp.envelope import Envelope, Slot
from gate.smtp.lines import LineBuffer
from gate.smtp.phases import TRANSITIONS, Phase, Signal, following

SOFT_ERRORS, HARD_ERRORS = 10, 20
"""Recipients of one session that the gate refuses in its own words: after the first ten each reply waits, after twenty
the session ends. So does Postfix (smtpd_soft_error_limit, smtpd_hard_error_limit)."""
OWN_ANSWERS_LIMIT = 1000
"""Commands of one session that the gate answers itself (malformed, VRFY); the backend counts the errors it sees."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the owner's settings say to a dialogue.

    Attributes:
        hostname: the name in greeting and EHLO reply; empty: the backend's own.
        message_bytes: octets of a message at most.
        normalize: bare LF in a message becomes CRLF instead of being refused.
        starttls: the gate has a certificate.
        error_seconds: how long a refusal of the gate's own is put off once there were `SOFT_ERRORS`.
    """

    hostname: bytes = b""
    message_bytes: int = 52_428_800
    normalize: bool = False
    starttls: bool = False
    error_seconds: float = 1.0


class Disguise(Protocol):
    """`gate.backend.decoy.decoy_for`, with the installation's key and the delimiters."""

    def __call__(self, path: bytes, *, line: int) -> Decoy: ...


class Exchange:
    """What a session's dialogue knows.

    Attributes:
        phase: see `phases`.
        input: what the client has sent and was not read yet.
        client_name: how the client called itself in its last accepted EHLO or HELO.
    """

    _stream: DataStream
    """The message under way, from its 354 on."""

    def __init__(
        self,
        terms: Terms,
        *,
        judge: Callable[[Address, Address], Verdict],
        decoy: Disguise,
        refusal: Callable[[str, bytes], bytes | None],
        server_name: bytes = b"",
    ) -> None:
        """`judge` gets sender and recipient, and may raise a `Fault` (451); `decoy` gets the recipient's path and the
        octets of the command line with its end; `refusal` gets the recipient's domain and path and tells the reply to
        give instead of asking a decoy, or None; `server_name`: how the backend called itself before, until it greets.
        """
        self.phase = Phase.GREETING
        self.client_name = ""
        self._terms, self._judge, self._decoy, self._refusal = terms, judge, decoy, refusal
        self.input = LineBuffer()
        self._parked: Command | None = None
        self._pending: deque[Slot] = deque()
        self._envelope = Envelope()
        self._back: WayBack | None = None
        """None: no recipient was asked for."""
        self._announced = announce.NOTHING
        self._welcome: Reply | None = None
        self._server_name = terms.hostname or server_name or b"localhost"
        self._verdict_on_data = b""
        self._put_off: Answered | None = None
        self._own_answers = self._errors = 0
        self._secure = self._must_greet = self._ended = self._retiring = False
        self._out = Outcome()

    def _move(self, signal: Signal) -> None:
        self.phase = TRANSITIONS.get((self.phase, signal)) or following(self.phase, signal)

    def _do(self, action: Action) -> None:
        self._out.actions += (action,)

    def _say(self, reply: bytes) -> None:
        self._out.to_client += reply

    def _led_back(self, raw: bytes) -> bytes:
        """What the backend said, as the client may hear it."""
        return raw if self._back is None else self._back.of(raw)

    def _own(self, reply: bytes) -> bytes:
        return reply.replace(b"%s", self._server_name) + b"\r\n"

    def _answer(self, reply: bytes) -> None:
        """The gate's own answer to a command, in its turn."""
        self._own_answers += 1
        if self._own_answers > OWN_ANSWERS_LIMIT:
            self._end(self._own(wording.TOO_MANY_ERRORS))
        elif self._pending:
            self._pending.append(Slot(local=reply))
        else:
            self._say(reply)

    def _forward(self, line: bytes, slot: Slot) -> None:
        self._pending.append(slot)
        if slot.barrier:
            self._move(Signal.HOLD)
        self._out.to_backend += line + b"\r\n"

    def _spoil(self, reply: bytes) -> None:
        """The message will not be accepted: `reply` is told at its end."""
        self._verdict_on_data = reply
        self._envelope.end()
        self._move(Signal.SPOILT)

    def _end(self, reply: bytes, *, quits: bool = False) -> None:
        """Ends the session; nothing is said in the middle of a handshake. `quits`: the client wanted it."""
        if self.phase is Phase.TLS:
            reply = b""
        self._move(Signal.END)
        linger = not quits or bool(self.input.held)
        self._pending.clear()
        self.input.clear()
        self._parked = None
        self._envelope.end()
        if reply:
            self._say(reply)
        self._do(Close(linger))
