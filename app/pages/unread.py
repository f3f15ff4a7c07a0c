"""A line that says why a page could not be read, with the way to try again. What was read before stays on screen."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app import theme
from app.link.calls import CallFailed
from app.widgets.buttons import Button
from app.widgets.frames import Ground
from app.widgets.labels import Label


class Unread(Ground):
    """Hidden until `tell` is given a failure. `again()` reads anew."""

    def __init__(self, again: Callable[[], object], parent: QWidget | None = None) -> None:
        super().__init__("window", parent)
        self._mark = Label(parent=self)
        self.text = Label(kind="warning", wrap=True, parent=self)
        words = QCoreApplication.translate("Unread", "Read again")
        self.again = Button(words, "redo", do=again, parent=self)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 8, 24, 8)
        row.setSpacing(8)
        row.addWidget(self._mark)
        row.addWidget(self.text, 1)
        row.addWidget(self.again)
        theme.notifier().changed.connect(self._draw)
        self._draw()
        self.hide()

    def tell(self, fault: CallFailed | None) -> None:
        """Why it could not be read; None: it could."""
        self.text.setText(fault.text if fault is not None else "")
        self.setVisible(fault is not None)

    def _draw(self) -> None:
        self._mark.setPixmap(theme.pixmap("warning", 16, "open", self))
