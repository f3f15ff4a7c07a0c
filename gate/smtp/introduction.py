"""What a trusted proxy says before a session begins: for whom it comes, by a PROXY v2 header or by XCLIENT, or nothing.

Pure: bytes in, steps out; it is told when the peer has been silent for a while.

    nothing came, the peer is silent         it waits for a greeting: the gate greets by itself
    the beginning of a PROXY v2 header       the rest is awaited; then the session begins
    a line that begins with a letter         SMTP: the gate greets and answers
    anything else                            a problem: nothing is said, the connection is cut

Greeted, it may say EHLO, HELO, NOOP, RSET, QUIT, VRFY (RFC 5321) and XCLIENT, answered as Postfix answers them there.

- XCLIENT with ADDR begins the session; the backend's greeting is the answer. Attributes may come in several commands,
  with ADDR in the last (220 each). Whatever stands behind an XCLIENT in the same piece ends it: 421.
- MAIL without any XCLIENT begins a session under the proxy's own address: it is a machine that may have mail of its
  own. It is never one of the `trusted`, who may send anywhere: were the proxy set up wrongly, everybody would be.
  ADDR=[UNAVAILABLE] is the same. Once XCLIENT was tried, MAIL has to wait for its ADDR.
- A header that comes after the greeting is never read as commands: a NUL, or a word PROXY, is a problem.
- Too many commands, or bad ones, end with 421.

To add a command: 1. its answer in `_ANSWERS`, or 2. its step in `_command`.
"""

from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from gate.backend.client_address import ClientAddress, ClientAddressError, parse_proxy_v2
from gate.backend.xclient import OFFER, client_of, read
from gate.smtp import wording
from gate.smtp.commands import LINE_LIMIT, Command, Malformed, Verb, parse
from gate.smtp.dialogue import Dialogue
from gate.smtp.exchange import HARD_ERRORS, OWN_ANSWERS_LIMIT
from gate.smtp.introduced import Introduced, Resumed
from gate.smtp.lines import LineBuffer

TOO_LATE = "a NUL after the greeting (a PROXY header that came too late?)"
VERSION_1 = "a PROXY header of version 1; the gate takes version 2 (HAProxy: send-proxy-v2)"

_ANSWERS: Mapping[Verb, bytes] = {
    Verb.NOOP: b"250 2.0.0 Ok",
    Verb.RSET: b"250 2.0.0 Ok",
    Verb.VRFY: wording.CANNOT_VERIFY.removesuffix(b"\r\n"),
    Verb.EXPN: wording.CANNOT_VERIFY.removesuffix(b"\r\n"),
}
_MISPLACED: Mapping[Verb, bytes] = {
    Verb.RCPT: b"503 5.5.1 Error: need MAIL command",
    Verb.DATA: b"503 5.5.1 Error: need RCPT command",
    Verb.HELP: b"502 5.5.1 Error: command not implemented",
    Verb.STARTTLS: b"502 5.5.1 Error: command not implemented",
}
_WITHOUT_ADDRESS = b"451 4.5.1 Error: send XCLIENT with ADDR first"
_NOT_PLAIN = b"501 5.5.2 Error: control or non-ASCII characters in the command line"


class Begin(msgspec.Struct, frozen=True):
    """The session begins.

    Attributes:
        data: what the client has said to it already.
        make: makes its dialogue, as `Dialogue` does.
        may_be_trusted: it was told who the client is; `trusted` networks count.
    """

    client: ClientAddress
    data: bytes = b""
    make: Callable[..., Dialogue] = Dialogue
    may_be_trusted: bool = True


class Leave(msgspec.Struct, frozen=True):
    """There will be no session: close, once what was said is sent."""


class Cut(msgspec.Struct, frozen=True):
    """There will be no session: close at once. `problem`: what the peer has sent, for the log; empty: there is none."""

    problem: str = ""


class Step(msgspec.Struct):
    """What to say to the peer, then what to do; None: wait for more."""

    say: bytes = b""
    then: Begin | Leave | Cut | None = None


