"""A refusal that is held back: it holds back what is said after it, and nobody else; and it is never lost."""

import time

import pytest

from gate.postfix.server import HELD_LIMIT
from tests.wire.front import LOOPS
from tests.wire.policy_front import DUNNO, REFUSED, Running, request, story

NEVER = 3600.0


@pytest.mark.parametrize("loop", LOOPS)
def test_the_answers_keep_their_order(loop: str) -> None:
    async def tell(running: Running) -> None:
        running.words.seconds = 0.01
        start = time.perf_counter()
        asked = [request(), request("user3@localhost"), request(sender="x@casino.example"), request("user3@localhost")]
        assert await running.asked(*asked) == [REFUSED, DUNNO, REFUSED, DUNNO]
        assert time.perf_counter() - start >= 0.01, "held back"
        client = await running.client()
        for each in asked:
            client.send(each)
        assert [await client.line() + await client.line() for _ in asked] == [REFUSED, DUNNO, REFUSED, DUNNO]

    story(tell, loop)


@pytest.mark.parametrize("loop", LOOPS)
def test_nobody_else_waits_and_an_end_loses_none(loop: str) -> None:
    async def tell(running: Running) -> None:
        running.words.seconds = NEVER
        waiting = await running.client()
        waiting.send(request() + request("user3@localhost"))
        gone = await running.client()
        gone.send(request())
        assert await running.asked(request("user3@localhost")) == [DUNNO]
        await running.until_asked(4)
        await gone.close()
        await running.front.close()
        assert await waiting.line() + await waiting.line() + await waiting.line() == REFUSED + DUNNO[:-1]

    story(tell, loop)


@pytest.mark.parametrize("loop", LOOPS)
def test_who_says_no_more_has_the_answer(loop: str) -> None:
    async def tell(running: Running) -> None:
        running.words.seconds = NEVER
        client = await running.client()
        client.send(request())
        client.writer.write_eof()
        assert await client.line() + await client.line() + await client.line() == REFUSED

    story(tell, loop)


def test_what_comes_later_makes_nobody_wait_longer() -> None:
    async def tell(running: Running) -> None:
        client = await running.client()
        running.words.seconds = 0.01
        client.send(request())
        await running.until_asked(1)
        running.words.seconds = NEVER
        client.send(request("user3@localhost") + request())
        assert await client.line() + await client.line() == REFUSED
        assert await client.line() + await client.line() == DUNNO

    story(tell)


def test_a_flood_waits_no_longer_than_so_many_answers() -> None:
    async def tell(running: Running) -> None:
        running.words.seconds = NEVER
        client = await running.client()
        client.send(request() * (HELD_LIMIT + 1))
        for _ in range(HELD_LIMIT):
            assert await client.line() + await client.line() == REFUSED

    story(tell)


def test_garbage_behind_it_ends_the_connection_after_the_answer() -> None:
    async def tell(running: Running) -> None:
        running.words.seconds = NEVER
        client = await running.client()
        client.send(request() + b"garbage\n")
        assert await client.line() + await client.line() == REFUSED
        assert await client.line() == b""

    story(tell)


def test_that_postfix_came_is_told() -> None:
    async def tell(running: Running) -> None:
        await running.asked(request())
        await running.asked(request())
        assert running.words.connections == 2

    story(tell)
