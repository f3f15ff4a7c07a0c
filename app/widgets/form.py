"""A small dialog with fields: what is wrong is said in it, and nothing that was typed is lost.

A subclass adds fields with `add_field`, and answers `send()`: it asks the gate, then calls `succeed()` or `complain()`.
"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

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


class FormDialog(QDialog):
    """`verb` is the primary button's word, `title` the heading."""

    def __init__(self, title: str, verb: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self._fields = QVBoxLayout()
        self._fields.setSpacing(4)
        self._mark = QLabel(self)
        self._mark.setFixedSize(16, 16)
        self._wrong = Label(kind="error", wrap=True, parent=self)
        self._wrong.setAccessibleName(self.tr("What is wrong"))
        self.ok = Button(verb, kind="primary", do=self._try, parent=self)
        self.ok.setDefault(True)
        self.cancel = Button(self.tr("Cancel"), do=self.reject, parent=self)
        self._verb = verb
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
        column = QVBoxLayout(body)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(Label(title, "section"))
        column.addLayout(self._fields)
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
        """While the gate is asked, the button shows "…" and cannot be pressed again."""
        self.ok.setText("…" if waiting else self._verb)
        self.ok.setEnabled(not waiting)

    def succeed(self) -> None:
        """The gate did it."""
        self.accept()

    def complain(self, text: str) -> None:
        """The gate, or the form itself, has something against it: say so and keep what was typed."""
        self.set_waiting(False)
        self.show_wrong(text)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As high as its wrapped lines need: a layout does not see to that by itself."""
        layout = self.layout()
        if layout is not None and self.isVisible():
            layout.activate()
            wraps = layout.hasHeightForWidth()
            height = layout.totalHeightForWidth(self.width()) if wraps else layout.totalSizeHint().height()
            self.setMinimumHeight(min(height, self.screen().availableGeometry().height()))
            self.resize(self.width(), height)

    def show_wrong(self, text: str) -> None:
        """Say what is wrong; nothing: all is well."""
        self._wrong.setText(text)
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
