"""The mail port: what it is opened on, whether it follows the backend, and how it is closed over sessions under way."""

import asyncio
import socket
from pathlib import Path

import msgspec
import pytest

from gate.backend.target import BackendError, Target
from gate.config import GateSection, TlsSection
from gate.smtp import session
from gate.smtp.errors import SmtpError
from gate.smtp.server import SmtpFront
from gate.smtp.settings import Settings
from tests.wire.front import (
    LOOPS,
    SECONDS,
    Client,
    Knowledge,
    Rows,
    Sink,
    begin,
    begin_message,
    config_of,
    front,
    guard_of,
    has_ipv6,
    play,
)
from tests.wire.transcript import KEY

pytestmark = pytest.mark.parametrize("loop", LOOPS)
needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")


def test_who_was_let_in_as_the_port_closed_is_told_at_once(loop: str) -> None:
    async def story() -> None:
        async with front(Sink(), config_of(trusted_proxies=["127.0.0.9/32"])) as running:
            busy = await running.client()
            await begin(busy)
            await begin_message(busy)
            await running.front.close()
            draining = asyncio.create_task(running.front.drain(SECONDS * 2))
            clients = []
            for source in ("127.0.0.1", "127.0.0.9"):  # the second is a proxy that has not said for whom it comes
                with socket.create_server(("127.0.0.1", 0)) as listener:
                    opening = asyncio.open_connection(*listener.getsockname(), local_addr=(source, 0))
                    clients.append(Client(*await asyncio.wait_for(opening, SECONDS)))
                    accepted, _ = listener.accept()
                asyncio_loop = asyncio.get_running_loop()
                await asyncio_loop.connect_accepted_socket(lambda: session.Session(running.front), accepted)
            assert (await clients[0].reply())[:9] == b"421 4.3.2"
            assert await clients[1].eof() == b""
            assert not draining.done()
            assert (await busy.ask(b"x\r\n."))[0][:3] == b"250"
            await asyncio.wait_for(draining, SECONDS)
            for client in (busy, *clients):
                await client.close()

    play(story(), loop)


def test_closing_lets_transactions_come_to_their_end(loop: str) -> None:
    async def story() -> None:
        sink = Sink()
        async with front(sink) as running:
            idle, busy, last = [await running.client() for _ in range(3)]
            for client in (idle, busy, last):
                await begin(client)
            await begin_message(busy)
            await begin_message(last)
            sink.hold.clear()
            last.send(b"last\r\n.\r\n")
            await asyncio.wait_for(sink.received.wait(), SECONDS)
            await running.front.close()
            assert (await idle.reply())[:9] == b"421 4.3.2"
            with pytest.raises(OSError):
                await running.client()
            draining = asyncio.create_task(running.front.drain(0.0))
            assert (await busy.reply())[:3] == b"421"  # its message was not whole
            assert not draining.done()
            sink.hold.set()
            assert (await last.reply())[:3] == b"250"
            assert (await last.reply())[:9] == b"421 4.3.2"
            await asyncio.wait_for(draining, SECONDS)
            assert running.front.sessions == 0
            assert [body for _, body in sink.messages] == [b"last\r\n"]
            for client in (idle, busy, last):
                await client.close()

    play(story(), loop)


def test_draining_waits_for_a_message_under_way(loop: str) -> None:
    async def story() -> None:
        sink = Sink()
        async with front(sink) as running:
            client = await running.client()
            await begin(client)
            await begin_message(client)
            await running.front.close()
            draining = asyncio.create_task(running.front.drain(SECONDS))
            assert (await client.ask(b"x\r\n."))[0][:3] == b"250"
            assert (await client.reply())[:3] == b"421"
            await asyncio.wait_for(draining, SECONDS)
            await client.close()

    play(story(), loop)


def test_what_cannot_be_opened_is_one_line(loop: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with front(Sink()) as running:
            config = config_of()
            config = type(config)(gate=type(config.gate)(listen=["127.0.0.1:0", f"127.0.0.1:{running.port}"]))
            second = SmtpFront(config, guard_of().decide, running.knowledge, Rows(), KEY)
            with pytest.raises(SmtpError, match=rf"on 127\.0\.0\.1:{running.port}: Address already in use"):
                await second.open()
            running.knowledge.obstacle = BackendError("backend.unexamined", target="x")
            with pytest.raises(BackendError):
                await SmtpFront(config_of(), guard_of().decide, running.knowledge, Rows(), KEY).open()

    play(story(), loop)
    (tmp_path / "bad.pem").write_text("no certificate")
    with pytest.raises(SmtpError, match=r"bad\.pem"):
        Settings.of(config_of(tls=TlsSection(certificate=str(tmp_path / "bad.pem"))))


def free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as one:
        one.bind((host, 0))
        port: int = one.getsockname()[1]
        return port


@needs_ipv6
def test_the_port_follows_the_backend_in_and_out_of_ipv6(loop: str) -> None:
    async def greeted(host: str, port: int) -> bool:
        try:
            client = Client(*await asyncio.open_connection(host, port))
        except OSError:
            return False
        line = await client.line()
        await client.close()
        return line[:3] == b"220"

    async def story() -> None:
        port = free_port("::1")
        config = config_of()
        config = msgspec.structs.replace(config, gate=GateSection(listen=["127.0.0.1:0", f"[::1]:{port}"]))
        async with front(Sink(), config) as running:
            four = f"127.0.0.1:{running.port}"
            assert await greeted("::1", port)
            running.knowledge.ipv6 = False
            assert await running.front.follow_backend() == [four]
            assert not await greeted("::1", port)
            assert await greeted("127.0.0.1", running.port)
            assert await running.front.follow_backend() == [four]
            running.knowledge.ipv6 = True
            with socket.socket(socket.AF_INET6) as taken:
                taken.bind(("::1", port))
                taken.listen()
                assert await running.front.follow_backend() == [four]
            assert await running.front.follow_backend() == [four, f"[::1]:{port}"]
            assert await greeted("::1", port)
            await running.front.close()
            assert await running.front.follow_backend() == []
            assert not await greeted("::1", port)

    play(story(), loop)


@needs_ipv6
def test_a_name_that_stands_for_both_is_not_listened_at_on_ipv6_either(loop: str) -> None:
    async def story() -> None:
        config = msgspec.structs.replace(config_of(), gate=GateSection(listen=["localhost:0"]))
        knowledge = Knowledge(Target("127.0.0.1", 1), ipv6=False)
        smtp = SmtpFront(config, guard_of().decide, knowledge, Rows(), KEY)
        assert [name.rpartition(":")[0] for name in await smtp.open()] == ["127.0.0.1"]
        await smtp.close()

    play(story(), loop)


def test_a_backend_that_never_greets_holds_nobody_up(loop: str) -> None:
    async def story() -> None:
        connected, over = asyncio.Event(), asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connected.set()
            assert await reader.read() == b""  # the gate gives up when its client is let go
            over.set()
            writer.close()

        async with front(silent) as running:
            client = await running.client()
            await asyncio.wait_for(connected.wait(), SECONDS)
            await running.front.close()
            assert (await client.reply())[:9] == b"421 4.3.2"
            await asyncio.wait_for(over.wait(), SECONDS)
            await client.close()

    play(story(), loop)