class Introduction:
    """One connection of a trusted proxy, up to the session.

    Attributes:
        greeted: it was taken for an SMTP client that waits for its greeting.
        over: the session has begun, or never will.
    """

    def __init__(self, proxy: ClientAddress, name: bytes) -> None:
        """`proxy`: whose connection it is. `name`: how the gate calls itself."""
        self.greeted = self.over = False
        self._proxy, self._name = proxy, name
        self._held = b""
        self._lines = LineBuffer()
        self._told: dict[str, str] = {}
        self._tried = False
        self._hello: Command | None = None
        self._commands = self._errors = 0

    def data(self, data: bytes) -> Step:
        """Bytes from the peer, cut anywhere."""
        if self.over:
            return Step()
        if self.greeted:
            return self._talk(data)
        self._held += data
        if not self._held[:1].isalpha():
            return self._header()
        if b"\n" in self._held or len(self._held) > LINE_LIMIT:
            return self._greet()
        return Step()

    def silent(self) -> Step:
        """Nothing more has come for so long that an SMTP client would be waiting for its greeting."""
        begun = bool(self._held) and not self._held[:1].isalpha()
        return Step() if self.over or self.greeted or begun else self._greet()

    def end(self, reply: bytes) -> Step:
        """It has to go, with this reply where it was greeted (without line end; `%s` is the server)."""
        return self._done(Leave(), self._own(reply)) if self.greeted else self._done(Cut())

    # ---- a header

    def _header(self) -> Step:
        try:
            header = parse_proxy_v2(self._held)
        except ClientAddressError as error:
            return self._done(Cut(str(error)))
        if header is None:
            return Step()
        return self._done(Begin(header.client or self._proxy, self._held[header.size :]))

    # ---- or SMTP

    def _greet(self) -> Step:
        data, self._held = self._held, b""
        if data.startswith(b"PROXY "):
            return self._done(Cut(VERSION_1))
        self.greeted = True
        step = self._talk(data)
        return step if isinstance(step.then, Cut) else Step(self._own(wording.GREETING) + step.say, step.then)

    def _talk(self, data: bytes) -> Step:
        if b"\0" in data:
            return self._done(Cut(TOO_LATE))
        self._lines.add(data)
        said = b""
        while not self.over and (line := self._lines.next_line()) is not None:
            step = self._line(line)
            said += step.say
            if step.then is not None:
                return Step(said, step.then)
        return Step(said)

    def _line(self, line: bytes | Malformed) -> Step:
        self._commands += 1
        if self._commands > OWN_ANSWERS_LIMIT:
            return self.end(wording.TOO_MANY_ERRORS)
        if isinstance(line, Malformed):
            return self._bad(line.reply)
        word, _, rest = line.partition(b" ")
        if word == b"PROXY":
            return self._done(Cut(VERSION_1))
        if word.upper() == b"XCLIENT":
            return self._xclient(line, rest)
        command = parse(line)
        return self._bad(command.reply) if isinstance(command, Malformed) else self._command(command)

    def _command(self, command: Command) -> Step:
        verb = command.verb
        if verb is Verb.EHLO:
            self._hello = command
            lines = (b"250-%s", b"250-ENHANCEDSTATUSCODES", b"250 " + OFFER)
            return Step(b"".join(map(self._own, lines)))
        if verb is Verb.HELO:
            self._hello = command
            return Step(self._own(b"250 %s"))
        if verb is Verb.QUIT:
            return self._done(Leave(), wording.BYE)
        if verb is Verb.MAIL:
            return self._mail(command)
        answer = _ANSWERS.get(verb)
        return Step(self._own(answer)) if answer is not None else self._bad(_MISPLACED[verb])

    def _mail(self, command: Command) -> Step:
        if self._tried:
            return self._bad(_WITHOUT_ADDRESS)
        data = command.line + b"\r\n" + self._lines.take()
        return self._done(Begin(self._proxy, data, partial(Resumed, hello=self._hello), may_be_trusted=False))

    def _xclient(self, line: bytes, rest: bytes) -> Step:
        if len(self._lines):
            return self.end(wording.NOT_IN_STEP)
        self._tried = True
        if not (line.isascii() and line.decode("ascii").isprintable()):
            return self._bad(_NOT_PLAIN)
        try:
            self._told |= read(rest)
        except ClientAddressError as error:
            return self._bad(b"501 5.5.4 " + str(error).encode("ascii", "replace"))
        self._hello = None  # as after a new greeting
        if "ADDR" not in self._told:
            return Step(self._own(wording.GREETING))
        client = client_of(self._told, self._proxy)
        make = partial(Introduced, helo=self._told.get("HELO", ""))
        return self._done(Begin(client or self._proxy, b"", make, may_be_trusted=client is not None))

    # ---- how it ends

    def _bad(self, reply: bytes) -> Step:
        self._errors += 1
        if self._errors < HARD_ERRORS:
            return Step(reply + b"\r\n")
        return self._done(Leave(), reply + b"\r\n" + self._own(wording.TOO_MANY_ERRORS))

    def _done(self, then: Begin | Leave | Cut, say: bytes = b"") -> Step:
        self.over = True
        self._held = b""
        self._lines.clear()
        return Step(say, then)

    def _own(self, reply: bytes) -> bytes:
        return reply.replace(b"%s", self._name) + b"\r\n"
