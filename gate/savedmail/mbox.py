"""An mbox, split into messages while it streams by: bytes in, headers out, bodies dropped.

Holds one window of the file, never the file, and never maps it (a truncated map is a SIGBUS). Knows no addresses.

The dialects (mboxo, mboxrd, mboxcl, mboxcl2; RFC 4155 appendix A) disagree about what ends a message. Here:
1. `Content-Length` counts only if a separator or the end of the file stands exactly where it points, because it lies.
2. A separator is a line `From ` with a date and a header line below it, wherever it stands; or, below an empty line,
   one with a date and no header, or with an address and a header. Any other `From ` is text.
"""

import os
import re
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

CHUNK: Final = 4 * 1024 * 1024
"""Bytes of one read. Memory is bounded by about three of these."""
HEADER_CAP: Final = 1024 * 1024
"""Bytes of a header block that are looked at; what lies behind is dropped."""
_LOOK: Final = 2048
"""Bytes that are looked at to tell whether a line is a separator."""

_TIME = re.compile(rb"\d\d?:\d\d")
_DAY = re.compile(rb"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|\d{1,2} [JFMASOND][a-z]{2} |\d{4}-\d\d-\d\d[T ])", re.ASCII)
_ADDRESS = re.compile(rb"From +[^\s@]+@[^\s@]+[ \t]*$")
_FIELD = re.compile(rb">From |[!-9;-~]{1,200}[ \t]*:")
_HEADER_END = re.compile(rb"\n\r?\n")
_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*(\d{1,15})[ \t]*\r?$")


class Message(NamedTuple):
    """One message as it stands in the file.

    Attributes:
        offset: of its first byte (the `From ` line's) in the file.
        from_line: the separator without its `From `, empty where there is none.
        header: its header block, `HEADER_CAP` bytes at most, line ends as found.
    """

    offset: int
    from_line: bytes
    header: bytes


def begins(head: bytes) -> bool:
    """Whether a file that begins with `head` (blank lines removed) is an mbox."""
    if not head.startswith(b"From "):
        return False
    look = _Look(head)
    return look.field or look.dated


def find_separator(data: bytes) -> int:
    """Where in `data` the first message begins, -1 if none does: for a file whose start is damaged."""
    at = -1
    while (at := data.find(b"\nFrom ", at + 1)) >= 0:
        if _is_separator(data, at + 1):
            return at + 1
    return -1


def split(stream: BinaryIO, start: int = 0) -> Iterator[Message]:
    """The messages of an mbox whose first separator stands at `start`.

    Args:
        stream: a seekable file opened unbuffered; only read.

    Raises:
        OSError: reading failed; the messages yielded before stand.
    """
    window = _Window(stream, start)
    at: int | None = 0
    while at is not None and window.holds(at, 1):
        at = window.drop(at)
        line_end = window.line_end(at)
        head = _head(window, at, line_end)
        yield Message(window.base + at, window.data[at + 5 : line_end].strip(), window.data[line_end + 1 : head.end])
        if head.next is not None:
            at = head.next
            continue
        told = _told_end(window, window.data[line_end + 1 : head.end], head.body)
        at = window.jump(told) if told is not None else _next(window, head.body)


class _Window:
    """The part of the file that is held: `data`, whose first byte has the offset `base`."""

    def __init__(self, stream: BinaryIO, start: int) -> None:
        self._stream = stream
        stream.seek(start)
        self.base = start
        self.data = b""
        self.ended = False
        self._read()

    def _read(self) -> None:
        chunk = self._stream.read(CHUNK)
        if not chunk:
            self.ended = True
        self.data += chunk

    def holds(self, at: int, count: int) -> bool:
        """Reads on until `count` bytes stand behind `at`; false where the file ends before."""
        while len(self.data) - at < count and not self.ended:
            self._read()
        return len(self.data) - at >= count

    def drop(self, at: int) -> int:
        """Forgets what lies before `at` when a chunk of it has gathered; gives the new place of `at`."""
        if at < CHUNK:
            return at
        self.base += at
        self.data = self.data[at:]
        return 0

    def line_end(self, at: int) -> int:
        self.holds(at, _LOOK)
        end = self.data.find(b"\n", at, at + _LOOK)
        return end if end >= 0 else min(len(self.data), at + _LOOK)

    def size(self) -> int:
        return os.fstat(self._stream.fileno()).st_size

    def peek(self, offset: int, count: int) -> bytes:
        """Bytes at a place of the file, held or not."""
        at = offset - self.base
        if at >= 0 and at + count <= len(self.data):
            return self.data[at : at + count]
        self._stream.seek(offset)
        found = self._stream.read(count)
        self._stream.seek(self.base + len(self.data))
        return found

    def jump(self, offset: int) -> int:
        """Goes on at a place further on, without reading what lies between."""
        at = offset - self.base
        if at <= len(self.data):
            return at
        self._stream.seek(offset)
        self.base, self.data, self.ended = offset, b"", False
        self._read()
        return 0


