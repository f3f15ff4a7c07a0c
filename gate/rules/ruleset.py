"""The decision: one sender and one recipient in, one verdict out, from rules compiled into memory.

The order is that of docs/patterns.md. Verdicts depend neither on the order of entries nor on time. Relay control is
not decided here, `owns` only tells what is needed for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gate.forms import Because, VerdictName
from gate.rules import address
from gate.rules.address import NULL, Address, AddressError
from gate.rules.domain import canonical_domain
from gate.rules.matcher import EntryRule, Matcher, RulesetError, build
from gate.rules.scope import EVERYONE, ScopeError, parse_scope

__all__ = [
    "AccountRule", "EntryRule", "Ruleset", "RulesetError", "ScopeError", "Verdict", "compile_ruleset", "parse_scope",
]  # fmt: skip

EXEMPT = frozenset({"postmaster", "abuse"})
"""Local parts that always get their mail (RFC 5321 4.5.1, RFC 2142)."""
REWRITTEN = frozenset("%!@")
"""In an own local part these make some servers relay elsewhere."""


@dataclass(frozen=True, slots=True)
class AccountRule:
    """What the decision must know of an account. `mode`: deny, allow or closed."""

    address: str
    aliases: Sequence[str] = ()
    mode: str = "deny"
    watch: bool = False
    refuse_bounces: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
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
        return self if self.verdict == "accept" else replace(self, verdict="accept", because=because, would="refuse")


class Ruleset:
    """Compiled rules; immutable, may be asked from any thread. Make one with `compile_ruleset`.

    Attributes:
        unreadable: entries whose pattern no longer parses. They match nothing; the owner should be told.
    """

    def __init__(
        self,
        accounts: dict[str, AccountRule],
        scopes: dict[str, Matcher],
        own_domains: frozenset[str],
        listed: frozenset[str],
        delimiter: str,
    ) -> None:
        self._accounts = accounts
        self._own = {rule.address: address.from_wire(rule.address) for rule in accounts.values()}
        self._scopes = scopes
        self._own_domains = own_domains
        self._listed = listed
        self._delimiter = delimiter
        self.unreadable = tuple(rule for matcher in scopes.values() for rule in matcher.unreadable)

    def owns(self, recipient: Address) -> bool:
        """Whether the gate may take mail for it: an own domain, and no `%`, `!` or `@` in the local part (such make
        servers relay) unless that very address is an account. Bare `postmaster` is own (RFC 5321 4.5.1)."""
        if not recipient.domain:
            return recipient.local == "postmaster"
        if not self.in_own_domain(recipient):
            return False
        return REWRITTEN.isdisjoint(recipient.local) or recipient.key in self._accounts

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
        rule = self._accounts.get(recipient.key)
        return rule.address if rule is not None else None

    def exists(self, recipient: Address) -> bool:
        """Whether it exists in a listed domain: it always gets its mail, or an account or an alias is at its name, the
        `+tag` left out or not."""
        return recipient.local in EXEMPT or any(key in self._accounts for key in self._chain(recipient))

    def judge(self, sender: Address, recipient: Address) -> Verdict:
        """The verdict of the rules alone. Never raises."""
        chain = self._chain(recipient)
        nearest = next((self._accounts[key] for key in chain if key in self._accounts), None)
        account = nearest.address if nearest else None
        if recipient.local in EXEMPT:
            return Verdict("accept", "exempt", account)
        if nearest is None:
            if recipient.domain in self._listed:
                return Verdict("refuse", "unlisted")
            nearest = _NOBODY
        verdict = self._decide(sender, recipient, chain, nearest)
        return verdict.let_through("watch") if nearest.watch else verdict

    def _decide(self, sender: Address, recipient: Address, chain: Sequence[str], nearest: AccountRule) -> Verdict:
        account = nearest.address or None
        if nearest.mode == "closed" or (sender == NULL and nearest.refuse_bounces):
            return Verdict("refuse", "mode", account)
        if sender == NULL:
            return Verdict("accept", "exempt", account)
        entry = self._deciding_entry(sender, recipient, chain)
        if entry is not None:
            return Verdict("accept" if entry.list == "allow" else "refuse", "entry", account, entry)
        if nearest.mode == "allow":
            return Verdict("refuse", "mode", account)
        return Verdict("accept", "none", account)

    def _deciding_entry(self, sender: Address, recipient: Address, chain: Sequence[str]) -> EntryRule | None:
        scopes = [self._scopes[key] for key in chain if key in self._scopes]
        # All this even where there is no list to be asked: a missing account must not be answered sooner.
        forms = address.matched_forms(sender)
        subjects = self._subjects(forms, recipient)
        for scope in scopes or (_NO_LIST,):
            entry = scope.find(forms, subjects)
            if entry is not None:
                return entry
        return None

    def _subjects(self, forms: Sequence[Address], recipient: Address) -> list[str]:
        """What keyword, glob and regex see: every form without the recipient's own address, in both scripts."""
        names = (recipient, address.without_tag(recipient, self._delimiter))
        seen: dict[str, None] = {}
        for form in forms:
            rest = form
            for name in names:
                rest = address.without_recipient(rest, name) or rest
            seen[rest.key] = None
            seen[rest.ascii_key] = None
        return list(seen)

    def _chain(self, recipient: Address) -> list[str]:
        """Keys of the scopes that concern a recipient, the narrowest first."""
        keys: dict[str, None] = {}
        for name in dict.fromkeys((recipient, address.without_tag(recipient, self._delimiter))):
            rule = self._account_of(name)
            if rule is None:
                keys[name.key] = None
                continue
            # An alias means its account, and an account that bears a tag stands within the one without.
            account = self._own[rule.address]
            keys[account.key] = None
            outer = self._accounts.get(address.without_tag(account, self._delimiter).key)
            if outer is not None:
                keys[self._own[outer.address].key] = None
        return [*keys, f"@{recipient.domain}", EVERYONE]

    def _account_of(self, name: Address) -> AccountRule | None:
        """The account that a recipient is delivered to, as far as a server may fold its name further than we do."""
        rule = self._accounts.get(name.key)
        if rule is None and not name.local.isascii():
            rule = next((self._accounts[key] for key in name.other_keys if key in self._accounts), None)
        return rule


