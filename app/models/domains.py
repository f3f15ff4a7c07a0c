"""The owner's domains: which addresses exist there, and those that would vanish if only made ones did."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal

from app.models.pager import Pager
from app.models.rows import QUIET_ROLE, Column, Index, SortedRows
from app.models.words import day_and_time, number
from gate.control.messages import Changed, ListOnly, ListsChanged, Nothing, OwnDomain, OwnDomains, VanishingQuery

if TYPE_CHECKING:
    from app.link.client import Call, CallFailed, Client
    from gate.control.messages import Vanishing, VanishingPage

Failed = Callable[["CallFailed"], None]

ADDRESS, MAILS, LAST = range(3)
DAYS = 90


class DomainsModel(QObject):
    """What the gate says of each own domain. Signal `changed()`."""

    changed = Signal()

    def __init__(self, client: Client, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._domains: dict[str, OwnDomain] = {}
        self._call: Call | None = None
        self._again = False
        client.status.connect(lambda _status: self.refresh())
        client.resync.connect(self.refresh)
        client.listsChanged.connect(self._lists_changed)

    @classmethod
    def of(cls, client: Client) -> DomainsModel:
        """The one model of this client's domains."""
        found = client.findChild(cls)
        return found if found is not None else cls(client, client)

    def find(self, name: str) -> OwnDomain | None:
        return self._domains.get(name)

    def refresh(self) -> None:
        """Read all anew; what was known stays meanwhile."""
        if self._call is not None:
            self._again = True
            return
        self._again = False
        self._call = self._client.call("domains.list", Nothing(), self._got, self._not_got)

    def _got(self, found: OwnDomains) -> None:
        self._call = None
        domains = {row.name: row for row in found.rows}
        if domains != self._domains:
            self._domains = domains
            self.changed.emit()
        if self._again:
            self.refresh()

    def _not_got(self, _fault: CallFailed) -> None:
        self._call = None  # a lost gate is told by the window, and tells all anew when it is back

    def _lists_changed(self, changed: ListsChanged) -> None:
        if changed.scopes is None or changed.scopes:
            self.refresh()

    # ------------------------------------------------ what an owner does

    def list_only(
        self, domain: str, listed: bool, keep: Sequence[str], done: Callable[[Changed], None], failed: Failed
    ) -> None:
        """Let only made addresses exist there, `keep` made now; or let the server decide again."""
        form = ListOnly(domain=domain, listed=listed, keep=list(keep))
        self._client.call("domains.list_only", form, done, failed)

    def vanishing(self, domain: str) -> VanishingModel:
        """What would vanish there, to be read and ticked."""
        return VanishingModel(self._client, domain)


@dataclass(slots=True)
class Row:
    """An address that received mail and was not made in Irusu."""

    found: Vanishing
    ticked: bool = True


class VanishingModel(SortedRows[Row]):
    """Addresses to be ticked. Signals: `read_whole()`, `unread(CallFailed)`, `ticks_changed()`.

    Attributes: first: the first page, with what holds for all; None before it is there. reading.
    """

    read_whole = Signal()
    unread = Signal(object)
    ticks_changed = Signal()

    def __init__(self, client: Client, domain: str, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column(lambda: self.tr("Address"), lambda row: row.found.address, lambda row: row.found.address),
                Column(
                    lambda: self.tr("Mails"), lambda row: number(row.found.messages), lambda row: row.found.messages,
                    number=True,
                ),
                Column(
                    lambda: self.tr("Last mail"), lambda row: day_and_time(row.found.last), lambda row: row.found.last,
                    newest_first=True,
                ),
            ),
            parent,
        )  # fmt: skip
        self.domain = domain
        self._pager = Pager(client, "domains.vanishing")
        self._sort = (LAST, True)

    @property
    def first(self) -> VanishingPage | None:
        found: VanishingPage | None = self._pager.first
        return found

    @property
    def reading(self) -> bool:
        return self._pager.reading

    def read(self) -> None:
        """Look through the log. What was ticked before is forgotten."""
        self._pager.read(VanishingQuery(domain=self.domain, days=DAYS), self._got, self.unread.emit)

    def _got(self, rows: Sequence[Vanishing], last: bool) -> None:
        if last:
            self.put(map(Row, rows))
            self.read_whole.emit()

    # ------------------------------------------------ ticks

    def kept(self) -> list[str]:
        """The addresses that are ticked, those that the filter hides too."""
        return [row.found.address for row in self.rows if row.ticked]

    def all_shown_ticked(self) -> bool:
        return all(row.ticked for row in self.shown)

    def toggle(self, places: Sequence[int]) -> None:
        """Turn the ticks of these rows round, all to what the first one becomes."""
        if places:
            self._tick((self.shown[place] for place in places), not self.shown[places[0]].ticked)

    def tick_shown(self, ticked: bool) -> None:
        """All those on screen."""
        self._tick(self.shown, ticked)

    def _tick(self, rows: Iterable[Row], ticked: bool) -> None:
        for row in rows:
            row.ticked = ticked
        self.repaint_all()
        self.ticks_changed.emit()

    # ------------------------------------------------ Qt's side

    def identity(self, row: Row) -> object:
        return row.found.address

    def admits(self, row: Row, text: str) -> bool:
        return text in row.found.address

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self.shown[index.row()], index.column()
        if role == Qt.ItemDataRole.CheckStateRole and column == ADDRESS:
            return (Qt.CheckState.Checked if row.ticked else Qt.CheckState.Unchecked).value
        if role == Qt.ItemDataRole.AccessibleTextRole and column == ADDRESS:
            state = self.tr("is kept") if row.ticked else self.tr("vanishes")
            return f"{row.found.address}, {state}"
        if role == QUIET_ROLE:
            return column == LAST or not row.ticked
        return super().data(index, role)
