"""Queries about entries, and the giving out of their ids. Writing goes through `gate.store.rows`."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import sqlalchemy as sa

from gate.store.database import Transaction
from gate.store.rows import EntryRow
from gate.store.settings import counter
from gate.store.tables import SOUGHT, entry

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


RuleRow = tuple[int, str, str, str]
"""Id, scope, list and pattern of an entry."""
_RULE = (entry.c.id, entry.c.scope, entry.c.list, entry.c.pattern)
LOOKED_UP = sa.select(*_RULE).where(entry.c.kind.in_(("address", "domain", "subdomains")))
"""Addresses, domains and subdomains, as rows of `RuleRow`."""


def more_than(tx: Transaction, count: int) -> bool:
    """Whether there are more entries than that."""
    return tx.execute(sa.select(entry.c.id).offset(count).limit(1)).first() is not None


def sought(tx: Transaction) -> list[RuleRow]:
    """The keywords, globs and regexes of all scopes."""
    return [(row.id, row.scope, row.list, row.pattern) for row in tx.execute(sa.select(*_RULE).where(SOUGHT))]


def looked_up(tx: Transaction) -> Iterator[list[RuleRow]]:
    """All others, in parts."""
    return raw_rows(tx, LOOKED_UP, 1_000)


def raw_rows(tx: Transaction, chosen: "sa.Select[Any]", size: int) -> Iterator[list[Any]]:
    """Rows as the driver gives them, in parts: a million of them as SQLAlchemy's would take seconds."""
    result = tx.execute(chosen)
    cursor: Any = result.cursor
    while rows := cursor.fetchmany(size):
        yield rows


def sizes(tx: Transaction) -> dict[str, int]:
    """How many entries stand in each scope."""
    counted = sa.select(entry.c.scope, sa.func.count()).group_by(entry.c.scope)
    return {str(row[0]): int(row[1]) for row in tx.execute(counted)}


def scopes(tx: Transaction) -> list[str]:
    """All that have entries. It steps from one to the next: how many entries there are does not matter."""
    found: list[str] = []
    least = sa.select(sa.func.min(entry.c.scope))
    scope = tx.execute(least).scalar()
    while scope is not None:
        found.append(str(scope))
        scope = tx.execute(least.where(entry.c.scope > scope)).scalar()
    return found


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