_NOBODY = AccountRule(address="")
_NO_LIST = Matcher("")


def compile_ruleset(
    accounts: Iterable[AccountRule],
    entries: Iterable[EntryRule],
    *,
    own_domains: Iterable[str],
    listed: Iterable[str] = (),
    delimiter: str = "+",
    previous: Ruleset | None = None,
) -> Ruleset:
    """Make rules ready to judge. Raises `RulesetError` for a scope with too many or too large patterns.

    `own_domains` are all of them (with the built-in server the accounts' too). `previous` lends its compiled sets
    where a scope's patterns are unchanged or nearly so.
    """
    named: dict[str, AccountRule] = {}
    ordered = sorted(accounts, key=lambda rule: rule.address)
    for rule in ordered:
        named.setdefault(address.from_wire(rule.address).key, rule)
    for rule in ordered:
        for alias in rule.aliases:
            named.setdefault(address.from_wire(alias).key, rule)

    for key, rule in list(named.items()):
        local, _, domain = key.rpartition("@")
        for other in Address(local, domain).other_keys if not local.isascii() else ():
            if REWRITTEN.isdisjoint(other.removesuffix(f"@{domain}")):
                named.setdefault(other, rule)

    by_scope: dict[str, list[EntryRule]] = {}
    for entry in entries:
        by_scope.setdefault(entry.scope, []).append(entry)
    merged: dict[str, list[EntryRule]] = {}
    for scope, rules in by_scope.items():
        merged.setdefault(_scope_key(scope, named), []).extend(rules)
    old = previous._scopes if previous else {}
    scopes = {key: build(rules[0].scope, rules, old.get(key)) for key, rules in merged.items()}
    return Ruleset(named, scopes, _domains(own_domains), _domains(listed), delimiter)


def _scope_key(scope: str, named: dict[str, AccountRule]) -> str:
    if scope.startswith("@") or scope == EVERYONE:
        return _domain_key(scope) if scope != EVERYONE else EVERYONE
    key = address.from_wire(scope).key
    rule = named.get(key)
    return address.from_wire(rule.address).key if rule else key


def _domain_key(scope: str) -> str:
    try:
        return f"@{canonical_domain(scope[1:])}"
    except AddressError:
        return scope


def _domains(names: Iterable[str]) -> frozenset[str]:
    return frozenset(_domain_key(f"@{name}")[1:] for name in names)
