"""Fields to type in: the search field, and the pattern field that says what it understood."""

import re
from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from app import theme
from app.link.words import fault_in_words
from app.widgets.buttons import Button
from app.widgets.kinds import kind_icon, kind_meaning, kind_word
from app.widgets.labels import ElidedLabel, Label
from app.widgets.pill import Pill
from gate.control.messages import Fault
from gate.rules import pattern as rules


class TextField(QLineEdit):
    """One line to type in. What was typed is taken back in it; with nothing to take back the keys of Undo and Redo are
    the window's."""

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and self._leaves(event):
            event.ignore()
            return False
        return super().event(event)

    def _leaves(self, event: QKeyEvent) -> bool:
        if event.matches(QKeySequence.StandardKey.Undo):
            return not self.text() or not self.isUndoAvailable()
        return event.matches(QKeySequence.StandardKey.Redo) and not self.isRedoAvailable()

    def clear(self) -> None:
        """Empty it for good: what stood there is not brought back by Undo."""
        self.setText("")


class SearchField(TextField):
    """A field with a glass and a way to clear it. `textChanged` as usual; Escape clears."""

    def __init__(self, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        self._glass = QAction(self)
        theme.set_icon(self._glass, "search", 16, "muted")
        self.addAction(self._glass, QLineEdit.ActionPosition.LeadingPosition)
        self._clear = QAction(self)
        self._clear.setToolTip(self.tr("Clear"))
        theme.set_icon(self._clear, "close", 16, "muted")
        self._clear.triggered.connect(self.clear)
        self.addAction(self._clear, QLineEdit.ActionPosition.TrailingPosition)
        self._clear.setVisible(False)
        self.textChanged.connect(lambda text: self._clear.setVisible(bool(text)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


class PatternField(QWidget):
    """A field for one pattern; inside it the kind's icon, below it the kind and what it matches, or what is wrong.

    Room for both lines is always kept, so nothing jumps while typing. Buttons given stand beside the field.

    Signals:
        changed(object): the gate.rules.pattern.Pattern now in the field, or None.
        submitted(): Enter was pressed and the field holds a pattern.
        many_wanted(str): it holds several senders, a line each, and they are wanted one by one.
    """

    changed = Signal(object)
    submitted = Signal()
    many_wanted = Signal(str)

    def __init__(
        self, placeholder: str, buttons: Sequence[QWidget] = (), parent: QWidget | None = None, *,
        takes_many: bool = False,
    ) -> None:  # fmt: skip
        """`takes_many`: where several senders are typed, offer to take them as such."""
        super().__init__(parent)
        self._takes_many = takes_many
        self._several: list[str] = []
        self._pattern: rules.Pattern | None = None
        self._own_domains: Sequence[str] = ()
        self._accounts: Sequence[str] = ()
        self._note: tuple[str, str, str] = ("", "", "")
        self._edit = TextField(self)
        self._edit.setPlaceholderText(placeholder)
        self._edit.setAccessibleName(placeholder)
        self._kind_icon = QAction(self)
        self._edit.addAction(self._kind_icon, QLineEdit.ActionPosition.LeadingPosition)
        self._pill = Pill(parent=self)
        self._meaning = ElidedLabel(kind="muted", parent=self)
        self.many = Button(self.tr("Add them all…"), kind="link", do=self._want_many, parent=self)
        self._mark = Label(parent=self)
        self._wrong = Label(parent=self)
        self._line = ElidedLabel(bold=True, parent=self)
        self._build(buttons)
        self._show()
        self._edit.textChanged.connect(self._read)
        self._edit.returnPressed.connect(self._submit)
        theme.notifier().changed.connect(self._show)

    def _build(self, buttons: Sequence[QWidget]) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._edit, 1)
        for button in buttons:
            row.addWidget(button)
        second = QHBoxLayout()
        second.setSpacing(8)
        self._wrong.setFixedSize(16, 16)
        second.addWidget(self._wrong)
        second.addWidget(self._pill)
        second.addWidget(self._meaning, 1)
        self.many.setStyleSheet("QPushButton { min-height: 0; }")
        self.many.setFixedHeight(24)  # the line's, so that nothing jumps
        second.addWidget(self.many)
        third = QHBoxLayout()
        third.setSpacing(8)
        self._mark.setFixedSize(16, 16)
        third.addWidget(self._mark)
        third.addWidget(self._line, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(6)
        for line in (row, second, third):
            whole.addLayout(line)
        self._meaning.setMinimumHeight(24)
        self._line.setMinimumHeight(20)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(self._edit)

    # ------------------------------------------------------------ for pages

    @property
    def edit(self) -> QLineEdit:
        """The line edit itself."""
        return self._edit

    def text(self) -> str:
        """What was typed, as typed."""
        return self._edit.text()

    def set_text(self, text: str) -> None:
        """Put text in, as if typed."""
        self._edit.setText(text)

    def clear(self) -> None:
        """Empty the field, with no way back: what was added is taken back by the window."""
        self._edit.clear()

    def pattern(self) -> rules.Pattern | None:
        """The pattern in the field; None while it is empty or wrong."""
        return self._pattern

    def set_context(self, own_domains: Sequence[str], accounts: Sequence[str]) -> None:
        """What a pattern is held against to warn of one's own addresses."""
        self._own_domains, self._accounts = own_domains, accounts
        self._read()

    def show_note(self, text: str, ink: str = "text", icon: str = "refused") -> None:
        """The third line (what it would have refused), until the text changes. What is wrong goes before it."""
        self._note = (text, ink, icon)
        self._show()

    def complain(self, text: str) -> None:
        """Say in red what the gate had against it, until the text changes."""
        self.show_note(text, "lost", "warning")

    # ------------------------------------------------------------ inside

    def _submit(self) -> None:
        if self._pattern is not None:
            self.submitted.emit()
        elif self._several:
            self._want_many()

    def _want_many(self) -> None:
        self.many_wanted.emit("\n".join(self._several))

    def _read(self) -> None:
        self._note = ("", "", "")
        text = self._edit.text().strip()
        self._pattern = None
        self._several = []
        if text:
            try:
                self._pattern = rules.parse(text)
            except Fault as wrong:
                self._several = _several(text) if self._takes_many else []
                self._note = (fault_in_words(wrong.code, wrong.params, str(wrong)), "open", "warning")
        if self._several:
            self._note = (self.tr("One sender at a time."), "open", "warning")
        if self._pattern is not None:
            found = rules.cautions(self._pattern, own_domains=self._own_domains, accounts=self._accounts)
            if found:
                self._note = (fault_in_words(found[0].code, found[0].params, found[0].text), "open", "warning")
        self._show()
        self.changed.emit(self._pattern)

    def _show(self) -> None:
        kind = str(self._pattern.kind) if self._pattern is not None else ""
        theme.set_icon(self._kind_icon, kind_icon(kind) if kind else "add", 16, "accent" if kind else "muted")
        self._pill.setVisible(bool(kind))
        self.many.setVisible(bool(self._several))
        text, ink, icon = self._note
        if self._pattern is not None:
            self._pill.tell(kind_word(kind))
            self._meaning.setText(kind_meaning(kind, self._pattern.text))
        else:  # nothing is understood: what is wrong stands in its place
            self._meaning.setText(text)
        self._line.setText(text if kind else "")
        role = {"open": "warning", "lost": "error"}.get(ink, "")
        theme.set_kind(self._meaning, "muted" if kind else role)
        self._meaning.setFont(theme.font(bold=not kind))
        theme.set_kind(self._line, role)
        for mark, shown in ((self._wrong, bool(text) and not kind), (self._mark, bool(text) and bool(kind))):
            mark.setVisible(shown)
            if shown:
                mark.setPixmap(theme.pixmap(icon, 16, ink if ink != "text" else "accent", self))
        told = (self._pill.text() if kind else "", self._meaning.text(), self._line.text())
        self._edit.setAccessibleDescription("; ".join(part for part in told if part))


def _several(text: str) -> list[str]:
    """The senders in a text that is none: two or more parts between commas, semicolons or spaces, each of them one."""
    parts = re.split(r"[\s,;]+", text.strip(" ,;"))
    try:
        return [rules.parse(part).text for part in parts] if len(parts) > 1 else []
    except Fault:
        return []
