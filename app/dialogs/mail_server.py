"""The test of the mail server: what the gate found, fact by fact, good or to do; to be asked again at any time."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTime
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app import theme
from app.dialogs.findings import Finding, Findings, State
from app.dialogs.sheet import Sheet
from app.language import filled
from app.models.server import ServerModel
from app.pages.unread import Unread
from app.widgets.buttons import Button
from app.widgets.frames import Card, Hairline
from app.widgets.labels import Label
from gate.control.messages import BackendReport

LOOKS: dict[State, tuple[str, str]] = {
    "good": ("check", "guard"),
    "todo": ("warning", "open"),
    "bad": ("close", "lost"),
    "unknown": ("more", "muted"),
}
"""Icon and ink by state."""


class MailServerDialog(Sheet):
    """`list_only(domain)` and `show_lines()` are called for what a line offers; both close it."""

    def __init__(
        self, model: ServerModel, list_only: Callable[[str], object], show_lines: Callable[[], object],
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(self.tr("Test of your mail server"), parent)
        self._model = model
        self._list_only, self._show_lines = list_only, show_lines
        self.waiting = Label(kind="muted", wrap=True)
        self.unread = Unread(self.ask)
        self.card = Card()
        self.rows: list[FindingRow] = []
        self._rows = QVBoxLayout(self.card)
        self._rows.setContentsMargins(1, 1, 1, 1)
        self._rows.setSpacing(0)
        for part in (self.waiting, self.unread, self.card):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.again = Button(self.tr("Test again"), "redo", do=self.ask)
        self.lines = Button(self.tr("Lines for your mail server…"), do=lambda: self._leave(self._show_lines))
        self.add_button(self.lines)
        self.add_button(self.again)
        self.ask()

    def ask(self) -> None:
        """Have it tested; what was found before stays meanwhile."""
        self.again.setEnabled(False)
        self.waiting.setText(self.tr("Asking the mail server. This may take a minute."))
        self.scroll_up()
        self.waiting.show()
        self.card.setVisible(bool(self.rows))
        self.unread.tell(None)
        self._model.check(self._show, self._failed)

    def _failed(self, fault: object) -> None:
        self.again.setEnabled(True)
        self.waiting.hide()
        self.unread.tell(fault)  # type: ignore[arg-type]

    def _show(self, report: BackendReport) -> None:
        self.again.setEnabled(True)
        self.waiting.setText(filled(self.tr("Tested at %1."), QTime.currentTime().toString("HH:mm:ss")))
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.rows = []
        for finding in Findings().of(report):
            if self.rows:
                self._rows.addWidget(Hairline())
            row = FindingRow(finding, self._do)
            self.rows.append(row)
            self._rows.addWidget(row)
        self.card.show()

    def _do(self, finding: Finding) -> None:
        self._leave(lambda: self._list_only(finding.domain))

    def _leave(self, act: Callable[[], object]) -> None:
        self.accept()
        act()


class FindingRow(QWidget):
    """One fact: icon, title, words, the server's own words, and whether it is good."""

    def __init__(self, finding: Finding, do: Callable[[Finding], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.finding = finding
        self._mark = QLabel(self)
        self._mark.setFixedSize(16, 16)
        title = Label(finding.title, bold=True, wrap=True)
        self.words = Label(finding.words, kind="muted", wrap=True)
        self.verdict = Label(self._verdict(), "small", bold=True)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(title)
        column.addWidget(self.words)
        if finding.reply:
            reply = Label("", "mono", wrap=True)
            reply.set_lines(finding.reply.split("\n"))
            reply.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            column.addWidget(reply)
        if finding.domain:
            self.button = Button(self.tr("Only made addresses…"), do=lambda: do(finding))
            column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(12)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(column, 1)
        row.addWidget(self.verdict, 0, Qt.AlignmentFlag.AlignTop)
        self.setAccessibleName(f"{finding.title}: {self.verdict.text()}. {finding.words}")
        theme.notifier().changed.connect(self._draw)
        self._draw()

    def _verdict(self) -> str:
        return {
            "good": self.tr("Good"), "todo": self.tr("To do"), "bad": self.tr("Wrong"), "unknown": self.tr("Unknown"),
        }[self.finding.state]  # fmt: skip

    def _draw(self) -> None:
        icon, ink = LOOKS[self.finding.state]
        self._mark.setPixmap(theme.pixmap(icon, 16, ink, self))
        palette = self.palette()
        palette.setColor(self.verdict.foregroundRole(), getattr(theme.tokens_for(self), ink))
        self.verdict.setPalette(palette)
