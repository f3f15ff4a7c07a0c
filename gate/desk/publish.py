"""From store to ruleset to guard. It holds what the rules need in memory, so that one more entry costs one more entry.

It must never publish what is not committed: the ledger applies, commits, and only then lets it out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from gate.desk.loading import breathe, matchers
from gate.desk.server import ConfigView
from gate.rules.domain import canonical_domain
from gate.rules.entry import Held
from gate.rules.matcher import Matcher, nothing
from gate.rules.plain import Lent, Plain, number
from gate.rules.ruleset import AccountRule, EntryRule, Ruleset, compile_ruleset
from gate.store import Transaction, accounts, entries
from gate.store.rows import AccountRow, EntryRow, ListedRow, NameRow, RowChange
from gate.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class _Step:
    """Entries that went and came after the lists were lent, and the rules that this made."""

    rules: Ruleset
    gone: Sequence[EntryRule]
    come: Sequence[EntryRule]


class Publisher:
    """Follows the rows and makes rulesets of them. Not for several threads at once: the ledger's lock guards it."""

    def __init__(self, config: ConfigView, publish: Callable[[Ruleset], None]) -> None:
        self._config = config
        self._publish = publish
        self._accounts: dict[str, AccountRow] = {}
        self._names: dict[str, dict[str, NameRow]] = {}
        self._owners: dict[str, str] = {}
        self._ruleset = compile_ruleset((), (), own_domains=())
        self._since: list[_Step] | None = None  # None: nothing is lent
        self._lent_scopes: Sequence[str] = ()
        self._own_domains: tuple[str, ...] = ()  # replaced, never changed: other threads may be reading it

    @property
    def config(self) -> ConfigView:
        return self._config

    @property
    def ruleset(self) -> Ruleset:
        """What was compiled last."""
        return self._ruleset

    def configure(self, config: ConfigView) -> None:
        """The same lists under other settings."""
        self._config = config
        self._ruleset = self._about(self._ruleset)

    def load(self, tx: Transaction, snapshot: Snapshot | None) -> None:
        """Read everything anew. With a snapshot, addresses and domains stay in it until `settle`."""
        self._accounts = {row.address: row for row in accounts.every(tx)}
        self._names, self._owners = {}, {}
        for rows in accounts.names(tx).values():
            for row in rows:
                self._put_name(row)
        if snapshot is None:
            self._since = None
            places = matchers(entries.looked_up(tx), {}, lambda: None)
        else:
            self._since = []
            places = {scope: nothing(scope).on(_lent(snapshot, scope), ()) for scope in entries.scopes(tx)}
        self._lent_scopes = tuple(places) if snapshot is not None else ()
        bare = self._about(compile_ruleset((), (), own_domains=()))
        self._ruleset = bare.moved(places).changed((), [EntryRule(*row) for row in entries.sought(tx)])

    def settle(self, places: Mapping[str, Matcher]) -> None:
        """What was lent is in memory. The rules stay the same in everything but their place."""
        now = {scope: nothing(scope) for scope in self._lent_scopes}
        now.update(places)
        steps, self._since, self._lent_scopes = self._since or (), None, ()
        for step in steps:
            for scope in {entry.scope for entry in (*step.gone, *step.come)}:
                gone, come = ([entry for entry in each if entry.scope == scope] for each in (step.gone, step.come))
                now[scope] = (now.get(scope) or nothing(scope)).changed(gone, come, breathe)
        self._ruleset = self._ruleset.moved(now)

    def own_domains(self) -> list[str]:
        """Canonical: those of gate.toml; with the built-in server also those of all accounts and aliases."""
        return list(self._own_domains)

    def account_names(self) -> list[str]:
        """The addresses of all accounts, their aliases too."""
        return list(self._owners)

    def apply(self, changes: Sequence[RowChange]) -> None:
        """Follow the rows and compile. Raises a Fault of the rules, and then nothing has changed."""
        before = self._ruleset
        self._follow(changes)
        try:
            self._compile(changes)
        except BaseException:
            self.revert(changes, before)
            raise

    def revert(self, changes: Sequence[RowChange], before: Ruleset) -> None:
        """The rows were not committed after all."""
        self._follow([change.backwards() for change in changes])
        self._own_domains = self._own()
        if self._since and self._since[-1].rules is self._ruleset:
            self._since.pop()
        self._ruleset = before

    def let_out(self) -> None:
        """Give the last ruleset to the guard."""
        self._publish(self._ruleset)

    def _follow(self, changes: Iterable[RowChange]) -> None:
        for change in changes:
            match change.before:
                case AccountRow() as account:
                    del self._accounts[account.address]
                case NameRow() as name:
                    self._drop_name(name)
                case ListedRow(domain):
                    others = [name for name in self._config.listed if canonical_domain(name) != domain]
                    self._config = replace(self._config, listed=others)
        for change in changes:
            match change.after:
                case AccountRow() as account:
                    self._accounts[account.address] = account
                case NameRow() as name:
                    self._put_name(name)
                case ListedRow(domain):
                    self._config = replace(self._config, listed=[*self._config.listed, domain])

    def _put_name(self, row: NameRow) -> None:
        self._names.setdefault(row.account, {})[row.address] = row
        self._owners[row.address] = row.account

    def _drop_name(self, row: NameRow) -> None:
        names = self._names[row.account]
        del names[row.address], self._owners[row.address]
        if not names:
            del self._names[row.account]

    def _own(self) -> tuple[str, ...]:
        found = dict.fromkeys(map(canonical_domain, self._config.domains))
        if self._config.built_in:
            found.update(dict.fromkeys(map(domain_of, self._owners)))
        return tuple(found)

    def _compile(self, changes: Sequence[RowChange]) -> None:
        if not all(change.kind == "entry" for change in changes):
            self._ruleset = self._about(self._ruleset)
        before, after = ([_rule(row) for row in rows if isinstance(row, EntryRow)] for rows in _sides(changes))
        gone, come = (list(dict.fromkeys(each)) for each in (before, after))
        same = set(gone).intersection(come)
        if same:  # a note was edited
            gone, come = ([rule for rule in each if rule not in same] for each in (gone, come))
        if gone or come:
            self._ruleset = self._ruleset.changed(gone, come, breathe)
            if self._since is not None:
                self._since.append(_Step(self._ruleset, gone, come))

    def _about(self, rules: Ruleset) -> Ruleset:
        """The same entries for the accounts and settings as they are now."""
        own = self._own_domains = self._own()
        return rules.about(
            [
                AccountRule(
                    address=row.address,
                    aliases=tuple(name for name in self._names.get(row.address, ()) if name != row.address),
                    mode=row.mode,
                    watch=row.watch,
                    refuse_bounces=row.refuse_bounces,
                )
                for row in self._accounts.values()
            ],
            own_domains=own,
            listed=[canonical_domain(name) for name in self._config.listed],
            delimiter=self._config.delimiter,
        )


def _sides(changes: Sequence[RowChange]) -> tuple[Iterable[object], Iterable[object]]:
    return (change.before for change in changes), (change.after for change in changes)


def _rule(row: EntryRow) -> EntryRule:
    return EntryRule(row.id, row.scope, row.list, row.pattern)


def _lent(snapshot: Snapshot, scope: str) -> Plain:
    def look_up(text: str) -> int:
        found = snapshot.look_up(scope, text)
        return 0 if found is None else number(*found)

    return Plain(scope, Lent(look_up), Held(), above=True)


def domain_of(address: str) -> str:
    """The domain of a canonical address text."""
    return address.rpartition("@")[2]
