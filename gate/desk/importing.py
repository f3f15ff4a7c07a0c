"""Import: what a survey must know, and what it found put on the lists, all of it in one undo.

It opens no file: the survey runs where the files are and sends what the owner ticked.
"""

import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from gate.desk import typed
from gate.desk.entries import added, needs, said
from gate.desk.errors import DeskError
from gate.desk.ledger import By, Ledger, Plan, utc_now
from gate.forms import Applied, ApplyImport, ImportItem, ListName, Nothing, Staged, StageImport, SurveyContext
from gate.rules.pattern import Pattern
from gate.rules.ruleset import parse_scope
from gate.store import Transaction, accounts, entries
from gate.store.rows import AccountRow, NameRow, RowChange

STAGES = 8
"""Imports being prepared at once; the one touched longest ago goes first."""
STALE_SECONDS = 1800.0
PATTERNS = 500_000
"""Patterns in one import at most."""
LABEL_LIMIT = 200


class Importing:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._stages = _Stages()

    def context(self, _params: Nothing, _by: By) -> SurveyContext:
        with self._ledger.reading() as tx:
            rows = accounts.every(tx)
            names = [name for each in accounts.names(tx).values() for name in each]
            publisher = self._ledger.publisher
            return SurveyContext(
                accounts=[name.address for name in names],
                domains=publisher.own_domains(),
                allowed=entries.allowed_patterns(tx),
                known=self._ledger.lists.known_people(tx),
                expected={row.address: [*row.expect] for row in rows if row.expect},
                aliases={name.address: name.account for name in names if name.position},
                any_domain=publisher.config.built_in,
            )

    def stage(self, params: StageImport, _by: By) -> Staged:
        """Keep a part of an import; without a stage's name a new one begins. Nothing changes yet."""
        return Staged(stage=self._stages.add(params.stage, params.items))

    def apply(self, params: ApplyImport, by: By) -> Applied:
        """All of it or nothing, one undo. Raises PatternError, AddressError, DeskError, naming the bad one."""
        staged = [] if params.stage is None else self._stages.get(params.stage)
        items = [*staged, *params.items]
        if not items:
            raise DeskError("import.nothing")
        _check_size(items)
        read = [(item, typed.patterns(item.patterns) if item.patterns else []) for item in items]
        work = _Work(self._ledger, typed.line(params.label, "label", LABEL_LIMIT) or "saved mail")

        def plan(tx: Transaction) -> Plan:
            return work.plan(tx, read)

        change = self._ledger.change(by, plan)
        if params.stage is not None:
            self._stages.drop(params.stage)
        return Applied(applied=work.applied, change=change, accounts_made=work.made)


