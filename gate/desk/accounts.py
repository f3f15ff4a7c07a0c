"""Accounts: make, change, remove, show, list."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from msgspec import UNSET

from gate.desk import typed
from gate.desk.errors import DeskError
from gate.desk.ledger import By, Ledger, Plan, utc_now
from gate.forms import Account, AccountPage, AddAccount, Changed, ListQuery, OneAccount, ScopeCount, SetAccount
from gate.store import Log, Transaction, accounts, entries
from gate.store.rows import AccountRow, NameRow, RowChange


class Accounts:
    def __init__(self, ledger: Ledger, log: Log) -> None:
        self._ledger = ledger
        self._log = log

    def add(self, params: AddAccount, by: By) -> Account:
        address = typed.owned_address(params.address, self._ledger.publisher)

        def plan(tx: Transaction) -> Plan:
            _check_free(tx, address)
            row = AccountRow(
                address=address,
                created=utc_now(),
                mode=params.mode,
                watch=params.watch,
                refuse_bounces=params.refuse_bounces,
                given_to=typed.line(params.given_to or "", "name it was given to") or None,
                expect=typed.expected(params.expect),
            )
            names = self._names(tx, address, params.aliases)
            changes = [RowChange(None, row), *(RowChange(None, name) for name in names)]
            return Plan("account.add", {"account": address}, f"Add account {address}", changes)

        self._ledger.change(by, plan)
        return self.show(OneAccount(address=address), by)

    def set(self, params: SetAccount, by: By) -> Account:
        with self._ledger.reading() as tx:
            address = typed.known_account(tx, params.address)  # the alias that named it may be one that now goes

        def plan(tx: Transaction) -> Plan:
            typed.known_account(tx, address)
            before = accounts.get(tx, address)
            assert before is not None  # noqa: S101 (a name has its account: foreign key)
            after = _with(before, params)
            changes = [RowChange(before, after)]
            what = [field for field in _FIELDS if getattr(before, field) != getattr(after, field)]
            if params.aliases is not UNSET:
                changes += self._renamed(tx, address, params.aliases)
                what += ["aliases"] if len(changes) > 1 else []
            told = {"account": address, "fields": what, "mode": after.mode}
            text = f"Set {', '.join(_SAID[field](after) for field in what)} of {address}"
            return Plan("account.set", told, text, changes, needs=[("name", address)])

        self._ledger.change(by, plan)
        return self.show(OneAccount(address=address), by)

    def remove(self, params: OneAccount, by: By) -> Changed:
        def plan(tx: Transaction) -> Plan:
            address = typed.known_account(tx, params.address)
            gone = [
                *entries.of_scope(tx, address),
                *accounts.names(tx, [address])[address],
                accounts.get(tx, address),
            ]
            changes = [RowChange(row, None) for row in gone]
            return Plan("account.remove", {"account": address}, f"Remove account {address}", changes)

        return Changed(change=self._ledger.change(by, plan))

    def show(self, params: OneAccount, _by: By) -> Account:
        with self._ledger.reading() as tx:
            row = accounts.get(tx, typed.known_account(tx, params.address))
            assert row is not None  # noqa: S101 (as above)
            return self._forms(tx, [row])[0]

    def list(self, params: ListQuery, _by: By) -> AccountPage:
        limit = typed.page_limit(params.limit)
        with self._ledger.reading() as tx:
            rows, more, total = accounts.page(tx, after=params.after, limit=limit, text=typed.sought(params.filter))
            return AccountPage(
                rows=[*self._forms(tx, rows)],
                next=rows[-1].address if more else None,
                total=total,
                scopes=[*self._wide(tx)] if params.after is None else [],
            )

    def _wide(self, tx: Transaction) -> Sequence[ScopeCount]:
        scopes = ["*", *(f"@{domain}" for domain in self._ledger.publisher.own_domains())]
        counts = accounts.entry_counts(tx, scopes)
        return [
            ScopeCount(scope=scope, denied=counts.get((scope, "deny"), 0), allowed=counts.get((scope, "allow"), 0))
            for scope in scopes
        ]

    def _forms(self, tx: Transaction, rows: Sequence[AccountRow]) -> tuple[Account, ...]:
        addresses = [row.address for row in rows]
        names = accounts.names(tx, addresses)
        counts = accounts.entry_counts(tx, addresses)
        week = (datetime.now(UTC) - timedelta(days=6)).strftime("%Y-%m-%d")
        refused = self._log.refused_since(week, addresses)
        return tuple(
            Account(
                address=row.address,
                aliases=[name.address for name in names[row.address] if name.position],
                mode=row.mode,
                watch=row.watch,
                refuse_bounces=row.refuse_bounces,
                given_to=row.given_to,
                expect=[*row.expect],
                denied=counts.get((row.address, "deny"), 0),
                allowed=counts.get((row.address, "allow"), 0),
                refused_7_days=refused.get(row.address, 0),
            )
            for row in rows
        )

    def _names(self, tx: Transaction, address: str, aliases: Sequence[str]) -> tuple[NameRow, ...]:
        """The names of a new account, or of one that gets new aliases. Raises DeskError where one is taken."""
        names = [NameRow(address, address)]
        for text in filter(str.strip, aliases):
            alias = typed.owned_address(text, self._ledger.publisher)
            if alias == address:
                raise DeskError("account.alias_itself", address=alias)
            if any(alias == name.address for name in names):
                continue
            owner = accounts.owner_of(tx, alias)
            if owner == alias:
                raise DeskError("account.alias_is_account", address=alias)
            if owner not in (None, address):
                raise DeskError("account.is_alias", address=alias, account=owner)
            names.append(NameRow(alias, address, len(names)))
        return tuple(names)

    def _renamed(self, tx: Transaction, address: str, aliases: Sequence[str]) -> tuple[RowChange, ...]:
        before = {name.address: name for name in accounts.names(tx, [address])[address]}
        after = {name.address: name for name in self._names(tx, address, aliases)}
        changes = [RowChange(before.get(key), after.get(key)) for key in {**before, **after}]
        return tuple(change for change in changes if change.before != change.after)


def made(address: str) -> tuple[RowChange, ...]:
    """The rows of a new account with nothing set, where another change makes it by the way."""
    return (RowChange(None, AccountRow(address=address, created=utc_now())), RowChange(None, NameRow(address, address)))


def _check_free(tx: Transaction, address: str) -> None:
    owner = accounts.owner_of(tx, address)
    if owner == address:
        raise DeskError("account.exists", account=address)
    if owner is not None:
        raise DeskError("account.is_alias", address=address, account=owner)


_FIELDS: Final = ("mode", "watch", "refuse_bounces", "given_to", "expect")
_SAID: dict[str, Callable[[AccountRow], str]] = {
    "mode": lambda row: f"mode {row.mode}",
    "watch": lambda row: "watch" if row.watch else "no watch",
    "refuse_bounces": lambda row: "refuse bounces" if row.refuse_bounces else "no refuse bounces",
    "given_to": lambda row: f"given to {row.given_to}" if row.given_to else "given to nobody",
    "expect": lambda row: "expected senders",
    "aliases": lambda row: "aliases",
}
"""How the history names what was set."""


def _with(before: AccountRow, params: SetAccount) -> AccountRow:
    given: dict[str, object] = {
        field: getattr(params, field)
        for field in ("mode", "watch", "refuse_bounces")
        if getattr(params, field) is not UNSET
    }
    if params.given_to is not UNSET:
        given["given_to"] = typed.line(params.given_to or "", "name it was given to") or None
    if params.expect is not UNSET:
        given["expect"] = typed.expected(params.expect)
    return msgspec.structs.replace(before, **given)
