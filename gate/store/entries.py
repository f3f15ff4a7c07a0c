"""Queries about entries, and the giving out of their ids. Writing goes through `gate.store.rows`."""

from collections.abc import Iterator, Sequence
from typing import Literal

import sqlalchemy as sa

from gate.store.database import Transaction
from gate.store.rows import EntryRow
from gate.store.settings import counter
from gate.store.tables import entry

IN_LIMIT = 10_000
COLUMNS = tuple(entry.c[field] for field in EntryRow.__struct_fields__)
"""In the order of the struct's fields, so that a row is `EntryRow(*row)`."""


def new_ids(tx: Transaction, count: int) -> range:
    """Ids for so many entries; one that was given out is never given out again, so a hit count never changes owner."""
    return counter(tx, "entry", count)


def by_patterns(tx: Transaction, scope: str, patterns: Sequence[str]) -> dict[str, EntryRow]:
    """Those of the patterns that stand in the scope, on either list."""
    found: dict[str, EntryRow] = {}
    for start in range(0, len(patterns), IN_LIMIT):
        wanted = entry.c.pattern.in_(patterns[start : start + IN_LIMIT])
        for row in tx.execute(sa.select(*COLUMNS).where(entry.c.scope == scope, wanted)):
            found[row.pattern] = EntryRow(*row)
    return found


def by_ids(tx: Transaction, ids: Sequence[int]) -> dict[int, EntryRow]:
    found: dict[int, EntryRow] = {}
    for start in range(0, len(ids), IN_LIMIT):
        for row in tx.execute(sa.select(*COLUMNS).where(entry.c.id.in_(ids[start : start + IN_LIMIT]))):
            found[row.id] = EntryRow(*row)
    return found


def of_scope(tx: Transaction, scope: str) -> list[EntryRow]:
    chosen = sa.select(*COLUMNS).where(entry.c.scope == scope).order_by(entry.c.id)
    return [EntryRow(*row) for row in tx.execute(chosen)]


def for_rules(tx: Transaction) -> Iterator[tuple[int, str, str, str]]:
    """Id, scope, list and pattern of every entry."""
    for row in tx.execute(sa.select(entry.c.id, entry.c.scope, entry.c.list, entry.c.pattern)):
        yield row.id, row.scope, row.list, row.pattern


def allowed_patterns(tx: Transaction) -> list[str]:
    """The patterns that stand on any allow list."""
    chosen = sa.select(entry.c.pattern).where(entry.c.list == "allow").distinct().order_by(entry.c.pattern)
    return [str(row[0]) for row in tx.execute(chosen)]


def page(
    tx: Transaction, scope: str, *, after: str | None, limit: int, text: str, sort: Literal["added", "pattern"]
) -> tuple[list[EntryRow], bool, int]:
    """Entries of a scope, oldest first or by pattern; `after`: the id or the pattern of the row before."""
    chosen = sa.select(*COLUMNS).where(entry.c.scope == scope)
    count = sa.select(sa.func.count()).select_from(entry).where(entry.c.scope == scope)
    if text:
        wanted = entry.c.pattern.icontains(text, autoescape=True) | entry.c.note.icontains(text, autoescape=True)
        wanted |= entry.c.origin.icontains(text, autoescape=True)
        chosen, count = chosen.where(wanted), count.where(wanted)
    if sort == "pattern":
        chosen = chosen.order_by(entry.c.pattern)
        chosen = chosen if after is None else chosen.where(entry.c.pattern > after)
    else:
        chosen = chosen.order_by(entry.c.id)
        chosen = chosen if after is None else chosen.where(entry.c.id > int(after))
    rows = [EntryRow(*row) for row in tx.execute(chosen.limit(limit + 1))]
    return rows[:limit], len(rows) > limit, int(tx.execute(count).scalar_one())