@dataclass
class _Work:
    """One import on its way into rows."""

    ledger: Ledger
    label: str
    made: list[str] = field(default_factory=list)
    applied: int = 0
    closed: list[str] = field(default_factory=list)

    def plan(self, tx: Transaction, read: Sequence[tuple[ImportItem, list[Pattern]]]) -> Plan:
        before: dict[str, AccountRow | None] = {}
        after: dict[str, AccountRow] = {}
        by_list: dict[tuple[str, ListName], dict[str, Pattern]] = {}
        for item, patterns in read:
            scope = self._scope(tx, item.scope, before, after)
            if typed.is_account(scope):
                row = after[scope]
                after[scope] = msgspec.structs.replace(
                    row,
                    mode="closed" if item.close else row.mode,
                    refuse_bounces=row.refuse_bounces or item.refuse_bounces,
                    expect=tuple(dict.fromkeys([*row.expect, *typed.expected(item.expect)])),
                )
            elif item.close or item.refuse_bounces or item.expect:
                raise DeskError("scope.not_an_account", scope=scope)
            for pattern in patterns:
                # The last one said wins: a pattern stands on one list of a scope.
                by_list.get((scope, "allow" if item.list == "deny" else "deny"), {}).pop(pattern.text, None)
                by_list.setdefault((scope, item.list), {})[pattern.text] = pattern
        changes: list[RowChange] = []
        for scope, row in after.items():
            changes.append(RowChange(before[scope], row))
            if before[scope] is None:
                changes.append(RowChange(None, NameRow(scope, scope)))
        fresh: list[RowChange] = []
        for (scope, list_), wanted in by_list.items():
            fresh += added(tx, scope, list_, list(wanted.values()), source="import", origin=self.label)
        self.applied = len(fresh)
        self.made = [scope for scope in after if before[scope] is None]
        for scope, row in after.items():
            was = before[scope]
            if row.mode == "closed" and (was is None or was.mode != "closed"):
                self.closed.append(scope)
        scopes = list(dict.fromkeys([*after, *(scope for scope, _ in by_list)]))
        return Plan("import.apply", self._told(scopes), self._text(), [*changes, *fresh], needs=needs(*scopes))

    def _scope(
        self, tx: Transaction, text: str, before: dict[str, AccountRow | None], after: dict[str, AccountRow]
    ) -> str:
        scope = parse_scope(text)
        if not typed.is_account(scope):
            return typed.known_scope(tx, scope, self.ledger.publisher)
        owner = accounts.owner_of(tx, scope)
        if owner is None:
            scope = typed.account_address(scope, self.ledger.publisher)
            before.setdefault(scope, None)
            after.setdefault(scope, AccountRow(address=scope, created=utc_now()))
            return scope
        if owner not in before:
            row = accounts.get(tx, owner)
            assert row is not None  # noqa: S101 (a name has its account: foreign key)
            before[owner] = after[owner] = row
        return owner

    def _told(self, scopes: list[str]) -> dict[str, object]:
        return {
            "count": self.applied,
            "label": self.label,
            "accounts": len(self.made),
            "closed": len(self.closed),
            "scopes": scopes[:20],
        }

    def _text(self) -> str:
        what = []
        if self.applied:
            what.append("1 entry" if self.applied == 1 else f"{self.applied} entries")
        if self.made:
            what.append("1 new account" if len(self.made) == 1 else f"{len(self.made)} new accounts")
        if self.closed:
            what.append(f"{said(self.closed[0])} closed" if len(self.closed) == 1 else f"{len(self.closed)} closed")
        return f"{', '.join(what) or 'Settings'} from {self.label}"


def _check_size(items: Sequence[ImportItem]) -> None:
    if sum(len(item.patterns) for item in items) > PATTERNS:
        raise DeskError("import.too_large", limit=PATTERNS)


class _Stages:
    """Imports being prepared: few, not too large, and forgotten when nobody comes back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: dict[str, list[ImportItem]] = {}
        self._touched: dict[str, float] = {}

    def add(self, name: str | None, items: Sequence[ImportItem]) -> str:
        with self._lock:
            self._forget_stale()
            if name is None:
                while len(self._items) >= STAGES:
                    self._drop(min(self._touched, key=self._touched.__getitem__))
                name = secrets.token_hex(8)
                self._items[name] = []
            staged = self._known(name)
            _check_size([*staged, *items])
            if len(staged) + len(items) > PATTERNS:
                raise DeskError("import.too_large", limit=PATTERNS)
            staged.extend(items)
            self._touched[name] = time.monotonic()
            return name

    def get(self, name: str) -> list[ImportItem]:
        with self._lock:
            self._forget_stale()
            return list(self._known(name))

    def drop(self, name: str) -> None:
        with self._lock:
            self._drop(name)

    def _known(self, name: str) -> list[ImportItem]:
        if name not in self._items:
            raise DeskError("import.stage_unknown")
        return self._items[name]

    def _forget_stale(self) -> None:
        now = time.monotonic()
        for name in [name for name, touched in self._touched.items() if now - touched > STALE_SECONDS]:
            self._drop(name)

    def _drop(self, name: str) -> None:
        self._items.pop(name, None)
        self._touched.pop(name, None)
