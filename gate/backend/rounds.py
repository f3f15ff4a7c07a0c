"""Asking a mail server again and again: hourly, sooner while it does not answer, and soon whenever told to.

For `probes` and `gate.postfix.learning`. It does not know what is asked, and ends with its `stop` alone: a round that
fails in a way that nobody foresaw is logged, and the next one comes.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from gate import trouble

HOURLY = 3600.0
BACK_OFF = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds between tries while the server is down; the last goes on."""
SPACING = 1.0
"""Seconds between being told to ask again and asking: whoever makes that happen gets no more than that."""

log = logging.getLogger(__name__)


class Rounds:
    """Rounds of one kind, in a task of its own on the running event loop."""

    def __init__(self, ask: Callable[[], Awaitable[object]], pause: Callable[[], float | None], name: str) -> None:
        """`ask` asks once. `pause`: how many seconds until the next time, as things stand; None: the server is down.
        `name`: of what is asked, for the log."""
        self._ask = ask
        self._pause = pause
        self._name = name
        self._again = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, *, at_once: bool = True) -> None:
        """Begins, with a round or with a pause. Once is enough."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._go(at_once), name=self._name)

    async def stop(self) -> None:
        """Ends what `start` began, also in the middle of a round."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    def ask_again(self) -> None:
        """Has the next round come soon, where `start` began any."""
        self._again.set()

    async def _go(self, at_once: bool) -> None:
        if at_once:
            await self._once()
        tries = 0
        while True:
            pause = self._pause()
            tries = tries + 1 if pause is None else 0
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BACK_OFF[min(tries, len(BACK_OFF)) - 1] if pause is None else pause):
                    await self._again.wait()
                    await asyncio.sleep(SPACING)
            self._again.clear()
            await self._once()

    async def _once(self) -> None:
        try:
            await self._ask()
        except Exception:  # noqa: BLE001 (the task's outermost edge: it must go on asking)
            trouble.keep(log, f"{self._name} failed")
