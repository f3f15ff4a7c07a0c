"""What stands in the content area while there is nothing to see because the gate cannot start: its own line, whole, and
how to go on."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.language import filled
from app.widgets.buttons import Button
from app.widgets.frames import Card, Disc, Ground
from app.widgets.labels import Label

_WIDEST = 640


class TroublePage(Ground):
    """The gate's reason. The header has the button that starts it again.

    Attributes:
        title: what happened. line: the label with the reason, to be selected and copied.
    """

    def __init__(self, settings: Path, parent: QWidget | None = None) -> None:
        """`settings`: the gate.toml that the gate goes by."""
        super().__init__("window", parent)
        self.title = Label(step="title", wrap=True, parent=self)
        self.line = Label(wrap=True, parent=self)
        selectable = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        self.line.setTextInteractionFlags(selectable)
        self.line.setAccessibleName(self.tr("What the gate said"))
        self.copy = Button(self.tr("Copy"), "copy", do=self._copy, parent=self)
        mend = self.tr("Mend what it says, then press “Start the gate” above. Its settings are in %1.")
        self._mend = Label(filled(mend, str(settings)), kind="muted", wrap=True, parent=self)
        self._mend.setTextInteractionFlags(selectable)
        self._build()

    def _build(self) -> None:
        centre = Qt.AlignmentFlag.AlignHCenter
        for label in (self.title, self._mend):
            label.setAlignment(centre)
        card = Card(self)
        row = QHBoxLayout(card)
        row.setContentsMargins(16, 12, 12, 12)
        row.setSpacing(12)
        row.addWidget(self.line, 1)
        row.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignTop)
        middle = QWidget(self)
        middle.setMaximumWidth(_WIDEST)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(24, 24, 24, 24)
        whole.addStretch(1)
        whole.addWidget(middle, 100)
        whole.addStretch(1)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addStretch(1)
        column.addWidget(Disc("state-not-running", ink="lost", fill="lost_tint", parent=self), 0, centre)
        for part in (self.title, card, self._mend):
            column.addWidget(part)
        column.addStretch(1)

    def show_line(self, line: str, *, ended: bool = False) -> None:
        """What the gate said, or that it `ended` and said nothing, which leaves nothing to mend."""
        self.title.setText(self.tr("The gate ended") if ended else self.tr("The gate cannot start"))
        self._mend.setVisible(not ended)
        self.line.setText(line[:1].upper() + line[1:])

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.line.text())
