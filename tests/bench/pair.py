"""A bare pair as a process: two protocols that pass octets on and read none, with a PROXY header first.

`python -m tests.bench.pair BACKEND-PORT`; prints its port. It is the floor under the gate: what an event loop in Python
costs for one connection in and one out. It knows no back-pressure and no time limits; nothing but a bench may use it.
"""

import asyncio
import sys
from typing import cast

import uvloop

from gate.backend.client_address import ClientAddress, proxy_v2


class Server(asyncio.Protocol):
    """The side of the server behind."""

    def __init__(self, client: "Client") -> None:
        self._client = client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._client.joined(cast(asyncio.Transport, transport))  # uvloop's own, no subclass

    def data_received(self, data: bytes) -> None:
        self._client.transport.write(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._client.transport.close()


class Client(asyncio.Protocol):
    """The side of the client: the server behind is called when he is there."""

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self._server: asyncio.Transport | None = None
        self._early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._calling = asyncio.get_running_loop().create_task(self._call())

    async def _call(self) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: Server(self), "127.0.0.1", self._behind)
        except OSError:
            self.transport.close()

    def joined(self, server: asyncio.Transport) -> None:
        """The server answers: it hears who is there, and what he said too early."""
        self._server = server
        client, here = (self.transport.get_extra_info(name) for name in ("peername", "sockname"))
        server.write(b"".join([proxy_v2(ClientAddress(*client, *here)), *self._early]))
        if self.transport.is_closing():
            server.close()

    def data_received(self, data: bytes) -> None:
        if self._server is None:
            self._early.append(data)
        else:
            self._server.write(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._server is not None:
            self._server.close()


async def main(behind: int) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Client(behind), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
