"""Calls under way: what was asked, who waits for it, until when. Knows no socket."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import shiboken6
from PySide6.QtCore import QObject

from app.link.words import fault_in_words

SECONDS = 30.0
SLOW_SECONDS = 300.0
SLOW = frozenset({"import.stage", "import.apply", "undo", "redo", "quit", "stop", "backend.check", "domains.list_only"})
"""Methods that may take long without anything being wrong."""

Done = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class CallFailed:
    """Why a call brought no answer. `text` is one clear line in the owner's language, safe to show as plain text.

    `code` is the gate's (`account.unknown`) or the link's own: `link.lost`, `link.timeout`, `link.answer`.
    """

    code: str
    text: str
    params: dict[str, Any] = field(default_factory=dict)


Failed = Callable[[CallFailed], None]


def failure(code: str, params: dict[str, Any] | None = None, text: str = "") -> CallFailed:
    """A failure in the owner's words."""
    return CallFailed(code, fault_in_words(code, params or {}, text), params or {})


class Call:
    """A call under way.

    Attributes:
        method: what was asked. owner: whose callbacks these are; when it is deleted nobody is told any more.
    """

    def __init__(self, method: str, done: Done | None, failed: Failed, owner: QObject | None = None) -> None:
        self.method = method
        self.owner = owner
        self._deadline: float | None = None
        self._done = done
        self._failed: Failed | None = failed

    def overdue(self, now: float) -> bool:
        """Whether it takes too long. Its time begins when this is asked first; `now` in monotonic seconds."""
        if self._deadline is None:
            self._deadline = now + (SLOW_SECONDS if self.method in SLOW else SECONDS)
        return self._deadline < now

    def cancel(self) -> None:
        """Neither `done` nor `failed` will be called. What the gate does with it stays open."""
        self._done = self._failed = None

    def finish(self, result: Any) -> None:
        """Tell the answer, once."""
        done = self._done
        self.cancel()
        if done is not None and self._lives(done):
            done(result)

    def fail(self, why: CallFailed) -> None:
        """Tell why there is none, once."""
        failed = self._failed
        self.cancel()
        if failed is not None and self._lives(failed):
            failed(why)

    def _lives(self, callback: Callable[..., object]) -> bool:
        """A widget may have been closed since it asked."""
        owners = (self.owner, getattr(callback, "__self__", None))
        return all(shiboken6.isValid(each) for each in owners if isinstance(each, QObject))
