"""A time limit for many waits, with one timer for all of them: nearly every wait is over long before.

`asyncio.timeout` has a timer for each, which is most of what a short wait costs.
"""

import asyncio
from types import TracebackType


class Patience:
    """So many seconds for each wait: `with patience.wait(): await ...` in a task of the running event loop."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._waits: dict[Wait, float] = {}
        """Until when each may take; the first to be over is the first."""
        self._timer: asyncio.TimerHandle | None = None

    def wait(self) -> "Wait":
        return Wait(self)

    def end(self) -> None:
        """Nobody will wait any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def begun(self, wait: "Wait") -> None:
        loop = asyncio.get_running_loop()
        until = self._waits[wait] = loop.time() + self.seconds
        if self._timer is None:
            self._timer = loop.call_at(until, self._look, loop)

    def ended(self, wait: "Wait") -> None:
        self._waits.pop(wait, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        for wait, until in list(self._waits.items()):
            if until > loop.time():
                self._timer = loop.call_at(until, self._look, loop)
                return
            del self._waits[wait]
            wait.give_up()


class Wait:
    """One of them; made by `Patience.wait`. Raises `TimeoutError` where it took too long."""

    __slots__ = ("_given_up", "_patience", "_task")

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._task: asyncio.Task[object] | None = None
        self._given_up = False

    def give_up(self) -> None:
        if self._task is not None:
            self._given_up = True
            self._task.cancel()

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        self._patience.begun(self)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._patience.ended(self)
        if self._given_up and self._task is not None and not self._task.uncancel() and kind is asyncio.CancelledError:
            raise TimeoutError from error
