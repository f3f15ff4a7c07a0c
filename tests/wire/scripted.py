"""Servers of a few lines, over real sockets, for examining them as a backend."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from gate.backend.target import Target


@contextlib.asynccontextmanager
async def serving(
    handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[Target]:
    """A server that does with each connection what `handler` says; afterwards all are closed."""
    sessions: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sessions[asyncio.current_task()] = writer
        with contextlib.suppress(ConnectionError):
            await handler(reader, writer)
        writer.transport.abort()

    server = await asyncio.start_server(session, "127.0.0.1", 0)
    async with server:
        yield Target("127.0.0.1", server.sockets[0].getsockname()[1])
    for writer in sessions.values():
        writer.transport.abort()
    await asyncio.gather(*filter(None, sessions))


def domains() -> list[str]:
    return ["own.test", "second.test"]


class Xclient:
    """A server that offers XCLIENT, word for word.

    Attributes:
        offer: the line of its EHLO reply.
        answers: to XCLIENT, one a command, the last again and again.
        heard: what came, in order.
        unknown: what it says to a RCPT.
    """

    def __init__(self, *answers: bytes, offer: bytes = b"XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT") -> None:
        self.offer, self.answers = offer, answers or (b"220 mail.example ESMTP",)
        self.heard: list[bytes] = []
        self.unknown = b"550 5.1.1 no such user"

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers = list(self.answers)
        writer.write(b"220 mail.example ESMTP\r\n")
        while line := await reader.readline():
            self.heard.append(line.removesuffix(b"\r\n"))
            verb = line[:4].upper()
            reply = b"250 ok" if verb in {b"MAIL", b"RSET"} else b"500 5.5.2 what?"
            if verb == b"EHLO":
                reply = b"250-mail.example\r\n250-PIPELINING\r\n250 " + self.offer
            elif verb == b"XCLI":
                reply = answers.pop(0) if len(answers) > 1 else answers[0]
                if b"IPV6" in line and b"IPV4ONLY" in self.offer:
                    reply = b"501 5.5.4 Bad ADDR syntax"
            elif verb == b"RCPT":
                reply = self.unknown
            elif verb == b"QUIT":
                reply = b"221 bye"
            writer.write(reply + b"\r\n")
            if verb == b"QUIT" or reply.startswith(b"421"):
                await writer.drain()
                break

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Target]:
        async with asyncio.timeout(20), serving(self) as target:
            yield target
