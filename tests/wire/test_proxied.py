"""Trusted proxies over real sockets: XCLIENT, mail of their own, and the limits before a session."""

import asyncio
from collections.abc import Sequence

import pytest

from gate.backend.client_address import ClientAddress, proxy_v2
from gate.config import Config, LimitsSection
from gate.smtp import manners, proxied
from tests.wire.front import LOOPS, SECONDS, Client, Running, Sink, config_of, front, guard_of, play

PROXY = "127.0.0.9"
DENIED = guard_of(("user2@localhost", "user1@localhost"))
SYNCHRONIZATION = b"421 4.5.0 localhost Error: SMTP protocol synchronization\r\n"
pytestmark = pytest.mark.parametrize("loop", LOOPS)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manners, "SILENT_SECONDS", 0.05)


class HeaderSink(Sink):
    """It takes PROXY headers of IPv4 clients. `headers`: as they came."""

    def __init__(self) -> None:
        super().__init__()
        self.headers = asyncio.Queue[bytes]()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.headers.put_nowait(await reader.readexactly(28))
        await super().__call__(reader, writer)


def behind_proxy(limits: LimitsSection | None = None, trusted: Sequence[str] = ()) -> Config:
    return config_of(limits=limits, trusted=list(trusted), trusted_proxies=[f"{PROXY}/32"])


async def greeted(running: Running) -> Client:
    """A proxy that has waited for its greeting."""
    client = await running.client(PROXY)
    assert await client.reply() == b"220 localhost ESMTP\r\n"
    return client


async def introduced(running: Running, host: str, *, port: int = 4711) -> Client:
    """A client that came by XCLIENT and heard the mail server's greeting."""
    client = await greeted(running)
    offer = (await client.ask(b"EHLO proxy.test"))[0]
    assert offer.splitlines()[-1] == b"250 XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT"
    assert await client.ask(f"XCLIENT ADDR={host} PORT={port}".encode()) == [b"220 mail.test ESMTP\r\n"]
    return client


def test_the_address_comes_in_a_header_and_goes_on_to_the_backend(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manners, "SILENT_SECONDS", SECONDS)

    async def story() -> None:
        sink = HeaderSink()
        async with front(sink, behind_proxy(), DENIED) as running:
            running.knowledge.proxy = True
            client = await running.client(PROXY)
            header = proxy_v2(ClientAddress("::ffff:203.0.113.7", 4711, "::ffff:192.0.2.25", 25))
            for byte in header + b"EHLO client.test\r\n":
                client.send(bytes([byte]))
                await client.writer.drain()
            assert await asyncio.wait_for(sink.headers.get(), SECONDS) == header
            await client.reply()
            await client.reply()
            await client.ask(b"MAIL FROM:<user1@localhost>", b"RCPT TO:<user2@localhost>")
            assert (await asyncio.wait_for(running.rows.decisions.get(), SECONDS)).client == "203.0.113.7"
            garbage = await running.client(PROXY)
            garbage.send(b"\x16\x03\x01EHLO client.test\r\n")
            assert await garbage.eof() == b""
            await client.close()
            await garbage.close()

    play(story(), loop)


def test_the_address_comes_by_xclient_and_goes_on_to_the_backend(loop: str) -> None:
    async def story() -> None:
        sink = HeaderSink()
        async with front(sink, behind_proxy(), DENIED) as running:
            running.knowledge.proxy = True
            client = await introduced(running, "203.0.113.7")
            told = ClientAddress("203.0.113.7", 4711, "127.0.0.1", running.port)
            assert await asyncio.wait_for(sink.headers.get(), SECONDS) == proxy_v2(told)
            assert (await client.ask(b"EHLO c.test"))[0].startswith(b"250-mail.test\r\n")
            await client.ask(b"MAIL FROM:<user1@localhost>")
            assert (await client.ask(b"RCPT TO:<user2@localhost>"))[0].startswith(b"550 5.1.1 <user2@localhost>")
            row = await asyncio.wait_for(running.rows.decisions.get(), SECONDS)
            assert (row.client, row.helo) == ("203.0.113.7", "c.test")
            assert (await client.ask(b"XCLIENT ADDR=192.0.2.1"))[0] == b"502 5.5.1 Error: command not implemented\r\n"
            assert (await client.ask(b"QUIT"))[0][:3] == b"221"
            assert not [line for line in sink.commands if b"XCLIENT" in line or b"proxy.test" in line]
            await client.close()

    play(story(), loop)


