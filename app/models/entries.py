"""The entries of one scope: read in pages, followed while they change, and all that an owner does to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal

from app.models.pager import Pager
from app.models.rows import ICON_ROLE, QUIET_ROLE, Column, Index, SortedRows
from app.models.words import day_and_time, list_word, number, source_words
from app.widgets.labels import visible
from gate.control.messages import (
    AddEntries,
    Changed,
    Decision,
    EditEntry,
    Entry,
    EntryQuery,
    Form,
    ListName,
    ListsChanged,
    RemoveEntries,
)

if TYPE_CHECKING:
    from app.link.client import CallFailed, Client

translate = QCoreApplication.translate

PATTERN, LIST, HITS, LAST_HIT, ORIGIN = range(5)


def pattern_key(pattern: str) -> tuple[str, str]:
    """Sorts by domain first, so that what belongs together stands together."""
    local, _, domain = pattern.rpartition("@")
    return (domain.lstrip("."), local)


Done = Callable[[Changed], None] | None
Failed = Callable[["CallFailed"], None] | None

COLUMNS: tuple[Column[Entry], ...] = (
    Column(
        lambda: translate("EntriesModel", "Pattern"),
        lambda e: visible(e.pattern),
        lambda e: pattern_key(e.pattern),
        address=True,
    ),
    Column(lambda: translate("EntriesModel", "List"), lambda e: list_word(e.list), lambda e: e.list),
    Column(
        lambda: translate("EntriesModel", "Hits"),
        lambda e: number(e.hits),
        lambda e: (e.hits, e.added, e.id),
        number=True,
    ),
    Column(
        lambda: translate("EntriesModel", "Last hit"),
        lambda e: day_and_time(e.last_hit),
        lambda e: e.last_hit or "",
        newest_first=True,
    ),
    Column(lambda: translate("EntriesModel", "From"), source_words, lambda e: (source_words(e), e.added)),
)


class EntriesModel(SortedRows[Entry]):
    """Signals: `unread(CallFailed)` the scope could not be read, `unread(None)` now it could; `loading(bool)`."""

    unread = Signal(object)
    loading = Signal(bool)

    def __init__(self, client: Client, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, parent)
        self._client = client
        self._pager = Pager(client, "entries.list")
        self.scope: str | None = None
        self._loaded = False
        self._again = False
        self._asked: set[int] = set()
        self._pending: set[int] = set()
        client.listsChanged.connect(self._lists_changed)
        client.decisions.connect(self._count_hits)
        client.resync.connect(self.refresh)

    # ------------------------------------------------ what is shown

    def identity(self, row: Entry) -> object:
        return row.id

    def admits(self, row: Entry, text: str) -> bool:
        return (
            text in row.pattern
            or text in row.note.casefold()
            or (row.origin is not None and text in row.origin.casefold())
            or text in row.pattern.casefold()
        )

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry, column = self._shown[index.row()], index.column()
        if role == ICON_ROLE:
            if column == PATTERN:
                return (f"kind-{entry.kind}", "muted")
            if column == LIST:
                return ("refused", "accent") if entry.list == "deny" else ("accepted", "guard")
            return None
        if role == QUIET_ROLE:
            return column >= LAST_HIT or entry.id in self._pending
        if role == Qt.ItemDataRole.ToolTipRole and column in (PATTERN, ORIGIN):
            return visible(entry.note) or None
        return super().data(index, role)

    @property
    def loaded(self) -> bool:
        """False while the first rows of the scope are on their way."""
        return self._loaded

    # ------------------------------------------------ reading

    def set_scope(self, scope: str | None) -> None:
        """Show another scope; None: nothing."""
        if scope == self.scope:
            return
        self.scope = scope
        self._pager.cancel()
        self._loaded = False
        self._again = False
        self._asked.clear()
        self._pending.clear()
        self.put(())
        self.unread.emit(None)
        self.refresh()

    def refresh(self) -> None:
        """Read the scope anew; rows stay on screen meanwhile."""
        if self.scope is None:
            return
        if self._pager.reading:
            self._again = True
            return
        self._again = False
        self.loading.emit(True)
        self._pager.read(EntryQuery(scope=self.scope), self._got, self._not_got)

    def _got(self, rows: Sequence[Entry], last: bool) -> None:
        if not last and self._loaded:
            return  # a refresh is shown whole: rows must not vanish and come back
        self.put(rows)
        if last:
            self._loaded = True
            self._pending &= self._asked
            self.unread.emit(None)
            self.loading.emit(False)
            if self._again:
                self.refresh()

    def _not_got(self, fault: CallFailed) -> None:
        self._pending &= self._asked
        self.repaint_all()
        self.loading.emit(False)
        if self._loaded and fault.code == "account.unknown":  # taken back or removed: the page goes elsewhere by itself
            self.put(())
        elif fault.code != "link.lost":  # the window says that itself, and reads again by itself
            self.unread.emit(fault)

    def _lists_changed(self, changed: ListsChanged) -> None:
        if changed.scopes is None or self.scope in changed.scopes:
            self.refresh()

    def _count_hits(self, decisions: Sequence[Decision]) -> None:
        """Hits as they happen; the gate's own count comes with the next reading."""
        hits: dict[int, list[str]] = {}
        for decision in decisions:
            if decision.entry_id is not None and decision.scope == self.scope:
                hits.setdefault(decision.entry_id, []).append(decision.time)
        rows = {number: row for number in hits if (row := self.find_row(number)) is not None}
        self.swap(
            {
                number: msgspec.structs.replace(row, hits=row.hits + len(hits[number]), last_hit=max(hits[number]))
                for number, row in rows.items()
            }
        )

    # ------------------------------------------------ what an owner does

    def add(
        self, scope: str, list_name: ListName, patterns: Sequence[str], note: str = "", *,
        done: Done = None, failed: Failed = None,
    ) -> None:  # fmt: skip
        """Put patterns on a list of a scope: all or none, one undo."""
        self._client.call(list_name, AddEntries(scope=scope, patterns=list(patterns), note=note), done, failed)

    def edit(self, edit: EditEntry, done: Done = None, failed: Failed = None) -> None:
        """Change an entry; it is drawn muted until the gate answers."""
        self._change("entries.edit", edit, {edit.id}, done, failed)

    def remove(self, ids: Sequence[int], done: Done = None, failed: Failed = None) -> None:
        """Remove entries, all in one undo; they are drawn muted until they are gone. Those being changed are left."""
        wanted = [number for number in ids if number not in self._pending]
        if wanted:
            self._change("entries.remove", RemoveEntries(ids=wanted), set(wanted), done, failed)

    def _change(self, method: str, form: Form, ids: set[int], done: Done, failed: Failed) -> None:
        """The event that makes the list be read again comes before the answer: until then the rows stay muted."""

        def changed(answer: Changed) -> None:
            self._asked -= ids
            if not self._pager.reading:
                self._pending -= ids
            self.repaint_all()
            if done is not None:
                done(answer)

        def broken(fault: CallFailed) -> None:
            self._asked -= ids
            self._pending -= ids
            self.repaint_all()
            (failed or self._client.complaint.emit)(fault)

        self._asked |= ids
        self._pending |= ids
        self.repaint_all()
        self._client.call(method, form, changed, broken)
