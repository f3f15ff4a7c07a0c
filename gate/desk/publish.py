"""From store to ruleset to guard. It holds what the rules need in memory, so that one more entry costs one more entry.

It must never publish what is not committed: the ledger applies, commits, and only then lets it out.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from gate.desk.server import ConfigView
from gate.rules.domain import canonical_domain
from gate.rules.ruleset import AccountRule, EntryRule, Ruleset, compile_ruleset
from gate.store import Transaction, accounts, entries
from gate.store.rows import AccountRow, EntryRow, ListedRow, NameRow, RowChange


class Publisher:
    """Follows the rows and makes rulesets of them. Not for several threads at once: the ledger's lock guards it."""

    def __init__(self, config: ConfigView, publish: Callable[[Ruleset], None]) -> None:
        self._config = config
        self._publish = publish
        self._accounts: dict[str, AccountRow] = {}
        self._names: dict[str, dict[str, NameRow]] = {}
        self._owners: dict[str, str] = {}
        self._entries: dict[int, EntryRule] = {}
        self._ruleset: Ruleset | None = None
        self._previous: Ruleset | None = None
        self._own_domains: tuple[str, ...] = ()  # replaced, never changed: other threads may be reading it

    @property
    def config(self) -> ConfigView:
        return self._config

    @property
    def ruleset(self) -> Ruleset:
        """What was compiled last."""
        if self._ruleset is None:
            self._ruleset = self._compile()
        return self._ruleset

    def configure(self, config: ConfigView) -> None:
        self._config = config
        self._ruleset = None

    def load(self, tx: Transaction) -> None:
        """Read everything anew."""
        self._accounts = {row.address: row for row in accounts.every(tx)}
        self._names, self._owners = {}, {}
        for rows in accounts.names(tx).values():
            for row in rows:
                self._put_name(row)
        self._entries = {
            number: EntryRule(number, scope, list_, pattern) for number, scope, list_, pattern in entries.for_rules(tx)
        }
        self._ruleset = None

    def own_domains(self) -> list[str]:
        """Canonical: those of gate.toml; with the built-in server also those of all accounts and aliases."""
        return list(self._own_domains)

    def account_names(self) -> list[str]:
        """The addresses of all accounts, their aliases too."""
        return list(self._owners)

    def apply(self, changes: Sequence[RowChange]) -> None:
        """Follow the rows and compile. Raises a Fault of the rules, and then nothing has changed."""
        before = self._previous = self.ruleset
        self._follow(changes)
        try:
            self._ruleset = self._compile()
        except BaseException:
            self.revert(changes, before)
            raise

    def revert(self, changes: Sequence[RowChange], before: Ruleset) -> None:
        """The rows were not committed after all."""
        self._follow([change.backwards() for change in changes])
        self._own_domains = self._own()
        self._ruleset = before

    def let_out(self) -> None:
        """Give the last ruleset to the guard."""
        self._publish(self.ruleset)

    def _follow(self, changes: Iterable[RowChange]) -> None:
        for change in changes:
            match change.before:
                case AccountRow() as account:
                    del self._accounts[account.address]
                case NameRow() as name:
                    self._drop_name(name)
                case EntryRow() as entry:
                    self._entries.pop(entry.id, None)
                case ListedRow(domain):
                    others = [name for name in self._config.listed if canonical_domain(name) != domain]
                    self._config = replace(self._config, listed=others)
        for change in changes:
            match change.after:
                case AccountRow() as account:
                    self._accounts[account.address] = account
                case NameRow() as name:
                    self._put_name(name)
                case EntryRow() as entry:
                    self._entries[entry.id] = EntryRule(entry.id, entry.scope, entry.list, entry.pattern)
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

    def _compile(self) -> Ruleset:
        rules = [
            AccountRule(
                address=row.address,
                aliases=tuple(name for name in self._names.get(row.address, ()) if name != row.address),
                mode=row.mode,
                watch=row.watch,
                refuse_bounces=row.refuse_bounces,
            )
            for row in self._accounts.values()
        ]
        own = self._own_domains = self._own()
        return compile_ruleset(
            rules,
            list(self._entries.values()),
            own_domains=own,
            listed=[canonical_domain(name) for name in self._config.listed],
            delimiter=self._config.delimiter,
            previous=self._previous,
        )


def domain_of(address: str) -> str:
    """The domain of a canonical address text."""
    return address.rpartition("@")[2]
