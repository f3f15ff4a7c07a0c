"""A policy front that is asked over real sockets, with words known beforehand."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from gate.guard import Guard
from gate.postfix.looking_up import AT_ONCE, Said
from gate.postfix.refusal import Refusal
from gate.postfix.server import PolicyFront
from tests.wire.front import Client, Rows, guard_of, play

DUNNO = b"action=DUNNO\n\n"
REFUSED = b"action=550 5.1.1 User unknown in virtual mailbox table\n\n"
OWN = frozenset({"localhost"})


def request(recipient: str = "user2@localhost", sender: str = "user1@localhost", **more: str) -> bytes:
    told = {
        "request": "smtpd_access_policy",
        "protocol_state": "RCPT",
        "sender": sender,
        "recipient": recipient,
        "client_address": "192.0.2.9",
        "helo_name": "mx.outside.test",
        **more,
    }
    return "".join(f"{name}={value}\n" for name, value in told.items()).encode("utf-8", "surrogateescape") + b"\n"


class Words:
    """A Postfix's words, known beforehand.

    Attributes:
        seconds: by which refusals are held back.
        connections: how often Postfix came.
    """

    def __init__(self) -> None:
        self.seconds, self.connections = 0.0, 0

    def refusal(self, _domain: str) -> Refusal:
        return Refusal(b"550", b"5.1.1", b"User unknown in virtual mailbox table")

    def held(self, _domain: str, _recipient: str) -> float:
        return self.seconds

    def of_probe(self, recipient: str) -> Said | None:
        return AT_ONCE if recipient == "probe@localhost" else None

    def postfix_came(self) -> None:
        self.connections += 1


class Running:
    """A front that is asked. `on`: whether the gate is."""

    def __init__(self, guard: Guard | None = None) -> None:
        self.on, self.own, self.words = True, OWN, Words()
        self.clients: list[Client] = []
        self.rows = Rows()
        self.guard = guard or guard_of(("user2@localhost", "user1@localhost"), ("*", "keyword:casino"))
        self.front = PolicyFront(
            self.guard, self.words, self.rows, active=lambda: self.on, own_domains=lambda: self.own
        )  # fmt: skip

    async def client(self) -> Client:
        self.clients.append(Client(*await asyncio.open_connection("127.0.0.1", self.port)))
        return self.clients[-1]

    async def asked(self, *requests: bytes) -> list[bytes]:
        """The answers to the requests, sent in one go on a connection of their own."""
        client = await self.client()
        client.send(b"".join(requests))
        return [await client.line() + await client.line() for _ in requests]

    async def until_asked(self, times: int) -> None:
        while self.front.asked < times:  # noqa: ASYNC110 (it tells nobody that it was asked)
            await asyncio.sleep(0)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Running"]:
        (listen,) = await self.front.open(["127.0.0.1:0"])
        self.port = int(listen.rpartition(":")[2])
        try:
            yield self
        finally:
            await self.front.close()
            for client in self.clients:
                await client.close()


def story(tell: Callable[[Running], Awaitable[None]], loop: str = "asyncio") -> None:
    async def whole() -> None:
        async with Running().open() as running:
            await tell(running)

    play(whole(), loop)
