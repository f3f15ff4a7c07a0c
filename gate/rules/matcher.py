"""The entries of one scope, ready to be asked: hash look-ups for addresses and domains, RE2 sets for the rest.

It finds the entry that decides within its scope and knows nothing of accounts or modes. Sets are the costly part and
are taken over from an older matcher as far as the patterns are the same.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import re2

from gate.errors import Fault
from gate.rules import pattern as patterns
from gate.rules.address import Address
from gate.rules.expression import expression, options, weight
from gate.rules.kinds import Kind, Pattern, PatternError

SET_LIMIT = 5_000
"""Keywords, globs and regexes a scope may have."""
WEIGHT_LIMIT = 500_000
"""RE2 instructions that these may have together: compiling holds the interpreter lock, this many for 0.1 s."""
_SMALL_SET = 250
"""New patterns that are kept in a second Set before both are compiled into one."""
_ADDRESS = re.compile(r"[a-z0-9.!#$%&'+/=^_`{|}~-]+@[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_DOMAIN = re.compile(r"@[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")


class RulesetError(Fault):
    """Rules that cannot be compiled."""

    texts = {
        "ruleset.too_many": "{scope} has {count} keywords, globs and regexes, {limit} are allowed",
        "ruleset.too_large": "the keywords, globs and regexes of {scope} are too large together",
    }


@dataclass(frozen=True, slots=True)
class EntryRule:
    """One entry: its database id (0: none), the scope's text, `deny` or `allow`, the pattern's canonical text."""

    id: int
    scope: str
    list: str
    pattern: str


class _Set:
    """One compiled RE2 set over pattern texts."""

    def __init__(self, sources: dict[str, str], scope: str) -> None:
        self.texts = tuple(sources)
        self._set = re2.Set.SearchSet(options())
        try:
            for source in sources.values():
                self._set.Add(source)
            if sources:
                self._set.Compile()
        except re2.error as error:
            raise RulesetError("ruleset.too_large", scope=scope) from error

    def matching(self, subject: str) -> Iterator[str]:
        if self.texts:
            for index in self._set.Match(subject) or ():
                yield self.texts[index]


@dataclass(slots=True)
class Matcher:
    """See the module. Make one with `build`; it does not change afterwards.

    Attributes:
        scope: the scope's text, for messages.
        unreadable: entries whose pattern no longer parses; they match nothing.
    """

    scope: str
    unreadable: list[EntryRule] = field(default_factory=list)
    _addresses: dict[str, EntryRule] = field(default_factory=dict)
    _domains: dict[str, EntryRule] = field(default_factory=dict)
    _subdomains: dict[str, EntryRule] = field(default_factory=dict)
    _sought: dict[str, EntryRule] = field(default_factory=dict)
    _sets: tuple[_Set, ...] = ()

    def find(self, forms: Sequence[Address], subjects: Sequence[str]) -> EntryRule | None:
        """The entry that decides on a sender: address, domain, subdomains, then the rest; at equal rank allow.

        `forms` is the sender as written and unwrapped, `subjects` what keywords, globs and regexes see.
        """
        return (
            _first(self._addresses.get(form.key) for form in forms)
            or _first(self._domains.get(form.domain) for form in forms)
            or (self._find_above(forms) if self._subdomains else None)
            or (self._find_sought(subjects) if self._sets else None)
        )

    def _find_above(self, forms: Sequence[Address]) -> EntryRule | None:
        def above(domain: str) -> Iterator[EntryRule | None]:
            while domain:
                yield self._subdomains.get(domain)
                domain = domain.partition(".")[2]

        return _first(rule for form in forms for rule in above(form.domain))

    def _find_sought(self, subjects: Sequence[str]) -> EntryRule | None:
        found = {text for subject in subjects for each in self._sets for text in each.matching(subject)}
        return _first(self._sought.get(text) for text in sorted(found, key=_told_order))


def build(scope: str, entries: Iterable[EntryRule], previous: Matcher | None = None) -> Matcher:
    """Compile the entries of one scope. Raises `RulesetError`."""
    matcher = Matcher(scope)
    sources: dict[str, str] = {}
    heavy = 0
    for entry in entries:
        text = entry.pattern
        # Nearly all entries are plain canonical text; parsing 100,000 of them would take a second.
        if _ADDRESS.fullmatch(text) and "xn--" not in text and text[0] != "/":
            _put(matcher._addresses, text, entry)
        elif _DOMAIN.fullmatch(text) and "xn--" not in text:
            _put(matcher._domains, text[1:], entry)
        else:
            try:
                heavy += _add(matcher, sources, patterns.read(text), entry)
            except PatternError:
                matcher.unreadable.append(entry)
    if len(sources) > SET_LIMIT:
        raise RulesetError("ruleset.too_many", scope=scope, count=len(sources), limit=SET_LIMIT)
    if heavy > WEIGHT_LIMIT:
        raise RulesetError("ruleset.too_large", scope=scope)
    matcher._sets = _sets(scope, sources, previous._sets if previous else ())
    return matcher


def _add(matcher: Matcher, sources: dict[str, str], pattern: Pattern, entry: EntryRule) -> int:
    """Sort one entry in; tells what it adds to the Set."""
    if pattern.kind is Kind.ADDRESS:
        _put(matcher._addresses, pattern.value, entry)
    elif pattern.kind is Kind.DOMAIN:
        _put(matcher._domains, pattern.value, entry)
    elif pattern.kind is Kind.SUBDOMAINS:
        _put(matcher._subdomains, pattern.value, entry)
    else:
        sources[pattern.text] = expression(pattern) or ""
        _put(matcher._sought, pattern.text, entry)
        return weight(pattern)
    return 0


def _sets(scope: str, sources: dict[str, str], old: tuple[_Set, ...]) -> tuple[_Set, ...]:
    """The Sets for these sources. A text that was removed may stay in a Set: nobody finds it in `_sought` any more."""
    if not sources:
        return ()
    kept = old[0] if old else None
    if kept is not None:
        had = set(kept.texts)
        new = {text: source for text, source in sources.items() if text not in had}
        gone = len(had) - (len(sources) - len(new))
        if len(new) <= _SMALL_SET and gone <= _SMALL_SET:
            if not new:
                return (kept,)
            same = len(old) > 1 and set(old[1].texts) == new.keys()
            return (kept, old[1] if same else _Set(new, scope))
    return (_Set(sources, scope),)


def _put(rules: dict[str, EntryRule], key: str, entry: EntryRule) -> None:
    """Of two entries with one pattern the allowing stays, then that with the lower id: never the order decides."""
    other = rules.get(key)
    if other is None or _weight(entry) < _weight(other):
        rules[key] = entry


def _weight(entry: EntryRule) -> tuple[bool, int, str]:
    return (entry.list != "allow", entry.id, entry.pattern)


def _first(rules: Iterable[EntryRule | None]) -> EntryRule | None:
    """The first allowing, else the first denying."""
    denying = None
    for rule in rules:
        if rule is not None:
            if rule.list == "allow":
                return rule
            denying = denying or rule
    return denying


def _told_order(text: str) -> tuple[int, str]:
    return (0 if text.startswith("keyword:") else 2 if text.startswith("/") else 1, text)
