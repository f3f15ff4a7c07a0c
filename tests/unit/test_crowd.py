"""Who goes when it gets too full, and the wait for the mail server's greeting."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic

import pytest

from gate.config import LimitsSection
from gate.smtp import greetings
from gate.smtp.crowd import LEAST_CEILING, Crowd
from gate.smtp.greetings import DOOR, RAISE_SECONDS, Ceiling, Greetings

LONG_AGO = 3600.0
LIMITS = LimitsSection(connections=3)


@dataclass(eq=False)
class Guest:
    """A session as `Member` has it; `idle`: seconds since it got on last."""

    name: str
    idle: float = 0.0
    admitted: bool = True
    in_transaction: bool = False
    awaits_client: bool = False
    crawling: bool = False
    greeted: bool = True
    host: str = "192.0.2.1"
    told: list[bytes] = field(default_factory=list)
    hurried: bool = False

    def __post_init__(self) -> None:
        self.touched = monotonic() - self.idle

    def found_crawling(self) -> bool:
        return self.crawling

    def end(self, reply: bytes) -> None:
        self.told.append(reply)

    def hurry(self) -> None:
        self.hurried = True


def in_a_loop(story: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(10):
            await story()

    asyncio.run(bounded())


def crowd_of(*guests: Guest) -> Crowd[Guest]:
    """Whoever is turned away is gone at once, as a client is that closes."""
    crowd: Crowd[Guest]

    def turn_away(guest: Guest) -> None:
        guest.end(b"421")
        crowd.closed(guest)

    crowd = Crowd(turn_away)
    for guest in guests:
        crowd.arrived(guest, LimitsSection())
        if guest.admitted:
            crowd.count(guest.host)
    return crowd


def names(crowd: Crowd[Guest]) -> set[str]:
    return {guest.name for guest in crowd.here}


# ---- who goes


IDLE = Guest("idle", LONG_AGO)
WAITING = Guest("waiting", LONG_AGO, greeted=False)
BETWEEN = Guest("between", LONG_AGO, in_transaction=True, awaits_client=True)
CRAWLING = Guest("crawling", LONG_AGO, in_transaction=True, crawling=True)
SENDING = Guest("sending", LONG_AGO, in_transaction=True)


@pytest.mark.parametrize(
    ("here", "goes"),
    [
        ((SENDING, CRAWLING, BETWEEN, WAITING, IDLE), "idle"),
        ((SENDING, CRAWLING, BETWEEN, WAITING), "waiting"),
        ((SENDING, CRAWLING, BETWEEN), "between"),
        ((SENDING, CRAWLING, Guest("fresh")), "fresh"),
        ((SENDING, SENDING, CRAWLING), "crawling"),
        ((Guest("late", 5.0), Guest("later", 9.0), Guest("last", 1.0)), "later"),
        ((Guest("late", 5.0), Guest("waits longer", 9.0, greeted=False), SENDING), "late"),
    ],
)
def test_the_first_kind_there_is_goes_and_of_it_whoever_got_nowhere_longest(here: tuple[Guest, ...], goes: str) -> None:
    async def story() -> None:
        guests = [Guest(**{key: value for key, value in vars(one).items() if key != "touched"}) for one in here]
        crowd = crowd_of(*guests)
        new = Guest("new")
        limits = LimitsSection(connections=len(guests))
        crowd.arrived(new, limits)
        assert crowd.has_room(new, limits)
        assert {guest.name for guest in guests} - names(crowd) == {goes}
        assert new in crowd.here

    in_a_loop(story)


def test_where_nobody_can_go_there_is_no_room() -> None:
    async def story() -> None:
        crowd = crowd_of(*(Guest(name, LONG_AGO, in_transaction=True) for name in "abc"))
        new = Guest("new")
        crowd.arrived(new, LIMITS)
        assert not crowd.has_room(new, LIMITS)
        assert names(crowd) == {"a", "b", "c", "new"}  # it is the front that turns the new one away

    in_a_loop(story)


def test_who_is_nameless_goes_only_for_others_that_are() -> None:
    async def story() -> None:
        crowd = crowd_of(*(Guest(name, LONG_AGO, greeted=False) for name in "abc"))
        nameless = [Guest(str(number), 9.0 - number, admitted=False) for number in range(5)]
        for each in nameless:
            crowd.arrived(each, LIMITS)
        assert names(crowd) == {"a", "b", "c", "2", "3", "4"}

    in_a_loop(story)


def test_a_clients_connections_count_until_they_are_closed() -> None:
    async def story() -> None:
        guest, other = Guest("one"), Guest("two")
        crowd = crowd_of(guest)
        crowd.arrived(other, LIMITS)
        assert crowd.count(other.host) == 2
        crowd.closing(guest, LIMITS)
        assert crowd.left.is_set()
        assert crowd.count(other.host) == 3
        for each in (guest, guest, other):  # twice is once
            crowd.closed(each)
        assert crowd.count(other.host) == 2

    in_a_loop(story)


def test_no_more_linger_than_there_may_be_sessions() -> None:
    async def story() -> None:
        guests = [Guest(str(number)) for number in range(5)]
        crowd = crowd_of(*guests)
        for guest in guests:
            crowd.closing(guest, LIMITS)
        assert [guest.hurried for guest in guests] == [True, True, False, False, False]
        assert not crowd.here
        for guest in guests:
            crowd.closed(guest)
        assert not crowd.lingering

    in_a_loop(story)


# ---- the mail server's limit


def test_a_server_that_greets_few_is_slow_and_nobody_goes() -> None:
    async def story() -> None:
        crowd = crowd_of(*(Guest(str(number), LONG_AGO) for number in range(LEAST_CEILING - 1)))
        crowd.arrived(Guest("new", greeted=False), LimitsSection())
        assert not crowd.is_full()
        assert len(crowd.here) == LEAST_CEILING

    in_a_loop(story)


def test_where_the_limit_was_met_somebody_goes_before_the_next_waits() -> None:
    async def story() -> None:
        limits = LimitsSection()
        crowd = crowd_of(*(Guest(str(number), number) for number in range(LEAST_CEILING)))
        first, second = Guest("first", greeted=False), Guest("second", greeted=False)
        crowd.arrived(first, limits)
        assert crowd.has_room(first, limits)
        assert len(crowd.here) == LEAST_CEILING + 1
        assert crowd.is_full()
        assert len(crowd.here) == LEAST_CEILING
        assert str(LEAST_CEILING - 1) not in names(crowd)
        first.greeted = True
        crowd.arrived(second, limits)
        assert crowd.has_room(second, limits)
        assert len(crowd.here) == LEAST_CEILING
        assert str(LEAST_CEILING - 2) not in names(crowd)

    in_a_loop(story)


def test_who_gets_on_stays_whatever_the_servers_limit() -> None:
    async def story() -> None:
        crowd = crowd_of(*(Guest(str(number)) for number in range(LEAST_CEILING)))
        new = Guest("new", greeted=False)
        crowd.arrived(new, LimitsSection())
        assert crowd.is_full()
        assert crowd.has_room(new, LimitsSection())
        assert len(crowd.here) == LEAST_CEILING + 1

    in_a_loop(story)


def test_the_limit_is_raised_step_by_step() -> None:
    ceiling = Ceiling()
    assert ceiling.places(1e9) is None
    ceiling.meet(40, 100.0)
    after = [ceiling.places(100.0 + RAISE_SECONDS * minutes) for minutes in (0, 0.9, 1, 1.5, 2, 4)]
    assert after == [40, 40, 44, 44, 48, 57]
    ceiling.meet(10, 1000.0)
    assert ceiling.places(1000.0 + RAISE_SECONDS * 3) == 13


# ---- the wait for a greeting


def test_the_door_lets_so_many_in_and_then_the_last_first() -> None:
    async def story() -> None:
        crowd: Crowd[Guest] = crowd_of()
        inside: list[int] = []
        came_in = asyncio.Event()
        leave = [asyncio.Event() for _ in range(DOOR + 3)]

        async def wait(number: int) -> None:
            with crowd.awaiting_greeting() as greeting:
                if greeting.turn is not None:
                    await greeting.turn
                inside.append(number)
                came_in.set()
                await leave[number].wait()

        async def next_one() -> int:
            came_in.clear()
            await came_in.wait()
            return inside[-1]

        tasks = [asyncio.create_task(wait(number)) for number in range(DOOR + 3)]
        while len(inside) < DOOR:
            await next_one()
        tasks[DOOR + 2].cancel()  # who gives up in the queue takes nobody's place
        await asyncio.wait({tasks[DOOR + 2]})
        leave[0].set()
        assert await next_one() == DOOR + 1
        tasks[1].cancel()  # nor who gives up inside
        assert await next_one() == DOOR
        for event in leave:
            event.set()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert [number for number, one in enumerate(ended) if one is not None] == [1, DOOR + 2]

    in_a_loop(story)


def test_who_gives_up_as_his_turn_comes_leaves_it_to_the_next() -> None:
    async def story() -> None:
        crowd: Crowd[Guest] = crowd_of()
        opened = [crowd.awaiting_greeting() for _ in range(DOOR)]
        for one in opened:
            one.__enter__()
        came_in = asyncio.Event()

        async def wait() -> None:
            with crowd.awaiting_greeting() as greeting:
                assert greeting.turn is not None
                await greeting.turn
                came_in.set()

        first, last = asyncio.create_task(wait()), asyncio.create_task(wait())
        await asyncio.sleep(0)
        opened[0].__exit__(None)  # it is the last one's turn
        last.cancel()
        await first
        assert came_in.is_set()
        assert last.cancelled()
        for one in opened[1:]:
            one.__exit__(None)

    in_a_loop(story)


def test_a_late_greeting_is_told_until_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(greetings, "LATE_SECONDS", 0.01)
    monkeypatch.setattr(greetings, "AGAIN_SECONDS", 0.01)

    async def story() -> None:
        times = 0
        twice = asyncio.Event()

        def late() -> None:
            nonlocal times
            times += 1
            if times == 2:
                twice.set()

        awaited = Greetings(late)
        with awaited.awaiting():
            await twice.wait()
        told = times
        loop = asyncio.get_running_loop()
        over = loop.create_future()
        loop.call_later(0.03, over.set_result, None)  # behind the timer that was left: it finds nobody
        await over
        assert times == told

    in_a_loop(story)
