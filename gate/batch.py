"""Rows of the log in the making: what was decided waits for a moment, then many rows are made at once.

Behind each other they cost a fraction of what they do one by one, between two mails or questions. Nothing here may hold
up an answer, and a row that cannot be made costs no other.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from gate import trouble
from gate.forms import Decision

SECONDS = 0.02
"""So long a decision waits for others."""
MANY = 1_000
"""So many wait no longer."""

log = logging.getLogger(__name__)

Decided = TypeVar("Decided")


class Record(Protocol):
    """`gate.recorder.Recorder`."""

    def record(self, decision: Decision) -> None: ...


class Batch(Generic[Decided]):
    """Lives on one event loop."""

    def __init__(self, recorder: Record, row: Callable[[Decided], Decision | None]) -> None:
        """`row` makes a row of what was decided; None: there is none to be made."""
        self._recorder = recorder
        self._row = row
        self._waiting: list[Decided] = []

    def add(self, decided: Decided) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_later(SECONDS, self.hand_over)
        self._waiting.append(decided)
        if len(self._waiting) >= MANY:
            self.hand_over()  # now: in a flood the loop comes to nothing else for long

    def hand_over(self) -> None:
        """Give the recorder all that waits."""
        waiting, self._waiting = self._waiting, []
        for decided in waiting:
            try:
                if (row := self._row(decided)) is not None:
                    self._recorder.record(row)
            except Exception:  # noqa: BLE001 (a timer's outermost edge: a mistake here must not cost the others)
                trouble.keep(log, "a decision could not be written down")
