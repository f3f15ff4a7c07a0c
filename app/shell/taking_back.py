"""Undo and redo from anywhere in the window: one after the other, each told in a toast.

The next press waits until the client knows what the last one left, so that two quick presses take back two changes.
"""

from collections import deque
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from app.language import filled
from app.link.calls import CallFailed
from app.link.client import Client
from app.link.words import change_in_words
from gate.control.messages import Change, Changed, Nothing, UndoQuery

Say = Callable[[str, Change | None], None]


class TakingBack(QObject):
    """`say(text, change)` tells what was done, `complain` what did not work; then what waits is forgotten."""

    def __init__(self, client: Client, say: Say, complain: Callable[[CallFailed], None], parent: QObject) -> None:
        super().__init__(parent)
        self._client, self._say, self._complain = client, say, complain
        self._waiting: deque[Callable[[], None]] = deque()
        self._asked: Callable[[], bool] | None = None
        """Under way; tells whether the client knows its outcome."""
        self._answered = False
        client.undoChanged.connect(self._go_on)

    def undo(self, change: Change | None = None) -> None:
        """Take back that change, or the last one that is then there."""
        self._waiting.append(partial(self._undo, change))
        self._go_on()

    def redo(self) -> None:
        """Do again what was undone last by then."""
        self._waiting.append(self._redo)
        self._go_on()

    def _go_on(self) -> None:
        if self._asked is not None and not (self._answered and self._asked()):
            return
        self._asked = None
        while self._waiting and self._asked is None:
            self._waiting.popleft()()

    def _undo(self, change: Change | None) -> None:
        last = change or self._client.undo
        if last is None:
            return

        def told(_done: Changed) -> None:
            self._say(filled(self.tr("Taken back: %1"), change_in_words(last)), None)
            self._told()

        self._ask(lambda: self._client.undo is None or self._client.undo.id != last.id)
        self._client.call("undo", UndoQuery(id=last.id), told, self._failed, owner=self)

    def _redo(self) -> None:
        last = self._client.redo
        if last is None:
            return

        def told(done: Changed) -> None:
            self._say(filled(self.tr("Done again: %1"), change_in_words(last)), done.change)
            self._told()

        self._ask(lambda: self._client.redo is None or self._client.redo.id != last.id)
        self._client.call("redo", Nothing(), told, self._failed, owner=self)

    def _ask(self, known: Callable[[], bool]) -> None:
        self._asked, self._answered = known, False

    def _told(self) -> None:
        self._answered = True
        self._go_on()

    def _failed(self, why: CallFailed) -> None:
        self._asked = None
        self._waiting.clear()
        self._complain(why)
