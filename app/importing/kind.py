"""The question on top of the review: is this mail spam that was kept, or mail to a leaked address; and then, which
address, who is expected there, and what shall happen to all others."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.importing.rows import Group
from app.link.words import fault_in_words
from app.widgets.choices import Choices
from app.widgets.fields import TextField
from app.widgets.frames import Card, Hairline
from app.widgets.kinds import kind_icon
from app.widgets.labels import Label, plain_tip, visible
from app.widgets.segmented import Choice, Segmented
from gate.control.messages import Fault
from gate.rules import pattern

translate = QCoreApplication.translate

_FIELD = 128
"""Room that a field needs."""
HERE, EVERYWHERE, CLOSE = "here", "everywhere", "close"


class MailKind(Card):
    """Signals:
    changed(): another kind, address, expected sender.
    deedChanged(): what happens to all others is another.
    """

    changed = Signal()
    deedChanged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._groups: list[Group] = []
        self._expected: dict[str, list[str]] = {}
        self._offered = ""
        self.spam = QRadioButton(self.tr("spam that I kept"), self)
        self.leak = QRadioButton(self.tr("mail to a leaked address: tick every sender but the expected"), self)
        self._buttons = QButtonGroup(self)
        self.address = Choices(self)
        self.expected = TextField(self)
        self._mark = QAction(self)
        self.deed = Segmented(
            [
                Choice(HERE, self.tr("Deny here")),
                Choice(EVERYWHERE, self.tr("Deny everywhere")),
                Choice(CLOSE, self.tr("Close the address")),
            ],
            self.tr("All others"),
            parent=self,
        )
        self._wrong = Label(kind="warning", wrap=True, parent=self)
        self._more = QWidget(self)
        self._labels: list[Label] = []
        self._build()
        self._connect_signals()

    def _build(self) -> None:
        self.spam.setChecked(True)
        for button in (self.spam, self.leak):
            self._buttons.addButton(button)
        top = QHBoxLayout()
        top.setContentsMargins(16, 0, 16, 0)
        top.setSpacing(16)
        top.addWidget(Label(self.tr("This mail is"), bold=True, parent=self))
        top.addWidget(self.spam)
        top.addWidget(self.leak)
        top.addStretch(1)
        self._grid = grid = QGridLayout(self._more)
        grid.setContentsMargins(16, 8, 16, 12)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        self.expected.setPlaceholderText("@shop.example")
        self.expected.addAction(self._mark, QLineEdit.ActionPosition.LeadingPosition)
        fields = (
            (self.tr("The address"), self.address),
            (self.tr("Only this sender is expected there"), self.expected),
            (self.tr("All others"), self.deed),
        )
        for column, (text, field) in enumerate(fields):
            label = Label(text, "small", "muted", parent=self._more)
            label.setBuddy(field)
            self._labels.append(label)
            field.setAccessibleName(text)
            grid.addWidget(label, 0, column)
            grid.addWidget(field, 1, column)
            grid.setColumnStretch(column, 0 if field is self.deed else 1)
        self.address.currentTextChanged.connect(lambda text: self.address.setToolTip(plain_tip(text)))
        self.address.setMinimumWidth(104)
        self.address.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        grid.addWidget(self._wrong, 4, 0, 1, 3)
        self._line = Hairline(parent=self)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        top_row = QWidget(self)
        top_row.setLayout(top)
        top_row.setMinimumHeight(38)
        whole.addWidget(top_row)
        whole.addWidget(self._line)
        whole.addWidget(self._more)
        self._show()

    def _connect_signals(self) -> None:
        self.leak.toggled.connect(self._show)
        self.leak.toggled.connect(lambda _on: self.changed.emit())
        self.address.currentIndexChanged.connect(self._choose)
        self.expected.textChanged.connect(self._show)
        self.expected.textChanged.connect(lambda _text: self.changed.emit())
        self.deed.chosen.connect(lambda _key: self.deedChanged.emit())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        """The deed stands beside the fields, or below them where its words are too long for that."""
        fields = sum(max(label.sizeHint().width(), _FIELD) for label in self._labels[:2])
        below = fields + self.deed.sizeHint().width() + 64 > self.width()
        for row, widget in enumerate((self._labels[2], self.deed)):
            self._grid.removeWidget(widget)
            if below:
                self._grid.addWidget(widget, 2 + row, 0, 1, 3, Qt.AlignmentFlag.AlignLeft)
            else:
                self._grid.addWidget(widget, row, 2)

    # ------------------------------------------------ for the review

    def offer(self, groups: Sequence[Group], expected: dict[str, list[str]]) -> None:
        """The accounts that may have leaked; an account that is given to somebody says who is expected."""
        self._groups = [group for group in groups if group.account is not None]
        self._expected = expected
        self.spam.setChecked(True)
        self.deed.set_current(HERE)
        self.address.clear()
        self.address.addItems([visible(group.account or "") for group in self._groups])
        first = next((group.account for group in self._groups if expected.get(group.account or "")), None)
        if first is not None:
            self.address.setCurrentText(first)
        self._offered = ""
        self.expected.clear()
        self._offer_expected()
        self.leak.setEnabled(bool(self._groups))

    def leaked(self) -> Group | None:
        """The account that leaked, None while the mail is spam that was kept."""
        at = self.address.currentIndex()
        return self._groups[at] if self.leak.isChecked() and 0 <= at < len(self._groups) else None

    def expected_patterns(self) -> list[str]:
        """The expected senders, those that can be read."""
        found = (_read(text) for text in self._texts())
        return [each.text for each in found if isinstance(each, pattern.Pattern)]

    def wrong(self) -> str:
        """Why what was typed as expected cannot be read; empty when it can, and while no address leaked."""
        return _complaint(self._texts()) if self.leak.isChecked() else ""

    def set_small(self, small: bool) -> None:
        """In little room the second choice says less."""
        self.leak.setText(
            self.tr("mail to a leaked address")
            if small
            else self.tr("mail to a leaked address: tick every sender but the expected")
        )
        self._labels[1].setText(self.tr("Expected there") if small else self.tr("Only this sender is expected there"))
        self.deed.set_text(EVERYWHERE, self.tr("Everywhere") if small else self.tr("Deny everywhere"))
        self.deed.set_text(CLOSE, self.tr("Close it") if small else self.tr("Close the address"))
        self._place()

    # ------------------------------------------------ inside

    def _choose(self, _at: int) -> None:
        self._offer_expected()
        self.changed.emit()

    def _offer_expected(self) -> None:
        """Who is expected at the address that is chosen, as its account says; what was typed stays."""
        if self.expected.text() != self._offered:
            return
        at = self.address.currentIndex()
        account = self._groups[at].account if 0 <= at < len(self._groups) else None
        self._offered = " ".join(self._expected.get(account or "", []))
        self.expected.setText(self._offered)

    def _texts(self) -> list[str]:
        return self.expected.text().replace(",", " ").split()

    def _show(self) -> None:
        leak = self.leak.isChecked()
        self._line.setVisible(leak)
        self._more.setVisible(leak)
        found = [_read(text) for text in self._texts()]
        wrong = self.wrong()
        self._wrong.setText(wrong)
        self._wrong.setVisible(bool(wrong))
        kind = next((kind_icon(each.kind) for each in found if isinstance(each, pattern.Pattern)), "person")
        theme.set_icon(self._mark, kind, 16, "muted")


def _complaint(texts: Sequence[str]) -> str:
    """What is wrong with the first that cannot be read. To deny a word is no advice for who is expected."""
    faults = [(text, each) for text in texts if isinstance(each := _read(text), Fault)]
    if not faults:
        return ""
    first = faults[0][1]
    if first.code != "pattern.word":
        return fault_in_words(first.code, first.params, str(first))
    said = " ".join(text for text, each in faults if each.code == "pattern.word")
    why = translate("Import", "a word by itself is no address")
    return fault_in_words("entry.expect_pattern", {"text": visible(said), "why": why}, str(first))


def _read(text: str) -> pattern.Pattern | Fault:
    try:
        return pattern.parse(text)
    except Fault as wrong:
        return wrong
