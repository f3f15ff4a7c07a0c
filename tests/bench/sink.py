"""A null sink as a process: an SMTP server that takes every message, keeps none, and knows one domain's few users.

`python -m tests.bench.sink`; prints its port. It stands where the backend stands, so that what is left is the gate.
"""

import asyncio
from typing import cast

import uvloop

USERS = frozenset({b"user1", b"user2", b"user3"})
DOMAIN = b"virtual.test"
END = b"\r\n.\r\n"


class Sink(asyncio.Protocol):
    """One session. It trusts its client: no limits, no grammar."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own, no subclass
        self._buffer = b""
        self._tail: bytes | None = None
        self._transport.write(b"220 sink.virtual.test ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        while data:
            if self._tail is not None:
                data = self._body(data)
                continue
            self._buffer += data
            data = b""
            while self._tail is None and (end := self._buffer.find(b"\r\n")) >= 0:
                line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
                self._transport.write(self._answer(line))
            if self._tail is not None:
                data, self._buffer = self._buffer, b""

    def _body(self, data: bytes) -> bytes:
        """Take what belongs to the message; the rest is given back."""
        assert self._tail is not None
        seen = self._tail + data
        # Only the seam and the data are searched: a message is never held.
        at = seen.find(END)
        if at < 0:
            self._tail = seen[-len(END) + 1 :]
            return b""
        self._tail = None
        self._transport.write(b"250 2.0.0 taken\r\n")
        return seen[at + len(END) :]

    def _answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"EHLO":
            return b"250-sink.virtual.test\r\n250-PIPELINING\r\n250-SIZE 100000000\r\n250 8BITMIME\r\n"
        if verb == b"RCPT":
            local, _, domain = line.partition(b"<")[2].partition(b">")[0].rpartition(b"@")
            if domain != DOMAIN:
                return b"554 5.7.1 Relay access denied\r\n"
            return b"250 2.1.5 Ok\r\n" if local in USERS else b"550 5.1.1 <%b@%b>: User unknown\r\n" % (local, domain)
        if verb == b"DATA":
            self._tail = b"\r\n"
            return b"354 go\r\n"
        if verb == b"QUIT":
            self._transport.write(b"221 2.0.0 bye\r\n")
            self._transport.close()
            return b""
        return b"250 2.0.0 Ok\r\n"


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
