"""The DATA stream: its true end, and what must not be in it (RFC 5321 4.5.2, 2.3.8; SMTP smuggling, CVE-2023-51764).

Pure: bytes in, bytes to forward out. It never waits for a whole line and keeps four bytes at most, so a message may be
of any size and its lines of any length; dots are left as the client stuffed them.

The end is CRLF.CRLF and nothing else (and .CRLF as the very first line). What the rules are there for: servers take
many things for the end, so whatever one of them might take for it never gets there:
- a bare CR or a NUL is a problem, always;
- a bare LF is a problem (`reject`), or becomes CRLF (`normalize`); a line that so becomes a lone dot gets a second dot;
- a chunk that has a problem is not forwarded at all, and nothing after it: the stream only looks for its end then;
- a dot at a line start and a CR are held back until the byte after them has been seen.
"""

import enum
import io
import re
from dataclasses import dataclass

_END = b"\r\n.\r\n"
_STUFFED = b"\r\n."
_BARE_LF = re.compile(rb"(?<!\r)\n")
_LONE_DOT = re.compile(rb"(?<=\n)\.(?=\r\n)")


class Problem(enum.Enum):
    """Why a message is refused; the value is the reply, without line end."""

    BARE_LF = b"550 5.5.2 Error: bare <LF> received"
    BARE_CR = b"550 5.5.2 Error: bare <CR> received"
    NUL = b"550 5.5.2 Error: NUL received"
    TOO_LARGE = b"552 5.3.4 Error: message file too big"


@dataclass(frozen=True, slots=True)
class Piece:
    """What became of the bytes that were fed.

    Attributes:
        forward: to be sent to the backend, the final dot included if `rest` is not None.
        rest: None while the message goes on; else what came after its end: commands again.
        problem: set once, with the piece in which it was found.
    """

    forward: bytes = b""
    rest: bytes | None = None
    problem: Problem | None = None


def _line_ends(body: bytes) -> tuple[str, ...]:
    """Which of CR, LF and CRLF end its lines.

    The reader of text files finds this out in a quarter of the time that counting them takes.
    """
    reader = io.IncrementalNewlineDecoder(None, translate=False)
    reader.decode(body.decode("latin-1"))
    found = reader.newlines
    return found if isinstance(found, tuple) else (found,) if found else ()


class DataStream:
    """One message after the 354.

    Attributes:
        size: octets of the message so far, stuffed dots not counted (RFC 1870 5).
        draining: nothing is forwarded any more; only the end is looked for.
    """

    def __init__(self, limit: int, *, normalize: bool = False) -> None:
        self.size = 0
        self.draining = False
        self._limit = limit
        self._normalize = normalize
        self._held = b""
        self._after_crlf = True  # a `.CRLF` here ends the message
        self._after_line = True  # the same or, when normalising, after a bare LF
        self._tail = b"\r\n"  # while draining: the last four bytes

    def drain(self) -> None:
        """Forward nothing from now on (the backend is gone)."""
        if not self.draining:
            self.draining = True
            self._tail = ((b"\r\n" if self._after_crlf else b"") + self._held)[-4:]

    def feed(self, data: bytes) -> Piece:
        """Takes the next bytes. After a piece with `rest` it must not be called again."""
        if self.draining:
            return self._drained(data)
        if self._held:
            data = self._held + data
            self._held = b""
        # Most chunks have none, and then no end either. (`rfind` skips most octets, `find` and `count` do not.)
        dots = data.count(_STUFFED) if data.rfind(_STUFFED) >= 0 else 0
        body, rest = self._cut(data, dots)
        problem = self._unclean(body)
        if problem is None:
            if rest is None:
                body = self._hold(body)
            if dots:
                dots = body.count(_STUFFED)
            self.size += len(body) - dots - (self._after_crlf and body.startswith(b"."))
            problem = Problem.TOO_LARGE if self.size > self._limit else None
        if problem is not None:
            self.draining = True
            self._tail = ((b"\r\n" if self._after_crlf else b"") + data)[-4:]
            return Piece(rest=rest, problem=problem)
        if self._normalize:
            forward = self._normalized(body)
        else:
            forward = body
        if body:
            self._after_crlf, self._after_line = body.endswith(b"\r\n"), body.endswith(b"\n")
        return Piece(forward, rest) if rest is None else Piece(forward + b".\r\n", rest)

    def _cut(self, data: bytes, dots: int) -> tuple[bytes, bytes | None]:
        """The body before the final dot, and what is after it (None: the end is not in here)."""
        if self._after_crlf and data.startswith(b".\r\n"):
            return b"", data[3:]
        at = data.find(_END) if dots else -1
        return (data, None) if at < 0 else (data[: at + 2], data[at + 5 :])

    def _unclean(self, body: bytes) -> Problem | None:
        """A CR at the very end is none yet: it will be held back."""
        ends = _line_ends(body)
        if "\r" in ends:
            return Problem.BARE_CR
        if "\n" in ends and not self._normalize:
            return Problem.BARE_LF
        return Problem.NUL if b"\0" in body else None

    def _hold(self, body: bytes) -> bytes:
        """Keeps back a CR, and a dot at a line start, at the very end of what has come."""
        end = len(body) - body.endswith(b"\r")
        if body[end - 1 : end] == b"." and (body[end - 2 : end - 1] == b"\n" if end > 1 else self._after_line):
            end -= 1
        self._held = body[end:]
        return body[:end] if self._held else body

    def _normalized(self, body: bytes) -> bytes:
        body = _LONE_DOT.sub(b"..", _BARE_LF.sub(b"\r\n", body))
        return b"." + body if self._after_line and body.startswith(b".\r\n") else body

    def _drained(self, data: bytes) -> Piece:
        seam = self._tail + data[:4]
        at = seam.find(_END)
        if at >= 0:
            return Piece(rest=data[at + 5 - len(self._tail) :])
        at = data.find(_END)
        if at >= 0:
            return Piece(rest=data[at + 5 :])
        self._tail = (self._tail + data)[-4:] if len(data) < 4 else data[-4:]
        return Piece()
