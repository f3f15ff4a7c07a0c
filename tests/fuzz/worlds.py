"""Houses for the fuzzer: rules of every kind, and a second opinion on them.

`World.refuses` is written apart from the gate: a plain reading of a few rules, so that what a test asks of the gate is
not what the gate says of itself. It knows the spellings that `script` writes, and says None where it is not sure.
"""

import random
import re
from dataclasses import dataclass
from functools import cached_property

from gate.guard import Guard
from gate.rules.ruleset import AccountRule, EntryRule, compile_ruleset

OWN, LISTED, ALL, FOREIGN = "own.test", "listed.test", "all.test", "foreign.test"
"""An ordinary own domain; one where only what was made in Irusu exists; one that takes every name; nobody's here."""

ACCOUNTS = (
    AccountRule("deny@own.test", aliases=("alias@own.test", "other@all.test")),
    AccountRule("watch@own.test", watch=True),
    AccountRule("closed@own.test", mode="closed"),
    AccountRule("allow@own.test", mode="allow"),
    AccountRule("bounce@own.test", refuse_bounces=True),
    AccountRule("listed@listed.test"),
    AccountRule("deny@all.test"),
)
_LISTS = (
    ("deny@own.test", "deny", "bad@evil.test"),
    ("deny@own.test", "deny", "@spam.test"),
    ("deny@own.test", "deny", "keyword:casino"),
    ("deny@own.test", "allow", "good@spam.test"),
    ("watch@own.test", "deny", "bad@evil.test"),
    ("allow@own.test", "allow", "friend@good.test"),
    ("listed@listed.test", "deny", "@spam.test"),
    ("deny@all.test", "deny", "bad@evil.test"),
    ("@own.test", "deny", "everywhere@evil.test"),
    ("*", "deny", "star@evil.test"),
    ("*", "deny", "/^promo[0-9]+@/"),
)
SENDERS = (
    "bad@evil.test", "good@spam.test", "other@spam.test", "casino-1@win.test", "friend@good.test", "star@evil.test",
    "everywhere@evil.test", "promo12@win.test", "nobody@evil.test", "user.name@good.test", "b@d.e", "",
)  # fmt: skip
RECIPIENTS = (
    "deny@own.test", "alias@own.test", "other@all.test", "watch@own.test", "closed@own.test", "allow@own.test",
    "bounce@own.test", "listed@listed.test", "unlisted@listed.test", "deny@all.test", "free@all.test", "free@own.test",
    "nobody@own.test", "postmaster@own.test", "abuse@listed.test", "x@foreign.test", "x%foreign.test@own.test",
)  # fmt: skip
EXISTING = frozenset(one for one in RECIPIENTS if not one.startswith(("nobody", "unlisted")))


@dataclass(frozen=True)
class World:
    """One house. `delimiter` begins a tag; `trusted` clients may send anywhere."""

    delimiter: str = "+"
    trusted: bool = False
    enforcing: bool = True

    @cached_property
    def guard(self) -> Guard:
        guard = Guard()
        entries = [EntryRule(number, *one) for number, one in enumerate(_LISTS, 1)]
        own = (OWN, LISTED, ALL)
        guard.load(compile_ruleset(ACCOUNTS, entries, own_domains=own, listed=[LISTED], delimiter=self.delimiter))
        guard.enforcing = self.enforcing
        return guard

    def refuses(self, sender: str, recipient: str) -> bool | None:
        """Whether the backend must never see this recipient from this sender; None: not known here."""
        by, to = plain(sender), plain(recipient)
        if by is None or to is None:
            return None
        local, _, domain = to.rpartition("@")
        if not domain:
            return local != "postmaster" and not self.trusted
        if domain not in {OWN, LISTED, ALL} or "%" in local:
            return not self.trusted or None
        if not self.enforcing:
            return False
        return self._by_lists(by, self._bases(local, domain), local, domain)

    def _bases(self, local: str, domain: str) -> list[str]:
        """The recipient, and what is left of it without its tag."""
        at = local.find(self.delimiter) if self.delimiter else 0
        return [f"{local}@{domain}", *([f"{local[:at]}@{domain}"] if at > 0 else [])]

    def _by_lists(self, by: str, bases: list[str], local: str, domain: str) -> bool | None:
        if local in {"postmaster", "abuse"}:
            return False
        account = next((one for base in bases for one in ACCOUNTS if base in {one.address, *one.aliases}), None)
        if account is None and domain == LISTED:
            return True
        if account is not None:
            if account.watch:
                return False
            if account.mode == "closed":
                return True
            if not by:
                return account.refuse_bounces
        if not by:
            return False
        own = [one for one in _LISTS if account and one[0] == account.address]
        if any(kind == "allow" and _matches(pattern, by) for _, kind, pattern in own):
            return False
        wide = [one for one in _LISTS if one[0] in {f"@{domain}", "*"}]
        if any(kind == "deny" and _matches(pattern, by) for _, kind, pattern in (*own, *wide)):
            return True
        return account is not None and account.mode == "allow"


def _matches(pattern: str, sender: str) -> bool:
    if pattern.startswith("keyword:"):
        return pattern[8:] in sender
    if pattern.startswith("/"):
        return re.search(pattern[1:-1], sender) is not None
    return sender.endswith(pattern) if pattern.startswith("@") else sender == pattern


_PLAIN = re.compile(r'(?:@[^:"]*:)?(?:"((?:[^"\\]|\\.)*)"|([^"@]*))(?:@([^@\[\]]+))?', re.ASCII)


def plain(path: str) -> str | None:
    """A path as one who knows only RFC 5321 would note it down; None: too odd."""
    found = _PLAIN.fullmatch(path)
    if found is None or not path.isascii() or "=" in path:
        return None
    local = re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2]
    if "@" in local or (not local and path):
        return None
    domain = (found[3] or "").removesuffix(".")
    return f"{local}@{domain}".lower() if path else ""


WORLDS = (
    World(), World(), World(), World(delimiter="-"), World(delimiter=""), World(trusted=True), World(enforcing=False),
)  # fmt: skip


def spelled(address: str, rng: random.Random, *, delimiter: str) -> str:
    """Another way to write an address: case, quotes, escapes, route, tag, a dot at its end."""
    local, at, domain = address.rpartition("@")
    if not at:
        return address
    if rng.random() < 0.15:
        local += (delimiter or "+") + rng.choice(["tag", "x", "", "a+b"])
    if rng.random() < 0.2:
        local = "".join(rng.choice([char, char.upper()]) for char in local)
    if rng.random() < 0.15:
        escaped = "".join(f"\\{char}" if rng.random() < 0.2 else char for char in local)
        local = f'"{escaped}"'
    if rng.random() < 0.1:
        domain = rng.choice([domain.upper(), domain + ".", domain.title()])
    route = rng.choice(["@r.test:", "@a.test,@b.test:", "@[192.0.2.1]:"]) if rng.random() < 0.06 else ""
    return f"{route}{local}@{domain}"
