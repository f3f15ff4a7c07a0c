"""Which rows of the log are too old: by the machine's clock, but one that leapt is not believed at once.

A clock that is years ahead for an hour (a battery that died, a slip of the hand) must not empty the log. So where the
clock says that far more time has passed than the process has lived through, or that all there is should go, nothing
goes by its age until the clock has run on steadily for a day. Whoever is right to be late waits that day.

Pure: it is told the times.
"""

from datetime import datetime, timedelta

LEAP_SECONDS = 86_400.0
"""More than this between the clock and the time that passed is a leap. (A machine that slept leaps, too.)"""
BELIEF_SECONDS = 86_400.0


class Age:
    """Follows the clock from one trimming to the next.

    Attributes:
        doubtful: the clock leapt, and nothing goes by its age for now.
    """

    def __init__(self, newest: str | None = None) -> None:
        """`newest`: the time of the last row that was there before; None: there was none."""
        self.doubtful = False
        self._newest = newest
        self._last: tuple[datetime, float] | None = None
        self._believe_at = 0.0

    def oldest(self, now: datetime, passed: float, keep_days: int) -> str:
        """Rows with a time before this text are too old; empty: none are.

        `now`: by the clock, UTC; `passed`: seconds by a clock that nobody sets.
        """
        limit = (now - timedelta(days=keep_days)).strftime("%Y-%m-%dT%H:%M:%S")
        if self._last is None:
            leapt = self._newest is not None and self._newest < limit
        else:
            leapt = abs((now - self._last[0]).total_seconds() - (passed - self._last[1])) > LEAP_SECONDS
        self._last = (now, passed)
        if leapt:
            self._believe_at = passed + BELIEF_SECONDS
        self.doubtful = passed < self._believe_at
        return "" if self.doubtful else limit
