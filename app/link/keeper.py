"""Keeps the window and a gate together: finds one or launches the bundled one, and parts from it politely.

It ends a gate only by asking: when its owner says so, or at exit one that this window launched itself and whose owner
chose so. It never kills one.
"""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, QTimer, Signal

from app.link.calls import CallFailed
from app.link.client import Client
from app.link.process import START_SECONDS, GateProcess
from app.link.state import LinkState
from app.link.words import fault_in_words
from gate.control.messages import Nothing

STOP_AT_EXIT = "stop_gate_on_exit"
QUIT_SECONDS = 40.0
"""A gate that is asked to end lets sessions finish for 30."""
AGAIN_MILLISECONDS = 500


class Keeper(QObject):
    """Signals: `troubled()`: `trouble` changed.

    Attributes:
        trouble: why the gate could not be started, one line; empty when nothing is known against it.
        ended: the trouble is rather that it ended, and did not say why.
    """

    troubled = Signal()

    def __init__(
        self, client: Client, process: GateProcess, settings: QSettings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._process = process
        self._settings = settings
        self.trouble = ""
        self.ended = False
        self._may_launch = False
        self._replacing = False
        self._again = QTimer(self, singleShot=True, interval=AGAIN_MILLISECONDS)
        self._left_to_try = 0
        self._leaving: Callable[[], None] | None = None
        self._patience = QTimer(self, singleShot=True, interval=round(START_SECONDS * 1000))
        self._parting = QTimer(self, singleShot=True, interval=round(QUIT_SECONDS * 1000))
        client.linkChanged.connect(self._link_changed)
        process.died.connect(self._died)
        self._again.timeout.connect(self._launch)
        self._patience.timeout.connect(self._too_long)
        self._parting.timeout.connect(self._part)

    # ------------------------------------------------------------ for the window

    def begin(self) -> None:
        """Look for a gate; launch the bundled one if nobody answers."""
        self._may_launch = True
        self._client.connect_gate()

    def try_now(self) -> None:
        """Look for the gate at once."""
        self._client.connect_gate()

    def start_gate(self) -> None:
        """Launch the bundled gate, unless one answers by then: its lock decides."""
        self._may_launch = False
        self._left_to_try = 0
        self._launch()

    def _launch(self) -> None:
        self._tell("")
        problem = self._process.launch()
        if problem:
            self._tell(problem)
            return
        self._patience.start()
        self._client.expect()

    def cancel(self) -> None:
        """Stop looking and stop waiting for a launched gate."""
        self._launch_no_more()
        self._client.give_up()

    def replace_foreign(self, failed: Callable[[CallFailed], None]) -> None:
        """End the gate that speaks another protocol, and start the bundled one."""
        self._replacing = True

        def kept(why: CallFailed) -> None:
            self._replacing = False
            failed(why)

        self._client.call("quit", Nothing(), None, kept, owner=self)

    def end_gate(self, failed: Callable[[CallFailed], None]) -> None:
        """Ask the gate that answers to end, whoever launched it; it is not started again unasked."""
        self._launch_no_more()
        self._client.call("quit", Nothing(), None, failed, owner=self)

    @property
    def settings(self) -> Path:
        """The gate.toml of the gate that is launched here."""
        return self._process.settings

    @property
    def launched_it(self) -> bool:
        """Whether the gate that answers is one that this window launched."""
        latest = self._client.latest
        return self._process.pid is not None and latest is not None and latest.pid == self._process.pid

    @property
    def stops_at_exit(self) -> bool:
        """Whether closing the window will end the gate."""
        return self.launched_it and bool(self._settings.value(STOP_AT_EXIT, False, bool))

    def set_stop_at_exit(self, stop: bool) -> None:
        """The owner's choice: a gate launched by the window ends with it."""
        self._settings.setValue(STOP_AT_EXIT, stop)

    def leave(self, left: Callable[[], None]) -> None:
        """The window is closing: `left` is called when the app may end."""
        self._leaving = left
        self._launch_no_more()
        connected = self._client.state not in (LinkState.LOST, LinkState.CONNECTING, LinkState.NOT_RUNNING)
        if not (self.stops_at_exit and connected):
            self._part()
            return
        self._parting.start()
        self._client.call("quit", Nothing(), None, lambda _why: self._part(), owner=self)

    # ------------------------------------------------------------ inside

    def _launch_no_more(self) -> None:
        self._may_launch = self._replacing = False
        self._left_to_try = 0
        self._again.stop()
        self._patience.stop()

    def _tell(self, trouble: str, *, ended: bool = False) -> None:
        if trouble != self.trouble:
            self.trouble, self.ended = trouble, ended
            self.troubled.emit()

    def _part(self) -> None:
        self._parting.stop()
        left, self._leaving = self._leaving, None
        self._process.forget()
        self._client.disconnect_gate()
        if left is not None:
            left()

    def _link_changed(self, state: LinkState) -> None:
        if state is LinkState.NOT_RUNNING:
            launch, replacing = self._may_launch or self._replacing, self._replacing
            self._replacing = False
            if launch and self._leaving is None:
                self.start_gate()
                self._left_to_try = round(QUIT_SECONDS * 1000 / AGAIN_MILLISECONDS) if replacing else 0
        elif state not in (LinkState.CONNECTING, LinkState.LOST):
            self._may_launch = False
            self._patience.stop()
            self._tell("")

    def _died(self, pid: int, line: str) -> None:
        if self._leaving is not None:
            self._part()
        elif self._client.ended(pid):
            self._tell(line or fault_in_words("link.ended", {}, ""), ended=not line)
        elif self._client.state is LinkState.CONNECTING and self._left_to_try:
            self._left_to_try -= 1  # the gate that was asked to end may still hold the lock
            self._again.start()
        elif self._client.state is LinkState.CONNECTING:
            self._patience.stop()
            self._client.give_up()
            self._tell(line or fault_in_words("link.died", {}, ""), ended=not line)

    def _too_long(self) -> None:
        self._client.give_up()
        self._tell(fault_in_words("link.silent", {}, ""))
