"""A desk over real files, as the tests of store, desk and journal want it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gate.desk import ConfigView, Desk, DomainSettings
from gate.events import Events
from gate.forms import (
    Account,
    AddAccount,
    AddEntries,
    Changed,
    Check,
    CheckQuery,
    Entry,
    EntryQuery,
    Nothing,
    UndoQuery,
)
from gate.rules.ruleset import Ruleset
from gate.store import Lists, Log, open_lists, open_log
from gate.store.tables import account, entry, expected, name


class OpenDesk:
    """A desk with its two files and what it published and told."""

    def __init__(self, folder: Path, view: ConfigView, settings: DomainSettings | None = None) -> None:
        self.folder = folder
        self.lists: Lists = open_lists(folder / "lists.db")
        self.log: Log = open_log(folder / "log.db")
        self.events = Events()
        self.published: list[Ruleset] = []
        self.told: list[tuple[str, Any]] = []
        self.events.subscribe(lambda kind, data: self.told.append((kind, data)))
        self.desk = Desk(self.lists, self.log, view, self.published.append, self.events, settings=settings)

    def close(self) -> None:
        self.lists.close()
        self.log.close()

    def add(self, address: str, **fields: Any) -> Account:
        return self.desk.accounts.add(AddAccount(address=address, **fields), "cli")

    def deny(self, scope: str, *patterns: str, **fields: Any) -> Changed:
        return self.desk.entries.deny(AddEntries(scope=scope, patterns=list(patterns), **fields), "cli")

    def allow(self, scope: str, *patterns: str, **fields: Any) -> Changed:
        return self.desk.entries.allow(AddEntries(scope=scope, patterns=list(patterns), **fields), "cli")

    def entries(self, scope: str) -> list[Entry]:
        return self.desk.entries.list(EntryQuery(scope=scope), "cli").rows

    def check(self, sender: str, recipient: str) -> Check:
        return self.desk.activity.check(CheckQuery(sender=sender, recipient=recipient), "cli")

    def undo(self, number: int | None = None) -> Changed:
        return self.desk.journal.undo(UndoQuery(id=number), "cli")

    def redo(self) -> Changed:
        return self.desk.journal.redo(Nothing(), "cli")

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that the owner made, row by row."""
        with self.lists.reading() as tx:
            return {
                table.name: sorted((tuple(row) for row in tx.execute(sa.select(table))), key=repr)
                for table in (account, name, expected, entry)
            }


@contextmanager
def open_desk(
    folder: Path, view: ConfigView | None = None, settings: DomainSettings | None = None
) -> Iterator[OpenDesk]:
    opened = OpenDesk(folder, view or ConfigView(), settings)
    try:
        yield opened
    finally:
        opened.close()
