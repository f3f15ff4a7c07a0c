"""The fuzzer's backend: it records what it gets, holds it against the laws at once, and is odd at times.

Bytes in, replies out, for the pure machine and for sockets alike. What it reads it reads by itself: a lenient reader,
as real servers are. Laws that are broken stand in `broken`.

- a RCPT is one that the client wrote, or its decoy, byte for byte; it is never one that the rules refuse for the sender
  in force;
- after a decoy was taken nothing more comes;
- every command line is one that the client wrote, ends with CRLF and holds no control character;
- no message holds a bare CR, a bare LF or a NUL, and none comes where no recipient was taken.
"""

import random
import re
from dataclasses import dataclass, field

from gate.backend.decoy import decoy_for
from gate.rules.path import read_located
from gate.smtp.commands import Command, Verb, parse
from tests.fuzz.script import Oddity, Script
from tests.fuzz.worlds import ALL, EXISTING, plain
from tests.wire.transcript import KEY

_BAD = re.compile(rb"[\x00-\x1f\x7f]")
_PATH = re.compile(rb"(?i)(?:MAIL +FROM|RCPT +TO): *(?:<((?:\"(?:[^\"\\]|\\.)*\"|[^\">])*)>|([^ ]*))")
_END = re.compile(rb"(?:\A|\r\n)\.\r\n")
_VERBS = frozenset({b"EHLO", b"HELO", b"MAIL", b"RCPT", b"DATA", b"RSET", b"NOOP", b"QUIT", b"HELP"})
_ODDITIES = [one for one in Oddity if one is not Oddity.NONE]


def decoys_of(script: Script) -> dict[bytes, bytes]:
    """Every decoy that a session may ask, as the line that asks it, with its name."""
    found: dict[bytes, bytes] = {}
    for line in script.lines:
        command = parse(line.removesuffix(b"\r"), utf8=True)
        if isinstance(command, Command) and command.verb is Verb.RCPT:
            decoy = decoy_for(KEY, command.path, script.world.delimiter.encode(), line=len(command.line) + 2)
            found[command.with_path(decoy.path)] = decoy.name
    return found


@dataclass
class Heard:
    """What one session's client and backend have heard; see `laws`."""

    script: Script
    decoys: dict[bytes, bytes]
    lines: set[bytes]
    asked: list[bytes] = field(default_factory=lambda: [b"greeting"])
    told: bytes = b""
    stored: list[bytes] = field(default_factory=list)
    acknowledged: int = 0
    strict: bool = True
    """Every reply can be counted: nothing was said where it was not clear what it would be taken for."""
    in_turn: bool = True
    """The backend has said nothing unasked. After that nobody knows which reply is to what, and no law binds."""
    broken: list[str] = field(default_factory=list)


def heard_of(script: Script) -> Heard:
    lines = {line.removesuffix(b"\r") for line in script.lines}
    return Heard(script, decoys_of(script), lines | {b"DATA", b"STARTTLS"})


