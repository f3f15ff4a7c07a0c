"""When a session has waited long enough."""

import pytest

from gate.config import LimitsSection
from gate.smtp.phases import Phase
from gate.smtp.timing import Overdue, interval, overdue

LIMITS = LimitsSection(command_seconds=300, data_idle_seconds=180, final_reply_seconds=600, session_seconds=3600)


@pytest.mark.parametrize(
    ("phase", "idle", "age", "expected"),
    [
        (Phase.COMMANDS, 299, 299, None),
        (Phase.COMMANDS, 301, 301, Overdue.SESSION),
        (Phase.COMMANDS, 1, 3601, Overdue.SESSION),
        (Phase.DATA, 1, 100_000, None),
        (Phase.DATA, 181, 200, Overdue.SESSION),
        (Phase.DRAIN, 1, 3601, Overdue.SESSION),
        (Phase.FINAL, 599, 100_000, None),
        (Phase.FINAL, 601, 700, Overdue.FINAL_REPLY),
        (Phase.ORPHAN, 301, 400, Overdue.SESSION),
    ],
)
def test_limits(phase: Phase, idle: float, age: float, expected: Overdue | None) -> None:
    assert overdue(phase, idle, age, LIMITS) is expected


def test_the_clock_is_looked_at_often_enough() -> None:
    assert interval(LIMITS) == 15
    assert interval(LimitsSection(command_seconds=0.2)) == 0.05
