"""A dialog that only shows something: a heading, what is shown (it scrolls), and buttons below. Esc closes it."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QAbstractSlider, QDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.widgets.buttons import Button
from app.widgets.frames import Ground, Hairline
from app.widgets.labels import Label

WIDTH, HEIGHT = 680, 560
PAGES = {
    int(Qt.Key.Key_PageUp): QAbstractSlider.SliderAction.SliderPageStepSub,
    int(Qt.Key.Key_PageDown): QAbstractSlider.SliderAction.SliderPageStepAdd,
}
EDGE = 40
"""What it leaves free of the window that it stands over."""


class Sheet(QDialog):
    """Attributes: `column`: the layout of what is shown; `close_button`."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self._room = QScrollArea(self)
        self._room.setFrameShape(QFrame.Shape.NoFrame)
        self._room.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._room.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._room.setWidgetResizable(True)
        content = QWidget()
        self._room.setWidget(content)
        self.column = QVBoxLayout(content)
        self.column.setContentsMargins(24, 0, 24, 8)
        self.column.setSpacing(12)
        self.close_button = Button(self.tr("Close"), do=self.reject, parent=self)
        self._foot = QHBoxLayout()
        self._foot.setContentsMargins(24, 12, 24, 16)
        self._foot.setSpacing(8)
        self._foot.addStretch(1)
        self._foot.addWidget(self.close_button)
        ground = Ground("window", self)
        column = QVBoxLayout(ground)
        column.setContentsMargins(0, 20, 0, 0)
        column.setSpacing(12)
        heading = Label(title, "section", wrap=True)
        heading.setContentsMargins(24, 0, 24, 0)
        column.addWidget(heading)
        column.addWidget(self._room, 1)
        column.addWidget(Hairline())
        column.addLayout(self._foot)
        column.setSpacing(12)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(ground)

    def add_button(self, button: QWidget) -> None:
        """Another button at the left of the foot."""
        self._foot.insertWidget(self._foot.count() - 2, button)

    def scroll_up(self) -> None:
        """Show the beginning again."""
        self._room.verticalScrollBar().setValue(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Page up and down scroll, whatever has the focus."""
        action = PAGES.get(event.key())
        if action is None:
            super().keyPressEvent(event)
        else:
            self._room.verticalScrollBar().triggerAction(action)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        over = self.parentWidget()
        room = over.window().size() if over is not None else self.screen().availableGeometry().size()
        self.resize(min(WIDTH, room.width() - EDGE), min(HEIGHT, room.height() - EDGE))
