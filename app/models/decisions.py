"""What the gate decided, newest first, live: read backwards in pages, followed while it grows.

The gate does the seeking (its log may hold two million rows); what arrives live is compared with the same question.
While the owner reads further down, or has paused, arrivals are held back and counted, so that no row moves away
under the pointer. Rows are in the order of the log: a sort of a part of it would say nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QObject, Qt, Signal

from app.models.accounts import AccountsModel
from app.models.rows import ADDRESS_ROLE, ICON_ROLE, QUIET_ROLE, ROOT, ROW_ROLE, STRONG_ROLE, Index
from app.models.words import clock, short, turned_away, verdict_word, watched, why
from app.widgets.labels import visible
from gate.control.messages import PAGE_LIMIT, Decision, LogPage, LogQuery, VerdictName

if TYPE_CHECKING:
    from app.link.client import Call, CallFailed, Client

translate = QCoreApplication.translate

TIME, VERDICT, SENDER, RECIPIENT, WHY = range(5)
FIRST_PAGE = 200
KEEP = 100_000
"""Rows held at most; older ones are read again when they are scrolled to."""
Role = Qt.ItemDataRole


TITLES = (
    lambda: translate("DecisionsModel", "Time"),
    lambda: translate("DecisionsModel", "Verdict"),
    lambda: translate("DecisionsModel", "Sender"),
    lambda: translate("DecisionsModel", "To"),
    lambda: translate("DecisionsModel", "Why"),
)


def sender_words(decision: Decision) -> str:
    return visible(decision.sender) or translate("DecisionsModel", "<> (a bounce)")


def is_same_try(row: Decision, decision: Decision) -> bool:
    """Whether a row is the same sender's, to the same account; where that is none, to the same recipient."""
    if row.sender != decision.sender or row.account != decision.account:
        return False
    return decision.account is not None or row.recipient == decision.recipient


