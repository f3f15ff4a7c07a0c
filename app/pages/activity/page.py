"""The activity page: what the gate decides, as it happens; a row's details beside it, in the small form over it."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.link.calls import CallFailed
from app.models.accounts import AccountsModel
from app.models.decisions import DecisionsModel, is_same_try
from app.models.verdicts import Offer, Verdicts
from app.models.words import since_days
from app.pages.activity.bar import ActivityBar
from app.pages.activity.details import WIDTH, Details
from app.pages.activity.table import ActivityTable
from app.pages.unread import Unread
from app.shell.contract import Page, Shell
from app.widgets.buttons import Button
from app.widgets.frames import EmptyPage, Hairline
from gate.control.messages import Change, Check, Decision

SEEK_MS = 250
"""The gate is asked when the typing pauses."""


class ActivityPage(Page):
    """Rows arrive at the top. While the table is scrolled down, or Pause is pressed, they are held back and counted."""

    def __init__(
        self, decisions: DecisionsModel, accounts: AccountsModel, verdicts: Verdicts, shell: Shell,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._decisions = decisions
        self._accounts = accounts
        self._verdicts = verdicts
        self._shell = shell
        self._small = False
        self._live = True
        self._now: tuple[Decision, Check] | None = None
        self.bar = ActivityBar(accounts)
        self.table = ActivityTable(decisions, self.tr("Activity"))
        self.details = Details()
        self._typing = QTimer(self, singleShot=True, interval=SEEK_MS)
        self._show_all = Button(self.tr("Show all"), do=self.bar.widen)
        self.nothing = EmptyPage(
            "activity",
            self.tr("Who has been here?"),
            self.tr("Each sender that comes to the gate is shown here at once, with the answer it got and why."),
            buttons=(Button(self.tr("See the accounts"), do=lambda: shell.go("accounts")),),
        )
        self.no_match = EmptyPage(
            "search", self.tr("Nothing of this kind"), self.tr("No decision in the log answers this question."),
            buttons=(self._show_all,),
        )  # fmt: skip
        self.unread = Unread(decisions.reload)
        self._build()
        self._connect_signals()
        self.show_state()

    def _build(self) -> None:
        self._stack = QStackedWidget()
        for part in (self.table, self.nothing, self.no_match):
            self._stack.addWidget(part)
        self._middle = QWidget()
        self._row = QHBoxLayout(self._middle)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._row.addWidget(self._stack, 1)
        self._row.addWidget(self.details)
        self.details.setFixedWidth(WIDTH)
        self.details.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(Hairline())
        column.addWidget(self.unread)
        column.addWidget(self._middle, 1)
        self._set_widths()

    def _connect_signals(self) -> None:
        self.bar.search.textChanged.disconnect(self.bar.asked)
        self.bar.search.textChanged.connect(lambda _text: self._typing.start())
        self.bar.search.returnPressed.connect(self._ask)
        self._typing.timeout.connect(self._ask)
        self.bar.asked.connect(self._ask)
        self.bar.pause_wanted.connect(self._pause)
        self.bar.newest_wanted.connect(self._go_to_newest)
        self.table.verticalScrollBar().valueChanged.connect(self._follow_or_hold)
        self.table.selectionModel().currentRowChanged.connect(self._show_details)
        self.table.activated.connect(self._show_details)
        self.table.clicked.connect(self._show_details)
        self.details.installEventFilter(self)
        self.details.closed.connect(self._close_details)
        self.details.entry_wanted.connect(self._go_to_entry)
        self.details.offer_taken.connect(self._take)
        model = self._decisions
        model.heldChanged.connect(self.bar.show_held)
        model.unread.connect(self.unread.tell)
        model.loaded.connect(self._loaded)
        model.arrived.connect(self._count_anew)
        model.rowsInserted.connect(self.show_state)
        model.rowsInserted.connect(self._set_widths)
        self._accounts.changed.connect(self._paint_details)

    # ------------------------------------------------ painting

    def show_state(self, *_ignored: object) -> None:
        """Paint what the model says now: rows, nothing yet, or nothing of this kind."""
        if self._decisions.rows or not self._decisions.fresh:
            self._stack.setCurrentWidget(self.table)
        elif self.bar.is_narrow():
            self._stack.setCurrentWidget(self.no_match)
        else:
            self._stack.setCurrentWidget(self.nothing)

    def _set_widths(self, *_ignored: object) -> None:
        beside = WIDTH if self._details_open() and not self._small else 0
        self.table.fit(self.width() - beside, small=self._small)

    def set_small(self, small: bool) -> None:
        self._small = small
        self.bar.set_small(small)
        if small:
            self._row.removeWidget(self.details)
            self.details.setParent(self._middle)
        elif self._row.indexOf(self.details) < 0:
            self._row.addWidget(self.details)
        self.details.setVisible(self._details_open())
        self._place_details()
        self._set_widths()

    def set_live(self, live: bool) -> None:
        self._live = live
        self.bar.set_live(live)
        self.details.set_live(live)
        self._set_widths()

    def showEvent(self, event: QShowEvent) -> None:
        """What changed while another page was shown."""
        super().showEvent(event)
        self._set_widths()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_details()
        self._set_widths()

    def _place_details(self) -> None:
        if not self._small:
            self.details.setFixedWidth(WIDTH)
            return
        self.details.setFixedWidth(min(360, max(WIDTH, self._middle.width())))
        whole = self._middle.rect()
        self.details.setGeometry(
            whole.right() - self.details.width() + 1, 0, self.details.width(), self._middle.height()
        )
        self.details.raise_()

    # ------------------------------------------------ the question

    def _ask(self) -> None:
        self._typing.stop()
        self._decisions.ask(
            filter=self.bar.search.text(),
            verdict=self.bar.verdict_asked(),
            account=self.bar.account_asked(),
            since=self.bar.since_asked(),
        )

    def _loaded(self) -> None:
        self.table.scrollToTop()
        self._follow_or_hold()
        self.show_state()
        self._set_widths()
        if self.details.decision is not None and not self.table.currentIndex().isValid():
            self._close_details()

    def toast_room(self) -> int:
        """All but the details, whose buttons stand at their foot."""
        return self.width() if self.details.isHidden() else self.details.x()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The details come, go and move."""
        if watched is self.details and event.type() in (QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.Move):
            self.toastRoomChanged.emit()
        return False

    def focus_search(self) -> None:
        self.bar.search.setFocus()
        self.bar.search.selectAll()

    def show_item(self, **what: Any) -> None:
        """`sender` or `account`: what there was of it."""
        self._go_to_newest()
        self.bar.ask_for(str(what.get("sender") or ""), what.get("account"))

    # ------------------------------------------------ living

    def _pause(self, on: bool) -> None:
        self.bar.set_paused(on)
        self._follow_or_hold()

    def _follow_or_hold(self, *_ignored: object) -> None:
        self._decisions.hold(self.bar.paused or self.table.verticalScrollBar().value() > 0)

    def _go_to_newest(self) -> None:
        self.bar.set_paused(False)
        self.table.scrollToTop()
        self._follow_or_hold()

    # ------------------------------------------------ details

    def _details_open(self) -> bool:
        return self.details.decision is not None

    def _show_details(self, index: QModelIndex, _before: QModelIndex | None = None) -> None:
        if not index.isValid():
            return
        decision = self._decisions.rows[index.row()]
        fresh = decision != self.details.decision
        self._paint(decision)
        self.details.show()
        self._place_details()
        self._set_widths()
        self.table.scrollTo(index)
        if fresh and decision.sender:
            self._count_tries(decision)
        elif fresh:
            self.details.tries.setText("–")

    def _count_tries(self, decision: Decision) -> None:
        self._decisions.count_tries(decision, since_days(29), lambda rows, more: self._tell(decision, rows, more))

    def _count_anew(self, arrived: Sequence[Decision]) -> None:
        """The sender whose details are open tried again."""
        shown = self.details.decision
        if shown is not None and shown.sender and any(is_same_try(row, shown) for row in arrived):
            self._count_tries(shown)

    def _tell(self, decision: Decision, rows: list[Decision], more: bool) -> None:
        if self.details.decision == decision:
            today = since_days(0)
            self.details.show_tries(sum(row.time >= today for row in rows), len(rows), more=more)

    def _paint(self, decision: Decision) -> None:
        """At once as it is known, and again when the gate has said what it would answer now."""
        self._now = self._now if self._now is not None and self._now[0] == decision else None
        self._paint_known(decision)

        def answered(now: Check) -> None:
            if self.details.decision == decision:
                self._now = (decision, now)
                self._paint_known(decision)

        self._verdicts.ask_now(decision, answered)

    def _paint_known(self, decision: Decision) -> None:
        account = self._accounts.find(decision.account)
        offers = self._verdicts.offers(decision, self._now[1] if self._now is not None else None)
        self.details.show_state(decision, account, offers, self._accounts.own_domains)

    def _paint_details(self) -> None:
        if self.details.decision is not None:
            self._paint(self.details.decision)

    def _close_details(self) -> None:
        self.details.decision = None
        self.details.hide()
        self.table.clearSelection()
        self._set_widths()
        self.table.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._details_open():
            self._close_details()
        else:
            super().keyPressEvent(event)

    def _go_to_entry(self, decision: Decision) -> None:
        self._shell.go("accounts", scope=decision.scope, pattern=decision.pattern)

    def _take(self, offer: Offer) -> None:
        self.details.set_waiting(offer)

        def said(text: str, change: Change | None) -> None:
            self._paint_details()
            self._shell.say(text, change)

        def failed(fault: CallFailed) -> None:
            self._paint_details()
            self._shell.complain(fault)

        offer.do(said, failed)
