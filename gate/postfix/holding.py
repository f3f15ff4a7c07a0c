"""Holds something back for a time that a clock of milliseconds is too coarse for. It never holds up anything else."""

import asyncio
import time
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

COARSE_SECONDS = 0.003
"""The event loop's timers may be late by a millisecond or two: nearer to its time than this, a thing is watched."""


class Holding:
    """Calls back at given times of `time.perf_counter`, to some microseconds, on the running event loop.

    For the last of a wait the loop goes round and round, doing all else that it has to do, rather than sleep."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()
        self._watching = False
        self._timer: asyncio.TimerHandle | None = None

    def until(self, when: float, then: Callable[[], None]) -> None:
        heappush(self._due, (when, next(self._number), then))
        if not self._watching:
            self._rest_or_watch()

    def end(self) -> None:
        """Nothing of it is called any more."""
        self._due.clear()
        self._rest_or_watch()

    def _look(self) -> None:
        self._watching = False
        while self._due and self._due[0][0] <= time.perf_counter():
            heappop(self._due)[2]()
        self._rest_or_watch()

    def _rest_or_watch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._due or self._watching:
            return
        loop = asyncio.get_running_loop()
        left = self._due[0][0] - time.perf_counter() - COARSE_SECONDS
        if left > 0:
            self._timer = loop.call_later(left, self._look)
        else:
            self._watching = True
            loop.call_soon(self._look)
