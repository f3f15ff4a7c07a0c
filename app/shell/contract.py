"""What the window and its pages know of each other. The window gives every page a `Shell`; a page is a `Page`.

A page never touches the client: its `create(client, shell)` makes the models it shows, and gives them to it.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.link.client import CallFailed
from gate.control.messages import Change


class Shell(Protocol):
    """What the window offers a page."""

    def say(self, text: str, change: Change | None = None) -> None:
        """The toast at the foot: what happened, with Undo if the journal noted a change."""

    def complain(self, failure: CallFailed | str) -> None:
        """The toast with what did not work."""

    def go(self, page: str, **what: Any) -> None:
        """Show a page (`accounts`, `activity`), and there what `Page.show_item(**what)` understands."""

    def open_import(self, paths: Sequence[Path] = (), account: str | None = None) -> None:
        """The import takes the content area; with files it begins to read at once."""

    def open_lines(self) -> None:
        """The lines that put Irusu before the owner's mail server."""

    def undo(self, change: Change | None = None) -> None:
        """Take back that change, or the last one. The outcome is told in the toast."""

    def redo(self) -> None:
        """Do again what was undone last."""


class Page(QWidget):
    """A page of the content area. Override what applies. Signal `toastRoomChanged()`: `toast_room` is another."""

    toastRoomChanged = Signal()

    def set_small(self, small: bool) -> None:
        """The window took, or left, the small form (under 900 wide or 560 high)."""

    def set_live(self, live: bool) -> None:
        """False: the gate does not answer, nothing can be changed; disable what changes something. (The window
        has already greyed the data.)"""

    def show_item(self, **what: Any) -> None:
        """Show one thing: accounts understands `scope=…` and `pattern=…`, activity `sender=…` or `account=…`."""

    def focus_search(self) -> None:
        """Ctrl+F: put the cursor into the page's search field, if it has one."""

    def toast_room(self) -> int:
        """How much of the page's width, from the left, the toast may lie over: no button may be hidden."""
        return self.width()

    def may_close(self, close: Callable[[], object]) -> bool:
        """Before the window closes, and what the page holds is lost, shown or not. True, or False and call `close`
        later (the import asks first): then it is asked again, and must agree."""
        return True
