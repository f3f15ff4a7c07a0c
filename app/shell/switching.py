"""What the header's switch and buttons do: asks the gate, and asks the owner first where Undo cannot help."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.dialogs.ask import Question
from app.language import filled
from app.link.client import CallFailed, Client
from app.link.keeper import Keeper
from app.link.state import Action
from app.shell.header import Header
from gate.control.messages import Nothing


class Switching(QObject):
    """Connects a header to the gate. `complain` tells what did not work; questions stand over `window`."""

    def __init__(
        self, header: Header, client: Client, keeper: Keeper, complain: Callable[[CallFailed], None], window: QWidget
    ) -> None:
        super().__init__(window)
        self._header, self._client, self._complain, self._window = header, client, complain, window
        self._deeds: dict[Action, Callable[[], None]] = {
            Action.CANCEL: keeper.cancel,
            Action.TRY_NOW: keeper.try_now,
            Action.START: keeper.start_gate,
            Action.REPLACE: lambda: keeper.replace_foreign(complain),
        }
        header.switchAsked.connect(self._asked)
        header.acted.connect(lambda action: self._deeds[action]())

    def _asked(self, method: str) -> None:
        latest = self._client.latest
        if method == "stop" and latest is not None and latest.deliver != "built-in":
            self._ask_stop(latest.deliver)
        else:
            self.call(method)

    def _ask_stop(self, server: str) -> None:
        words = self.tr(
            "The gate stands before your mail server (%1). While it is stopped, no mail comes in. "
            "To let everyone in instead, choose “Let all in”."
        )
        Question(
            self.tr("Stop all mail?"), filled(words, server), self.tr("Stop"),
            lambda do, _tick: self.call("stop") if do else None, keep=self.tr("Go on"), parent=self._window,
        ).open()  # fmt: skip

    def call(self, method: str) -> None:
        """Ask the gate for `start`, `pause` or `stop`; the switch waits for its answer."""
        switch = self._header.switch

        def failed(why: CallFailed) -> None:
            switch.answered()
            self._complain(why)

        switch.wait_for(method)
        self._client.call(method, Nothing(), lambda _status: switch.answered(), failed, owner=self)
