"""Examining a backend over real sockets: the built-in mail server, one that is down, ones that misbehave."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from gate.backend import asking, rounds, unknown_users
from gate.backend.client_address import ClientAddress
from gate.backend.connection import BackendError, Target
from gate.backend.probes import Backend, BackendState
from gate.builtin import BuiltinServer
from gate.config import PassingWish
from gate.rules.address import Address
from tests.wire.scripted import Xclient, domains, serving

CLIENT = ClientAddress("203.0.113.5", 40001, "127.0.0.1", 25)


class House:
    """What exists in the built-in server of a test; may be changed while it runs."""

    def __init__(self) -> None:
        self.catch_all: set[str] = set()
        self.percent = False

    def lookup(self, recipient: Address) -> str | None:
        if recipient.domain in self.catch_all or (self.percent and "%" in recipient.local):
            return "user1@own.test"
        return recipient.key if recipient.key == "user1@own.test" else None

    def owns(self, recipient: Address) -> bool:
        return recipient.domain in {"own.test", "second.test"}


@contextlib.asynccontextmanager
async def built_in(mail: Path, house: House) -> AsyncIterator[Target]:
    server = BuiltinServer(mail, lookup=house.lookup, owns=house.owns, message_bytes=1000, hostname="own.test")
    host, port = await server.start()
    try:
        yield Target(host, port)
    finally:
        await server.stop()


@pytest.mark.parametrize("wish", ["auto", "proxy"])
def test_the_built_in_server_is_a_backend_like_any_other(tmp_path: Path, wish: PassingWish) -> None:
    async def story() -> None:
        async with built_in(tmp_path, House()) as target:
            backend = Backend(target, client_address=wish, domains=domains)
            assert backend.state is BackendState.UNKNOWN
            with pytest.raises(BackendError):
                await backend.connect(CLIENT)
            await backend.examine()
            assert (backend.state, backend.passing, backend.ipv6) == (BackendState.UP, "proxy", True)
            assert backend.warnings() == []
            connection = await backend.connect(CLIENT)
            assert connection.greeting.code == 220
            connection.abort()

    asyncio.run(story())


def test_a_disguised_recipient_that_is_taken_keeps_the_port_closed(tmp_path: Path) -> None:
    async def story() -> None:
        house = House()
        house.percent = True
        async with built_in(tmp_path, house) as target:
            backend = Backend(target, domains=domains)
            await backend.examine()
            assert backend.state is BackendState.BLOCKED
            assert [one.code for one in backend.warnings()] == ["backend.relays"]
            assert "z%iana.org@own.test" in backend.warnings()[0].text
            house.percent = False
            await backend.examine()
            assert backend.state is BackendState.UP
            assert backend.warnings() == []

    asyncio.run(story())


class Relay:
    """aiosmtpd's hooks: takes mail for everyone, but not from every sender.

    Attributes:
        senders: who may send; others get `refusal`.
        strict: no recipient is taken at all.
        asked: sender and recipient of each RCPT.
    """

    def __init__(self, refusal: str, *senders: str, strict: bool = False) -> None:
        self.refusal, self.senders, self.strict = refusal, senders, strict
        self.asked: list[tuple[str, str]] = []

    async def handle_PROXY(self, server: Any, session: Any, envelope: Any, data: Any) -> bool:
        return True

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.mail_from = address or "<>"  # aiosmtpd takes an empty one for none
        # the gate itself (a LOCAL header) is no stranger: it asks for unknown users
        if session.proxy_data.src_addr is not None and envelope.mail_from not in self.senders:
            return self.refusal
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        self.asked.append((envelope.mail_from, address))
        if self.strict or (address.endswith("@own.test") and "iana.org" not in address):
            return "550 5.1.1 no"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Target]:
        loop = asyncio.get_running_loop()
        made: list[SMTP] = []

        def session() -> SMTP:
            made.append(SMTP(self, loop=loop, proxy_protocol_timeout=5.0, hostname="own.test"))
            return made[-1]

        server = await loop.create_server(session, "127.0.0.1", 0)
        try:
            yield Target("127.0.0.1", server.sockets[0].getsockname()[1])
        finally:
            server.close()
            for each in made:
                if each.transport is not None:
                    each.transport.abort()


@pytest.mark.parametrize("sender", ["<>", "postmaster@own.test", "x@iana.org"])
def test_a_relay_for_some_senders_only_is_found(sender: str) -> None:
    async def story() -> None:
        async with asyncio.timeout(20), Relay("550 5.7.1 not you", sender).running() as target:
            backend = Backend(target, client_address="proxy", domains=lambda: ["own.test"])
            await backend.examine()
            assert backend.state is BackendState.BLOCKED
            assert [one.code for one in backend.warnings()] == ["backend.relays"]

    asyncio.run(story())


def test_who_turns_every_stranger_away_was_not_tested(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        relay = Relay("550 5.7.1 not you")
        async with asyncio.timeout(20), relay.running() as target:
            backend = Backend(target, client_address="proxy", domains=lambda: ["own.test"])
            await backend.examine()
            assert backend.state is BackendState.UP
            assert [one.code for one in backend.warnings()] == ["backend.untested"]
            assert "550 5.7.1 not you" in backend.warnings()[0].text
            relay.refusal = "451 4.7.1 not now"
            await backend.examine()
            assert (backend.state, backend.obstacle) == (BackendState.DOWN, None)
            assert [one.code for one in backend.warnings()] == ["backend.down"]
            assert "relays for strangers could not be asked: it answers 451 4.7.1 not now" in caplog.text
            relay.senders, relay.strict = ("x@iana.org",), True
            await backend.examine()
            assert backend.state is BackendState.UP
            assert backend.warnings() == []
            assert {sender for sender, to in relay.asked if "iana.org" in to} == {"x@iana.org"}

    asyncio.run(story())


def test_before_it_was_asked_no_mail_goes_to_who_puts_every_stranger_off() -> None:
    async def story() -> None:
        async with asyncio.timeout(20), Relay("451 4.7.1 not now").running() as target:
            backend = Backend(target, client_address="proxy", domains=lambda: ["own.test"])
            await backend.examine()
            assert (backend.state, backend.passing) == (BackendState.DOWN, None)
            with pytest.raises(BackendError, match="could not be asked"):
                await backend.connect(CLIENT)

    asyncio.run(story())


def test_a_decoy_that_is_accepted_has_the_domain_asked_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "SPACING", 0.0)

    async def story() -> None:
        house, changes = House(), asyncio.Queue[None]()
        async with asyncio.timeout(20), built_in(tmp_path, house) as target:
            backend = Backend(target, domains=domains, changed=lambda: changes.put_nowait(None))
            backend.start()
            await changes.get()
            assert backend.refusal("own.test", b"Max@own.test") is None
            alone = b"550 5.1.1 <Max@own.test>: Recipient address rejected: User unknown\r\n"

            backend.decoy_accepted(b"max@OWN.test")
            await changes.get()
            assert backend.refusal("own.test", b"Max@own.test") == alone
            assert backend.refusal("own.test", b"moritz@own.test") is None
            assert not backend.catch_all("own.test")

            house.catch_all.add("own.test")
            backend.decoy_accepted(b"moritz@own.test")
            await changes.get()
            assert backend.catch_all("own.test")
            assert backend.refusal("own.test", b"Max@own.test") == alone
            assert [one.code for one in backend.warnings()] == ["backend.catch_all"]
            await backend.stop()

    asyncio.run(story())


def test_a_backend_that_is_down_is_tried_again_until_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rounds, "BACK_OFF", (0.01,))

    async def story() -> None:
        reserved = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
        target = Target("127.0.0.1", reserved.sockets[0].getsockname()[1])
        reserved.close()
        await reserved.wait_closed()
        changes = asyncio.Queue[None]()
        backend = Backend(target, domains=domains, changed=lambda: changes.put_nowait(None))
        async with asyncio.timeout(20):
            backend.start()
            for _ in range(3):
                await changes.get()
            assert backend.state is BackendState.DOWN
            assert [one.code for one in backend.warnings()] == ["backend.down"]
            with pytest.raises(BackendError, match="no connection"):
                await backend.connect(CLIENT)
            async with built_in(tmp_path, House()) as other:
                backend.target = other
                while backend.state is not BackendState.UP:
                    await changes.get()
                assert backend.warnings() == []
            with pytest.raises(BackendError):
                await backend.connect(CLIENT)
            assert backend.state is BackendState.DOWN
            await backend.stop()

    with caplog.at_level(logging.WARNING):
        asyncio.run(story())
    assert len([one for one in caplog.records if "no connection" in one.message]) == 2


@pytest.mark.parametrize(
    ("greeting", "state", "code"),
    [
        (b"220 mail.example ESMTP\r\n", BackendState.BLOCKED, "backend.client_address"),
        (b"421 4.3.2 busy\r\n", BackendState.DOWN, "backend.down"),
        (b"hello\r\n", BackendState.DOWN, "backend.down"),
    ],
)
def test_a_server_that_greets_before_a_header(greeting: bytes, state: BackendState, code: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        while await reader.readline():
            writer.write(b"250 whatever\r\n")

    async def story() -> None:
        async with asyncio.timeout(20), serving(serve) as target:
            backend = Backend(target, domains=domains)
            await backend.examine()
            assert backend.state is state
            assert [one.code for one in backend.warnings()] == [code]

    asyncio.run(story())


class Door:
    """A listener in front of a server that closes some connections as soon as they are made.

    Attributes:
        slammed: which connection since `count` was last set to 0, from 1; 0: none; -1: all.
    """

    def __init__(self) -> None:
        self.slammed = self.count = 0

    @contextlib.asynccontextmanager
    async def before(self, server: Target) -> AsyncIterator[Target]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.count += 1
            if self.slammed not in {-1, self.count}:
                there, back = await asyncio.open_connection(server.host, server.port)
                await asyncio.gather(self._carry(reader, back), self._carry(there, writer))
            writer.close()

        listener = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with listener:
            yield Target("127.0.0.1", listener.sockets[0].getsockname()[1])

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
        writer.close()


@pytest.mark.parametrize("wish", ["auto", "proxy"])
def test_a_door_that_is_slammed_is_a_server_that_is_down(tmp_path: Path, wish: PassingWish) -> None:
    async def story() -> None:
        door = Door()
        async with asyncio.timeout(20), built_in(tmp_path, House()) as server, door.before(server) as target:
            door.slammed = -1
            backend = Backend(target, client_address=wish, domains=domains)
            await backend.examine()
            assert (backend.state, backend.obstacle) == (BackendState.DOWN, None)
            assert [one.code for one in backend.warnings()] == ["backend.down"]
            door.slammed = 0
            await backend.examine()
            assert backend.state is BackendState.UP

    asyncio.run(story())


def test_no_single_lost_connection_blocks_a_gate_that_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PLAIN_PATIENCE", 0.1)

    async def story() -> None:
        door = Door()
        async with asyncio.timeout(60), built_in(tmp_path, House()) as server, door.before(server) as target:
            backend = Backend(target, domains=domains)
            await backend.examine()
            assert backend.state is BackendState.UP
            door.count = 0
            while door.count >= door.slammed:  # until an examination needs no such connection
                door.slammed, door.count = door.slammed + 1, 0
                await backend.examine()
                assert (backend.obstacle, backend.passing, backend.ipv6) == (None, "proxy", True)
                if backend.state is BackendState.DOWN:
                    assert "closed the connection" in backend.warnings()[0].text
            assert door.slammed > 5
            assert backend.state is BackendState.UP

    asyncio.run(story())


def test_a_server_that_takes_the_header_no_more_is_down_and_told(tmp_path: Path) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        while line := await reader.readline():
            writer.write(b"250 mail.example\r\n" if line.startswith(b"EHLO") else b"502 5.5.2 what?\r\n")

    async def story() -> None:
        async with asyncio.timeout(20), built_in(tmp_path, House()) as target:
            backend = Backend(target, domains=domains)
            await backend.examine()
            async with serving(plain) as other:
                backend.target = other
                await backend.examine()
                assert (backend.state, backend.obstacle) == (BackendState.DOWN, None)
                assert "smtpd_upstream_proxy_protocol=haproxy" in backend.warnings()[0].text
                blank = Backend(backend.target, client_address="proxy", domains=domains)
                await blank.examine()
                assert blank.state is BackendState.BLOCKED
            backend.target = target
            await backend.examine()
            assert backend.state is BackendState.UP
            async with Xclient().running() as other:  # another way: it is found, without a restart
                backend.target = other
                await backend.examine()
                assert (backend.state, backend.passing) == (BackendState.UP, "xclient")

    asyncio.run(story())


def test_a_domain_that_only_said_4xx_in_live_sessions_is_a_warning(tmp_path: Path) -> None:
    async def story() -> None:
        async with built_in(tmp_path, House()) as target:
            backend = Backend(target, domains=domains)
            await backend.examine()
            for _ in range(unknown_users.ONLY_TEMPORARY):
                backend.decoy_replied("Own.test", 450)
            assert [(one.code, one.params) for one in backend.warnings()] == [
                ("backend.only_temporary", {"domain": "own.test"})
            ]
            backend.decoy_replied("own.test", 550)
            assert backend.warnings() == []

    asyncio.run(story())
