"""The addresses, domains and subdomains of one scope: hash look-ups. It knows no pattern that has to be sought.

Most stand in a *base*, as numbers without texts: an entry is made again from the key that found it. What has changed
since stands over it, and is folded in when it is much; so a change costs what it changes, and a base is never changed
under those who read it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from gate.rules import pattern as patterns
from gate.rules.address import Address
from gate.rules.compact import Compact
from gate.rules.entry import EntryRule, Held
from gate.rules.kinds import PatternError
from gate.rules.sender import SenderForms

_PLAIN = re.compile(r"(?!/)(?:[a-z0-9.!#$%&'+/=^_`{|}~-]+@|@\.?)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_SLICE = 256
"""Entries between two pauses."""

Keyed = tuple[str, EntryRule]
"""An entry and its key: that of the address, or `@domain`, or `@.domain`."""


def is_plain(text: str) -> bool:
    """Whether a pattern's text is its own key: an address, domain or subdomains, in ASCII, without quotes."""
    return _PLAIN.fullmatch(text) is not None and "xn--" not in text


def number(entry_id: int, list_: str) -> int:
    """Id and list as one number above 0."""
    return entry_id * 2 + (2 if list_ == "allow" else 1)


class Base(Protocol):
    """Where the numbers are: a `Compact`, or what is lent until one is made."""

    def get(self, key: str) -> int: ...

    def __len__(self) -> int: ...


class Lent:
    """The base of a scope whose entries are still in the store, until a `Compact` is made of them."""

    def __init__(self, look_up: Callable[[str], int]) -> None:
        """`look_up`: the number of a pattern's text, 0: there is none; as of one moment, from any thread."""
        self._look_up = look_up

    def get(self, key: str) -> int:
        text = text_of(key)
        return self._look_up(text) if text else 0

    def __len__(self) -> int:
        return 0


def text_of(key: str) -> str:
    """The canonical text of the pattern with that key; empty where no pattern can have it."""
    if is_plain(key) or key.startswith("@"):
        return key
    local, _, domain = key.rpartition("@")
    try:
        return patterns.of_address(Address(local, domain)).text
    except PatternError:
        return ""


class Plain:
    """See the module. It does not change: `changed` makes another.

    Attributes:
        empty: there is nothing to be found.
    """

    __slots__ = ("_above", "_base", "_held", "_scope", "_stays", "empty")

    def __init__(self, scope: str, base: Base, held: Held, *, above: bool, stays: int = 0) -> None:
        """`above`: whether there may be subdomains patterns. `stays`: how many of `held` cannot be folded in."""
        self._scope = scope
        self._base = base
        self._held = held
        self._above = above
        self._stays = stays
        self.empty = not (held.rules or held.behind or len(base) or isinstance(base, Lent))

    def __len__(self) -> int:
        """About how many there are."""
        return len(self._base) + len(self._held.rules)

    def find(self, forms: SenderForms) -> EntryRule | None:
        """The entry that decides: address before domain before subdomains; at equal rank allow."""
        over, look_up = self._held.rules, self._base.get
        for key in forms.keys:
            if over and key in over:
                found = over[key]
            else:
                value = look_up(key)
                found = self._made(key, value) if value else None
            if found is not None:
                if len(forms.keys) > 2:  # of several forms another one may decide
                    found = self._first(forms.addresses) or self._first(forms.domains)
                return found
        return self._first(forms.above) if self._above else None

    def ranks(self, forms: SenderForms) -> Iterator[list[tuple[Any, EntryRule]]]:
        """All that match, by rank, each with its place in it."""
        for keys in (forms.addresses, forms.domains, forms.above):
            yield [(place, rule) for place, key in enumerate(keys) if (rule := self.get(key)) is not None]

    def get(self, key: str) -> EntryRule | None:
        over = self._held.rules
        if over and key in over:
            return over[key]
        value = self._base.get(key)
        return self._made(key, value) if value else None

    def changed(self, gone: Iterable[Keyed], come: Iterable[Keyed], pause: Callable[[], None]) -> "Plain":
        """Without some, then with others."""
        held, above = self._held.copy(), self._above
        now = Plain(self._scope, self._base, held, above=True)  # sees `held` as it changes
        for key, entry in gone:
            held.drop(key, entry, now.get(key))
        for count, (key, entry) in enumerate(come, 1):
            held.put(key, entry, now.get(key))
            above = above or key.startswith("@.")
            if not count % _SLICE:
                pause()
        base, stays = self._base, self._stays
        if isinstance(base, Compact) and len(held.rules) > stays + _over(base):
            base, held = _folded(base, held, pause)
            stays = len(held.rules)
        return Plain(self._scope, base, held, above=above, stays=stays)

    def _first(self, keys: Iterable[str]) -> EntryRule | None:
        """The first allowing, else the first denying."""
        denying = None
        over, look_up = self._held.rules, self._base.get
        for key in keys:
            if over and key in over:
                rule = over[key]
                if rule is None:
                    continue
            elif value := look_up(key):
                rule = self._made(key, value)
            else:
                continue
            if rule.list == "allow":
                return rule
            denying = denying or rule
        return denying

    def _made(self, key: str, value: int) -> EntryRule:
        text = key if isinstance(self._base, Compact) else text_of(key)
        return EntryRule((value - 1) >> 1, self._scope, "deny" if value & 1 else "allow", text)


class Filling:
    """The addresses, domains and subdomains of one scope in the making, where each text comes once."""

    __slots__ = ("_above", "_base", "_scope")

    def __init__(self, scope: str, expected: int = 0) -> None:
        """`expected`: how many there will be; growing on the way takes time."""
        self._scope = scope
        self._base = Compact(expected)
        self._above = False

    def put(self, entry_id: int, list_: str, text: str) -> bool:
        """False: the text is none that can be a number, and nothing was done."""
        if not is_plain(text):
            return False
        self._base.put(text, number(entry_id, list_))
        self._above = self._above or text.startswith("@.")
        return True

    def plain(self) -> Plain:
        return Plain(self._scope, self._base, Held(), above=self._above)


def _over(base: Compact) -> int:
    """How many may stand over a base before they are folded in: a copy of it must be worth while."""
    return min(max(256, len(base) // 64), 4096)


def _folded(base: Compact, held: Held, pause: Callable[[], None]) -> tuple[Compact, Held]:
    base = base.copy()
    rest = Held()
    rest.behind = held.behind
    for count, (key, rule) in enumerate(held.rules.items(), 1):
        if rule is not None and rule.pattern != key:
            rest.rules[key] = rule  # its text cannot be made from the key again
        base.put(key, 0 if rule is None or rule.pattern != key else number(rule.id, rule.list))
        if not count % _SLICE:
            pause()
    return base.lean() if base.dead > len(base) else base, rest
