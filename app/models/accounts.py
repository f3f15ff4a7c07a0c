"""The accounts of the gate, with the wider scopes above them: everyone, and each own domain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QObject, Qt, Signal

from app.models.domains import DomainsModel
from app.models.pager import Pager
from app.models.rows import ICON_ROLE, Column, Index, SortedRows
from app.models.words import EVERYONE, account_line, domain_line, scope_title
from gate.control.messages import (
    Account,
    AddAccount,
    Change,
    Changed,
    Decision,
    ListQuery,
    ListsChanged,
    Nothing,
    OneAccount,
    OwnDomain,
    ScopeCount,
    SetAccount,
    Status,
)

if TYPE_CHECKING:
    from app.link.client import CallFailed, Client

Done = Callable[[Account, Change | None], None]
Failed = Callable[["CallFailed"], None] | None

LINE_ROLE = Qt.ItemDataRole.UserRole + 10
"""The second line of a row: what holds for it."""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """A place where entries stand. `account` is None for everyone and for a domain."""

    address: str
    account: Account | None = None
    denied: int = 0
    allowed: int = 0
    domain: OwnDomain | None = None
    """What a domain is, if it is one and the gate has told."""


def _key(row: Scope) -> tuple[int, str, str]:
    rank = 2 if row.account is not None else int(row.address != EVERYONE)
    local, _, domain = row.address.rpartition("@")
    return (rank, domain, local)


def _line(row: Scope) -> str:
    return account_line(row.account) if row.account is not None else domain_line(row.domain, row.denied, row.allowed)


def _icon(row: Scope) -> str:
    if row.account is None:
        return "everyone" if row.address == EVERYONE else "home"
    if row.account.watch:
        return "watch"
    return "closed" if row.account.mode == "closed" else "accounts"


class AccountsModel(SortedRows[Scope]):
    """One column. Signals: `changed()` rows may differ; `unread(CallFailed)` the accounts could not be read,
    `unread(None)` now they could.

    Attributes:
        loaded: the gate has told its accounts. own_domains: as the gate said last. domains: what they are. offer:
            the way that suits the mail server found on that machine, while none is set up.
    """

    changed = Signal()
    unread = Signal(object)

    def __init__(self, client: Client, parent: QObject | None = None) -> None:
        super().__init__((Column(lambda: self.tr("Accounts"), lambda row: scope_title(row.address), _key),), parent)
        self._client = client
        self.domains = DomainsModel.of(client)
        self._pager = Pager(client, "account.list")
        self._again = False
        self._by_address: dict[str, Account] = {}
        self._asked: set[str] = set()
        self._removing: set[str] = set()
        self._wide: dict[str, Scope] = {}
        self._accounts: list[Account] = []
        self._domains: set[str] = set()
        self.loaded = False
        self.own_domains: list[str] = []
        self.offer: str | None = None
        self._sort = (0, False)
        client.listsChanged.connect(self._lists_changed)
        client.decisions.connect(self._count_refused)
        client.resync.connect(self.refresh)
        client.status.connect(self._status)
        self.domains.changed.connect(self._rebuild)
        if client.latest is not None:
            self._status(client.latest)

    @classmethod
    def of(cls, client: Client) -> AccountsModel:
        """The one model of this client's accounts: pages share it."""
        found = client.findChild(cls)
        return found if found is not None else cls(client, client)

    # ------------------------------------------------ what is shown

    def identity(self, row: Scope) -> object:
        return row.address

    def admits(self, row: Scope, text: str) -> bool:
        if text in scope_title(row.address).casefold():
            return True
        account = row.account
        return account is not None and (
            any(text in alias.casefold() for alias in account.aliases) or text in (account.given_to or "").casefold()
        )

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if index.isValid() and role in (LINE_ROLE, ICON_ROLE, Qt.ItemDataRole.AccessibleTextRole):
            row = self._shown[index.row()]
            if role == ICON_ROLE:
                return (_icon(row), "muted")
            return _line(row) if role == LINE_ROLE else f"{scope_title(row.address)}, {_line(row)}"
        return super().data(index, role)

    @property
    def accounts(self) -> Sequence[Account]:
        return self._accounts

    def find(self, address: str | None) -> Account | None:
        """The account of an address or of one of its aliases."""
        return self._by_address.get(address.casefold()) if address else None

    def scope(self, address: str) -> Scope | None:
        return self.find_row(address)

    # ------------------------------------------------ reading

    def refresh(self) -> None:
        """Read all accounts anew; rows stay on screen meanwhile."""
        if self._pager.reading:
            self._again = True
            return
        self._again = False
        self._pager.read(ListQuery(), self._got, self._not_got)

    def _got(self, rows: Sequence[Account], last: bool) -> None:
        if not last and self.loaded:
            return
        self._keep(rows)
        counts: Sequence[ScopeCount] = self._pager.first.scopes
        self._wide = {
            each.scope: Scope(address=each.scope, denied=each.denied, allowed=each.allowed) for each in counts
        }
        self.loaded = self.loaded or last
        self._rebuild()
        if not last:
            return
        self._removing &= self._asked
        self.unread.emit(None)
        domains = {account.address.rpartition("@")[2] for account in rows}
        if domains != self._domains:  # with the built-in server these are own domains: ask
            self._domains = domains
            self._client.call("status", Nothing(), None, lambda _fault: None)
        if self._again:
            self.refresh()

    def _not_got(self, fault: CallFailed) -> None:
        if fault.code != "link.lost":  # the window says that itself, and reads again by itself
            self.unread.emit(fault)

    def _rebuild(self) -> None:
        wide = [EVERYONE, *(f"@{domain}" for domain in self.own_domains)]
        accounts = [Scope(address=account.address, account=account) for account in self._accounts]
        self.put([*map(self._wide_scope, wide), *accounts])
        self.changed.emit()

    def _wide_scope(self, address: str) -> Scope:
        scope = self._wide.get(address, Scope(address=address))
        return msgspec.structs.replace(scope, domain=self.domains.find(address.removeprefix("@")))

    def _status(self, status: Status) -> None:
        if status.offer != self.offer:
            self.offer = status.offer
            self.changed.emit()
        if status.own_domains == self.own_domains:
            return
        self.own_domains = list(status.own_domains)
        self._rebuild()
        if self.loaded:  # a new domain may have entries already
            self.refresh()

    def _count_refused(self, decisions: Sequence[Decision]) -> None:
        """The gate's own count comes with the next reading."""
        refused = Counter(d.account for d in decisions if d.verdict == "refuse" and d.account is not None)
        if not refused:
            return
        for place, account in enumerate(self._accounts):
            if account.address in refused:
                total = account.refused_7_days + refused[account.address]
                self._accounts[place] = msgspec.structs.replace(account, refused_7_days=total)
        self._keep(self._accounts)
        self.swap({a.address: Scope(address=a.address, account=a) for a in self._accounts if a.address in refused})
        self.changed.emit()

    def _keep(self, accounts: Sequence[Account]) -> None:
        self._accounts = list(accounts)
        self._by_address = {alias.casefold(): a for a in accounts for alias in (*a.aliases, a.address)}

    def _lists_changed(self, changed: ListsChanged) -> None:
        if changed.scopes is None or changed.scopes:
            self.refresh()

    # ------------------------------------------------ what an owner does

    def add(self, form: AddAccount, done: Done, failed: Failed = None) -> None:
        """Make an account; `done` gets it and the journal's line."""
        self._client.call("account.add", form, self._with_change(done), failed)

    def set(self, form: SetAccount, done: Done, failed: Failed = None) -> None:
        """Change what is set in `form`; `done` gets the account and the journal's line (None: all was so already)."""
        self._client.call("account.set", form, self._with_change(done), failed)

    def _with_change(self, done: Done) -> Callable[[Account], None]:
        """These answers do not hold the journal's line; but the event that does comes before them."""
        before = self._client.undo.id if self._client.undo is not None else 0

        def answered(account: Account) -> None:
            change = self._client.undo
            noted = change is not None and change.id > before and change.code.startswith("account.")
            done(account, change if noted else None)

        return answered

    def remove(self, address: str, done: Callable[[Changed], None], failed: Failed = None) -> None:
        """Remove an account and its entries, in one undo. One that is being removed already is left."""
        if address in self._removing:
            return

        def removed(changed: Changed) -> None:
            self._asked.discard(address)
            if not self._pager.reading:
                self._removing.discard(address)
            done(changed)

        def broken(fault: CallFailed) -> None:
            self._asked.discard(address)
            self._removing.discard(address)
            (failed or self._client.complaint.emit)(fault)

        self._asked.add(address)
        self._removing.add(address)
        self._client.call("account.remove", OneAccount(address=address), removed, broken)
