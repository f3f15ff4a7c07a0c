"""What must hold when a session is over, whoever said what. (What must hold at once the backend sees to.)

- every reply is whole, and none comes after the last;
- replies and commands pair up, in order, each about the name that was asked; a session that the gate or the backend
  ends early says 421, or 221 to QUIT, in the place of the first reply that is missing;
- no decoy is ever seen by the client, in whatever case;
- a message is told 250 exactly where the backend holds one;
- what the backend holds is what the client sent.
"""

import re

from gate.smtp.commands import Command, Verb, parse
from tests.fuzz.backend import Heard

_LEAKING = 8
"""Names put in for short ones near a limit may be anybody's."""
_ROUTE = re.compile(rb"@[^:\"]*:")
_OWN = re.compile(rb"5|421|451 4\.3\.0")


def replies_of(told: bytes) -> list[bytes]:
    """Whole replies; a part of one at the end is told as it is."""
    lines, found, whole = told.split(b"\r\n"), list[bytes](), b""
    last = lines.pop()
    for line in lines:
        whole += line + b"\n"
        if line[3:4] != b"-":
            found.append(whole)
            whole = b""
    return found + ([whole + last] if whole + last else [])


def check(heard: Heard, *, closed: bool, exact: bool = True) -> list[str]:
    """The laws that were broken. `closed`: the gate has ended the session. `exact`: nothing was decided by time, which
    may run out between what the backend stored and what the client was told.
    """
    broken = list(heard.broken)
    replies = replies_of(heard.told)
    for reply in replies:
        if not re.fullmatch(rb"(?:([2-5][0-9][0-9])(?:[- ][^\r\n]*)?\n)+", reply) or not reply.endswith(b"\n"):
            broken.append(f"client: no whole reply: {reply[:200]!r}")
    lowered = heard.told.lower()
    broken += [
        f"client: told of the decoy {name!r}"
        for line, name in heard.decoys.items()
        if len(name) >= _LEAKING and name.lower() in lowered and line not in heard.lines
    ]
    if heard.strict:
        broken += _pairs(heard.asked, replies, closed=closed)
        if heard.acknowledged > len(heard.stored) or (exact and heard.acknowledged < len(heard.stored)):
            broken.append(f"client: {heard.acknowledged} messages acknowledged, the backend holds {len(heard.stored)}")
    return broken


def _pairs(asked: list[bytes], replies: list[bytes], *, closed: bool) -> list[str]:
    broken = []
    last = asked[min(len(replies), len(asked)) - 1].strip().upper()
    ended = bool(replies) and (replies[-1][:3] == b"421" or last == b"QUIT" or replies[0][:3] != b"220")
    if len(replies) > len(asked) + closed:
        broken.append(f"client: {len(replies)} replies to {len(asked)} commands: {replies[len(asked) :][:3]!r}")
    if len(replies) < len(asked) and not closed:
        broken.append(f"client: {len(replies)} replies to {len(asked)} commands, and the session goes on")
    if closed and not ended and len(replies) < len(asked) and replies:
        broken.append(f"client: it ended without a word before {asked[len(replies)][:80]!r}: {replies[-1][:80]!r}")
    for command, reply in zip(asked, replies, strict=False):
        if not _fits(command, reply):
            broken.append(f"client: {command[:80]!r} was answered {reply[:200]!r}")
    return broken


def _fits(line: bytes, reply: bytes) -> bool:
    if line in {b"greeting", b"message", b"STARTTLS"}:
        return reply[:1] in b"245"
    if reply[:3] == b"421":
        return True
    command = parse(line, utf8=True)
    if not isinstance(command, Command):
        return reply[:1] == b"5"
    match command.verb:
        case Verb.VRFY | Verb.EXPN:
            return reply[:3] == b"252" or reply[:1] == b"5"
        case Verb.NOOP:
            return line in reply or reply[:1] in b"5"
        case Verb.MAIL | Verb.RCPT:
            mailbox = _ROUTE.sub(b"", command.path).lower()  # the gate's own words leave the route out
            return mailbox in reply.lower() or (_OWN.match(reply) is not None and b"<" not in reply)
        case Verb.DATA:
            return reply[:1] in b"345" or reply[:3] == b"250"
        case Verb.QUIT:
            return reply[:3] == b"221" or b"odd" in reply or reply[:1] in b"25"
        case _:
            return reply[:1] in b"245"
