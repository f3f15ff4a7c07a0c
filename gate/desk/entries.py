"""Entries: deny, allow, forget, edit, remove, list."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET

from gate.desk import typed
from gate.desk.accounts import made
from gate.desk.errors import DeskError
from gate.desk.ledger import By, Ledger, Plan, utc_now
from gate.desk.pages import fitting
from gate.forms import (
    AddEntries,
    Changed,
    EditEntry,
    Entry,
    EntryPage,
    EntryQuery,
    ForgetEntries,
    ListName,
    RemoveEntries,
    Warning,  # noqa: A004
)
from gate.rules import pattern as rules_pattern
from gate.rules.pattern import Pattern
from gate.rules.ruleset import parse_scope
from gate.store import Log, Transaction, accounts, entries
from gate.store.journal import Need
from gate.store.rows import EntryRow, RowChange


class Entries:
    def __init__(self, ledger: Ledger, log: Log) -> None:
        self._ledger = ledger
        self._log = log

    def deny(self, params: AddEntries, by: By) -> Changed:
        return self._add(params, "deny", by)

    def allow(self, params: AddEntries, by: By) -> Changed:
        return self._add(params, "allow", by)

    def _add(self, params: AddEntries, list_: ListName, by: By) -> Changed:
        wanted = typed.senders(params.patterns) if params.source == "click" else typed.patterns(params.patterns)
        note = typed.line(params.note, "note")

        def plan(tx: Transaction) -> Plan:
            scope, new = self._scope(tx, params)
            changes = added(tx, scope, list_, wanted, source=params.source, note=note)
            what = _Few([change.after.pattern for change in changes if isinstance(change.after, EntryRow)])
            told = {"scope": scope, "count": len(changes), "patterns": what.shown, **({"made": True} if new else {})}
            verb = "Deny" if list_ == "deny" else "Allow"
            text = f"{verb} {what.text} for {'new account ' if new else ''}{said(scope)}"
            return Plan(f"entries.{list_}", told, text, [*new, *changes], needs=needs(scope))

        return Changed(change=self._ledger.change(by, plan), warnings=[*self._cautions(wanted, list_)])

    def _scope(self, tx: Transaction, params: AddEntries) -> tuple[str, Sequence[RowChange]]:
        """The scope, and the rows that make it an account where that is asked for."""
        publisher = self._ledger.publisher
        if params.make_account:
            scope = parse_scope(params.scope)
            if typed.is_account(scope) and accounts.owner_of(tx, scope) is None:
                address = typed.account_address(scope, publisher)
                return address, made(address)
        return typed.known_scope(tx, params.scope, publisher), ()

    def forget(self, params: ForgetEntries, by: By) -> Changed:
        wanted = [typed.stored_pattern(text) for text in params.patterns]
        if not wanted:
            raise DeskError("entry.no_patterns")

        def plan(tx: Transaction) -> Plan:
            scope = typed.known_scope(tx, params.scope, self._ledger.publisher, foreign=True)
            found = entries.by_patterns(tx, scope, wanted)
            for text in wanted:
                if text not in found:
                    raise DeskError("entry.not_there", pattern=text, scope=said(scope))
                if params.list is not None and found[text].list != params.list:
                    raise DeskError("entry.not_on_list", pattern=text, scope=said(scope), list=params.list)
            return _removal(list(found.values()))

        return Changed(change=self._ledger.change(by, plan))

    def remove(self, params: RemoveEntries, by: By) -> Changed:
        ids = list(dict.fromkeys(params.ids))
        if not ids:
            raise DeskError("entry.no_patterns")

        def plan(tx: Transaction) -> Plan:
            found = entries.by_ids(tx, ids)
            for number in ids:
                if number not in found:
                    raise DeskError("entry.unknown", id=number)
            return _removal(list(found.values()))

        return Changed(change=self._ledger.change(by, plan))

    def edit(self, params: EditEntry, by: By) -> Changed:
        wanted = [] if params.pattern is UNSET else typed.patterns([params.pattern])
        note = UNSET if params.note is UNSET else typed.line(params.note, "note")

        def plan(tx: Transaction) -> Plan:
            before = entries.by_ids(tx, [params.id]).get(params.id)
            if before is None:
                raise DeskError("entry.unknown", id=params.id)
            after = before
            if wanted:
                after = msgspec.structs.replace(after, pattern=wanted[0].text, kind=wanted[0].kind.value)
            if params.list is not UNSET:
                after = msgspec.structs.replace(after, list=params.list)
            if note is not UNSET:
                after = msgspec.structs.replace(after, note=note)
            return _edition(tx, before, after)

        change = self._ledger.change(by, plan)
        return Changed(change=change, warnings=[*self._cautions(wanted, "deny")] if change else [])

    def list(self, params: EntryQuery, _by: By) -> EntryPage:
        limit = typed.page_limit(params.limit)
        if params.sort == "added":
            typed.number(params.after)
        with self._ledger.reading() as tx:
            scope = typed.known_scope(tx, params.scope, self._ledger.publisher, foreign=True)
            rows, more, total = entries.page(
                tx, scope, after=params.after, limit=limit, text=typed.sought(params.filter), sort=params.sort
            )
        hits = self._log.hits([row.id for row in rows])
        told = fitting([_form(row, hits.get(row.id)) for row in rows])
        if more or len(told) < len(rows):
            last = told[-1].pattern if params.sort == "pattern" else str(told[-1].id)
        else:
            last = None
        return EntryPage(rows=told, next=last, total=total)

    def _cautions(self, wanted: Sequence[Pattern], list_: ListName) -> Sequence[Warning]:
        """What the owner should know of patterns that he denied; an allowed one may cover what it will."""
        if list_ == "allow":
            return []
        publisher = self._ledger.publisher
        own, accounts = publisher.own_domains(), publisher.account_names()
        return [
            Warning(code=caution.code, text=caution.text, params=dict(caution.params))
            for pattern in wanted[:CAUTIONED]
            for caution in rules_pattern.cautions(pattern, own_domains=own, accounts=accounts)
        ]


CAUTIONED = 20
"""Patterns of one call that are looked at for warnings: nobody reads more, and each is compared with all accounts."""


def added(
    tx: Transaction,
    scope: str,
    list_: ListName,
    wanted: Sequence[Pattern],
    *,
    source: str,
    note: str = "",
    origin: str | None = None,
) -> list[RowChange]:
    """The rows that put patterns on a list and take them off the scope's other one. Those there already are left, but
    for a note that is given and says something else."""
    there = entries.by_patterns(tx, scope, [pattern.text for pattern in wanted])
    fresh = [pattern for pattern in wanted if pattern.text not in there or there[pattern.text].list != list_]
    now = utc_now()
    ids = entries.new_ids(tx, len(fresh)) if fresh else range(0)
    noted = [
        RowChange(row, msgspec.structs.replace(row, note=note))
        for row in there.values()
        if note and row.list == list_ and row.note != note
    ]
    return noted + [
        RowChange(
            there.get(pattern.text),
            EntryRow(
                id=number,
                scope=scope,
                list=list_,
                pattern=pattern.text,
                kind=pattern.kind.value,
                added=now,
                source=source,
                origin=origin,
                note=note,
            ),
        )
        for number, pattern in zip(ids, fresh, strict=True)
    ]


def needs(*scopes: str) -> list[Need]:
    """That an account's list relies on the account being there."""
    return [("name", scope) for scope in scopes if typed.is_account(scope)]


