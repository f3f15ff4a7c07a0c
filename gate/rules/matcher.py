"""The entries of one scope, ready to be asked: look-ups for addresses and domains, RE2 sets for the rest.

It finds the entry that decides within its scope and knows nothing of accounts or modes. It does not change: `changed`
makes another, which shares with this one all that is the same.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from gate.rules import pattern as patterns
from gate.rules.address import Address
from gate.rules.compact import Compact
from gate.rules.entry import EntryRule, Held
from gate.rules.kinds import Kind, Pattern, PatternError
from gate.rules.plain import Keyed, Plain, is_plain
from gate.rules.sender import SenderForms
from gate.rules.sought import RulesetError, Sought

__all__ = ["EntryRule", "Matcher", "RulesetError", "build", "no_pause", "together"]

_LOOKED_UP = (Kind.ADDRESS, Kind.DOMAIN, Kind.SUBDOMAINS)
_SLICE = 64
"""Patterns that are read between two pauses."""


def no_pause() -> None:
    """For who has no mail to let pass meanwhile."""


class Matcher:
    """See the module. Make one with `build`.

    Attributes:
        scope: the scope's text, for messages.
        plain, sought: what is looked up, and what is sought; bare: nothing is sought.
        unreadable: entries whose pattern no longer parses; they match nothing.
    """

    __slots__ = ("bare", "plain", "scope", "sought", "unreadable")

    def __init__(self, scope: str, plain: Plain, sought: Sought, unreadable: Sequence[EntryRule] = ()) -> None:
        self.scope = scope
        self.plain = plain
        self.sought = sought
        self.unreadable = unreadable
        self.bare = sought.empty

    @property
    def parts(self) -> "Sequence[Matcher]":
        return (self,)

    @property
    def empty(self) -> bool:
        return self.plain.empty and self.sought.empty and not self.unreadable

    def find(self, forms: SenderForms) -> EntryRule | None:
        """The entry that decides on a sender: address, domain, subdomains, then the rest; at equal rank allow."""
        found = self.plain.find(forms)
        if self.bare:
            return found
        sought = self.sought.find(forms.subjects)  # in any case: what is found sooner is not to be told sooner
        return sought if found is None else found

    def covers(self, sender: Address) -> bool:
        """Whether any entry matches that very address."""
        return self.find(SenderForms([sender])) is not None

    def ranks(self, forms: SenderForms) -> Iterator[list[tuple[Any, EntryRule]]]:
        """All that match, by rank, each with its place in it."""
        yield from self.plain.ranks(forms)
        yield self.sought.matching(forms.subjects)

    def changed(
        self, gone: Iterable[EntryRule], come: Iterable[EntryRule], pause: Callable[[], None] = no_pause
    ) -> "Matcher":
        """Without some, then with others; it costs what they are. Raises `RulesetError`."""
        out, into = _Sorted(gone, pause), _Sorted(come, pause)
        plain, sought, unreadable = self.plain, self.sought, self.unreadable
        if out.plain or into.plain:
            plain = plain.changed(out.plain, into.plain, pause)
        if out.sought or into.sought:
            sought = sought.changed(out.sought, into.sought, pause)
        if out.unreadable or into.unreadable:
            unreadable = [*(rule for rule in unreadable if rule not in out.unreadable), *into.unreadable]
        return Matcher(self.scope, plain, sought, unreadable)

    def on(self, plain: Plain, unreadable: Sequence[EntryRule]) -> "Matcher":
        """The same over another place for what is looked up."""
        return Matcher(self.scope, plain, self.sought, unreadable)


class _Sorted:
    """Entries by how they are found."""

    def __init__(self, entries: Iterable[EntryRule], pause: Callable[[], None]) -> None:
        self.plain: list[Keyed] = []
        self.sought: list[tuple[Pattern, EntryRule]] = []
        self.unreadable: list[EntryRule] = []
        for entry in entries:
            # Nearly all entries are plain canonical text; parsing 100,000 of them would take a second.
            if is_plain(entry.pattern):
                self.plain.append((entry.pattern, entry))
            else:
                self._read(entry, pause)

    def _read(self, entry: EntryRule, pause: Callable[[], None]) -> None:
        try:
            pattern = patterns.read(entry.pattern)
        except PatternError:
            self.unreadable.append(entry)
            return
        if pattern.kind in _LOOKED_UP:
            self.plain.append((pattern.value if pattern.kind is Kind.ADDRESS else pattern.text, entry))
            return
        self.sought.append((pattern, entry))
        if not len(self.sought) % _SLICE:
            pause()


def nothing(scope: str) -> Matcher:
    """A scope without entries."""
    return Matcher(scope, Plain(scope, Compact(), Held(), above=False), Sought(scope))


def build(scope: str, entries: Iterable[EntryRule], pause: Callable[[], None] = no_pause) -> Matcher:
    """Compile the entries of one scope. Raises `RulesetError`."""
    return nothing(scope).changed((), entries, pause)


class Together:
    """Several texts that mean one scope (an alias beside its account): as if all stood in one."""

    __slots__ = ("bare", "parts")

    def __init__(self, parts: Sequence[Matcher]) -> None:
        self.parts = parts
        self.bare = all(part.bare for part in parts)

    def find(self, forms: SenderForms) -> EntryRule | None:
        for rank in zip(*(part.ranks(forms) for part in self.parts), strict=True):
            found: list[tuple[Any, EntryRule]] = [each for part in rank for each in part]
            if found:
                _, rule = min(found, key=_decides)
                return rule
        return None


def _decides(found: tuple[Any, EntryRule]) -> tuple[bool, Any, int, str, str]:
    place, rule = found
    return (rule.list != "allow", place, rule.id, rule.pattern, rule.scope)


def together(parts: Sequence[Matcher]) -> Matcher | Together:
    """One scope of them all."""
    return parts[0] if len(parts) == 1 else Together(parts)
