"""Queries of log.db: decisions, totals by day, hits by entry."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from gate.forms import Decision, LogPage, LogQuery
from gate.store.counts import Counts
from gate.store.database import Transaction
from gate.store.log_tables import decision, hit, total

IN_LIMIT = 10_000
TRIM_ROWS = 5_000
"""Rows removed in one transaction, so that a write of the log never waits long behind it."""

_COLUMNS = tuple(decision.c)
_FIELDS = tuple(column.name for column in _COLUMNS)
ROWS_A_STATEMENT = 999 // len(_FIELDS)
"""As many as fit into a statement's parameters, whatever SQLite it is."""


def last_id(tx: Transaction) -> int:
    return int(tx.execute(sa.select(sa.func.max(decision.c.id))).scalar() or 0)


def last_time(tx: Transaction) -> str | None:
    return tx.execute(sa.select(decision.c.time).order_by(decision.c.id.desc()).limit(1)).scalar()


def append(tx: Transaction, rows: Sequence[Decision]) -> None:
    """Add rows, their totals by day and account, and the hits of their entries.

    The mail path shares the interpreter with this: rows go to the driver as they are, past the Core's work for each,
    and many in one statement, for the driver gives the interpreter away and asks for it again at each.
    """
    if not rows:
        return
    counts = Counts()
    counts.add(rows)
    values, insert_text = list(map(_values, rows)), _text(tx, _INSERT)
    for first in range(0, len(values), ROWS_A_STATEMENT):
        some = values[first : first + ROWS_A_STATEMENT]
        tx.exec_driver_sql(_of_many(insert_text, len(some)), tuple(chain.from_iterable(some)))
    count(tx, counts)


def count(tx: Transaction, counts: Counts) -> None:
    """Add the totals and hits alone."""
    if counts.totals:
        tx.exec_driver_sql(_text(tx, _ADD_TOTAL), [(*key, *found) for key, found in counts.totals.items()])
    if counts.hits:
        tx.exec_driver_sql(_text(tx, _ADD_HITS), [(entry, *seen) for entry, seen in counts.hits.items()])


def _text(tx: Transaction, statement: sa.Insert) -> str:
    """The statement in the words of the database; the Core itself remembers no text for `exec_driver_sql`."""
    found = _TEXTS.get((tx.dialect.name, statement))
    if found is None:
        found = _TEXTS[tx.dialect.name, statement] = str(statement.compile(dialect=tx.dialect))
    return found


@lru_cache(maxsize=ROWS_A_STATEMENT)
def _of_many(insert_text: str, count: int) -> str:
    """An INSERT of one row, of so many."""
    head, values, one = insert_text.partition(" VALUES ")
    return head + values + ", ".join([one] * count)


def _adding(table: sa.Table, keys: tuple[str, ...], last: str | None = None) -> sa.Insert:
    """Insert a row, or add its counts to the row with the same keys; of `last` the later stays. (PostgreSQL has the
    same statement in its own dialect.)"""
    statement = insert(table)
    more: dict[str, Any] = {}
    for column in table.c:
        if column.name == last:
            later = statement.excluded[last]
            more[last] = sa.case((column > later, column), else_=later)
        elif column.name not in keys:
            more[column.name] = column + statement.excluded[column.name]
    return statement.on_conflict_do_update(index_elements=keys, set_=more)


_INSERT = sa.insert(decision)
_ADD_TOTAL = _adding(total, ("day", "account"))
_ADD_HITS = _adding(hit, ("entry_id",), last="last_hit")
_TEXTS: dict[tuple[str, sa.Insert], str] = {}
_values = attrgetter(*_FIELDS)


def trim(tx: Transaction, *, oldest: str, max_rows: int) -> bool:
    """Remove `TRIM_ROWS` of what is too old and of what is too many, each; True: more is left to remove.

    Every row goes by its own time: a clock that was wrong for a while dates rows before those that came earlier.
    """
    aged = sa.select(decision.c.id).where(decision.c.time < oldest).order_by(decision.c.time).limit(TRIM_ROWS)
    gone = tx.execute(sa.delete(decision).where(decision.c.id.in_(aged))).rowcount if oldest else 0
    lowest = tx.execute(sa.select(sa.func.min(decision.c.id))).scalar()  # in one statement with max: a whole scan
    highest = last_id(tx)
    if lowest is None:
        return False
    wanted = highest - max_rows
    until = min(wanted, lowest + TRIM_ROWS - 1)
    if until >= lowest:
        tx.execute(sa.delete(decision).where(decision.c.id <= until))
    return bool(gone >= TRIM_ROWS or wanted > until)


def totals(tx: Transaction) -> tuple[int, int]:
    row = tx.execute(sa.select(sa.func.sum(total.c.refused), sa.func.sum(total.c.accepted))).one()
    return int(row[0] or 0), int(row[1] or 0)


def refused_since(tx: Transaction, day: str, accounts: Sequence[str]) -> dict[str, int]:
    chosen = (
        sa.select(total.c.account, sa.func.sum(total.c.refused))
        .where(total.c.day >= day, total.c.account.in_(accounts))
        .group_by(total.c.account)
    )
    return {str(row[0]): int(row[1]) for row in tx.execute(chosen)}


def hits(tx: Transaction, entry_ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    found: dict[int, tuple[int, str]] = {}
    for start in range(0, len(entry_ids), IN_LIMIT):
        wanted = hit.c.entry_id.in_(entry_ids[start : start + IN_LIMIT])
        for row in tx.execute(sa.select(hit.c.entry_id, hit.c.hits, hit.c.last_hit).where(wanted)):
            found[row.entry_id] = (row.hits, row.last_hit)
    return found


def page(tx: Transaction, query: LogQuery, since: str | None) -> LogPage:
    """Up to `query.limit` rows, the newest last; see `LogQuery`."""
    chosen: sa.Select[Any] = sa.select(*_COLUMNS)
    if since is not None:
        chosen = chosen.where(decision.c.time >= since)
    if query.verdict is not None:
        chosen = chosen.where(decision.c.verdict == query.verdict)
    if query.account is not None:
        chosen = chosen.where(decision.c.account == query.account)
    if query.filter:
        shown = ("sender", "recipient", "client", "helo", "pattern", "reply")
        chosen = chosen.where(sa.or_(*(decision.c[field].icontains(query.filter, autoescape=True) for field in shown)))
    if query.before is not None:
        chosen = chosen.where(decision.c.id < query.before)
    if query.after_id is not None:
        chosen = chosen.where(decision.c.id > query.after_id).order_by(decision.c.id)
    else:
        chosen = chosen.order_by(decision.c.id.desc())
    rows = [Decision(**dict(zip(_FIELDS, row, strict=True))) for row in tx.execute(chosen.limit(query.limit + 1))]
    kept = rows[: query.limit]
    if query.after_id is None:
        kept.reverse()
    return LogPage(rows=kept, more=len(rows) > query.limit)
