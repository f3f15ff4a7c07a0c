"""The lines that put Irusu before or beside the owner's mail server: the easiest way first, each file to be copied."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app import theme
from app.dialogs.sheet import Sheet
from app.language import QT_TRANSLATE_NOOP, filled
from app.link.calls import CallFailed
from app.models.server import ServerModel
from app.pages.unread import Unread
from app.widgets.buttons import Button
from app.widgets.choices import Choices
from app.widgets.frames import Card
from app.widgets.labels import Label
from gate.control.messages import SetupLines, Snippet, Way

LONG, BAR = 60, 14
"""A line of so many characters may be cut, and gets a scroll bar of this height."""
WAYS: dict[str, tuple[str, str, str]] = {
    "postfix-policy": (
        QT_TRANSLATE_NOOP("Setup", "Beside Postfix (the easiest)"),
        QT_TRANSLATE_NOOP(
            "Setup",
            "Postfix asks Irusu about each recipient. No mail passes Irusu, no port is moved, and if Irusu is gone "
            "mail flows as without it.",
        ),
        QT_TRANSLATE_NOOP("Setup", "When the lines are in, start the gate anew, then run: postfix reload"),
    ),
    "postfix": (
        QT_TRANSLATE_NOOP("Setup", "In front of Postfix"),
        QT_TRANSLATE_NOOP("Setup", "Mail comes in at Irusu, which hands it on to Postfix and tells it who is calling."),
        QT_TRANSLATE_NOOP("Setup", "When the lines are in, run: postfix reload. Then start the gate anew."),
    ),
    "exim": (
        QT_TRANSLATE_NOOP("Setup", "In front of Exim"),
        QT_TRANSLATE_NOOP("Setup", "Mail comes in at Irusu, which hands it on to Exim and tells it who is calling."),
        QT_TRANSLATE_NOOP("Setup", "When the lines are in, restart Exim, then start the gate anew."),
    ),
    "opensmtpd": (
        QT_TRANSLATE_NOOP("Setup", "In front of OpenSMTPD"),
        QT_TRANSLATE_NOOP(
            "Setup", "Mail comes in at Irusu, which hands it on to OpenSMTPD and tells it who is calling."
        ),
        QT_TRANSLATE_NOOP("Setup", "When the lines are in, restart smtpd, then start the gate anew."),
    ),
}
"""By the name of a way: its name for the owner, what it means, and what comes last. Another way is told in the gate's
own words."""


def _words(way: Way) -> tuple[str, str, str]:
    known = WAYS.get(way.name)
    if known is None:
        return way.title, way.title, way.after
    name, meaning, last = (QCoreApplication.translate("Setup", text) for text in known)
    return name, meaning, last


class SetupDialog(Sheet):
    """`test()` is called for the button that tests the mail server; it closes this."""

    def __init__(self, model: ServerModel, test: Callable[[], object], parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Put Irusu before your mail server"), parent)
        self._model = model
        self._test = test
        self._found: SetupLines | None = None
        self.unread = Unread(self._read)
        self.ways = Choices()
        self.ways.setAccessibleName(self.tr("Which way"))
        self.found = Label(self.tr("A Postfix was found on this computer."), kind="muted", wrap=True)
        self.meaning = Label(wrap=True)
        self.last = Label(bold=True, wrap=True)
        self.files: list[SnippetView] = []
        self._files = QVBoxLayout()
        self._files.setSpacing(16)
        for part in (self.unread, self.found, self.ways, self.meaning):
            self.column.addWidget(part)
        self.column.addLayout(self._files)
        self.column.addWidget(self.last)
        self.column.addStretch(1)
        self.test = Button(self.tr("Test your mail server…"), do=self._leave)
        self.add_button(self.test)
        self.ways.activated.connect(self._show_way)
        self._read()

    def _read(self) -> None:
        self.unread.tell(None)
        for part in (self.found, self.ways, self.meaning, self.last):
            part.hide()
        self._model.lines(self._show, self._failed)

    def _failed(self, fault: CallFailed) -> None:
        self.unread.tell(fault)

    def _show(self, found: SetupLines) -> None:
        self._found = found
        self.ways.clear()
        for way in found.ways:
            self.ways.addItem(_words(way)[0], way.name)
        place = self.ways.findData(found.offer) if found.offer is not None else 0
        self.ways.setCurrentIndex(max(place, 0))
        self.found.setVisible(found.offer is not None)
        for part in (self.ways, self.meaning, self.last):
            part.show()
        self._show_way()
        self.ways.setFocus()

    def _show_way(self, *_ignored: object) -> None:
        if self._found is None:
            return
        way = self._found.ways[self.ways.currentIndex()]
        _name, meaning, last = _words(way)
        self.meaning.setText(meaning)
        self.last.setText(last)
        for view in self.files:
            self._files.removeWidget(view)
            view.hide()
            view.deleteLater()
        self.files = [SnippetView(snippet, self._model.settings) for snippet in way.snippets]
        for view in self.files:
            self._files.addWidget(view)

    def _leave(self) -> None:
        self.accept()
        self._test()


class SnippetView(QWidget):
    """The lines of one file, with a button that copies them as they are."""

    def __init__(self, snippet: Snippet, settings: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._snippet = snippet
        own = snippet.file == "gate.toml" and bool(settings)
        file = settings if own else snippet.file
        title = Label(file, bold=True, wrap=True)
        self.copy = Button(self.tr("Copy"), "copy", do=self._copy)
        self.copy.setAccessibleName(filled(self.tr("Copy the lines for %1"), snippet.file))
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFont(theme.font("mono"))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setTabChangesFocus(True)
        self.text.setPlainText(snippet.lines.rstrip("\n"))
        self.text.setAccessibleName(filled(self.tr("Lines for %1"), snippet.file))
        bar = BAR if max(map(len, snippet.lines.splitlines()), default=0) > LONG else 0
        self.text.setFixedHeight(self.text.blockCount() * self.text.fontMetrics().lineSpacing() + 20 + bar)
        self.note = Label(snippet.note, "small", "muted", wrap=True)
        self.note.setVisible(bool(snippet.note))
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(title, 1)
        top.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignTop)
        card = Card()
        column = QVBoxLayout(card)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.text)
        column.addWidget(self.note)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(card)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._snippet.lines)
        self.copy.setText(self.tr("Copied"))