class _Head(NamedTuple):
    """Places in the window: `end` of the header block, `body` behind its empty line, `next` where the next message
    follows without one."""

    end: int
    body: int
    next: int | None = None


def _head(window: _Window, at: int, line_end: int) -> _Head:
    searched = line_end
    while True:
        found = _HEADER_END.search(window.data, searched)
        if found or window.ended or len(window.data) - line_end > HEADER_CAP:
            break
        searched = max(line_end, len(window.data) - 2)
        window.holds(at, len(window.data) - at + 1)
    cap = line_end + 1 + HEADER_CAP
    end = min(found.start() + 1 if found else len(window.data), cap)
    inner = line_end - 1
    while (inner := window.data.find(b"\nFrom ", inner + 1, end)) >= 0:
        look = _Look(window.data[inner + 1 : inner + 1 + _LOOK])
        if look.dated and look.field:
            return _Head(inner + 1, inner + 1, inner + 1)
    return _Head(end, found.end() if found and found.end() <= cap else end)


def _told_end(window: _Window, header: bytes, body: int) -> int | None:
    """The offset of the next message, or of the file's end, if `Content-Length` points exactly there."""
    if b"content-length" not in header.lower():
        return None
    told = _LENGTH.search(header)
    if not told:
        return None
    target = window.base + body + int(told[1])
    size = window.size()
    if target > size:
        return None
    there = window.peek(target, _LOOK)
    rest = there.lstrip(b"\r\n")
    blank = len(there) - len(rest)
    if not rest and target + blank == size:
        return size
    look = _Look(rest)
    if blank > 4 or not look.dated or (blank == 0 and window.peek(target - 1, 1) != b"\n"):
        return None
    return target + blank


def _next(window: _Window, body: int) -> int | None:
    """The place of the next separator at or behind `body`, None where the file ends before one."""
    at = max(body - 1, 0)
    while True:
        hit = window.data.find(b"\nFrom ", at)
        if hit >= 0:
            window.holds(hit, _LOOK)
            if _is_separator(window.data, hit + 1):
                return hit + 1
            at = hit + 1
        elif window.ended:
            return None
        else:
            at = window.drop(max(len(window.data) - 8, 0))
            window.holds(at, len(window.data) - at + 1)


def _is_separator(data: bytes, at: int) -> bool:
    look = _Look(data[at : at + _LOOK])
    if look.dated and look.field:
        return True
    below_blank = data[max(at - 3, 0) : at].endswith((b"\n\n", b"\n\r\n"))
    return below_blank and ((look.field and look.addressed) or (look.dated and look.alone))


class _Look:
    """What a line `From ` and the line below it are like. Each question takes linear time: lines are hostile."""

    __slots__ = ("_below", "_line")

    def __init__(self, data: bytes) -> None:
        line, newline, self._below = data.partition(b"\n")
        self._line = line if line.startswith(b"From ") else b""
        if not newline:
            self._below = b""

    @property
    def dated(self) -> bool:
        """It ends in a date as ctime (RFC 4155) or ISO 8601 writes it."""
        time = _TIME.search(self._line)
        return bool(time and _DAY.search(self._line, 0, time.start()))

    @property
    def addressed(self) -> bool:
        return bool(_ADDRESS.match(self._line.rstrip(b"\r")))

    @property
    def field(self) -> bool:
        """A header line stands below."""
        return bool(_FIELD.match(self._below))

    @property
    def alone(self) -> bool:
        """An empty line or the end stands below: a message without a header."""
        return not self._below.strip(b"\r") or self._below.startswith((b"\n", b"\r\n"))
