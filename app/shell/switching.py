"""What the header's switch and buttons do: asks the gate, and asks the owner first where Undo cannot help."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.dialogs.ask import Question
from app.language import filled
from app.link.client import CallFailed, Client
from app.link.keeper import Keeper
from app.link.state import LOOKS, Action, LinkState
from app.shell.header import Header
from gate.control.messages import Nothing
from gate.control.messages import Warning as GateWarning


class Switching(QObject):
    """Connects a header to the gate. `complain` tells what did not work; questions stand over `window`.

    Signal `refused(Warning or None)`: why the gate does not open its port, in words, with what to do; None: no more.
    """

    refused = Signal(object)

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
        client.linkChanged.connect(self._mended)
        header.switchAsked.connect(self._asked)
        header.acted.connect(lambda action: self._deeds[action]())

    def _asked(self, method: str) -> None:
        latest = self._client.latest
        beside = latest is not None and latest.policy and not latest.listen  # no mail passes it
        if method == "stop" and latest is not None and latest.deliver != "built-in" and not beside:
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
            if why.code.startswith("link."):
                self._complain(why)
            else:
                self.refused.emit(GateWarning(code=why.code, text=self._with_counsel(why)))

        self.refused.emit(None)
        switch.wait_for(method)
        self._client.call(method, Nothing(), lambda _status: switch.answered(), failed, owner=self)

    def _with_counsel(self, why: CallFailed) -> str:
        latest = self._client.latest
        if why.code != "smtp.listen" or latest is None:
            return why.text
        counsel = self.tr("Stop the other program that has this port, or change listen in %1.")
        return f"{why.text} {filled(counsel, latest.settings)}"

    def _mended(self, state: LinkState) -> None:
        if state in (LinkState.GUARDING, LinkState.OPEN) or not LOOKS[state].live:
            self.refused.emit(None)
