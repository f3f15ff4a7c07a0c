"""Holding something back: never too short, in order, and nothing else waits for it."""

import asyncio
import socket
import time

import pytest

from gate.postfix import holding as holding_room
from gate.postfix.holding import COARSE_SECONDS, Holding
from tests.wire.front import LOOPS, SECONDS, play

HOUR = 3600.0


@pytest.mark.parametrize("loop", LOOPS)
def test_each_is_called_in_its_turn_and_never_before_its_time(loop: str) -> None:
    async def tell() -> None:
        holding, called, all_called = Holding(), list[tuple[float, float]](), asyncio.Event()
        start = time.perf_counter()
        waits = [0.0002, 0.0, 2 * COARSE_SECONDS, COARSE_SECONDS / 2, 0.0002]

        def call(until: float) -> None:
            called.append((until, time.perf_counter()))
            if len(called) == len(waits):
                all_called.set()

        for wait in waits:
            holding.until(start + wait, lambda until=start + wait: call(until))
        await asyncio.wait_for(all_called.wait(), SECONDS)
        assert [until for until, _ in called] == sorted(until for until, _ in called)
        assert all(at >= until for until, at in called)

    play(tell(), loop)


@pytest.mark.parametrize("loop", LOOPS)
def test_the_loop_does_all_else_meanwhile(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding_room, "COARSE_SECONDS", 2 * HOUR)  # so that it is watched all the time

    async def tell() -> None:
        holding, called = Holding(), asyncio.Event()
        holding.until(time.perf_counter() + HOUR, called.set)
        await asyncio.wait_for(asyncio.sleep(0.001), SECONDS)
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=ours)
        with theirs:
            theirs.sendall(b"here\n")
            assert await asyncio.wait_for(reader.readline(), SECONDS) == b"here\n"
        writer.close()
        await writer.wait_closed()
        assert not called.is_set()
        holding.end()

    play(tell(), loop)


@pytest.mark.parametrize("wait", [COARSE_SECONDS / 2, 60.0])
def test_what_comes_sooner_goes_first_and_an_end_is_one(wait: float) -> None:
    async def tell() -> None:
        holding, sooner, never = Holding(), asyncio.Event(), asyncio.Event()
        holding.until(time.perf_counter() + wait, never.set)
        holding.until(time.perf_counter(), sooner.set)
        await asyncio.wait_for(sooner.wait(), SECONDS)
        holding.end()
        again = asyncio.Event()
        holding.until(time.perf_counter() + wait / 1000, again.set)
        await asyncio.wait_for(again.wait(), SECONDS)
        assert not never.is_set()

    play(tell(), "asyncio")
