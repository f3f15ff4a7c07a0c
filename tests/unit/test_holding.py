"""Holding something back: never too short, in order, and nothing else waits for it."""

import asyncio
import time

import pytest

from gate.postfix.holding import COARSE_SECONDS, Holding
from tests.wire.front import LOOPS, SECONDS, play


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
def test_the_loop_does_all_else_meanwhile(loop: str) -> None:
    async def tell() -> None:
        holding, called = Holding(), asyncio.Event()
        holding.until(time.perf_counter() + COARSE_SECONDS / 2, called.set)
        rounds = 0
        while not called.is_set():
            await asyncio.sleep(0)
            rounds += 1
        assert rounds > 1

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
