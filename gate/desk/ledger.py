"""The one way in which lists and accounts change: rows and journal in one transaction, then the guard, then the news.

What was answered is on the disk: the answer is given after the commit, never before.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from gate.desk.errors import DeskError
from gate.desk.loading import Loading
from gate.desk.publish import Publisher
from gate.desk.server import ConfigView, DomainSettings
from gate.errors import Fault
from gate.events import Events
from gate.forms import Change, ListsChanged
from gate.rules.matcher import Matcher
from gate.rules.ruleset import Ruleset
from gate.store import JournalError, Lists, Transaction, entries, journal
from gate.store.journal import Need
from gate.store.rows import AccountRow, EntryRow, ListedRow, NameRow, RowChange
from gate.store.snapshot import Snapshot

AT_ONCE = 20_000
"""Entries that are read into memory before anything else is done: it takes 50 ms."""
By = Literal["app", "cli"]


@dataclass
class Plan:
    """What a call wants to change, and the line that the history will show.

    Attributes:
        changes: rows before and after; those that are the same before and after are left out by the ledger.
        needs: rows that are relied on (see `gate.store.journal`).
    """

    code: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    changes: list[RowChange] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)


class Ledger:
    """Attributes: lists, publisher. All calls may come from any thread; changes come one after the other."""

    def __init__(
        self, lists: Lists, publisher: Publisher, events: Events, settings: DomainSettings | None = None
    ) -> None:
        """`settings`: where the listed domains are written; without them they cannot be changed."""
        self.lists = lists
        self._settings = settings
        self.publisher = publisher
        self._events = events
        self._lock = threading.RLock()
        self._snapshot: Snapshot | None = None

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        with self.lists.reading() as tx:
            yield tx

    def publish(self) -> None:
        """Read the lists and give the rules to the guard. Long ones stay in the file, and are asked there."""
        with self._lock, self.lists.reading() as tx:
            self._snapshot = self.lists.snapshot() if entries.more_than(tx, AT_ONCE) else None
            self.publisher.load(tx, self._snapshot)
            self.publisher.let_out()

    def bring_in(self) -> Loading | None:
        """Begin to bring into memory what stayed in the file, beside all else. None: nothing did."""
        snapshot = self._snapshot
        return Loading(snapshot, self._brought_in) if snapshot is not None else None

    def _brought_in(self, places: Mapping[str, Matcher]) -> None:
        with self._lock:
            self._snapshot = None
            self.publisher.settle(places)
            self.publisher.let_out()

    def configure(self, config: ConfigView) -> None:
        """Publish under other settings."""
        with self._lock:
            self.publisher.configure(config)
            self.publisher.let_out()

    def change(self, by: By, plan: Callable[[Transaction], Plan]) -> Change | None:
        """Plan and make one change; None: all was so already. Raises the plan's Fault, and then nothing changed."""

        def act(tx: Transaction) -> tuple[Change | None, list[RowChange]]:
            wanted = plan(tx)
            changes = [each for each in wanted.changes if each.before != each.after]
            if not changes:
                return None, []
            noted = journal.note(
                tx,
                changes,
                wanted.needs,
                code=wanted.code,
                params=wanted.params,
                text=wanted.text,
                by=by,
                time=utc_now(),
            )
            return noted, changes

        return self._transact(act)

    def undo(self, number: int | None) -> Change:
        return self._taken_back(lambda tx: journal.undo(tx, number))

    def redo(self) -> Change:
        return self._taken_back(journal.redo)

    def heads(self) -> tuple[Change | None, Change | None]:
        """What undo and redo would take now."""
        with self.lists.reading() as tx:
            return journal.next_undo(tx), journal.next_redo(tx)

    def _taken_back(self, act: Callable[[Transaction], tuple[Change, list[RowChange]]]) -> Change:
        try:
            change = self._transact(act)
        except JournalError as error:
            raise DeskError(error.code, **error.params) from error
        assert change is not None  # noqa: S101 (the journal raises instead)
        return change

    def _transact(self, act: Callable[[Transaction], tuple[Change | None, list[RowChange]]]) -> Change | None:
        with self._lock:
            before = self.publisher.ruleset
            applied: list[RowChange] = []
            written: list[RowChange] = []
            try:
                with self.lists.writing() as tx:
                    change, changes = act(tx)
                    if change is None:
                        return None
                    self.publisher.apply(changes)
                    applied = changes
                    undo, redo = journal.next_undo(tx), journal.next_redo(tx)
                    self._write_settings(changes, written)
            except BaseException:
                self._not_committed(applied, written, before)
                raise
            self.publisher.let_out()
            self._events.publish("lists", ListsChanged(scopes=_scopes(changes), undo=undo, redo=redo))
            return change

    def _write_settings(self, changes: Sequence[RowChange], written: list[RowChange]) -> None:
        """The last step before the commit; `written` gets what was."""
        for change in changes:
            if change.kind == "listed":
                if self._settings is None:
                    raise DeskError("domain.no_settings", domain=change.key)
                self._settings.list_only(change.key, change.after is not None)
                written.append(change)

    def _not_committed(self, applied: Sequence[RowChange], written: list[RowChange], before: Ruleset) -> None:
        with contextlib.suppress(Fault):
            self._write_settings([change.backwards() for change in written], [])
        if applied:
            self.publisher.revert(applied, before)


SCOPES_TOLD = 100
"""Scopes named in one event at most; a change of more says that any may have changed."""


def _scopes(changes: Sequence[RowChange]) -> list[str] | None:
    found: dict[str, None] = {}
    for change in changes:
        for row in (change.before, change.after):
            match row:
                case EntryRow():
                    found[row.scope] = None
                case AccountRow():
                    found[row.address] = None
                case NameRow():
                    found[row.account] = None
                case ListedRow():
                    found[f"@{row.domain}"] = None
    return list(found) if len(found) <= SCOPES_TOLD else None


def utc_now() -> str:
    """ISO 8601 in UTC with Z, in seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
