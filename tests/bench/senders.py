"""Many SMTP clients at once, as light as they can be: what they cost is not what is measured.

One message a session, nothing pipelined: greeting, EHLO, MAIL, RCPT, DATA, message, QUIT.
"""

import asyncio
import time
from dataclasses import dataclass, field
from typing import cast

SESSION_SECONDS = 20.0


class SenderError(Exception):
    """The server did not say what the bench expects."""


@dataclass
class Errand:
    """What a session says. `refused`: RCPT is to be refused, then QUIT."""

    port: int
    sender: bytes
    recipient: bytes
    message: bytes = b""
    refused: bool = False
    lines: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lines = [
            b"EHLO mx.outside.test\r\n",
            b"MAIL FROM:<%b>\r\n" % self.sender,
            b"RCPT TO:<%b>\r\n" % self.recipient,
        ]
        if not self.refused:
            self.lines += [b"DATA\r\n", self.message]
        self.lines.append(b"QUIT\r\n")


class Session(asyncio.Protocol):
    """Says the lines of an errand one by one. `done`: seconds from RCPT to its answer."""

    def __init__(self, errand: Errand) -> None:
        self._errand = errand
        self._step = 0
        self._buffer = b""
        self._asked = 0.0
        self._took = 0.0
        self.done: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own, no subclass

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line, self._buffer = self._buffer[: end + 1], self._buffer[end + 1 :]
            if line[3:4] != b"-":
                self._answered(line)

    def _answered(self, line: bytes) -> None:
        step, lines = self._step, self._errand.lines
        if step == 3:
            self._took = time.perf_counter() - self._asked
        if (line[:1] in b"45") != (self._errand.refused and step == 3):
            self._fail(SenderError(f"after {lines[step - 1][:60]!r}: {line!r}"))
            return
        if step == len(lines):
            if not self.done.done():
                self.done.set_result(self._took)
            self._transport.close()
            return
        self._step += 1
        if step == 2:
            self._asked = time.perf_counter()
        self._transport.write(lines[step])

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc or SenderError(f"hung up after {self._errand.lines[self._step - 1][:60]!r}"))

    def _fail(self, why: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(why)
        self._transport.close()


async def session(errand: Errand) -> float:
    """One session to its end; seconds from its RCPT to the answer."""
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_connection(lambda: Session(errand), "127.0.0.1", errand.port)
    return await asyncio.wait_for(protocol.done, SESSION_SECONDS)


async def sessions(errand: Errand, clients: int, *, seconds: float = 0.0, count: int = 0) -> float:
    """Sessions a second, by `clients` clients side by side, for some seconds or until `count` are through."""
    start = time.perf_counter()
    end = start + seconds
    left = count
    through = 0

    async def client() -> None:
        nonlocal left, through
        while left > 0 if count else time.perf_counter() < end:
            left -= 1
            await session(errand)
            through += 1

    await asyncio.gather(*[client() for _ in range(clients)])
    return through / (time.perf_counter() - start)


def message(size: int) -> bytes:
    """A message of about that many octets, ready for the wire with its final dot."""
    line = b"The quick brown fox jumps over the lazy dog and back, again and again, for a whole line.\r\n"
    head = b"From: <user3@virtual.test>\r\nSubject: bench\r\nDate: Tue, 24 Nov 2026 09:00:00 +0000\r\n"
    head += b"Message-Id: <bench@virtual.test>\r\n\r\n"
    return head + line * max(1, (size - len(head)) // len(line)) + b".\r\n"
