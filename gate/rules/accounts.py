"""Which account a recipient is delivered to, and the scopes that concern him. It holds no list and decides nothing."""

from collections.abc import Iterable, Sequence

import msgspec

from gate.rules import address
from gate.rules.address import Address

REWRITTEN = frozenset("%!@")
"""In an own local part these make some servers relay elsewhere."""


class AccountRule(msgspec.Struct, frozen=True):
    """What the decision must know of an account. `mode`: deny, allow or closed."""

    address: str
    aliases: Sequence[str] = ()
    mode: str = "deny"
    watch: bool = False
    refuse_bounces: bool = False


class Accounts:
    """All accounts by all their names. It does not change."""

    def __init__(self, accounts: Iterable[AccountRule], delimiter: str) -> None:
        self._delimiter = delimiter
        self._named: dict[str, AccountRule] = {}
        self._scopes: dict[str, tuple[str, ...]] = {}
        """By an account's address: its own key, and that of the account within which it stands."""
        ordered = sorted(accounts, key=lambda rule: rule.address)
        own = {rule.address: address.from_wire(rule.address) for rule in ordered}
        for rule in ordered:
            self._named.setdefault(own[rule.address].key, rule)
        for rule in ordered:
            for alias in rule.aliases:
                self._named.setdefault(address.from_wire(alias).key, self._named[own[rule.address].key])
        self._name_as_servers_do()
        for rule in ordered:
            found = own[rule.address]
            outer = self._named.get(address.without_tag(found, delimiter).key)
            keys = (found.key,) if outer is None else (found.key, own[outer.address].key)
            self._scopes[rule.address] = tuple(dict.fromkeys(keys))

    def _name_as_servers_do(self) -> None:
        for key, rule in list(self._named.items()):
            local, _, domain = key.rpartition("@")
            for other in Address(local, domain).other_keys if not local.isascii() else ():
                if REWRITTEN.isdisjoint(other.removesuffix(f"@{domain}")):
                    self._named.setdefault(other, rule)

    def at(self, key: str) -> AccountRule | None:
        """The account that this very name is, or is an alias of."""
        return self._named.get(key)

    def scope_key(self, key: str) -> str:
        """The key of the scope that a name means: an alias means its account."""
        rule = self._named.get(key)
        return self._scopes[rule.address][0] if rule is not None else key

    def around(self, recipient: Address) -> tuple[AccountRule | None, Sequence[str]]:
        """The nearest account, and the keys of the scopes of recipient and accounts, the narrowest first."""
        local = recipient.local
        if not local.isascii():
            return self._around_tag(recipient)
        for char in self._delimiter:
            if char in local:
                return self._around_tag(recipient)
        key = f"{local}@{recipient.domain}"
        rule = self._named.get(key)
        return (None, (key,)) if rule is None else (rule, self._scopes[rule.address])

    def _around_tag(self, recipient: Address) -> tuple[AccountRule | None, Sequence[str]]:
        keys: dict[str, None] = {}
        for name in dict.fromkeys((recipient, address.without_tag(recipient, self._delimiter))):
            rule = self._account_of(name)
            # An alias means its account, and an account that bears a tag stands within the one without.
            keys.update(dict.fromkeys((name.key,) if rule is None else self._scopes[rule.address]))
        nearest = next((self._named[key] for key in keys if key in self._named), None)
        # `anna-request` may be anna's tag or a mailing list of its own, as the server has it: who is denied by anna
        # is denied there too, but her mode is not its.
        list_of = self._account_of(address.without_tag(recipient, self._delimiter, lists=False))
        if list_of is not None:
            keys.update(dict.fromkeys(self._scopes[list_of.address]))
        return nearest, list(keys)

    def _account_of(self, name: Address) -> AccountRule | None:
        """The account that a recipient is delivered to, as far as a server may fold its name further than we do."""
        rule = self._named.get(name.key)
        if rule is None and not name.local.isascii():
            rule = next((self._named[key] for key in name.other_keys if key in self._named), None)
        return rule
