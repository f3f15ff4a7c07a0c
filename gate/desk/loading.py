"""A long list on its way into memory, in a thread that lets the mail pass; until then the store is asked for each mail.

It changes nothing that anybody could notice but the time a decision takes. It must never keep the mail path waiting:
it works in slices of a millisecond.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from gate import trouble
from gate.errors import Fault
from gate.rules.entry import EntryRule
from gate.rules.matcher import Matcher, nothing
from gate.rules.plain import Filling
from gate.store.entries import RuleRow
from gate.store.snapshot import Snapshot

PART = 500
"""Rows between two pauses: about a millisecond."""
LAST_VERDICT_SECONDS = 1.0

_log = logging.getLogger(__name__)


def breathe() -> None:
    """Let other threads have the interpreter. Not 0: they would have to be faster than this one at taking it."""
    time.sleep(0.0001)


def matchers(
    parts: Iterable[Sequence[RuleRow]], sizes: Mapping[str, int], pause: Callable[[], None]
) -> dict[str, Matcher]:
    """Addresses, domains and subdomains, ready to be looked up, by scope. `sizes`: how many a scope has, about."""
    filling: dict[str, Filling] = {}
    odd: dict[str, list[EntryRule]] = {}
    for rows in parts:
        for number, scope, list_, pattern in rows:
            place = filling.get(scope)
            if place is None:
                place = filling[scope] = Filling(scope, sizes.get(scope, 0))
            if not place.put(number, list_, pattern):
                odd.setdefault(scope, []).append(EntryRule(number, scope, list_, pattern))
        pause()
    found = {scope: nothing(scope).on(place.plain(), ()) for scope, place in filling.items()}
    return {scope: matcher.changed((), odd.get(scope, ()), pause) for scope, matcher in found.items()}


class Loading:
    """The lists being loaded. Attributes: done: set when they are in memory."""

    def __init__(self, snapshot: Snapshot, give: Callable[[dict[str, Matcher]], None]) -> None:
        """`give` gets what was made, in the thread of the loading."""
        self._snapshot = snapshot
        self._give = give
        self.done = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lists into memory", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Until it is done or given up."""
        self._thread.join()

    def end(self) -> None:
        """Give up, if it is not done; wait for the thread."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        class Ended(Exception):
            pass

        def pause() -> None:
            if self._ended.is_set():
                raise Ended
            breathe()

        try:
            began = time.perf_counter()
            self._give(matchers(self._snapshot.looked_up(PART), self._snapshot.sizes(), pause))
            _log.info("the lists are in memory after %.1f s", time.perf_counter() - began)
            self.done.set()
            self._ended.wait(LAST_VERDICT_SECONDS)  # one that began before may still ask there
            self._snapshot.close()
        except Ended:
            return
        except Fault as problem:
            _log.error("the lists stay in the file, and are asked there: %s", problem)
        except Exception:  # noqa: BLE001 (the thread's outermost edge)
            trouble.keep(_log, "the lists stay in the file, and are asked there")
