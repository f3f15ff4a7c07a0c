"""When a session has waited long enough."""

import pytest

from gate.config import LimitsSection
from gate.smtp.phases import Phase
from gate.smtp.timing import LEAST_RATE, Overdue, Watch, interval

LIMITS = LimitsSection(command_seconds=300, data_idle_seconds=180, final_reply_seconds=600, session_seconds=3600)
MEGABIT = 125_000
"""Octets a second."""


@pytest.mark.parametrize(
    ("phase", "idle", "age", "expected"),
    [
        (Phase.COMMANDS, 299, 299, None),
        (Phase.COMMANDS, 301, 301, Overdue.SESSION),
        (Phase.COMMANDS, 1, 3601, Overdue.SESSION),
        (Phase.DATA, 1, 100_000, None),
        (Phase.DATA, 181, 200, Overdue.SESSION),
        (Phase.DRAIN, 1, 3601, Overdue.SESSION),
        (Phase.FINAL, 100_000, 100_000, None),
        (Phase.ORPHAN, 301, 400, Overdue.SESSION),
        (Phase.GREETING, 301, 400, Overdue.SESSION),
    ],
)
def test_the_clients_time(phase: Phase, idle: float, age: float, expected: Overdue | None) -> None:
    found = Watch(LIMITS, 0.0).overdue(
        age, phase, touched=age - idle, heard=age - idle, octets=0, unanswered=phase is Phase.FINAL, held_up=False
    )
    assert found is expected


@pytest.mark.parametrize(("phase", "patience"), [(Phase.COMMANDS, 300), (Phase.HELD, 300), (Phase.FINAL, 600)])
def test_the_backends_time_runs_on_whatever_the_client_sends(phase: Phase, patience: int) -> None:
    watch = Watch(LIMITS, 0.0)
    found = [
        watch.overdue(now, phase, touched=now, heard=50.0, octets=now, unanswered=True, held_up=False)
        for now in range(100, 100 + patience + 2)
    ]
    assert set(found[:-1]) == {None}
    assert found[-1] is Overdue.BACKEND


def test_each_reply_gives_the_backend_its_time_anew() -> None:
    watch = Watch(LIMITS, 0.0)
    for now in range(0, 2900, 290):
        assert (
            watch.overdue(
                now + 289.0, Phase.COMMANDS, touched=now, heard=float(now), octets=0, unanswered=True, held_up=False
            )
            is None
        )
    assert (
        watch.overdue(3000.0, Phase.COMMANDS, touched=2999.0, heard=2999.0, octets=0, unanswered=False, held_up=False)
        is None
    )


def flow(rate: float, seconds: int) -> tuple[int, bool]:
    """The second in which a message at this rate is cut, 0: never; and whether it was seen to crawl."""
    watch, crawled = Watch(LIMITS, 0.0), False
    for now in range(seconds):
        octets = int(now * rate)
        if watch.overdue(now, Phase.DATA, touched=now, heard=0.0, octets=octets, unanswered=False, held_up=False):
            return now, crawled
        crawled = crawled or watch.found_crawling(now, Phase.DATA, touched=now, octets=octets)
    return 0, crawled


def test_a_message_that_trickles_does_not_hold_its_place() -> None:
    second, crawled = flow(0.1, 1000)
    assert 180 <= second <= 182
    assert crawled
    second, crawled = flow(LEAST_RATE / 2, 1000)
    assert 360 <= second <= 362
    assert crawled


def test_a_short_limit_is_about_silence_not_about_a_slow_line() -> None:
    watch = Watch(LimitsSection(data_idle_seconds=2, session_seconds=3), 0.0)
    for now in range(60):
        octets = 100 * now
        assert (
            watch.overdue(now, Phase.DATA, touched=now, heard=0.0, octets=octets, unanswered=False, held_up=False)
            is None
        )


def test_fifty_megabytes_at_one_megabit_are_not_cut() -> None:
    assert flow(MEGABIT, 7200) == (0, False)
    assert flow(LEAST_RATE * 1.1, 100_000)[0] == 0


def test_a_message_that_the_backend_holds_up_is_not_the_clients_fault() -> None:
    watch = Watch(LIMITS, 0.0)

    def look(now: float, held_up: bool) -> Overdue | None:
        return watch.overdue(now, Phase.DATA, touched=10.0, heard=0.0, octets=1000, unanswered=False, held_up=held_up)

    assert look(10.0, held_up=False) is None
    assert look(180.0, held_up=True) is None
    assert not watch.found_crawling(180.0, Phase.DATA, touched=180.0, octets=1000)
    assert look(191.0, held_up=True) is Overdue.BACKEND


def test_the_clock_is_looked_at_often_enough() -> None:
    assert interval(LIMITS) == 15
    assert interval(LimitsSection(command_seconds=0.2)) == 0.05
