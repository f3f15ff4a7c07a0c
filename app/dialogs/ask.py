"""A question in the window's own words, for the few things that Undo cannot take back. Plain text; never blocks."""

from collections.abc import Callable

from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.widgets.buttons import Button
from app.widgets.labels import Label


class Question(QDialog):
    """Title, a few words, a button that does it and, unless it is a mere note, one that does not.

    Show it with `open()`. `answered(do, tick)`: `tick` is whether the box was ticked, if there is one.
    """

    def __init__(
        self, title: str, words: str, do: str, answered: Callable[[bool, bool], None], *, keep: str = "",
        tick: str = "", parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._answered = answered
        self.setWindowTitle(title)
        self.setModal(True)
        self._box = QCheckBox(tick, self)
        self._box.setVisible(bool(tick))
        self.do_button = Button(do, kind="primary", do=self.accept, parent=self)
        self.do_button.setAutoDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addWidget(Label(title, "section", wrap=True, parent=self))
        column.addWidget(Label(words, kind="muted", wrap=True, parent=self))
        column.addWidget(self._box)
        column.addSpacing(16)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        if keep:
            self.keep_button = Button(keep, do=self.reject, parent=self)
            row.addWidget(self.keep_button)
        row.addWidget(self.do_button)
        column.addLayout(row)
        self.setMinimumWidth(420)
        self.do_button.setFocus()
        self.finished.connect(self._tell)

    def _tell(self, result: int) -> None:
        self._answered(result == QDialog.DialogCode.Accepted, self._box.isChecked())
        self.deleteLater()
