"""Clients that come to sit: many connections from many addresses that get nowhere and never leave by themselves.

For tests and the soak. Linux alone has all of 127.0.0.0/8 on its loopback without being asked.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import count
from typing import cast

PER_ADDRESS = 5
TRICKLE_SECONDS = 0.5
ENVELOPE = ["EHLO sloth.example", "MAIL FROM:<sloth@sloth.example>", "RCPT TO:<{recipient}>"]
KINDS: dict[str, tuple[int, str]] = {
    # What it says of the envelope before it sits down, and what it lets trickle then.
    "silent": (0, ""),
    "ehlo": (1, ""),
    "mail": (2, ""),
    "rcpt": (3, ""),
    "data": (4, ""),
    "letters": (1, "M"),
    "trickle": (4, "x"),
}
"""`letters`: a command that never ends; `trickle`: a message that comes by single bytes."""


class Loris(asyncio.Protocol):
    """One that sits. `ended`: its connection is gone; `reply`: the code of the last reply."""

    def __init__(self, kind: str, recipient: str) -> None:
        steps, self._letter = KINDS[kind]
        lines = [line.format(recipient=recipient) for line in ENVELOPE] + ["DATA"]
        self._lines = lines[:steps]
        self._timer: asyncio.TimerHandle | None = None
        self._buffer = b""
        self.kind = kind
        self.reply = b""
        self.ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line, self._buffer = self._buffer[: end + 1], self._buffer[end + 1 :]
            if line[3:4] == b"-":
                continue
            self.reply = line[:3]
            if self._lines and not self.transport.is_closing():
                self.transport.write(self._lines.pop(0).encode() + b"\r\n")
            elif self._letter and self._timer is None:
                self._drip()

    def _drip(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(self._letter.encode())
            self._timer = asyncio.get_running_loop().call_later(TRICKLE_SECONDS, self._drip)

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True
        if self._timer is not None:
            self._timer.cancel()

    @property
    def seated(self) -> bool:
        """Where it wanted to be, or put out."""
        return self.ended or (bool(self.reply) and not self._lines)


def addresses() -> Iterator[str]:
    """127.1.0.1 and on, each a few times."""
    for number in count():
        yield f"127.1.{number // PER_ADDRESS // 250}.{1 + number // PER_ADDRESS % 250}"


@dataclass
class Crowd:
    """All of them."""

    members: list[Loris]

    def told(self) -> Counter[bytes]:
        """How many had which reply last."""
        return Counter(each.reply for each in self.members)

    @property
    def sitting(self) -> int:
        return sum(not each.ended for each in self.members)


@contextlib.asynccontextmanager
async def crowd(
    port: int, number: int, recipient: str, kinds: tuple[str, ...] = tuple(KINDS), seconds: float = 0.0
) -> AsyncIterator[Crowd]:
    """So many of them, of all kinds in turn; inside they sit. `seconds`: they may take so long to sit down."""
    loop, places, members = asyncio.get_running_loop(), addresses(), []
    for index in range(number):
        kind = kinds[index % len(kinds)]
        with contextlib.suppress(OSError):  # turned away before it was in
            _, loris = await loop.create_connection(
                lambda kind=kind: Loris(kind, recipient), "127.0.0.1", port, local_addr=(next(places), 0)
            )
            members.append(loris)
    until = loop.time() + seconds
    while loop.time() < until and not all(each.seated for each in members):  # noqa: ASYNC110 (a thousand events)
        await asyncio.sleep(0.02)
    try:
        yield Crowd(members)
    finally:
        for each in members:
            each.transport.abort()
        await asyncio.sleep(0)


async def honest(port: int, recipient: str, address: str = "127.0.0.77", patience: float = 60.0) -> tuple[float, bytes]:
    """A client that delivers a message as anybody would; seconds from connecting to its end, and the last reply."""
    began = time.monotonic()

    async def deliver() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
        try:
            told = await _reply(reader)
            body = "Subject: honest\r\n\r\nhello\r\n."
            for line in [*(line.format(recipient=recipient) for line in ENVELOPE), "DATA", body, "QUIT"]:
                if told[:1] not in b"23" or not told:
                    break
                kept = told
                writer.write(line.replace("sloth", "friend").encode() + b"\r\n")
                told = await _reply(reader)
            return kept if told[:3] == b"221" else told
        finally:
            writer.close()

    said = await asyncio.wait_for(deliver(), patience)
    return time.monotonic() - began, said


async def _reply(reader: asyncio.StreamReader) -> bytes:
    while (line := await reader.readline())[3:4] == b"-":
        pass
    return line
