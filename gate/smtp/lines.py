"""What has come from the client and was not read yet: cut into lines of bounded length, or taken as it is for DATA.

Pure. It holds one chunk and the beginning of a line; a line that is too long is thrown away up to its end and told
once.
"""

from gate.smtp.commands import LINE_LIMIT, TOO_LONG, Malformed


class LineBuffer:
    """The client's unread bytes.

    Attributes:
        held: some of them; empty: there are none.
    """

    def __init__(self) -> None:
        self.held = b""
        self._at = 0
        self._overlong = False

    def __len__(self) -> int:
        return len(self.held) - self._at

    def add(self, data: bytes) -> None:
        self.held = self.held[self._at :] + data if self.held else data
        self._at = 0

    def only_line(self, data: bytes) -> bytes | None:
        """`add`, but a whole line, and nothing else beside it, is given back at once, as by `next_line`."""
        if data and not self.held and data.find(b"\n") == len(data) - 1 and not self._overlong:
            return data[:-1].removesuffix(b"\r")
        self.add(data)
        return None

    def next_line(self) -> bytes | Malformed | None:
        """The next line without its end (LF, or CR LF); None: it is not whole yet."""
        data, at = self.held, self._at
        end = data.find(b"\n", at)
        if end < 0:
            if self._overlong or len(data) - at > LINE_LIMIT:
                self._overlong = True
                self.clear()
            return None
        self._at = end + 1
        if self._at == len(data):
            self.held, self._at = b"", 0
        if self._overlong:
            self._overlong = False
            return TOO_LONG
        return data[at:end].removesuffix(b"\r")

    def take(self) -> bytes:
        """All of it."""
        data = self.held[self._at :] if self._at else self.held
        self.clear()
        return data

    def clear(self) -> None:
        self.held = b""
        self._at = 0
