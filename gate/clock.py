"""The time as the log and the forms have it: UTC, in milliseconds, with a Z. It never waits."""

import time
from datetime import UTC, datetime
from functools import lru_cache


def now() -> str:
    """Such as `2026-11-24T14:37:32.123Z`."""
    return written(time.time_ns())


def written(nanoseconds: int) -> str:
    """The same of a moment that `time.time_ns` told."""
    seconds, milliseconds = divmod(nanoseconds // 1_000_000, 1000)
    return f"{_second(seconds)}.{milliseconds:03d}Z"


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
