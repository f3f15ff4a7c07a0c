"""Before only made addresses exist in a domain: which of those in use would vanish, each to be kept by a tick.

All are ticked at first: what is missed here loses mail.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.language import filled
from app.link.client import CallFailed
from app.models.counts import counts
from app.models.domains import DAYS, LAST, MAILS, DomainsModel
from app.models.words import clock
from app.pages.unread import Unread
from app.widgets.buttons import Button
from app.widgets.fields import SearchField
from app.widgets.form import FormDialog
from app.widgets.frames import Card
from app.widgets.labels import Label
from app.widgets.ticks import TickTable
from gate.control.messages import Changed

ROWS = 9
"""Shown at once; more scroll."""
FEWEST, AROUND = 3, 300
"""In a small window; what the dialog needs besides the rows."""
ROW, WIDTH = 32, 620
A_DAY = timedelta(days=1)


class ListOnlyDialog(FormDialog):
    """`done(changed, kept)` hears of it, with how many addresses were kept."""

    def __init__(
        self, domains: DomainsModel, domain: str, done: Callable[[Changed, int], None], parent: QWidget | None = None
    ) -> None:
        title = filled(self.tr("Only made addresses in %1"), domain)
        super().__init__(title, self.tr("Switch on"), parent)
        self._domains = domains
        self._done = done
        self.domain = domain
        self.model = domains.vanishing(domain)
        self.model.setParent(self)
        self.words = Label(wrap=True)
        self.note = Label("", "small", "warning", wrap=True)
        self.unread = Unread(self._read)
        self.search = SearchField(self.tr("Filter addresses"))
        self.all = Button(self.tr("Untick all"), do=self._tick_all)
        self.table = TickTable(self.tr("Addresses that would vanish"), self.model)
        self.table.horizontalHeader().setSortIndicator(LAST, Qt.SortOrder.DescendingOrder)
        self._lay_out()
        self._connect_signals()
        self.setMinimumWidth(WIDTH)
        self._read()

    def _lay_out(self) -> None:
        self.add_field("", self.words)
        self.add_field("", self.unread)
        self._list = QWidget()
        column = QVBoxLayout(self._list)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self.search, 1)
        bar.addStretch(0)
        bar.addWidget(self.all)
        card = Card()
        card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(1, 2, 1, 2)
        inside.addWidget(self.table)
        column.addLayout(bar)
        column.addWidget(card)
        self.add_field("", self._list)
        self.add_field("", self.note)
        wide = self.table.column_width_for
        self.table.set_widths({MAILS: max(self.table.title_width(MAILS), 72), LAST: max(wide("88 Mmm 8888"), 128)})

    def _connect_signals(self) -> None:
        self.model.read_whole.connect(self._show)
        self.model.unread.connect(self._not_read)
        self.model.ticks_changed.connect(self._show_ticks)
        self.model.countChanged.connect(lambda _shown, _all: self._show_ticks())
        self.search.textChanged.connect(self.model.seek)
        self._domains.changed.connect(self._show_ticks)  # an account may have come or gone meanwhile

    # ------------------------------------------------ what would vanish

    def _read(self) -> None:
        self.unread.tell(None)
        self.words.setText(self.tr("Looking for addresses that received mail in the last 90 days…"))
        self._list.hide()
        self.note.setText("")
        self.note.hide()
        self.set_verb(self.tr("Switch on"), possible=False)
        self.model.read()
        self._fit()

    def _not_read(self, fault: CallFailed) -> None:
        self.words.setText(self.tr("Nobody can tell now which addresses would vanish."))
        self.unread.tell(fault)
        self._fit()

    def _show(self) -> None:
        rows = len(self.model.rows)
        self.words.setText(counts.would_vanish(rows) if rows else self._nothing())
        self._list.setVisible(rows > 0)
        self.search.setVisible(rows > ROWS)
        room = max(FEWEST, (self._most() - AROUND) // ROW)
        self.table.setFixedHeight((min(rows, ROWS, room) + 1) * ROW)
        self._show_ticks()
        if rows:
            self.table.selectRow(0)
        (self.search if rows > ROWS else self.table if rows else self.cancel if self._nobody() else self.ok).setFocus()
        QTimer.singleShot(0, self, self._fit)  # when the layouts within know what is shown now

    def _nothing(self) -> str:
        """No row: a promise only where the log goes back all the way."""
        if self._caution():
            return self.tr("No other address received mail here, as far as the log tells.")
        return self.tr("No other address received mail here in the last 90 days: nothing that is used vanishes.")

    def _caution(self) -> str:
        """What the list cannot tell."""
        page = self.model.first
        if page is None:
            return ""
        if page.cut:
            return self.tr("There are more than this: only those with the newest mail are shown.")
        if page.since is None:
            return self.tr(
                "The log is empty yet, so nobody can tell which addresses are in use. Add those as accounts first, "
                "or let mail pass for some days."
            )
        began = datetime.fromisoformat(page.since)
        if began > datetime.now(UTC) - timedelta(days=DAYS) + A_DAY:
            text = self.tr("The log goes back to %1: an address that received nothing since then is not shown.")
            return filled(text, clock(page.since))
        return ""

    def _nobody(self) -> str:
        """That not one address would be left."""
        domain = self._domains.find(self.domain)
        if domain is None or domain.accounts or self.model.kept():
            return ""
        return filled(self.tr("No account is in %1: all mail to it would be refused."), self.domain)

    def _tick_all(self) -> None:
        self.model.tick_shown(not self.model.all_shown_ticked())

    def _show_ticks(self) -> None:
        shown, every = len(self.model.shown), len(self.model.rows)
        untick = self.model.all_shown_ticked()
        if shown == every:
            self.all.setText(self.tr("Untick all") if untick else self.tr("Tick all"))
        else:
            self.all.setText(counts.untick_shown(shown) if untick else counts.tick_shown(shown))
        self.all.setEnabled(shown > 0)
        kept = len(self.model.kept())
        if not every:
            verb = self.tr("Switch on")
        else:
            verb = counts.keep_ticked(kept) if kept else self.tr("Switch on, keep none")
        self.set_verb(verb, possible=not self.model.reading)
        notes = [note for note in (self._nobody(), self._caution()) if note]
        if not self.model.reading and self.note.text() != "\n".join(notes):
            self.note.set_lines(notes)
            self.note.setVisible(bool(notes))
            QTimer.singleShot(0, self, self._fit)

    # ------------------------------------------------ sending

    def set_waiting(self, waiting: bool) -> None:
        super().set_waiting(waiting)
        for part in (self.search, self.all, self.table):
            part.setEnabled(not waiting)

    def send(self) -> None:
        kept = self.model.kept()

        def done(changed: Changed) -> None:
            self._done(changed, len(kept))
            self.succeed()

        self._domains.list_only(self.domain, True, kept, done, lambda fault: self.complain(fault.text))