class DecisionsModel(QAbstractTableModel):
    """Signals: `heldChanged(n)` arrivals held back; `loaded()` an answer to a new question is shown;
    `unread(CallFailed)` the log could not be read, `unread(None)` now it could;
    `arrived(Sequence[Decision])` what was decided just now, shown or not.

    Attributes:
        query: what is asked for (`verdict`, `account`, `filter`, `since`). fresh: False until the first answer.
    """

    heldChanged = Signal(int)
    arrived = Signal(object)
    loaded = Signal()
    unread = Signal(object)

    def __init__(self, client: Client, accounts: AccountsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._accounts = accounts
        self.query = LogQuery(limit=FIRST_PAGE)
        self.fresh = False
        self._rows: list[Decision] = []
        self._held: list[Decision] = []
        self._early: list[Decision] = []
        self._holding = False
        self._more = False
        self._reading: Call | None = None
        self._older: Call | None = None
        client.decisions.connect(self._arrived)
        client.resync.connect(self._catch_up)
        accounts.changed.connect(self._repaint)

    # ------------------------------------------------ Qt's side

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if role == Role.DisplayRole and orientation is Qt.Orientation.Horizontal and 0 <= section < len(TITLES):
            return TITLES[section]()
        return None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], index.column()
        if role in (Role.DisplayRole, Role.AccessibleTextRole):
            return self._text(row, column)
        if role == ROW_ROLE:
            return row
        if role == ICON_ROLE and column == VERDICT:
            if row.verdict == "refuse":
                return ("refused", "accent")
            if turned_away(row):
                return ("server", "muted")
            return ("watch", "open") if watched(row) else ("accepted", "muted")
        if role == QUIET_ROLE:
            return column in (TIME, WHY) or (column == VERDICT and row.verdict == "accept" and not watched(row))
        if role == STRONG_ROLE:
            return column == VERDICT and row.verdict == "refuse"
        if role == ADDRESS_ROLE:
            return column in (SENDER, RECIPIENT) or (column == WHY and row.because == "entry")
        return None

    def _text(self, row: Decision, column: int) -> str:
        if column == TIME:
            return clock(row.time)
        if column == VERDICT:
            return verdict_word(row)
        if column == SENDER:
            return sender_words(row)
        if column == RECIPIENT:
            return short(row.recipient, self._accounts.own_domains)
        account = self._accounts.find(row.account)
        return why(row, account.mode if account is not None else None)

    def canFetchMore(self, parent: Index = ROOT) -> bool:
        return not parent.isValid() and self._more and self._older is None and self._reading is None

    def fetchMore(self, parent: Index = ROOT) -> None:
        if not self.canFetchMore(parent) or not self._rows:
            return
        query = msgspec.structs.replace(self.query, before=self._rows[-1].id, limit=PAGE_LIMIT)
        self._older = self._client.call("log.list", query, self._got_older, self._older_failed)

    # ------------------------------------------------ reading

    @property
    def rows(self) -> Sequence[Decision]:
        """Newest first. Not to be changed."""
        return self._rows

    def ask(self, *, filter: str, verdict: VerdictName | None, account: str | None, since: str | None) -> None:  # noqa: A002
        """Show what answers this question. The rows stay until the answer is there."""
        query = LogQuery(limit=FIRST_PAGE, filter=filter.strip(), verdict=verdict, account=account, since=since)
        if query != self.query or not self.fresh:
            self.query = query
            self.reload()

    def reload(self) -> None:
        """Ask anew."""
        for call in (self._reading, self._older):
            if call is not None:
                call.cancel()
        self._older = None
        self._early.clear()
        self._reading = self._client.call("log.list", self.query, self._got, self._not_got)

    def _got(self, page: LogPage) -> None:
        self._reading = None
        self.fresh = True
        self.beginResetModel()
        self._rows = page.rows[::-1]
        self._more = page.more and bool(self._rows)
        self.endResetModel()
        self.unread.emit(None)
        self._drop_held()
        self._let_in_early()
        self.loaded.emit()

    def _not_got(self, fault: CallFailed) -> None:
        self._reading = None
        if fault.code != "link.lost":  # the window says that itself, and reads again by itself
            self.unread.emit(fault)

    def _got_older(self, page: LogPage) -> None:
        self._older = None
        self._more = page.more and len(self._rows) + len(page.rows) < KEEP
        if page.rows:
            first = len(self._rows)
            self.beginInsertRows(ROOT, first, first + len(page.rows) - 1)
            self._rows.extend(reversed(page.rows))
            self.endInsertRows()

    def _older_failed(self, fault: CallFailed) -> None:
        self._older = None
        self._not_got(fault)

    def _catch_up(self) -> None:
        """What was decided while the gate could not be heard."""
        newest = self._newest()
        if not self.fresh or not newest or self._reading is not None:
            self.reload()
            return
        query = msgspec.structs.replace(self.query, after_id=newest, limit=PAGE_LIMIT)
        self._reading = self._client.call("log.list", query, self._caught_up, self._not_got)

    def _caught_up(self, page: LogPage) -> None:
        self._reading = None
        if page.more:  # too far behind to be followed row by row
            self.reload()
            return
        self.unread.emit(None)
        self._take(page.rows)
        self._let_in_early()

    def _newest(self) -> int:
        """Id of the newest row that is here, held back or shown; 0: none. (The gate gives ids from 1, to live rows
        too.)
        """
        return max((row.id for row in (*self._held[-1:], *self._rows[:1])), default=0)

    # ------------------------------------------------ living

    def hold(self, on: bool) -> None:
        """Hold arrivals back, or let in what was held."""
        if on == self._holding:
            return
        self._holding = on
        if not on:
            held, self._held = self._held, []
            self._insert(held)
            self.heldChanged.emit(0)

    def _drop_held(self) -> None:
        if self._held:
            self._held.clear()
            self.heldChanged.emit(0)

    def _arrived(self, decisions: Sequence[Decision]) -> None:
        if self._reading is not None:
            self._early.extend(decisions)
        elif self.fresh:
            self._take([row for row in decisions if self._answers(row)])
        self.arrived.emit(decisions)

    def _let_in_early(self) -> None:
        early, self._early = self._early, []
        self._take([row for row in early if self._answers(row)])

    def _take(self, rows: Sequence[Decision]) -> None:
        """New rows, oldest first; those that are here already are left out."""
        newest = self._newest()
        rows = [row for row in rows if row.id > newest]
        if not rows:
            return
        if self._holding:
            self._held = [*self._held, *rows][-KEEP:]
            self.heldChanged.emit(len(self._held))
        else:
            self._insert(rows)

    def _insert(self, rows: Sequence[Decision]) -> None:
        if not rows:
            return
        self.beginInsertRows(ROOT, 0, len(rows) - 1)
        self._rows[0:0] = rows[::-1]
        self.endInsertRows()
        if len(self._rows) > KEEP:
            self.beginRemoveRows(ROOT, KEEP, len(self._rows) - 1)
            del self._rows[KEEP:]
            self.endRemoveRows()
            self._more = True

    def _answers(self, row: Decision) -> bool:
        """Whether the gate would have told this row too."""
        q = self.query
        if (q.verdict and row.verdict != q.verdict) or (q.account and row.account != q.account):
            return False
        if not q.filter:
            return True
        text = q.filter.casefold()
        shown = (row.sender, row.recipient, row.client, row.helo, row.pattern or "", row.reply)
        return any(text in part.casefold() for part in shown)

    def _repaint(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, WHY))

    # ------------------------------------------------ one sender

    def count_tries(self, decision: Decision, since: str, done: Callable[[list[Decision], bool], None]) -> Call:
        """How often this sender tried the same account since then, or the same recipient where that is no account:
        `(its rows, more than a page)`."""

        def got(page: LogPage) -> None:
            done([row for row in page.rows if is_same_try(row, decision)], page.more)

        query = LogQuery(limit=PAGE_LIMIT, since=since, filter=decision.sender, account=decision.account)
        return self._client.call("log.list", query, got, lambda _fault: None)
