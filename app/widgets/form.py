"""A small dialog with fields: what is wrong is said in it, and nothing that was typed is lost.

A subclass adds fields with `add_field`, and answers `send()`: it asks the gate, then calls `succeed()` or `complain()`.
Until then the dialog cannot be closed (a lost gate is a complaint too).
"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.widgets.buttons import Button
from app.widgets.frames import Ground, Hairline
from app.widgets.labels import Label


class Lines(QPlainTextEdit):
    """A field for several lines, one thing a line. Tab leaves it."""

    def __init__(self, name: str, rows: int = 2, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFixedHeight(self.fontMetrics().lineSpacing() * rows + 20)

    def lines(self, *, commas: bool = False) -> list[str]:
        """What stands in it, without empty lines; with `commas`, those and semicolons separate too."""
        text = self.toPlainText()
        if commas:
            text = text.replace(",", "\n").replace(";", "\n")
        return [line.strip() for line in text.splitlines() if line.strip()]


_EDGE = 40
"""What a desktop's frame may take of a small window."""


class FormDialog(QDialog):
    """`verb` is the primary button's word, `title` the heading. Never higher than the window it stands over: then its
    fields scroll, and its buttons stay in sight."""

    def __init__(self, title: str, verb: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self._room = QScrollArea(self)
        self._content = QWidget()
        self._fields = QVBoxLayout(self._content)
        self._fields.setContentsMargins(0, 0, 0, 0)
        self._fields.setSpacing(4)
        self._mark = QLabel(self)
        self._mark.setFixedSize(16, 16)
        self._wrong = Label(kind="error", wrap=True, parent=self)
        self._wrong.setAccessibleName(self.tr("What is wrong"))
        self.ok = Button(verb, kind="primary", do=self._try, parent=self)
        self.ok.setDefault(True)
        self.cancel = Button(self.tr("Cancel"), do=self.reject, parent=self)
        self._verb = verb
        self._possible = True
        self.waiting = False
        self._build(title)
        self.show_wrong("")
        QShortcut(QKeySequence("Ctrl+Return"), self, self._try)

    def _build(self, title: str) -> None:
        wrong = QHBoxLayout()
        wrong.setSpacing(8)
        wrong.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        wrong.addWidget(self._wrong, 1)
        self._foot = QHBoxLayout()
        self._foot.setSpacing(8)
        self._foot.addStretch(1)
        self._foot.addWidget(self.cancel)
        self._foot.addWidget(self.ok)
        body = Ground("window", self)
        column = self._column = QVBoxLayout(body)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(Label(title, "section", wrap=True))
        self._room.setFrameShape(QFrame.Shape.NoFrame)
        self._room.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._room.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._room.setWidgetResizable(True)
        self._room.setWidget(self._content)
        column.addWidget(self._room, 1)
        column.addLayout(wrong)
        column.addWidget(Hairline())
        column.addLayout(self._foot)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(body)
        self.setMinimumWidth(460)

    def add_field(self, words: str, field: QWidget, hint: str = "") -> None:
        """A field with its words above it and, if need be, a muted line below."""
        if words:
            label = Label(words, "small", bold=True)
            label.setBuddy(field)
            self._fields.addWidget(label)
        self._fields.addWidget(field)
        if hint:
            note = Label(hint, "small", "muted", wrap=True)
            self._fields.addWidget(note)
        self._fields.addSpacing(8)

    def add_button(self, button: QWidget) -> None:
        """Another button, before the primary."""
        self._foot.insertWidget(self._foot.count() - 1, button)

    # ------------------------------------------------ sending

    def send(self) -> None:
        """Ask the gate."""
        raise NotImplementedError

    def _try(self) -> None:
        if not self.ok.isEnabled():
            return
        self.show_wrong("")
        self.set_waiting(True)
        self.send()

    def set_waiting(self, waiting: bool) -> None:
        """While the gate is asked, the button shows "…", and the dialog stays: who asked must hear the answer."""
        self.waiting = waiting
        self._show_verb()

    def set_verb(self, verb: str, *, possible: bool = True) -> None:
        """Another word for the primary button, and whether it may be pressed."""
        self._verb, self._possible = verb, possible
        self._show_verb()

    def _show_verb(self) -> None:
        self.ok.setText("…" if self.waiting else self._verb)
        self.ok.setEnabled(self._possible and not self.waiting)
        self.cancel.setEnabled(not self.waiting)

    def reject(self) -> None:
        """Esc, Cancel, the window's own button."""
        if not self.waiting:
            super().reject()

    def succeed(self) -> None:
        """The gate did it."""
        self.waiting = False
        self.accept()

    def complain(self, text: str) -> None:
        """The gate, or the form itself, has something against it: say so and keep what was typed."""
        self.set_waiting(False)
        self.show_wrong(text)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As high as its wrapped lines need, if there is room: a layout does not see to that by itself."""
        if self.isVisible():
            fields = _height(self._fields, self._room.width())
            self._room.setMinimumHeight(fields)
            height = _height(self._column, self.width())
            over = max(0, height - self._most())
            self._room.setMinimumHeight(max(fields - over, 40))
            self.setMinimumHeight(height - over)
            self.resize(self.width(), height - over)
            self._stay_above()

    def _stay_above(self) -> None:
        """One that has grown does not hang out below its window, where the screen may end."""
        parent = self.parentWidget()
        floor = parent.window().frameGeometry() if parent is not None else self.screen().availableGeometry()
        below = self.frameGeometry().bottom() + _EDGE // 2 - floor.bottom()
        if below > 0:
            self.move(self.x(), max(floor.top(), self.y() - below))

    def _most(self) -> int:
        """How high it may be."""
        room = self.screen().availableGeometry().height()
        over = self.parentWidget()
        return min(room, over.window().height()) - _EDGE if over is not None else room - _EDGE

    def show_wrong(self, text: str) -> None:
        """Say what is wrong, in one line or several; nothing: all is well."""
        self._wrong.set_lines(text.split("\n"))
        self._wrong.setVisible(bool(text))
        self._mark.setVisible(bool(text))
        if text:
            self._mark.setPixmap(theme.pixmap("warning", 16, "lost", self))
        self._fit()

    def wrong(self) -> str:
        """What it complains of now."""
        return self._wrong.text()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focused = self.focusWidget()
            if isinstance(focused, QPushButton):
                focused.click()
            else:
                self._try()
        else:
            super().keyPressEvent(event)


def _height(layout: QLayout, width: int) -> int:
    """What a layout needs at this width."""
    layout.invalidate()
    return layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalSizeHint().height()
