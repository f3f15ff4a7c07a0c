"""When a session has waited long enough (RFC 5321 4.5.3.2). Pure: it is told the times.

Each side has its own time. The client's runs while it is its turn, and is renewed by a whole command or by octets of a
message: single bytes of a command are no progress, and a message that comes more slowly than `LEAST_RATE` has
`data_idle_seconds` (`LATE_SECONDS` at least) for all its lateness. The mail server's runs while its reply is awaited,
whatever the client sends meanwhile.

To add a limit: 1. its key in `gate.config`; 2. its phase in `Watch.overdue`; 3. a place in `interval`.
"""

import enum
from functools import lru_cache

from gate.config import LimitsSection
from gate.smtp.phases import MESSAGE, Phase

TICK_SECONDS = 15.0
"""Between two looks of the front at its sessions' time, at most."""
LEAST_RATE = 500.0
"""Octets a second of a message, as Postfix has it (`smtpd_min_data_rate`); 1 Mbit/s is 250 times that."""
LATE_SECONDS = 60.0
"""So late a message may be whatever `data_idle_seconds` says: that is about silence."""
CRAWL_SECONDS = 2.0
"""A rate is not judged by less, and a silence not either."""


class Overdue(enum.Enum):
    """Whose time is over."""

    SESSION = "421, the session ends"
    BACKEND = "421 or 451, the backend does not answer"


class Watch:
    """One session's time. Looked at now and then: what it sees begin has begun then."""

    def __init__(self, limits: LimitsSection, began: float) -> None:
        self._limits = limits
        self._began = began
        self._asked: float | None = None
        self._message: tuple[float, int] | None = None
        """When a message was first seen to flow, and the octets received before."""

    def overdue(
        self, now: float, phase: Phase, *, touched: float, heard: float, octets: int, unanswered: bool, held_up: bool
    ) -> Overdue | None:
        """`touched`, `heard`: when the client got on last, when the backend replied last. `octets`: received of
        messages. `unanswered`: a reply of the backend is awaited. `held_up`: the backend takes no more for now."""
        limits = self._limits
        if unanswered:
            self._asked = max(heard, self._asked if self._asked is not None else now)
            patience = limits.final_reply_seconds if phase is Phase.FINAL else limits.command_seconds
            if now - self._asked > patience:
                return Overdue.BACKEND
        else:
            self._asked = None
        idle = now - touched
        if phase in MESSAGE:
            if held_up or self._message is None:
                self._message = (now, octets)
            if held_up:
                return Overdue.BACKEND if idle > limits.data_idle_seconds else None
            since, before = self._message
            late = now - since - (octets - before) / LEAST_RATE
            if idle > limits.data_idle_seconds or late > max(limits.data_idle_seconds, LATE_SECONDS):
                return Overdue.SESSION
        else:
            self._message = None
            if not unanswered and idle > limits.command_seconds:
                return Overdue.SESSION
        moves = phase in {Phase.DATA, Phase.FINAL}
        return Overdue.SESSION if now - self._began > limits.session_seconds and not moves else None

    def found_crawling(self, now: float, phase: Phase, *, touched: float, octets: int) -> bool:
        """Whether a message is under way that comes more slowly than any line in use, or not at all. The first look at
        a message, this or `overdue`, begins the measuring of its pace."""
        if phase not in MESSAGE:
            return False
        if self._message is None:
            self._message = (now, octets)
        since, before = self._message
        slow = now - since > CRAWL_SECONDS and octets - before < (now - since) * LEAST_RATE
        return slow or now - touched > CRAWL_SECONDS


@lru_cache(maxsize=8)
def interval(limits: LimitsSection) -> float:
    """Seconds between two looks at the clock: a limit is kept to a quarter of the shortest."""
    shortest = min(limits.command_seconds, limits.data_idle_seconds, limits.final_reply_seconds, limits.session_seconds)
    return min(shortest / 4, TICK_SECONDS)
