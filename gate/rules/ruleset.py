"""The decision: one sender and one recipient in, one verdict out, from rules compiled into memory.

The order is that of docs/patterns.md. Verdicts depend neither on the order of entries nor on time. Relay control is
not decided here, `owns` only tells what is needed for it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from gate.forms import Because, VerdictName
from gate.rules import address
from gate.rules.accounts import AccountRule, Accounts
from gate.rules.address import NULL, Address, AddressError
from gate.rules.domain import canonical_domain
from gate.rules.entry import EntryRule
from gate.rules.matcher import Matcher, RulesetError, Together, no_pause, nothing, together
from gate.rules.scope import EVERYONE, ScopeError, parse_scope
from gate.rules.sender import SenderForms

__all__ = [
    "AccountRule", "EntryRule", "Ruleset", "RulesetError", "ScopeError", "Verdict", "compile_ruleset", "parse_scope",
]  # fmt: skip

EXEMPT = frozenset({"postmaster", "abuse"})
"""Local parts that always get their mail (RFC 5321 4.5.1, RFC 2142)."""


_NOBODY = AccountRule(address="")
_NO_LIST = nothing("")


class Verdict(msgspec.Struct, frozen=True):
    """Accept or refuse for one sender and one recipient, and what caused it.

    Attributes:
        account: the nearest account's address; None where no account is concerned.
        entry: the entry that decided (or would have: `watch`, `open`).
        would: `refuse` if only `watch` or the state `open` lets it through.
    """

    verdict: VerdictName
    because: Because
    account: str | None = None
    entry: EntryRule | None = None
    would: Literal["refuse"] | None = None

    def let_through(self, because: Because) -> "Verdict":
        """The same, but a refusal is only told, not done."""
        return self if self.verdict == "accept" else Verdict("accept", because, self.account, self.entry, "refuse")


class Ruleset:
    """Compiled rules; immutable, may be asked from any thread. Make one with `compile_ruleset`, and others of it with
    `changed` and `about`, which share with it all that stays the same."""

    def __init__(self, accounts: Accounts, own_domains: frozenset[str], listed: frozenset[str], delimiter: str) -> None:
        """Without entries."""
        self._accounts = accounts
        self._own_domains = own_domains
        self._listed = listed
        self._delimiter = delimiter
        self._scopes: dict[str, Matcher] = {}
        """By the text of the scope, as stored."""
        self._by_key: dict[str, Matcher | Together] = {}
        """By what that text means: an alias means its account."""
        self._stand_in = _NO_LIST
        """The longest lists of an account: asked where a recipient has none, and nobody listens to their answer. A name
        that does not exist is to take as long as an account that denies."""
        self._longest: tuple[str, ...] = ()
        """The scopes of these."""

    @property
    def unreadable(self) -> Sequence[EntryRule]:
        """Entries whose pattern no longer parses. They match nothing; the owner should be told."""
        return [rule for matcher in self._scopes.values() for rule in matcher.unreadable]

    def owns(self, recipient: Address) -> bool:
        """Whether the gate may take mail for it: an own domain, and no `%`, `!` or `@` in the local part (such make
        servers relay) unless that very address is an account. Bare `postmaster` is own (RFC 5321 4.5.1)."""
        if not recipient.domain:
            return recipient.local == "postmaster"
        if not self.in_own_domain(recipient):
            return False
        local = recipient.local
        if "%" in local or "!" in local or "@" in local:
            return self._accounts.at(recipient.key) is not None
        return True

    @property
    def own_domains(self) -> frozenset[str]:
        """Canonical."""
        return self._own_domains

    @property
    def listed(self) -> frozenset[str]:
        """Own domains where only accounts and their aliases exist; canonical."""
        return self._listed

    def in_own_domain(self, recipient: Address) -> bool:
        return recipient.domain in self._own_domains

    def account_at(self, recipient: Address) -> str | None:
        """The address, as stored, of the account that this very recipient is or is an alias of; None: there is none."""
        rule = self._accounts.at(recipient.key)
        return rule.address if rule is not None else None

    def exists(self, recipient: Address) -> bool:
        """Whether it exists in a listed domain: it always gets its mail, or an account or an alias is at its name, the
        `+tag` left out or not."""
        return recipient.local in EXEMPT or self._accounts.around(recipient)[0] is not None

    def judge(self, sender: Address, recipient: Address) -> Verdict:
        """The verdict of the rules alone. Never raises."""
        nearest, scopes = self._accounts.around(recipient)
        account = None if nearest is None else nearest.address
        if recipient.local in EXEMPT:
            return Verdict("accept", "exempt", account)
        # Sought wherever it may be, even where it cannot matter: neither a closed account nor a missing one is to be
        # answered sooner than a denied sender.
        entry = self._deciding_entry(sender, recipient, scopes)
        if nearest is None:
            if recipient.domain in self._listed:
                return Verdict("refuse", "unlisted")
            nearest = _NOBODY
        verdict = _decided(sender, nearest, account, entry)
        return verdict.let_through("watch") if nearest.watch else verdict

    def _deciding_entry(self, sender: Address, recipient: Address, scopes: Sequence[str]) -> EntryRule | None:
        """That of the narrowest scope that has one."""
        forms = SenderForms(address.matched_forms(sender), recipient, self._delimiter)
        found, bare, by_key, stand_in = None, True, self._by_key, self._stand_in
        for key in scopes:
            list_ = by_key.get(key)
            if list_ is None:
                stand_in.plain.find(forms)
            else:
                entry = list_.find(forms)
                found = found or entry
                bare = bare and list_.bare
        for key in (f"@{recipient.domain}", EVERYONE):
            if key in by_key:
                entry = by_key[key].find(forms)
                found = found or entry
        if bare and not stand_in.bare:
            stand_in.sought.find(forms.subjects)
        return found

    # ------------------------------------------------------------ others like it

    def changed(
        self, gone: Iterable[EntryRule], come: Iterable[EntryRule], pause: Callable[[], None] = no_pause
    ) -> "Ruleset":
        """Without some entries, then with others. Raises `RulesetError`: a scope with too many or too large patterns.

        `pause` is called every now and then: who has mail to let pass meanwhile waits there for a moment.
        """
        by_scope: dict[str, tuple[list[EntryRule], list[EntryRule]]] = {}
        for which, entries in enumerate((gone, come)):
            for entry in entries:
                by_scope.setdefault(entry.scope, ([], []))[which].append(entry)
        return self._with(
            {
                scope: (self._scopes.get(scope) or nothing(scope)).changed(*lists, pause)
                for scope, lists in by_scope.items()
            }
        )

    def about(
        self, accounts: Iterable[AccountRule], *, own_domains: Iterable[str], listed: Iterable[str], delimiter: str
    ) -> "Ruleset":
        """The same entries for other accounts and under other settings."""
        made = Ruleset(Accounts(accounts, delimiter), _domains(own_domains), _domains(listed), delimiter)
        return made._with(self._scopes)

    def moved(self, places: Mapping[str, Matcher]) -> "Ruleset":
        """The same, but what is looked up is looked up in these, by scope; what is sought stays."""
        found = {scope: self._scopes.get(scope) or nothing(scope) for scope in places}
        return self._with(
            {
                scope: matcher.on(
                    places[scope].plain, list(dict.fromkeys([*matcher.unreadable, *places[scope].unreadable]))
                )
                for scope, matcher in found.items()
            }
        )

    def _with(self, matchers: Mapping[str, Matcher]) -> "Ruleset":
        made = Ruleset(self._accounts, self._own_domains, self._listed, self._delimiter)
        made._scopes, made._by_key = self._scopes.copy(), self._by_key.copy()
        for scope, matcher in matchers.items():
            key = self._accounts.scope_key(_scope_key(scope))
            there = made._by_key.pop(key, None)
            parts = [] if there is None else [part for part in there.parts if part.scope != scope]
            made._scopes.pop(scope, None)
            if not matcher.empty:
                made._scopes[scope] = matcher
                parts.append(matcher)
            if parts:
                made._by_key[key] = together(parts)
        # Where the longest are not touched, only what has changed can be longer.
        some = made._scopes if any(scope in matchers for scope in self._longest) else (*self._longest, *matchers)
        made._seek_longest([scope for scope in some if scope in made._scopes and not scope.startswith(("@", EVERYONE))])
        return made

    def _seek_longest(self, scopes: Sequence[str]) -> None:
        if scopes:
            plain = max(scopes, key=lambda scope: len(self._scopes[scope].plain))
            sought = max(scopes, key=lambda scope: len(self._scopes[scope].sought))
            self._longest = (plain, sought)
            self._stand_in = Matcher("", self._scopes[plain].plain, self._scopes[sought].sought)


def _decided(sender: Address, nearest: AccountRule, account: str | None, entry: EntryRule | None) -> Verdict:
    if nearest.mode == "closed" or (sender == NULL and nearest.refuse_bounces):
        return Verdict("refuse", "mode", account)
    if sender == NULL:
        return Verdict("accept", "exempt", account)
    if entry is not None:
        return Verdict("accept" if entry.list == "allow" else "refuse", "entry", account, entry)
    if nearest.mode == "allow":
        return Verdict("refuse", "mode", account)
    return Verdict("accept", "none", account)


def compile_ruleset(
    accounts: Iterable[AccountRule],
    entries: Iterable[EntryRule],
    *,
    own_domains: Iterable[str],
    listed: Iterable[str] = (),
    delimiter: str = "+",
) -> Ruleset:
    """Make rules ready to judge. Raises `RulesetError` for a scope with too many or too large patterns.

    `own_domains` are all of them (with the built-in server the accounts' too).
    """
    bare = Ruleset(Accounts(accounts, delimiter), _domains(own_domains), _domains(listed), delimiter)
    return bare.changed((), entries)


def _scope_key(scope: str) -> str:
    if scope == EVERYONE:
        return EVERYONE
    return _domain_key(scope) if scope.startswith("@") else address.from_wire(scope).key


def _domain_key(scope: str) -> str:
    try:
        return f"@{canonical_domain(scope[1:])}"
    except AddressError:
        return scope


def _domains(names: Iterable[str]) -> frozenset[str]:
    return frozenset(_domain_key(f"@{name}")[1:] for name in names)
