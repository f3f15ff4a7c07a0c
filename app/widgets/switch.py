"""The gate's switch: Guard, Let all in, Stop.

The current segment is what the gate says, never what was clicked: a click shows "…" there until the gate answers.
"""

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QWidget

from app.link.state import LOOKS, SEGMENTS, LinkState, segment_word
from app.widgets.segmented import Choice, Segmented


class GateSwitch(Segmented):
    """Signal `asked(str)`: the method that the owner wants called (`start`, `pause`, `stop`)."""

    asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        choices = [Choice(s.key, segment_word(s), s.icon, s.fill) for s in SEGMENTS]
        super().__init__(choices, QCoreApplication.translate("GateSwitch", "What the gate does"), follows=False,
                         parent=parent)  # fmt: skip
        self.chosen.connect(self._ask)

    def show_state(self, state: LinkState) -> None:
        """Mark what the gate does now. A segment that waits for its answer goes on waiting."""
        self.set_current(LOOKS[state].segment)

    def _ask(self, key: str) -> None:
        if self.waiting() is None and key != self.current():
            self.asked.emit(next(s.method for s in SEGMENTS if s.key == key))

    def wait_for(self, method: str) -> None:
        """Show "…" in the segment of that method until `answered`."""
        self.set_waiting(next(s.key for s in SEGMENTS if s.method == method))

    def answered(self) -> None:
        """The gate has answered, one way or the other."""
        self.set_waiting(None)
