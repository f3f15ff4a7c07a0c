"""The rows that the owner can change, as values, and the one way in which they are written.

Every change of lists and accounts is a set of `RowChange`: a row before and after. The same set read backwards is its
undo, so nothing here may be changed in any other way.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec
import sqlalchemy as sa

from gate.forms import KindName, ListName, Mode
from gate.store.database import Transaction
from gate.store.tables import account, entry, expected, name

RowKind = Literal["account", "name", "entry", "listed"]
CHUNK = 10_000


class AccountRow(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An account without its names."""

    address: str
    created: str
    mode: Mode = "deny"
    watch: bool = False
    refuse_bounces: bool = False
    given_to: str | None = None
    expect: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.address


class NameRow(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An address that means an account: position 0 is the account's own, the others are aliases."""

    address: str
    account: str
    position: int = 0

    @property
    def key(self) -> str:
        return self.address


class EntryRow(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One line of a list. `scope` and `pattern` tell it from all others; `id` stays through edit, undo and redo."""

    id: int
    scope: str
    list: ListName
    pattern: str
    kind: KindName
    added: str
    source: str = "manual"
    origin: str | None = None
    note: str = ""

    @property
    def key(self) -> str:
        return entry_key(self.scope, self.pattern)


class ListedRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A domain where only what was made in Irusu exists. Its place is gate.toml, where the ledger has it written; the
    database keeps only the way back."""

    domain: str

    @property
    def key(self) -> str:
        return self.domain


Row = AccountRow | NameRow | EntryRow | ListedRow
KINDS: dict[type, RowKind] = {AccountRow: "account", NameRow: "name", EntryRow: "entry", ListedRow: "listed"}


def entry_key(scope: str, pattern: str) -> str:
    return f"{scope}\n{pattern}"


class RowChange(msgspec.Struct, frozen=True, gc=False):
    """A row before and after; None: it is not there. Both have the same key."""

    before: Row | None
    after: Row | None

    @property
    def kind(self) -> RowKind:
        return KINDS[type(self.after if self.after is not None else self.before)]

    @property
    def key(self) -> str:
        row = self.after if self.after is not None else self.before
        assert row is not None  # noqa: S101 (a change of nothing is no change)
        return row.key

    def backwards(self) -> "RowChange":
        return RowChange(self.after, self.before)


def write(tx: Transaction, changes: Iterable[RowChange]) -> None:
    """Write the `after` of each. What refers to an account goes before it and comes after it (foreign keys)."""
    entries_out: list[EntryRow] = []
    names_out: list[NameRow] = []
    accounts_out: list[AccountRow] = []
    entries_in: list[EntryRow] = []
    names_in: list[NameRow] = []
    accounts_in: list[AccountRow] = []
    accounts_set: list[AccountRow] = []
    for change in changes:
        before, after = change.before, change.after
        match before:
            case EntryRow():
                entries_out.append(before)
            case NameRow():
                names_out.append(before)
            case AccountRow() if after is None:
                accounts_out.append(before)
        match after:
            case EntryRow():
                entries_in.append(after)
            case NameRow():
                names_in.append(after)
            case AccountRow() if before is None:
                accounts_in.append(after)
            case AccountRow():
                accounts_set.append(after)
    _remove(tx, entry.c.id, [row.id for row in entries_out])
    _remove(tx, name.c.address, [row.address for row in names_out])
    _remove(tx, expected.c.account, [row.address for row in (*accounts_out, *accounts_set)])
    _remove(tx, account.c.address, [row.address for row in accounts_out])
    _insert(tx, account, [_account_values(row) for row in accounts_in])
    for row in accounts_set:
        tx.execute(account.update().where(account.c.address == row.address).values(_account_values(row)))
    _insert(tx, expected, [each for row in (*accounts_in, *accounts_set) for each in _expected_values(row)])
    _insert(tx, name, [msgspec.structs.asdict(row) for row in names_in])
    _insert(tx, entry, [msgspec.structs.asdict(row) for row in entries_in])


def _account_values(row: AccountRow) -> dict[str, object]:
    values = msgspec.structs.asdict(row)
    del values["expect"]
    return values


def _expected_values(row: AccountRow) -> list[dict[str, object]]:
    return [
        {"account": row.address, "position": number, "pattern": pattern} for number, pattern in enumerate(row.expect)
    ]


def _remove(tx: Transaction, column: sa.Column[int] | sa.Column[str], keys: Sequence[object]) -> None:
    if keys:
        statement = sa.delete(column.table).where(column == sa.bindparam("wanted"))
        tx.execute(statement, [{"wanted": key} for key in keys])


def _insert(tx: Transaction, table: sa.Table, values: list[dict[str, object]]) -> None:
    if values:
        tx.execute(sa.insert(table), values)
