"""Calls to the gate and what it tells: the only way the app has to the gate's data.

Nothing here ever waits: an answer comes to a callback, or `failed` says why there is none. (Interface; being built.)
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.link.state import LinkState
from gate.control.messages import Change, Form, Status


@dataclass(frozen=True, slots=True)
class CallFailed:
    """Why a call brought no answer. `text` is one clear line in the owner's language, safe to show as plain text.

    `code` is the gate's (`account.unknown`) or the link's own: `link.lost`, `link.timeout`, `link.internal`.
    """

    code: str
    text: str
    params: dict[str, Any] = field(default_factory=dict)


class Call:
    """A call under way."""

    def cancel(self) -> None:
        """Neither `done` nor `failed` will be called. What the gate does with it stays open."""
        raise NotImplementedError


class Client(QObject):
    """The gate as the app sees it.

    Signals:
        linkChanged(LinkState): what is shown about the gate changed; also when only the status behind it did not.
        status(Status): a new status (state, counters, warnings).
        decisions(list[Decision]): new rows of the log, oldest first.
        listsChanged(ListsChanged): accounts or entries changed, by whomever; `scopes` None: any.
        resync(): all that is shown may have changed unseen (first connection, after a loss, a gap): load again.
        undoChanged(): `undo` or `redo` changed.
    Attributes:
        state: LinkState now. latest: the last Status or None. undo, redo: the Change that they would take, or None.
    """

    linkChanged = Signal(object)
    status = Signal(object)
    decisions = Signal(object)
    listsChanged = Signal(object)
    resync = Signal()
    undoChanged = Signal()

    state: LinkState = LinkState.CONNECTING
    latest: Status | None = None
    undo: Change | None = None
    redo: Change | None = None

    def call(
        self,
        method: str,
        params: Form,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[CallFailed], None] | None = None,
    ) -> Call:
        """Call `method` of `messages.METHODS`; `done` gets its result form. Without a connection `failed` follows at
        once (from the event loop, never from inside this call). Without `failed`, failures are shown as a toast."""
        raise NotImplementedError
