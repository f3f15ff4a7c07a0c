"""What would have kept mail waiting at the start, done beside it: long lists into memory, a large file looked through.

Threads of its own, for as long as the gate lives; a command that only asks something does none of this.
"""

import logging
import threading
from collections.abc import Callable

from gate import trouble
from gate.desk import Desk
from gate.forms import Warning  # noqa: A004 (the form of that name)
from gate.store import Lists, StoreError

_log = logging.getLogger(__name__)


class Settling:
    """Begin it once mail flows, end it before the lists are closed."""

    def __init__(self, desk: Desk, lists: Lists, changed: Callable[[], object]) -> None:
        """`changed`: there is something to be told; called from a thread."""
        self._lists = lists
        self._changed = changed
        self._ending = False
        self._trouble: StoreError | None = None
        self._loading = desk.bring_in()
        self._thread = threading.Thread(target=self._check, name="lists looked through")
        self._thread.start()

    def warnings(self) -> list[Warning]:
        return [] if self._trouble is None else [Warning.of(self._trouble)]

    def end(self) -> None:
        """Give up what is not done."""
        self._ending = True
        if self._loading is not None:
            self._loading.end()
        while self._thread.is_alive():
            self._lists.stop_checking()
            self._thread.join(0.05)

    def _check(self) -> None:
        if self._loading is not None:
            self._loading.wait()
        if self._ending:
            return
        try:
            self._lists.check()
        except StoreError as problem:
            if not self._ending:
                _log.error("%s", problem)
                self._trouble = problem
                self._changed()
        except Exception:  # noqa: BLE001 (the thread's outermost edge)
            trouble.keep(_log, "the lists could not be looked through")
