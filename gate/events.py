"""News for whoever listens: lower rooms publish, the control server subscribes.

It must never wait for a listener that is slow, nor let one listener's failure reach the publisher or another listener.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any, Literal

EventKind = Literal["state", "decisions", "lists", "leak", "resync"]
Listener = Callable[[EventKind, Any], None]

_log = logging.getLogger(__name__)


class Events:
    """Hands every piece of news to every subscriber, in the order of publishing of each thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(kind, data)` from now on, in the publisher's thread; it must return at once.

        Returns the function that ends it; calling that twice is harmless.
        """
        entry: Listener = lambda kind, data: listener(kind, data)  # noqa: E731 (one identity a subscription)
        with self._lock:
            self._listeners = (*self._listeners, entry)

        def unsubscribe() -> None:
            with self._lock:
                self._listeners = tuple(each for each in self._listeners if each is not entry)

        return unsubscribe

    def publish(self, kind: EventKind, data: Any = None) -> None:
        """Tell all subscribers. Callable from any thread; never raises."""
        for listener in self._listeners:
            try:
                listener(kind, data)
            except Exception:  # the outermost edge: a listener's fault is its own
                _log.exception("a listener failed on %s", kind)