class Backend:
    """One connection to it.

    Attributes:
        out: replies not sent yet, whole; `b""` stands for closing the connection, None for some time in between.
        gone: the gate has left, or was left.
    """

    def __init__(self, heard: Heard, rng: random.Random) -> None:
        self.heard, self.script, self.rng = heard, heard.script, rng
        self.out: list[bytes | None] = []
        self.gone = self.hanging = self.decoy_taken = False
        self._text = b""
        self._sender: bytes | None = None
        self._asked: bytes | None = None
        self._recipients = 0
        self._in_message = False
        odd = self._odd() if rng.random() < 0.2 else Oddity.NONE
        self._say(b"220 mail.test ESMTP", odd if odd is not Oddity.TAKE else Oddity.NONE)

    def receive(self, data: bytes) -> None:
        self._law(not self.decoy_taken, "after a decoy was taken came", data)
        self._text += data
        while not self.gone:
            if self._in_message:
                if not self._message():
                    return
                continue
            line, end, rest = self._text.partition(b"\n")
            if not end:
                return
            self._text = rest
            self._law(line.endswith(b"\r"), "a line without CR", line)
            self._command(line.removesuffix(b"\r"))

    def _message(self) -> bool:
        found = _END.search(self._text) if not self._text.startswith(b".\r\n") else re.match(rb"\.\r\n", self._text)
        if found is None:
            return False
        message, self._text = self._text[: found.start() + 2 * (found[0][:1] == b"\r")], self._text[found.end() :]
        stray = re.search(rb"\0|\r(?!\n)|(?<!\r)\n", message)
        self._law(stray is None, "a message with a stray octet", message[-80:])
        self._law(self._recipients > 0, "a message for nobody", message[:80])
        self._in_message, self._sender, self._recipients = False, None, 0
        odd = self._odd()
        if self._say(b"250 kept %d" % (len(self.heard.stored) + 1), odd):
            self.heard.stored.append(message)
        return True

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper()
        self._law(_BAD.search(line) is None, "control characters in", line)
        self._law(line in self.heard.lines or line in self.heard.decoys, "nobody wrote", line)
        self._law(verb in _VERBS, "no command of this gate's:", line)
        odd = self._odd()
        found = _PATH.match(line)
        path = (found[1] if found[1] is not None else found[2]) if found else b""
        match verb:
            case b"EHLO" | b"HELO":
                self._sender, self._recipients = None, 0
                self._say(b"\r\n".join(self._hello() if verb == b"EHLO" else [b"250 mail.test"]), odd)
            case b"MAIL":
                self._mail(path, odd)
            case b"RCPT":
                self._rcpt(line, path, odd)
            case b"DATA":
                self._data(odd)
            case b"RSET":
                if self._say(b"250 reset", odd):
                    self._sender, self._recipients = None, 0
            case b"QUIT":
                self._say(b"221 bye", odd)
                self.out.append(b"")
                self.gone = True
            case _:
                self._say(b"250 " + line, odd)

    def _hello(self) -> list[bytes]:
        words = [b"mail.test", b"SIZE 20000", b"STARTTLS", b"CHUNKING", b"AUTH PLAIN", b"8BITMIME", b"DSN"]
        words += [b"PIPELINING"] * self.script.pipelining + [b"SMTPUTF8"] * self.script.smtputf8
        return [b"250-" + word for word in words[:-1]] + [b"250 " + words[-1]]

    def _mail(self, path: bytes, odd: Oddity) -> None:
        self._asked = path
        if self._sender is not None and odd is not Oddity.TAKE:
            self._say(b"503 nested <%s>" % path, Oddity.NONE)
        elif self._say(b"250 <%s> sender ok" % path, odd):
            self._sender, self._recipients = path, 0

    def _rcpt(self, line: bytes, path: bytes, odd: Oddity) -> None:
        decoy = line in self.heard.decoys and line not in self.heard.lines
        if not decoy:
            self._judge(self._sender if self._sender is not None else self._asked, path)
        if self._sender is None:
            self._law(decoy or self._asked is not None, "without any MAIL came", path)
            self._say(b"503 need MAIL before <%s>" % path, Oddity.NONE)
            return
        taken = odd is Oddity.TAKE or self.script.takes_all or self._exists(path)
        if not taken:
            self._say(b"550 5.1.1 <%s> unknown here" % self._cased(path), odd)
        elif self._say(b"250 2.1.5 <%s> ok" % self._cased(path), odd):
            self._recipients += 1
            self.decoy_taken = decoy

    def _exists(self, path: bytes) -> bool:
        text = plain(path.decode("utf-8", "replace"))
        if text is None:
            return False
        local, _, domain = text.rpartition("@")
        base = local.split(self.script.world.delimiter[:1] or "\0")[0]
        return domain == ALL or f"{base}@{domain}" in EXISTING or text == "@postmaster"

    def _judge(self, sender: bytes | None, path: bytes) -> None:
        world = self.script.world
        if sender is None:
            return
        by, to = (one.decode("utf-8", "surrogateescape") for one in (sender, path))
        verdict = world.guard.judge(by, to, trusted=world.trusted)
        self._law(verdict.verdict == "accept", f"the rules refuse from <{by}>", path)
        self._law(world.refuses(by, to) is not True, f"a plain reading refuses from <{by}>", path)
        self._law(world.trusted or "@" in to or read_located(to)[0].lower() == "postmaster", "relayed", path)

    def _data(self, odd: Oddity) -> None:
        if not self._recipients:
            self._say(b"554 no valid recipients", Oddity.NONE)
        elif odd is Oddity.TAKE:
            self._say(b"250 what?", Oddity.NONE)
        elif self._say(b"354 go", odd):
            self._in_message = True

    def _odd(self) -> Oddity:
        return self.rng.choice(_ODDITIES) if self.rng.random() < self.script.odd else Oddity.NONE

    def _cased(self, path: bytes) -> bytes:
        return {"lower": path.lower(), "upper": path.upper()}.get(self.script.case, path)

    def _say(self, reply: bytes, odd: Oddity) -> bool:
        """Whether it was said as it should be."""
        rest = reply[4:]
        if self.hanging:
            return False
        match odd:
            case Oddity.TEMPORARY:
                self.out.append(b"451 odd " + rest.replace(b"\r\n", b" ") + b"\r\n")
            case Oddity.PERMANENT:
                self.out.append(b"550 odd " + rest.replace(b"\r\n", b" ") + b"\r\n")
            case Oddity.SHUTDOWN:
                self.out += [b"421 closing " + rest.replace(b"\r\n", b" ") + b"\r\n", b""]
                self.gone = True
            case Oddity.CLOSE:
                self.out.append(b"")
                self.gone = True
            case Oddity.GARBAGE:
                self.out.append(b"what is <%s>\x00\r\n" % rest[:20].replace(b"\r\n", b" "))
                self.gone = True
            case Oddity.TWICE:  # from here on nobody can tell what is an answer to what
                self.out += [reply + b"\r\n", b"250 once more\r\n"]
                self.heard.strict = self.heard.in_turn = False
                return True
            case Oddity.HANG:
                self.hanging = True
            case Oddity.LONG:
                more = [reply[:3] + b"-line %d" % number for number in range(30)]
                self.out.append(b"\r\n".join([*(more if b"\n" not in reply else []), reply]) + b"\r\n")
                return True
            case _:
                self.out += [*([None] if odd is Oddity.LATE else []), reply + b"\r\n"]
                return True
        return False

    def _law(self, holds: bool, what: str, data: bytes) -> None:
        if not holds and self.heard.in_turn:
            self.heard.broken.append(f"backend: {what} {data[:200]!r}")