def test_from_nobody_else(loop: str) -> None:
    async def story() -> None:
        async with front(Sink(), behind_proxy()) as running:
            client = await running.client("127.0.0.8")
            assert await client.reply() == b"220 mail.test ESMTP\r\n"
            assert b"XCLIENT" not in (await client.ask(b"EHLO c.test"))[0]
            assert (await client.ask(b"XCLIENT ADDR=192.0.2.1"))[0] == b"502 5.5.1 Error: command not implemented\r\n"
            await client.close()

    play(story(), loop)


def test_nothing_behind_xclient_is_kept(loop: str) -> None:
    async def story() -> None:
        sink = Sink()
        async with front(sink, behind_proxy()) as running:
            client = await greeted(running)
            client.send(b"XCLIENT ADDR=203.0.113.7\r\nMAIL FROM:<a@b.test>\r\n")
            assert await client.eof() == SYNCHRONIZATION
            await client.close()
            assert sink.commands == []

    play(story(), loop)


def test_a_proxys_own_mail_and_its_health_checks(loop: str) -> None:
    async def story() -> None:
        sink = Sink()
        async with front(sink, behind_proxy(trusted=["127.0.0.0/8"])) as running:
            check = await greeted(running)
            assert [reply[:3] for reply in await check.ask(b"EHLO proxy.test", b"NOOP", b"QUIT")] == [
                b"250",
                b"250",
                b"221",
            ]
            assert await check.eof() == b""
            await check.close()
            assert sink.commands == []
            client = await greeted(running)
            await client.ask(b"EHLO proxy.test")
            assert await client.ask(b"MAIL FROM:<a@b.test>") == [b"250 2.0.0 Ok\r\n"]
            stranger = await client.ask(b"RCPT TO:<x@elsewhere.test>")  # it is one of the trusted, but who says so?
            assert stranger == [b"554 5.7.1 <x@elsewhere.test>: Relay access denied\r\n"]
            replies = [*await client.ask(b"RCPT TO:<a@localhost>", b"DATA"), *await client.ask(b"hello\r\n.")]
            assert [reply[:3] for reply in replies] == [b"250", b"354", b"250"]
            row = [await asyncio.wait_for(running.rows.decisions.get(), SECONDS) for _ in range(2)][1]
            assert (row.client, row.helo) == (PROXY, "proxy.test")
            assert sink.messages == [([b"a@localhost"], b"hello\r\n")]
            assert sink.commands[:2] == [b"EHLO proxy.test", b"MAIL FROM:<a@b.test>"]
            await client.close()

    play(story(), loop)


