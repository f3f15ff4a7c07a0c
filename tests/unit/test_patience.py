"""One timer for many waits: each is over in its time, and nobody else's."""

import asyncio

import pytest

from gate.backend.patience import Patience

LONG = 30.0


async def _wait(patience: Patience, until: asyncio.Event) -> str:
    try:
        with patience.wait():
            await until.wait()
    except TimeoutError:
        return "too long"
    return "done"


def test_who_waits_too_long_is_told_and_nobody_else() -> None:
    async def story() -> list[str]:
        patience, never, soon = Patience(0.02), asyncio.Event(), asyncio.Event()
        quick = asyncio.create_task(_wait(patience, soon))
        slow = [asyncio.create_task(_wait(patience, never)) for _ in range(3)]
        await asyncio.sleep(0)
        soon.set()
        told = [await quick, *[await each for each in slow]]
        return [*told, await _wait(patience, never)]  # the timer begins anew

    assert asyncio.run(story()) == ["done", "too long", "too long", "too long", "too long"]


def test_who_is_cancelled_meanwhile_is_cancelled() -> None:
    async def story() -> None:
        task = asyncio.create_task(_wait(Patience(LONG), asyncio.Event()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()

    asyncio.run(story())


def test_who_is_cancelled_when_the_time_is_over_too_is_cancelled() -> None:
    async def story() -> None:
        patience = Patience(LONG)
        wait = patience.wait()

        async def waiting() -> None:
            with wait:
                await asyncio.Event().wait()

        task = asyncio.create_task(waiting())
        await asyncio.sleep(0)
        wait.give_up()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())


def test_another_error_stays_what_it_is() -> None:
    async def story() -> None:
        with pytest.raises(ValueError, match="broken"), Patience(LONG).wait():
            raise ValueError("broken")

    asyncio.run(story())
