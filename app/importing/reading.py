"""While saved mail is read: how far it is, what was found so far, and Cancel."""

import time
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app import theme
from app.importing import words
from app.importing.counts import counts
from app.importing.job import ImportJob
from app.language import filled
from app.models.rows import ICON_ROLE, QUIET_ROLE, Column, Index, SortedRows
from app.models.words import number
from app.widgets.buttons import Button
from app.widgets.frames import Card
from app.widgets.labels import AddressLabel, ElidedLabel, Label, visible
from app.widgets.table import Table
from gate.control.messages import AccountProgress

translate = QCoreApplication.translate

_SOON = 0.5
"""Seconds before a guess at the rest is worth saying."""


class FoundModel(SortedRows[AccountProgress]):
    """Accounts found so far."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            (
                Column(lambda: translate("Import", "Account"), _account, lambda row: row.account or "", address=True),
                Column(lambda: "", _made, lambda row: row.made),
                Column(
                    lambda: translate("Import", "Mails"),
                    lambda row: number(row.messages),
                    lambda row: row.messages,
                    number=True,
                ),
                Column(
                    lambda: translate("Import", "Senders"),
                    lambda row: number(row.senders),
                    lambda row: row.senders,
                    number=True,
                ),
            ),
            parent,
        )

    def identity(self, row: AccountProgress) -> object:
        return row.account

    def admits(self, row: AccountProgress, text: str) -> bool:
        return text in (row.account or "")

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if index.isValid() and role in (ICON_ROLE, QUIET_ROLE):
            row = self.shown[index.row()]
            if role == QUIET_ROLE:
                return row.account is None or index.column() == 1
            if index.column() == 0:
                return ("info" if row.account is None else "accounts" if row.made else "add", "muted")
            return None
        return super().data(index, role)


def _account(row: AccountProgress) -> str:
    return visible(row.account) if row.account else translate("Import", "To whom is unclear")


def _made(row: AccountProgress) -> str:
    return translate("Import", "not yet an account") if row.account and not row.made else ""


class _Number(QWidget):
    """A number with its word below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = Label("0", "title", parent=self)
        self._word = Label("", "small", "muted", parent=self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._number)
        column.addWidget(self._word)

    def tell(self, value: int, word: str) -> None:
        self._number.setText(number(value))
        self._word.setText(word)
        self.setAccessibleName(f"{number(value)} {word}")


class ReadingView(QWidget):
    """Shows a job in its stage READ; `cancel` is called by the button."""

    def __init__(self, job: ImportJob, cancel: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._job = job
        self._started = time.monotonic()
        self._name = AddressLabel("", "section", parent=self)
        self._amount = Label("", "body", "muted", parent=self)
        self._share = Label("", "section", parent=self)
        self._bar = QProgressBar(self, minimum=0, maximum=1000, textVisible=False)
        self._bar.setAccessibleName(self.tr("Reading"))
        self._rest = ElidedLabel("", kind="muted", parent=self)
        self._mails, self._senders, self._problems = _Number(self), _Number(self), _Number(self)
        self.cancel_button = Button(self.tr("Cancel"), do=cancel, parent=self)
        self._found = FoundModel(self)
        self._table = Table(self.tr("Found so far"), 16, sortable=False, parent=self)
        self._build()
        self._job.progressed.connect(self._show)
        theme.notifier().changed.connect(self._draw)
        self._draw()

    def _draw(self) -> None:
        self._icon.setPixmap(theme.pixmap("folder", 20, "muted", self))

    def _build(self) -> None:
        name = QHBoxLayout()
        name.setSpacing(8)
        self._icon = Label(parent=self)
        name.addWidget(self._icon)
        name.addWidget(self._name)
        name.addWidget(self._amount)
        name.addStretch(1)
        name.addWidget(self._share)
        numbers = QHBoxLayout()
        numbers.setSpacing(40)
        for each in (self._mails, self._senders, self._problems):
            numbers.addWidget(each)
        numbers.addStretch(1)
        numbers.addWidget(self.cancel_button, 0, Qt.AlignmentFlag.AlignBottom)
        card = Card(self)
        inner = QVBoxLayout(card)
        inner.setContentsMargins(24, 16, 24, 20)
        inner.setSpacing(8)
        for part in (name, self._bar, self._rest):
            inner.addLayout(part) if isinstance(part, QHBoxLayout) else inner.addWidget(part)
        inner.addSpacing(8)
        inner.addLayout(numbers)
        found = Card(self)
        below = QVBoxLayout(found)
        below.setContentsMargins(1, 12, 1, 8)
        title = QHBoxLayout()
        title.setContentsMargins(15, 0, 15, 0)
        title.addWidget(Label(self.tr("Found so far"), "section", parent=found))
        below.addLayout(title)
        below.addWidget(self._table, 1)
        self._table.setModel(self._found)
        self._found.sort(2, Qt.SortOrder.DescendingOrder)
        self._table.set_widths(
            {1: self._table.column_width_for(translate("Import", "not yet an account")), 2: 96, 3: 96}
        )
        self._table.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(16)
        whole.addWidget(card)
        whole.addWidget(found, 1)

    def begin(self) -> None:
        """A new reading."""
        self._started = time.monotonic()
        self._name.setText(words.names(self._job.paths))
        self._show()

    def _show(self) -> None:
        told = self._job.progress
        share = min(told.bytes / told.of, 1.0) if told.of else 0.0
        self._bar.setValue(round(share * 1000))
        percent = filled(self.tr("%1 %"), number(int(share * 100)))
        self._share.setText(percent if told.of else "")
        amount = filled(self.tr("%1 of %2 MB"), words.megabytes(told.bytes), words.megabytes(told.of))
        self._amount.setText(amount if told.of else "")
        self._rest.setText(self._time_left(share))
        self._mails.tell(told.messages, counts.mails_word(told.messages))
        senders = sum(each.senders for each in told.accounts)
        self._senders.tell(senders, counts.senders_word(senders))
        self._problems.tell(told.unreadable, counts.unreadable_word(told.unreadable))
        self._found.put(told.accounts)

    def _time_left(self, share: float) -> str:
        passed = time.monotonic() - self._started
        stays = self.tr("You may go on working: the import waits for you under Import spam.")
        if share <= 0 or passed < _SOON:
            return stays
        left = max(1, round(passed / share - passed))
        if left < 90:
            about = counts.seconds(left)
        else:
            minutes = round(left / 60)
            about = counts.minutes(minutes)
        return f"{about} {stays}"