def said(scope: str) -> str:
    """A scope in a sentence."""
    return "everyone" if scope == "*" else scope


def _removal(rows: Sequence[EntryRow]) -> Plan:
    scopes = list(dict.fromkeys(row.scope for row in rows))
    what = _Few([row.pattern for row in rows])
    told = {"scopes": scopes[:SHOWN], "scope": scopes[0], "count": len(rows), "patterns": what.shown}
    where = said(scopes[0]) if len(scopes) == 1 else f"{len(scopes)} lists"
    changes = [RowChange(row, None) for row in rows]
    return Plan("entries.remove", told, f"Forget {what.text} for {where}", changes, needs=needs(*scopes))


def _edition(tx: Transaction, before: EntryRow, after: EntryRow) -> Plan:
    told = {"scope": before.scope, "before": before.pattern, "pattern": after.pattern, "list": after.list}
    if before.pattern == after.pattern:
        changes = [RowChange(before, after)]
        what = f"Edit {before.pattern}"
        if before.list != after.list:
            what = f"{'Deny' if after.list == 'deny' else 'Allow'} {before.pattern}"
    else:
        other = entries.by_patterns(tx, before.scope, [after.pattern]).get(after.pattern)
        if other is not None and other.list == after.list:
            raise DeskError("entry.exists", pattern=other.pattern, list=other.list, scope=said(other.scope))
        changes = [RowChange(before, None), RowChange(other, after)]
        what = f"Edit {before.pattern} to {after.pattern}"
    return Plan("entries.edit", told, f"{what} for {said(before.scope)}", changes, needs=needs(before.scope))


SHOWN = 20
"""Patterns or scopes that a change's params name."""


class _Few:
    def __init__(self, texts: Sequence[str]) -> None:
        self.shown = list(texts[:SHOWN])
        self.text = texts[0] if len(texts) == 1 else f"{len(texts)} patterns"


def _form(row: EntryRow, hits: tuple[int, str] | None) -> Entry:
    count, last = hits or (0, None)
    return Entry(
        id=row.id,
        scope=row.scope,
        list=row.list,
        pattern=row.pattern,
        kind=row.kind,
        source=row.source,
        origin=row.origin,
        note=row.note,
        added=row.added,
        hits=count,
        last_hit=last,
    )
