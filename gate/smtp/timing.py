"""When a session has waited long enough (RFC 5321 4.5.3.2). Pure: it is told the times.

To add a limit: 1. its key in `gate.config`; 2. its phase in `overdue`; 3. a place in `interval`.
"""

import enum

from gate.config import LimitsSection
from gate.smtp.phases import Phase

TICK_SECONDS = 15.0
"""How often a session looks at the clock at least."""


class Overdue(enum.Enum):
    """Whose time is over."""

    SESSION = "421, the session ends"
    FINAL_REPLY = "451, the backend does not answer"


def overdue(phase: Phase, idle: float, age: float, limits: LimitsSection) -> Overdue | None:
    """`idle`: seconds since the last byte or reply; `age`: since the session began. A DATA that moves, and a message
    past its final dot, are never cut by age."""
    match phase:
        case Phase.FINAL:
            return Overdue.FINAL_REPLY if idle > limits.final_reply_seconds else None
        case Phase.DATA:
            return Overdue.SESSION if idle > limits.data_idle_seconds else None
        case Phase.DRAIN:
            allowed = limits.data_idle_seconds
        case _:
            allowed = limits.command_seconds
    return Overdue.SESSION if idle > allowed or age > limits.session_seconds else None


def interval(limits: LimitsSection) -> float:
    """Seconds between two looks at the clock: a limit is kept to a quarter of the shortest."""
    shortest = min(limits.command_seconds, limits.data_idle_seconds, limits.final_reply_seconds, limits.session_seconds)
    return min(shortest / 4, TICK_SECONDS)
