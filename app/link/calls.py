"""Calls under way: what was asked, who waits for it, until when. Knows no socket."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import shiboken6
from PySide6.QtCore import QObject

from app.link.words import fault_in_words

SECONDS = 30.0
SLOW_SECONDS = 300.0
SLOW = frozenset({"import.stage", "import.apply", "undo", "redo", "quit", "stop"})
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
        method: what was asked. deadline: when it is given up (monotonic seconds).
    """

    def __init__(self, method: str, done: Done | None, failed: Failed) -> None:
        self.method = method
        self.deadline = time.monotonic() + (SLOW_SECONDS if method in SLOW else SECONDS)
        self._done = done
        self._failed: Failed | None = failed

    def cancel(self) -> None:
        """Neither `done` nor `failed` will be called. What the gate does with it stays open."""
        self._done = self._failed = None

    def finish(self, result: Any) -> None:
        """Tell the answer, once."""
        done = self._done
        self.cancel()
        if done is not None and _lives(done):
            done(result)

    def fail(self, why: CallFailed) -> None:
        """Tell why there is none, once."""
        failed = self._failed
        self.cancel()
        if failed is not None and _lives(failed):
            failed(why)


def _lives(callback: Callable[..., object]) -> bool:
    """A widget may have been closed since it asked."""
    owner = getattr(callback, "__self__", None)
    return not isinstance(owner, QObject) or shiboken6.isValid(owner)
