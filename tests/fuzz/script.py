"""What one client of the fuzzer says: a seed in, a script out.

A script says the same on every run. `shorter` tells scripts with less in them, so that a failure can be made small.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto

from tests.fuzz.worlds import RECIPIENTS, SENDERS, WORLDS, World, spelled

Kind = Enum("Kind", "SAY DATA EARLY STARTTLS EOF GONE STALL")
"""SAY: lines in one go. DATA: the message only where it was asked for. EARLY: DATA and the message in one go.
STARTTLS: with `lines` behind it in the same packet. EOF: no more is sent, replies are read. GONE: the client is away.
STALL: silent until it is put out."""


class Oddity(Enum):
    """What a backend may do instead of what it should; drawn for single commands."""

    NONE = auto()
    TEMPORARY = auto()
    PERMANENT = auto()
    SHUTDOWN = auto()
    CLOSE = auto()
    GARBAGE = auto()
    TWICE = auto()
    LATE = auto()
    HANG = auto()
    LONG = auto()
    TAKE = auto()
    """Takes a RCPT, whatever it is; 250 to DATA; a reply in the middle of a message."""


@dataclass(frozen=True)
class Step:
    kind: Kind
    lines: tuple[bytes, ...] = ()
    """Without their ends; the last may be cut off in the middle by what follows."""
    message: bytes = b""
    """As it goes over the wire, its end included (or not)."""


@dataclass(frozen=True)
class Script:
    """One session.

    Attributes:
        odd: how often the backend does something odd, from 0 to 1.
        pipelining, smtputf8: whether its EHLO offers them.
        case: how it writes names when it repeats them.
        takes_all: every name exists, and the gate has not found that out.
    """

    seed: int
    world: World
    steps: tuple[Step, ...]
    odd: float = 0.0
    pipelining: bool = True
    smtputf8: bool = True
    case: str = ""
    normalize: bool = False
    takes_all: bool = False
    limit: int = 10_000

    @property
    def rng(self) -> random.Random:
        """For everything that is left to chance while the script is played."""
        return random.Random(f"play {self.seed}")

    @property
    def lines(self) -> Iterator[bytes]:
        """Every command line that is said, and every line of a message that could be taken for one."""
        for step in self.steps:
            yield from step.lines
            if step.message:
                yield from step.message.replace(b"\r", b"\n").split(b"\n")

    def shorter(self) -> Iterator["Script"]:
        for at in range(len(self.steps)):
            yield replace(self, steps=self.steps[:at] + self.steps[at + 1 :])
        for at, step in enumerate(self.steps):
            for line in range(len(step.lines)):
                less = replace(step, lines=step.lines[:line] + step.lines[line + 1 :])
                yield replace(self, steps=(*self.steps[:at], less, *self.steps[at + 1 :]))
        if self.odd:
            yield replace(self, odd=0.0)


def script_of(seed: int, *, wire: bool = False) -> Script:
    """`wire`: for sockets, where a client may stall, speak TLS and be away."""
    rng = random.Random(seed)
    world = rng.choice(WORLDS)
    steps: list[Step] = []
    if rng.random() < 0.93:
        steps.append(
            Step(Kind.SAY, (rng.choice([b"EHLO client.test", b"EHLO c", b"HELO client.test", b"ehlo [::1]"]),))
        )
    while len(steps) < 12 and rng.random() < 0.85:
        steps += _transaction(rng, world) if rng.random() < 0.75 else [_other(rng, world)]
    if rng.random() < 0.5:
        steps.append(Step(Kind.SAY, (b"QUIT",)))
    if rng.random() < 0.15:
        steps.append(Step(Kind.SAY, tuple(_line(rng, world) for _ in range(rng.randint(1, 4)))))
    ending = rng.random()
    if ending < 0.2:
        steps.append(Step(Kind.EOF))
    elif wire and ending < 0.3:
        steps.append(Step(Kind.GONE))
    elif wire and ending < 0.32:
        steps.insert(rng.randint(0, len(steps)), Step(Kind.STALL))
    return Script(
        seed,
        world,
        tuple(steps),
        odd=rng.choice([0.0, 0.0, 0.03, 0.1, 0.3]),
        pipelining=rng.random() < 0.8,
        smtputf8=rng.random() < 0.7,
        case=rng.choice(["", "", "lower", "upper"]),
        normalize=rng.random() < 0.2,
        takes_all=rng.random() < 0.1,
    )


def _transaction(rng: random.Random, world: World) -> list[Step]:
    lines = [_mail(rng, world)]
    lines += [_rcpt(rng, world) for _ in range(rng.choice([1, 1, 2, 3, 5, rng.randint(0, 40)]))]
    steps = [Step(Kind.SAY, tuple(lines))] if rng.random() < 0.5 else [Step(Kind.SAY, (line,)) for line in lines]
    end = rng.random()
    if end < 0.65:
        steps.append(Step(Kind.DATA, message=_message(rng)))
    elif end < 0.72:
        steps.append(Step(Kind.EARLY, message=_message(rng)))
    elif end < 0.85:
        steps.append(Step(Kind.SAY, (b"RSET",)))
    return steps


def _other(rng: random.Random, world: World) -> Step:
    if rng.random() < 0.25:
        lines = tuple(_line(rng, world) for _ in range(rng.choice([0, 0, 1, 3])))
        return Step(Kind.STARTTLS, lines)
    return Step(Kind.SAY, tuple(_line(rng, world) for _ in range(rng.choice([1, 1, 2, 4, 8]))))


def _mail(rng: random.Random, world: World) -> bytes:
    path = spelled(rng.choice(SENDERS), rng, delimiter=world.delimiter).encode()
    line = b"MAIL FROM:" + rng.choice([b"<%s>", b"<%s>", b"<%s>", b" <%s>"]) % path
    if rng.random() < 0.1 and path and b'"' not in path and b":" not in path:
        line = b"MAIL FROM:" + path
    return line + rng.choice([b""] * 8 + [b" SIZE=1000", b" BODY=8BITMIME", b" SIZE=99999999999", b" RET=HDRS ENVID=x"])


def _rcpt(rng: random.Random, world: World) -> bytes:
    odd = rng.random()
    if odd < 0.06:
        path = _odd_path(rng)
    else:
        path = spelled(rng.choice(RECIPIENTS), rng, delimiter=world.delimiter).encode()
    verb = rng.choice([b"RCPT TO:", b"RCPT TO:", b"rcpt to:", b"RCPT  TO: "])
    return verb + b"<%s>" % path + rng.choice([b""] * 9 + [b" NOTIFY=NEVER", b" ORCPT=rfc822;deny@own.test"])


_GREETINGS = [b"EHLO client.test", b"EHLO c", b"HELO client.test", b"ehlo [::1]"]
_ODD = [
    b"",
    b"postmaster",
    b"Postmaster",
    b"deny",
    b"deny@",
    b"@own.test",
    b"deny@own.test@foreign.test",
    b'"deny@own.test"@foreign.test',
    b"deny@own.test>x",
    b"deny @own.test",
    b"(c)deny@own.test",
    b'"deny"x@own.test',
    b"deny@[127.0.0.1]",
    b"deny@own..test",
    "dény@own.test".encode(),
    "deny@öwn.test".encode(),
    b"deny\x00@own.test",
    "deny\u200b@own.test".encode(),
    "d\u212ay@own.test".encode(),
    b"=?utf-8?q?deny?=@own.test",
    b"d" * 400 + b"@own.test",
    b"deny\r@own.test",
    b'"de\\ny"@own.test',
    b'"deny\\"@own.test',
    "\uff44eny@own.test".encode(),
    b"a@b.test:deny@own.test",
    "deny@own\u3002test".encode(),
    b"deny@own.test.",
    b"..deny@own.test",
    b"deny.@own.test",
    b"\xffdeny@own.test",
]


def _odd_path(rng: random.Random) -> bytes:
    return rng.choice(_ODD)


_ALONE = [
    b"RSET",
    b"RSET",
    b"VRFY deny",
    b"EXPN list",
    b"HELP",
    b"HELP MAIL",
    b"",
    b" ",
    b"FOO",
    b"AUTH PLAIN AGEAYg==",
    b"DATA",
    b"XCLIENT ADDR=192.0.2.1",
    b"XFORWARD NAME=x",
    b"BDAT 10 LAST",
    b"ETRN own.test",
    b"RCPT",
    b"MAIL",
    b"MAIL FROM:<",
    b"RCPT TO:deny@own.test",
    b"EHLO",
    b"EHLO c d",
    b"QUIT x",
    b"DATA x",
    b"RSET x",
    b"NOOP\x00",
    b"\x00",
    b"\xff\xfe\xfd",
    b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2",
    b"GET / HTTP/1.1",
    b"\x16\x03\x01\x02\x00",
    b".",
    b"x" * 3000,
    b"MAIL FROM:<%s>" % (b"y" * 2100),
    b"rset\r",
    b"NO\rOP",
    b"\tRSET",
    b" RSET",
    b"RSET ",
    b"MAIL TO:<deny@own.test>",
    b"RCPT FROM:<bad@evil.test>",
    b"EHLO again.test",
    b"HELO again.test",
]


def _line(rng: random.Random, world: World) -> bytes:
    kind = rng.random()
    if kind < 0.2:
        return b"NOOP n%d" % rng.randint(0, 999)
    if kind < 0.35:
        return _mail(rng, world)
    if kind < 0.5:
        return _rcpt(rng, world)
    if kind < 0.55:
        return bytes(rng.choice(b'MAILRCPT<>:@ "\\.\r\x00\x80ax') for _ in range(rng.randint(1, 30)))
    return rng.choice(_ALONE)


_PIECES = [
    b"Subject: x\r\n",
    b"hello\r\n",
    b"..\r\n",
    b"..dots\r\n",
    b"\r\n",
    b"x" * 1200 + b"\r\n",
    "grüße\r\n".encode(),
    b"\xff\xfe\r\n",
    b". \r\n",
    b"RCPT TO:<deny@own.test>\r\n",
    b".x\r\n",
]
_SMUGGLED = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r\n.\r\r\n",
    b"\r\n.\x00\r\n",
    b"\r\r\n.\r\n",
    b"\r.\r",
    b"\r\n.\r",
    b"\r.\r\n",
    b"\x00",
    b"\n",
    b"\r",
    b"\r\n\r.\r\n",
    b"\n\n.\r\n",
]
_BEHIND = b"MAIL FROM:<bad@evil.test>\r\nRCPT TO:<deny@own.test>\r\nDATA\r\nsmuggled\r\n.\r\n"


def _message(rng: random.Random) -> bytes:
    text = b"".join(rng.choice(_PIECES) for _ in range(rng.randint(0, 6)))
    kind = rng.random()
    if kind < 0.15:
        text += b"x" + rng.choice(_SMUGGLED) + rng.choice([_BEHIND[: -len(b".\r\n")], b"tail\r\n", b""])
        text = text if text.endswith(b"\r\n") else text + b"\r\n"
    elif kind < 0.18:
        text += b"z" * 12_000 + b"\r\n"
    return text + (b".\r\n" if kind < 0.97 else b"")
