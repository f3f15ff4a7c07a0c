"""Queries about accounts and their names. Writing goes through `gate.store.rows`."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from gate.store.database import Transaction
from gate.store.rows import AccountRow, NameRow
from gate.store.tables import account, entry, expected, name


def owner_of(tx: Transaction, address: str) -> str | None:
    """The account that an address means (its own or an alias), None where it means none."""
    found = tx.execute(sa.select(name.c.account).where(name.c.address == address)).scalar()
    return None if found is None else str(found)


def get(tx: Transaction, address: str) -> AccountRow | None:
    return next(iter(_rows(tx, sa.select(account).where(account.c.address == address))), None)


def every(tx: Transaction) -> list[AccountRow]:
    return _rows(tx, sa.select(account).order_by(account.c.address), all_expected=True)


def addresses(tx: Transaction) -> list[str]:
    return [str(row[0]) for row in tx.execute(sa.select(account.c.address))]


def page(tx: Transaction, *, after: str | None, limit: int, text: str) -> tuple[list[AccountRow], bool, int]:
    """Accounts by address: up to `limit` rows, whether more remain, and how many `text` leaves in all."""
    chosen = sa.select(account)
    count = sa.select(sa.func.count()).select_from(account)
    if text:
        named = sa.select(name.c.account).where(name.c.address.icontains(text, autoescape=True))
        wanted = account.c.address.in_(named) | account.c.given_to.icontains(text, autoescape=True)
        chosen, count = chosen.where(wanted), count.where(wanted)
    if after is not None:
        chosen = chosen.where(account.c.address > after)
    rows = _rows(tx, chosen.order_by(account.c.address).limit(limit + 1))
    return rows[:limit], len(rows) > limit, int(tx.execute(count).scalar_one())


def _rows(tx: Transaction, chosen: "sa.Select[Any]", *, all_expected: bool = False) -> list[AccountRow]:
    found = tx.execute(chosen).all()
    patterns: dict[str, list[str]] = defaultdict(list)
    wanted = sa.select(expected.c.account, expected.c.pattern).order_by(expected.c.account, expected.c.position)
    if not all_expected:
        wanted = wanted.where(expected.c.account.in_([row.address for row in found]))
    for address, pattern in tx.execute(wanted) if found else ():
        patterns[address].append(pattern)
    return [
        AccountRow(
            address=row.address,
            created=row.created,
            mode=row.mode,
            watch=row.watch,
            refuse_bounces=row.refuse_bounces,
            given_to=row.given_to,
            expect=tuple(patterns.get(row.address, ())),
        )
        for row in found
    ]


def names(tx: Transaction, addresses: Sequence[str] | None = None) -> dict[str, list[NameRow]]:
    """The names of accounts, by account, in their order: its own first. None: of all accounts."""
    chosen = sa.select(name).order_by(name.c.account, name.c.position, name.c.address)
    if addresses is not None:
        chosen = chosen.where(name.c.account.in_(addresses))
    found: dict[str, list[NameRow]] = defaultdict(list)
    for row in tx.execute(chosen):
        found[row.account].append(NameRow(row.address, row.account, row.position))
    return found


def entry_counts(tx: Transaction, scopes: Sequence[str]) -> dict[tuple[str, str], int]:
    """How many entries by scope and list."""
    chosen = (
        sa.select(entry.c.scope, entry.c.list, sa.func.count())
        .where(entry.c.scope.in_(scopes))
        .group_by(entry.c.scope, entry.c.list)
    )
    return {(str(row[0]), str(row[1])): int(row[2]) for row in tx.execute(chosen)}
