"""The toast: what just happened, at the foot of the window, with the way back."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer
from PySide6.QtGui import QEnterEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app import theme
from app.widgets.buttons import Button
from app.widgets.labels import Label

SECONDS = 8.0
_EDGE = 16
_NARROW = 320
"""With less room the words are worth more than the key."""


class Toast(QWidget):
    """Lies over its parent, bottom centre; goes after 8 seconds, but stays under the pointer or with the focus.

    `room`: how many pixels of the parent's width, from the left, it may lie over; without it, all.
    """

    def __init__(self, parent: QWidget, *, seconds: float = SECONDS, room: Callable[[], int] | None = None) -> None:
        super().__init__(parent)
        self._under = parent
        self._room = room or parent.width
        self._undo: Callable[[], None] | None = None
        self._text = Label(parent=self, wrap=False)
        self._button = Button(self.tr("Undo"), kind="on-toast", do=self._take_back, parent=self)
        keys = QKeySequence(QKeySequence.StandardKey.Undo).toString(QKeySequence.SequenceFormat.NativeText)
        self._keys = Label(keys, "small", parent=self)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 16, 4)
        row.setSpacing(8)
        for widget in (self._text, self._button, self._keys):
            row.addWidget(widget)
        self._timer = QTimer(self, singleShot=True, interval=round(seconds * 1000))
        self._timer.timeout.connect(self._go)
        parent.installEventFilter(self)
        self._button.installEventFilter(self)
        self.hide()
        self._ink()

    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def tell(self, text: str, undo: Callable[[], None] | None = None) -> None:
        """Say what happened; `undo` takes it back."""
        self._undo = undo
        self._text.setText(text)
        self._button.setVisible(undo is not None)
        self.setAccessibleName(text)
        self.place()
        self.show()
        self.raise_()
        self._timer.start()

    def undo_button(self) -> Button:
        """The button that takes it back."""
        return self._button

    def _take_back(self) -> None:
        undo, self._undo = self._undo, None
        self._go()
        if undo is not None:
            undo()

    def _go(self) -> None:
        if self.underMouse() or self._button.hasFocus():
            self._timer.start()
        else:
            self.hide()

    def place(self) -> None:
        """The room is another: lie in its middle again."""
        parent, whole = self._under, self._room()
        room = whole - 2 * _EDGE
        self._keys.setVisible(self._undo is not None and room >= _NARROW)
        self._text.setWordWrap(False)
        if self.sizeHint().width() > room:
            self._text.setWordWrap(True)
        width = min(self.sizeHint().width(), room) if not self._text.wordWrap() else room
        height = max(40, self.heightForWidth(width) if self._text.wordWrap() else self.sizeHint().height())
        self.setGeometry((whole - width) // 2, parent.height() - height - _EDGE, width, height)

    def _ink(self) -> None:
        t = theme.tokens()
        for label in (self._text, self._keys):
            palette = self.palette()
            palette.setColor(label.foregroundRole(), t.white)
            label.setPalette(palette)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._under and event.type() == QEvent.Type.Resize and self.isVisible():
            self.place()
        return False

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        self._timer.start()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._ink()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(t.white if t.high_contrast else Qt.PenStyle.NoPen)
        painter.setBrush(t.toast)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