@pytest.mark.parametrize("late", [proxy_v2(ClientAddress("203.0.113.7", 1, "192.0.2.1", 25)), b"PROXY UNKNOWN\r\n"])
def test_a_header_that_comes_late_is_no_command(loop: str, late: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        sink = Sink()
        async with front(sink, behind_proxy()) as running:
            client = await greeted(running)
            client.send(late + b"MAIL FROM:<a@b.test>\r\n")
            assert await client.eof() == b""
            await client.close()
            assert sink.commands == []

    play(story(), loop)
    assert [record.message for record in caplog.records if "127.0.0.9, a trusted proxy, sent" in record.message]


@pytest.mark.parametrize("ends", [True, False])
def test_a_header_that_has_begun_is_waited_for(loop: str, monkeypatch: pytest.MonkeyPatch, ends: bool) -> None:
    monkeypatch.setattr(manners, "SILENT_SECONDS", 0.3)
    monkeypatch.setattr(proxied, "HEADER_SECONDS", SECONDS if ends else 0.4)
    header = proxy_v2(ClientAddress("203.0.113.7", 1, "192.0.2.1", 25))

    async def story() -> None:
        async with front(Sink(), behind_proxy()) as running:
            client = await running.client(PROXY)
            client.send(header[:20])
            if ends:
                quiet = await greeted(running)  # whose time is over when the client's is
                client.send(header[20:])
                assert await client.reply() == b"220 mail.test ESMTP\r\n"
                await quiet.close()
            else:
                assert await client.eof() == b""
            await client.close()

    play(story(), loop)


def test_what_a_proxy_says_of_itself_counts(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manners, "SILENT_SECONDS", SECONDS)

    async def story() -> None:
        async with front(Sink(), behind_proxy(trusted=["127.0.0.0/8"])) as running:
            client = await running.client(PROXY)
            client.send(proxy_v2(None))
            assert await client.reply() == b"220 mail.test ESMTP\r\n"
            await client.ask(b"EHLO proxy.test")
            replies = await client.ask(b"MAIL FROM:<a@b.test>", b"RCPT TO:<x@elsewhere.test>")
            assert replies[1][:3] == b"250"
            await client.close()

    play(story(), loop)


def test_a_proxy_that_is_known_to_wait_is_greeted_sooner_until_it_was_late(
    loop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manners, "QUICK_SECONDS", 0.0)

    async def story() -> None:
        async with front(Sink(), behind_proxy()) as running:
            for _ in range(2):
                await (await introduced(running, "203.0.113.7")).close()
                monkeypatch.setattr(manners, "SILENT_SECONDS", SECONDS)
            client = await greeted(running)
            client.send(proxy_v2(None))
            assert await client.eof() == b""
            await client.close()
            assert running.front.manners.seconds(PROXY) == SECONDS

    play(story(), loop)


def test_the_clients_of_one_proxy_are_counted_each_for_itself(loop: str) -> None:
    async def story() -> None:
        limits = LimitsSection(connections_per_client=2)
        async with front(Sink(), behind_proxy(limits=limits)) as running:
            clients = [await introduced(running, f"203.0.113.{number}") for number in (1, 1, 2, 2)]
            waiting = [await greeted(running) for _ in range(4)]
            third = await greeted(running)
            told = await third.ask(b"XCLIENT ADDR=203.0.113.1")
            assert told == [b"421 4.7.0 localhost Error: too many connections from your address\r\n"]
            assert await third.eof() == b""
            for client in (*clients, *waiting, third):
                await client.close()

    play(story(), loop)


@pytest.mark.parametrize("limit", ["command_seconds", "session_seconds"])
def test_time_is_limited(loop: str, limit: str) -> None:
    async def story() -> None:
        limits = LimitsSection(**{limit: 0.4})  # type: ignore[arg-type]
        async with front(Sink(), behind_proxy(limits=limits)) as running:
            client = await greeted(running)
            client.send(b"NOO" if limit == "command_seconds" else b"")  # no line, no progress
            told = await client.reply()
            assert told == b"421 4.4.2 localhost Error: timeout exceeded\r\n"
            await client.close()

    play(story(), loop)


def test_lines_and_errors_are_limited(loop: str) -> None:
    async def story() -> None:
        async with front(Sink(), behind_proxy()) as running:
            client = await greeted(running)
            told = await client.ask(b"EHLO " + b"a" * 4000, b"NOOP " + b"b" * 1500, b"XCLIENT HELO=" + b"c" * 300)
            assert [each[:9] for each in told] == [b"500 5.5.2", b"500 5.5.2", b"501 5.5.4"]
            for _ in range(16):
                assert (await client.ask(b"what"))[0][:3] == b"502"
            client.send(b"what\r\nNOOP\r\n")
            assert (await client.eof()).splitlines()[1] == b"421 4.7.0 localhost Error: too many errors"
            await client.close()

    play(story(), loop)


def test_who_was_greeted_hears_why_it_has_to_go(loop: str) -> None:
    async def story() -> None:
        async with front(Sink(), behind_proxy(limits=LimitsSection(connections=3))) as running:
            first, *others = [await greeted(running) for _ in range(3)]
            late = await running.client(PROXY)
            assert await first.eof() == b"421 4.7.0 localhost Error: too many connections\r\n"
            assert await late.reply() == b"220 localhost ESMTP\r\n"
            await running.front.close()
            assert await late.eof() == b"421 4.3.2 localhost Service closing transmission channel\r\n"
            for client in (first, *others, late):
                await client.close()
            await asyncio.wait_for(running.front.drain(SECONDS), SECONDS)
            assert running.front.sessions == 0

    play(story(), loop)


def test_a_server_that_is_not_there_is_told_to_xclient(loop: str) -> None:
    async def story() -> None:
        async def gone(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        async with front(gone, behind_proxy()) as running:
            for line in (b"XCLIENT ADDR=203.0.113.7", b"MAIL FROM:<a@b.test>"):
                client = await greeted(running)
                told = await client.ask(line)
                assert told == [b"421 4.3.0 localhost Service not available, try again later\r\n"]
                assert await client.eof() == b""
                await client.close()

    play(story(), loop)


def test_a_silent_end_leaves_nothing(loop: str) -> None:
    async def story() -> None:
        async with front(Sink(), behind_proxy()) as running:
            waits, said = await running.client(PROXY), await greeted(running)
            said.send(b"XCLIENT")
            for client in (waits, said):
                client.writer.write_eof()
                assert await client.eof() in {b"", b"220 localhost ESMTP\r\n"}
                await client.close()
            await asyncio.wait_for(running.front.drain(SECONDS), SECONDS)
            assert running.front.sessions == 0

    play(story(), loop)
