"""Queries of log.db: decisions, totals by day, hits by entry."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from gate.forms import Decision, LogPage, LogQuery
from gate.store.database import Transaction
from gate.store.log_tables import decision, hit, total

IN_LIMIT = 10_000
TRIM_ROWS = 5_000
"""Rows removed in one transaction, so that a write of the log never waits long behind it."""

_COLUMNS = tuple(decision.c)
_FIELDS = tuple(column.name for column in _COLUMNS)


def last_id(tx: Transaction) -> int:
    return int(tx.execute(sa.select(sa.func.max(decision.c.id))).scalar() or 0)


def append(tx: Transaction, rows: Sequence[Decision]) -> None:
    """Add rows, their totals by day and account, and the hits of their entries."""
    if not rows:
        return
    tx.execute(sa.insert(decision), [msgspec.structs.asdict(row) for row in rows])
    refused: Counter[tuple[str, str]] = Counter()
    accepted: Counter[tuple[str, str]] = Counter()
    would: Counter[tuple[str, str]] = Counter()
    hits: Counter[int] = Counter()
    last: dict[int, str] = {}
    for row in rows:
        key = (row.time[:10], row.account or "")
        (refused if row.verdict == "refuse" else accepted)[key] += 1
        would[key] += row.would is not None
        if row.entry_id is not None:
            hits[row.entry_id] += 1
            last[row.entry_id] = max(row.time, last.get(row.entry_id, ""))
    for key in {*refused, *accepted}:
        _add_total(tx, key, {"refused": refused[key], "accepted": accepted[key], "would_refuse": would[key]})
    for entry_id, count in hits.items():
        _add_hit(tx, entry_id, count, last[entry_id])


def _add_total(tx: Transaction, key: tuple[str, str], counts: dict[str, int]) -> None:
    day, account = key
    same = (total.c.day == day) & (total.c.account == account)
    more = {field: total.c[field] + count for field, count in counts.items()}
    if tx.execute(sa.update(total).where(same).values(more)).rowcount == 0:
        tx.execute(sa.insert(total).values(day=day, account=account, **counts))


def _add_hit(tx: Transaction, entry_id: int, count: int, last: str) -> None:
    more = {"hits": hit.c.hits + count, "last_hit": sa.case((hit.c.last_hit > last, hit.c.last_hit), else_=last)}
    if tx.execute(sa.update(hit).where(hit.c.entry_id == entry_id).values(more)).rowcount == 0:
        tx.execute(sa.insert(hit).values(entry_id=entry_id, hits=count, last_hit=last))


def trim(tx: Transaction, *, oldest: str, max_rows: int) -> bool:
    """Remove the first `TRIM_ROWS` of what is too old or too many; True: more is left to remove."""
    lowest, highest = tx.execute(sa.select(sa.func.min(decision.c.id), sa.func.max(decision.c.id))).one()
    if lowest is None:
        return False
    aged = tx.execute(sa.select(sa.func.max(decision.c.id)).where(decision.c.time < oldest)).scalar() or 0
    wanted = max(aged, highest - max_rows)
    until = min(wanted, lowest + TRIM_ROWS - 1)
    if until >= lowest:
        tx.execute(sa.delete(decision).where(decision.c.id <= until))
    return bool(wanted > until)


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
