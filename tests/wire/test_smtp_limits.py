"""The limits of the SMTP front: how many may come, and how long each may take, also once gate.toml was read anew."""

import asyncio

import pytest

from gate.config import LimitsSection
from gate.smtp import session
from tests.wire.front import LOOPS, SECONDS, Sink, begin, begin_message, config_of, front, play

pytestmark = pytest.mark.parametrize("loop", LOOPS)


def test_a_message_over_the_limit_never_ends_at_the_backend(loop: str) -> None:
    async def story() -> None:
        sink = Sink()
        async with front(sink, config_of(limits=LimitsSection(message_bytes=1000))) as running:
            client = await running.client()
            assert (await client.reply())[:3] == b"220"
            assert b"250 SIZE 1000\r\n" in (await client.ask(b"EHLO client.test"))[0]
            assert (await client.ask(b"MAIL FROM:<a@b.test> SIZE=1001"))[0][:9] == b"552 5.3.4"
            await begin_message(client)
            assert (await client.ask(b"x" * 1100 + b"\r\n."))[0][:9] == b"552 5.3.4"
            assert (await client.ask(b"QUIT"))[0][:3] == b"221"
            await asyncio.wait_for(sink.cut.wait(), SECONDS)
            assert sink.messages == []
            await client.close()

    play(story(), loop)


def test_limits_by_client_and_in_all(loop: str) -> None:
    async def story() -> None:
        limits = LimitsSection(connections=3, connections_per_client=2)
        async with front(Sink(), config_of(limits=limits)) as running:
            first, second = await running.client("127.0.0.5"), await running.client("127.0.0.5")
            await begin(first)
            await begin(second)
            third = await running.client("127.0.0.5")
            assert (await third.reply())[:9] == b"421 4.7.0"
            assert await third.eof() == b""
            await first.ask(b"MAIL FROM:<a@b.test>")  # now the second is the one that has nothing to lose
            other = await running.client("127.0.0.6")
            await begin(other)
            one_more = await running.client("127.0.0.7")
            await begin(one_more)
            assert (await second.reply())[:9] == b"421 4.7.0"
            assert (await first.ask(b"RCPT TO:<a@localhost>"))[0][:3] == b"250"
            assert running.front.sessions == 3
            for client in (first, second, third, other, one_more):
                await client.close()

    play(story(), loop)


def test_idle_transactions_make_room_but_messages_do_not(loop: str) -> None:
    async def story() -> None:
        sink = Sink()
        async with front(sink, config_of(limits=LimitsSection(connections=3))) as running:
            first, writing, waiting = [await running.client() for _ in range(3)]
            for client in (first, writing, waiting):
                await begin(client)
            sink.hold.clear()
            await begin_message(writing)
            await begin_message(waiting)
            waiting.send(b"past its dot\r\n.\r\n")
            await asyncio.wait_for(sink.received.wait(), SECONDS)
            assert (await first.ask(b"MAIL FROM:<a@b.test>"))[0][:3] == b"250"

            honest = await running.client()
            await begin(honest)
            assert (await first.reply())[:9] == b"421 4.7.0"
            assert await first.eof() == b""
            await begin_message(honest)  # now there is nobody who could go without a loss
            late = await running.client()
            assert (await late.reply())[:9] == b"421 4.7.0"
            sink.hold.set()
            assert (await waiting.reply())[:3] == b"250"
            assert (await writing.ask(b"x\r\n."))[0][:3] == b"250"
            assert (await honest.ask(b"y\r\n."))[0][:3] == b"250"
            for client in (first, writing, waiting, honest, late):
                await client.close()

    play(story(), loop)


def test_who_does_not_close_his_side_still_counts(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "LINGER_SECONDS", SECONDS * 2)

    async def story() -> None:
        limits = LimitsSection(connections=3, connections_per_client=2)
        async with front(Sink(), config_of(limits=limits)) as running:
            for _ in range(3):  # who closes comes again at once
                client = await running.client()
                await begin(client)
                assert (await client.ask(b"QUIT"))[0][:3] == b"221"
                await client.close()
            lingering = [await running.client(), await running.client()]
            for client in lingering:
                await begin(client)
                assert (await client.ask(b"QUIT\r\nNOOP"))[0][:3] == b"221"
                assert await client.eof() == b""
            assert running.front.sessions == 0
            third = await running.client()
            assert (await third.reply())[:9] == b"421 4.7.0"
            for client in (*lingering, third):
                await client.close()

    play(story(), loop)


@pytest.mark.parametrize("stage", ["command", "data", "final", "session"])
def test_time_limits(loop: str, stage: str) -> None:
    async def story() -> None:
        sink = Sink()
        limits = {
            "command": LimitsSection(command_seconds=0.2),
            "data": LimitsSection(data_idle_seconds=0.2),
            "final": LimitsSection(final_reply_seconds=0.2),
            "session": LimitsSection(session_seconds=0.2, final_reply_seconds=1),
        }[stage]
        async with front(sink, config_of(limits=limits)) as running:
            client = await running.client()
            await begin(client)
            if stage in {"data", "final"}:
                await begin_message(client)
            if stage == "final":
                sink.hold.clear()
                assert (await client.ask(b"."))[0][:3] == b"451"
                sink.hold.set()
            else:
                assert (await client.reply())[:9] == b"421 4.4.2"
                assert await client.eof() == b""
            await client.close()

    play(story(), loop)


def test_lines_without_end_are_bounded_and_told_once(loop: str) -> None:
    async def story() -> None:
        async with front(Sink()) as running:
            client = await running.client()
            await begin(client)
            for _ in range(40):
                client.send(b"x" * 100_000)
                await client.writer.drain()
            assert (await client.ask(b"", b"NOOP\nNOOP"))[0][:3] == b"500"
            assert (await client.reply())[:3] == b"250"
            await client.close()

    play(story(), loop)


def test_who_came_under_short_limits_ends_by_them_after_a_reload_to_long_ones(loop: str) -> None:
    async def story() -> None:
        async with front(Sink(), config_of(limits=LimitsSection(command_seconds=0.4))) as running:
            client = await running.client()
            await begin(client)
            running.front.reconfigure(config_of())  # whose clock goes every 15 seconds
            assert (await client.reply())[:9] == b"421 4.4.2"  # it waits for no more than SECONDS
            await client.close()

    play(story(), loop)
