"""SMTP replies as they come from the backend: bytes in, whole replies out (RFC 5321 4.2).

For whoever talks to the backend. Pure: no socket, no clock. A reply is never re-wrapped, truncated or reworded here:
what the backend said is what the client will hear, line for line.

Strict where a lenient reader would let two ends of the gate see two different things: a line must begin with a code
from 200 to 599 and a space, a hyphen or its end; all the lines of a reply bear one code; no CR or NUL inside a line.
Lenient in one thing: a line may end with a bare LF.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

import msgspec

from gate.errors import Fault

REPLY_LIMIT = 65_536
"""Bytes of one reply at most, all its lines together. (The RFC's 512 a line is exceeded by real servers.)"""
SHORT = 1024
"""Bytes of a reply at most that is remembered."""

_LINE = re.compile(rb"[2-5][0-9]{2}(?:[ -][^\r\0]*)?")
_WHOLE = re.compile(rb"([2-5][0-9]{2})(?: [^\r\n\0]*\r\n|-[^\r\n\0]*\r\n(?:\1-[^\r\n\0]*\r\n)*\1 [^\r\n\0]*\r\n)")
"""One reply and nothing else, as most come."""


class ReplyError(Fault):
    """What came is no SMTP reply. `before` holds the whole replies that the same bytes began with."""

    texts: ClassVar[Mapping[str, str]] = {
        "reply.garbled": "the mail server sent what is no SMTP reply: {line}",
        "reply.mixed_codes": "the mail server sent one reply with two codes: {line}",
        "reply.too_long": "the mail server sent a reply of more than {limit} bytes",
    }

    def __init__(self, code: str, *, before: "tuple[Reply, ...]" = (), **params: object) -> None:
        super().__init__(code, **params)
        self.before = before


class Reply(msgspec.Struct, frozen=True):
    """One whole reply.

    Attributes:
        raw: as it goes over the wire, each line with CRLF, such as `b"250-a.example\\r\\n250 DSN\\r\\n"`.
        code: 200 to 599.
    """

    raw: bytes
    code: int

    @classmethod
    def of(cls, *lines: bytes) -> "Reply":
        """Of lines without their ends."""
        return cls(b"\r\n".join(lines) + b"\r\n", int(lines[0][:3]))

    @property
    def severity(self) -> int:
        """The code's first digit: 2 done, 3 go on, 4 not now, 5 no."""
        return self.code // 100

    @property
    def lines(self) -> tuple[bytes, ...]:
        """Each with its code and without its line end."""
        return tuple(self.raw[:-2].split(b"\r\n"))

    @property
    def words(self) -> tuple[bytes, ...]:
        """The lines without their codes."""
        return tuple(line[4:] for line in self.lines)

    @property
    def text(self) -> str:
        """For log and screen: the lines with their codes, joined by a newline."""
        return b"\n".join(self.lines).decode("utf-8", "replace")

    @property
    def one_line(self) -> str:
        """For a message of one line."""
        return self.text.replace("\n", " / ")


def whole_reply(data: bytes) -> Reply | None:
    """The reply that the bytes are, if they are one and nothing else, as nearly always. For whoever has a parser that
    is `empty`: it would find the same in three times the time.

    What a server says to everyone (greeting, EHLO, 250, 354, 221) is remembered; a refusal never is, so that none comes
    sooner for having been heard before."""
    return _said_to_all(data) if len(data) <= SHORT and data < b"4" else _whole(data)


def _whole(data: bytes) -> Reply | None:
    if len(data) <= REPLY_LIMIT and _WHOLE.fullmatch(data) is not None:
        return Reply(data, int(data[:3]))
    return None


_said_to_all = lru_cache(maxsize=64)(_whole)


class ReplyParser:
    """Cuts what the backend sends into replies. After an error it stays in error.

    Attributes:
        empty: no part of a reply is waiting for the rest, and there was no error.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []
        self._held = 0
        self._error: ReplyError | None = None
        self.empty = True

    def feed(self, data: bytes) -> list[Reply]:
        """Takes the next bytes and tells the replies that are whole now, oldest first.

        Raises:
            ReplyError: what came is no reply; see `ReplyError.before`.
        """
        if self._error is not None:
            self._error.before = ()
            raise self._error
        self.empty = False
        replies: list[Reply] = []
        lines = (self._rest + data if self._rest else data).split(b"\n")
        self._rest = lines.pop()
        try:
            for line in lines:
                if (reply := self._take(line.removesuffix(b"\r"))) is not None:
                    replies.append(reply)
            if self._held + len(self._rest) > REPLY_LIMIT:
                raise ReplyError("reply.too_long", limit=REPLY_LIMIT)
        except ReplyError as error:
            self._error = error
            error.before = tuple(replies)
            raise
        self.empty = not self._rest and not self._lines
        return replies

    def _take(self, line: bytes) -> Reply | None:
        if not _LINE.fullmatch(line):
            raise ReplyError("reply.garbled", line=_shown(line))
        if self._lines and self._lines[0][:3] != line[:3]:
            raise ReplyError("reply.mixed_codes", line=_shown(line))
        self._held += len(line) + 2
        if self._held > REPLY_LIMIT:
            raise ReplyError("reply.too_long", limit=REPLY_LIMIT)
        self._lines.append(line)
        if line[3:4] == b"-":
            return None
        reply = Reply.of(*self._lines)
        self._lines.clear()
        self._held = 0
        return reply


def _shown(line: bytes) -> str:
    return ascii(line[:80].decode("utf-8", "replace"))
