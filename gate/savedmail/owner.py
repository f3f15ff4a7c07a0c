"""What the owner has and whom he knows, as a survey asks it: whose mail is this, and may that sender be ticked.

Pure; made from the `SurveyContext` that the gate gives, or from an empty one where nothing is known yet.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from publicsuffixlist import PublicSuffixList

from gate.forms import SurveyContext
from gate.rules.address import Address, without_tag
from gate.rules.domain import ascii_domain, canonical_domain
from gate.rules.kinds import Kind, PatternError
from gate.rules.matcher import EntryRule, build
from gate.rules.pattern import read
from gate.savedmail.facts import as_address

_SUFFIXES = PublicSuffixList()
_HOPS = ("localhost", "localhost.localdomain")
"""Domains of a fetchmail or getmail hop: `x@localhost` names nobody, unless the owner has it."""


@lru_cache(maxsize=1 << 16)
def registrable(domain: str) -> str | None:
    """The part of a domain that someone has registered, by the public suffix list with its private part; None for a
    suffix itself, a single label and an address literal."""
    if domain.startswith("["):
        return None
    found = _SUFFIXES.privatesuffix(ascii_domain(domain))
    return canonical_domain(found) if found else None


class Owner:
    """Attributes:
    domains: own domains, those of the accounts included.
    """

    def __init__(self, context: SurveyContext, unclear: str | None = None) -> None:
        """`unclear` is the account of messages whose recipient cannot be told."""
        aliases = {_key(alias): account for alias, account in context.aliases.items()}
        self._accounts = {_key(text): aliases.get(_key(text), text) for text in [*context.accounts, *context.aliases]}
        self.domains = {domain.removeprefix("@").lower() for domain in context.domains}
        self.domains |= {key.rpartition("@")[2] for key in self._accounts}
        self._any_domain = context.any_domain or not context.domains
        self._unclear = unclear
        self._known = {_key(text) for text in context.known}
        self._allowed = Patterns(context.allowed)
        self._expected = {account: Patterns(texts) for account, texts in context.expected.items()}
        self._guarded = {registrable(domain) for domain in self.domains}
        self._guarded |= {registrable(key.rpartition("@")[2]) for key in self._known}
        for patterns in (self._allowed, *self._expected.values()):
            self._guarded |= {registrable(domain) for domain in patterns.names()}

    def account_of(self, delivered: Iterable[Address], written: Iterable[Address]) -> str | None:
        """The account of a message: the first recipient that is an account or in an own domain; where accounts of
        any domain may be made, else the first that is named, local hops last.

        Args:
            delivered: recipients that a mail server noted, best first.
            written: those that the sender wrote into To and Cc.
        """
        hop: str | None = None
        strangers: list[str] = []
        for recipients, told in ((delivered, True), (written, self._unclear is None)):
            for recipient in recipients:
                bare = without_tag(recipient, "+")
                account = self._accounts.get(recipient.key) or self._accounts.get(bare.key)
                own = recipient.domain in self.domains
                if account is not None or (own and recipient.domain not in _HOPS):
                    return account or bare.text
                if own or (self._any_domain and recipient.domain in _HOPS):
                    hop = hop or bare.text
                elif told and self._any_domain:
                    strangers.append(bare.text)
                    if not self.domains:
                        return bare.text
        return next(iter(strangers), None) or hop or self._unclear

    def has(self, account: str | None) -> bool:
        return account is not None and _key(account) in self._accounts

    def why_not(self, sender: Address, account: str | None) -> str | None:
        """Why a sender is never ticked (a code of `reasons.WHY`), None if he may be."""
        domains = self.domains if account is None else self.domains | {account.rpartition("@")[2]}
        if any(sender.domain == own or sender.domain.endswith(f".{own}") for own in domains):
            return "own"
        if sender.key in self._known:
            return "known"
        if self._allowed.match(sender):
            return "allowed"
        expected = self._expected.get(account or "")
        return "expected" if expected is not None and expected.match(sender) else None

    def guards(self, domain: str) -> bool:
        """Whether someone known, allowed or expected, or the owner, is under that registrable domain."""
        return domain in self._guarded


class Patterns:
    """A few patterns that an address is held against; texts that are none are ignored."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = list(texts)
        self._matcher = build("*", [EntryRule(0, "*", "allow", text) for text in self._texts])

    def match(self, sender: Address) -> bool:
        return self._matcher.covers(sender)

    def names(self) -> Iterator[str]:
        """The domains that addresses, domains and subdomains name."""
        for text in self._texts:
            try:
                found = read(text)
            except PatternError:
                continue
            if found.kind in (Kind.ADDRESS, Kind.DOMAIN, Kind.SUBDOMAINS):
                yield found.value.rpartition("@")[2]


def _key(text: str) -> str:
    address = as_address(text)
    return address.key if address is not None else text.lower()
