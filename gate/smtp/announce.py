"""What the client is told about the server: its greeting and EHLO reply, the backend's own but for what is left out.

Pure. The backend's name stays unless `hostname` is set. Of its extensions only those pass that the gate can carry:
an unknown one would change what commands or data mean (RFC 5321 2.2, CHUNKING for one). AUTH never does: submission
does not pass the gate. STARTTLS is the gate's own, never the backend's.

To let another extension through: 1. its keyword in `_PASSED`; 2. whatever it changes in `commands`, `data`, `requests`.
"""

from dataclasses import dataclass
from functools import lru_cache

from gate.backend.reply import Reply

_PASSED = frozenset({b"PIPELINING", b"8BITMIME", b"SMTPUTF8", b"DSN", b"ENHANCEDSTATUSCODES"})


@dataclass(frozen=True, slots=True)
class Announced:
    """What the last EHLO reply told the client, as far as it matters to the gate."""

    pipelining: bool = False
    smtputf8: bool = False


NOTHING = Announced()


def greeting(reply: Reply, hostname: bytes) -> bytes:
    """The backend's greeting, in the name of `hostname` where one is set."""
    return _renamed(reply, hostname, 220)


def name_in(reply: Reply) -> bytes:
    """How the server calls itself in a greeting, empty where it does not."""
    words = reply.lines[0][4:].split()
    return words[0] if words else b""


def hello(reply: Reply, hostname: bytes) -> bytes:
    """The reply to HELO: one line, also where it is remembered from an EHLO."""
    return _renamed(Reply.of(reply.lines[0].replace(b"250-", b"250 ", 1)), hostname, 250)


@lru_cache(maxsize=64)
def extended_hello(reply: Reply, hostname: bytes, *, message_bytes: int, starttls: bool) -> tuple[bytes, Announced]:
    """The reply to EHLO, filtered, with what it announces.

    `message_bytes`: the gate's own limit; the smaller of the two is told. A reply other than 250 passes as it is.
    (Remembered: most servers say the same to everyone.)
    """
    if reply.code != 250:
        return reply.raw, NOTHING
    texts = [_renamed(Reply.of(reply.lines[0]), hostname, 250)[4:-2]]
    seen: set[bytes] = set()
    for words in reply.words[1:]:
        keyword = words.split(b" ")[0].upper()
        if keyword == b"SIZE" and keyword not in seen:
            texts.append(b"SIZE %d" % _smaller(words, message_bytes))
        elif keyword in _PASSED and keyword not in seen:
            texts.append(words)
        seen.add(keyword)
    if starttls:
        texts.append(b"STARTTLS")
    lines = [b"250-" + text for text in texts[:-1]] + [b"250 " + texts[-1]]
    return b"\r\n".join(lines) + b"\r\n", Announced(b"PIPELINING" in seen, b"SMTPUTF8" in seen)


def _smaller(words: bytes, message_bytes: int) -> int:
    """SIZE without a number or with 0: no fixed limit (RFC 1870 4)."""
    number = words[4:].strip()
    theirs = int(number) if number.isdigit() and len(number) < 20 else 0
    return min(theirs or message_bytes, message_bytes)


def _renamed(reply: Reply, hostname: bytes, code: int) -> bytes:
    if not hostname or reply.code != code:
        return reply.raw
    first = reply.lines[0]
    _, _, text = first[4:].partition(b" ")
    separator = first[3:4] or b" "
    renamed = first[:3] + separator + hostname + (b" " + text if text else b"")
    return Reply.of(renamed, *reply.lines[1:]).raw
