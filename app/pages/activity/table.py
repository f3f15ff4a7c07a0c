"""The table of the activity page: which column gets how much of the room there is."""

from PySide6.QtWidgets import QWidget

from app.models.decisions import RECIPIENT, SENDER, TIME, VERDICT, WHY, DecisionsModel
from app.models.words import since_days
from app.widgets.table import Table

MEASURED = 200
"""Rows that the columns are fitted to: the newest."""
SCROLL_BAR = 16
LEAST_SENDER = 160
"""Width that the sender keeps, whatever others need."""


class ActivityTable(Table):
    """The newest decision first."""

    def __init__(self, decisions: DecisionsModel, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, sortable=False, parent=parent)
        self._decisions = decisions
        self.setModel(decisions)
        self.setSelectionMode(Table.SelectionMode.SingleSelection)

    def fit(self, room: int, *, small: bool) -> None:
        """`room`: pixels that the page has for it."""
        wide = self.column_width_for
        words = (self.tr("Accepted"), self.tr("Refused"), self.tr("Watched"), self.tr("Passed on"))
        verdict = max(wide(word, icon=True) for word in words)
        time = max(
            wide("23:59" if self._only_today() else "30 Sep 23:59", first=True), self.title_width(TIME, first=True)
        )
        verdict = max(verdict, self.title_width(VERDICT))
        room -= SCROLL_BAR
        reason = 0 if small else min(max(150, min(320, room // 4)), max(150, self._need(WHY)))
        # What is left is for sender and recipient; the recipient gets a third, or what the sender leaves.
        rest = room - time - verdict - reason
        to = min(self._need(RECIPIENT), max(room // 3, rest - self._need(SENDER)), rest - LEAST_SENDER)
        self.set_widths({TIME: time, VERDICT: verdict, RECIPIENT: max(98, to), WHY: reason}, stretch=SENDER)
        self.setColumnHidden(WHY, small)

    def _need(self, column: int) -> int:
        """How wide a column must be for the newest rows."""
        model = self._decisions
        texts = {str(model.index(row, column).data()) for row in range(min(len(model.rows), MEASURED))}
        return max((self.column_width_for(text) for text in texts), default=0)

    def _only_today(self) -> bool:
        rows = self._decisions.rows
        return not rows or rows[-1].time >= since_days(0)
