"""News for whoever listens: lower rooms publish, the control server subscribes.

It must never wait for a listener that is slow, nor let one listener's failure reach the publisher or another listener.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any, Literal

from gate import trouble

EventKind = Literal["state", "decisions", "lists", "leak", "resync"]
Listener = Callable[[EventKind, Any], None]

_log = logging.getLogger(__name__)


class Events:
    """Hands every piece of news to every subscriber, in the order of publishing of each thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Replaced, never changed: publishers read it without the lock.
        self._listeners: dict[int, tuple[Listener, tuple[EventKind, ...]]] = {}
        self._next = 0

    def subscribe(self, listener: Listener, *kinds: EventKind) -> Callable[[], None]:
        """Call `listener(kind, data)` from now on, in the publisher's thread; it must return at once.

        `kinds`: of these alone; none named: of all. Returns the function that ends it; calling that twice is harmless.
        """
        with self._lock:
            number = self._next
            self._next += 1
            self._listeners = {**self._listeners, number: (listener, kinds)}

        def unsubscribe() -> None:
            with self._lock:
                self._listeners = {each: other for each, other in self._listeners.items() if each != number}

        return unsubscribe

    def wanted(self, kind: EventKind) -> bool:
        """Whether anybody listens: news that is dear to make need not be made for nobody."""
        return any(not kinds or kind in kinds for _, kinds in self._listeners.values())

    def publish(self, kind: EventKind, data: Any = None) -> None:
        """Tell all subscribers. Callable from any thread; never raises."""
        for listener, kinds in self._listeners.values():
            if kinds and kind not in kinds:
                continue
            try:
                listener(kind, data)
            except Exception:  # noqa: BLE001 (the outermost edge: a listener's fault is its own)
                trouble.keep(_log, f"a listener failed on {kind}")
