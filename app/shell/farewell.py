"""Closing the window: the gate goes on without it, which is said once; then the app parts from it politely. And ending
the gate, which the owner can do from any window that reaches it."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QSettings, Qt
from PySide6.QtWidgets import QMenu, QWidget

from app.dialogs.ask import Question
from app.link.calls import CallFailed
from app.link.keeper import Keeper

TOLD_GATE_STAYS = "told_gate_stays"


class Farewell(QObject):
    """Asked by the window before it closes. `left` is called when the app may end; `complain` tells why a gate does
    not end.

    Attributes:
        parting: it has begun, and nothing calls it back.
    """

    def __init__(
        self, keeper: Keeper, settings: QSettings, left: Callable[[], None], complain: Callable[[CallFailed], None],
        window: QWidget,
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._complain = complain
        self._keeper, self._settings, self._left, self._window = keeper, settings, left, window
        self.parting = False

    def may_part(self, *, gate_answers: bool) -> bool:
        """Whether the owner knows all there is to know; if not he is told now, and closes the window by that."""
        told = bool(self._settings.value(TOLD_GATE_STAYS, False, bool))
        if gate_answers and not told and not self._keeper.stops_at_exit:
            self._tell()
            return False
        return True

    def part(self) -> None:
        """Take leave of the gate."""
        if not self.parting:
            self.parting = True
            self._keeper.leave(self._left)

    def menu(self) -> QMenu:
        """What ends the gate that answers: now; and one that this window launched, with it. That choice may be made
        another way at any time."""
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("End the gate…")).triggered.connect(lambda _checked=False: self._ask_end())
        if not self._keeper.launched_it:
            return menu
        stop = menu.addAction(self.tr("Stop the gate when this window closes"))
        stop.setCheckable(True)
        stop.setChecked(self._keeper.stops_at_exit)
        stop.toggled.connect(self._keeper.set_stop_at_exit)
        return menu

    def _ask_end(self) -> None:
        Question(
            self.tr("End the gate?"),
            self.tr("No mail comes in through it then, until it is started again. What it knows stays as it is."),
            self.tr("End the gate"), lambda do, _tick: self._keeper.end_gate(self._complain) if do else None,
            keep=self.tr("Go on"), parent=self._window,
        ).open()  # fmt: skip

    def _tell(self) -> None:
        tick = self.tr("Stop the gate when I close this window") if self._keeper.launched_it else ""
        Question(
            self.tr("The gate goes on without this window"),
            self.tr("It stays as it is now. Start Irusu again to see it or to stop it."),
            self.tr("Close"), self._told, keep=self.tr("Go back"), tick=tick, parent=self._window,
        ).open()  # fmt: skip

    def _told(self, do: bool, tick: bool) -> None:
        if do:
            self._settings.setValue(TOLD_GATE_STAYS, True)
            if tick:
                self._keeper.set_stop_at_exit(True)
            self._window.close()
