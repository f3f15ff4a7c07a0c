"""The keywords, globs and regexes of one scope: RE2 sets, each asked in one pass. It knows no look-ups.

Compiling a set holds the interpreter lock, so a set is kept as long as it can be: new patterns go into a small second
one, those that are gone stay in it and are no longer known here.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import re2

from gate.errors import Fault
from gate.rules.entry import EntryRule, Held
from gate.rules.expression import expression, options, weight
from gate.rules.kinds import Kind, Pattern

SET_LIMIT = 5_000
"""Keywords, globs and regexes a scope may have."""
WEIGHT_LIMIT = 500_000
"""RE2 instructions that these may have together: compiling holds the interpreter lock, this many for 0.1 s."""
_SMALL_SET = 250
"""New patterns that are kept in a second Set before both are compiled into one."""
_SLICE = 64
"""Patterns between two pauses."""


class RulesetError(Fault):
    """Rules that cannot be compiled."""

    texts = {
        "ruleset.too_many": "{scope} has {count} keywords, globs and regexes, {limit} are allowed",
        "ruleset.too_large": "the keywords, globs and regexes of {scope} are too large together",
    }


class _Set:
    """One compiled RE2 set over pattern texts."""

    def __init__(self, texts: Iterable[str], scope: str, pause: Callable[[], None]) -> None:
        self.texts = tuple(texts)
        self.has = frozenset(self.texts)
        compiled = re2.Set.SearchSet(options())
        self.match: Callable[[str], Sequence[int] | None] = compiled.Match
        """Places of the texts whose patterns are found in a subject."""
        try:
            for count, text in enumerate(self.texts, 1):
                compiled.Add(expression(_pattern(text)) or "")
                if not count % _SLICE:
                    pause()
            compiled.Compile()
        except re2.error as error:
            raise RulesetError("ruleset.too_large", scope=scope) from error

    def matching(self, subject: str) -> Sequence[str]:
        return [self.texts[index] for index in self.match(subject) or ()]


class Sought:
    """See the module. It does not change: `changed` makes another. Attributes: empty: there is nothing to be found."""

    __slots__ = ("_held", "_scope", "_sets", "_weight", "empty")

    def __init__(self, scope: str) -> None:
        self._scope = scope
        self._held = Held()
        self._sets: tuple[_Set, ...] = ()
        self._weight = 0
        self.empty = True

    def __len__(self) -> int:
        return len(self._held.rules)

    def find(self, subjects: Sequence[str]) -> EntryRule | None:
        """The entry that decides; at equal rank allow."""
        rules, first = self._held.rules, None
        for subject in subjects:
            for each in self._sets:
                for index in each.match(subject) or ():
                    rule = rules.get(each.texts[index])
                    if rule is not None and first is not None:
                        return min(self.matching(subjects), key=_decides)[1]
                    first = first or rule
        return first

    def matching(self, subjects: Sequence[str]) -> list[tuple[Any, EntryRule]]:
        """All that match, each with its place in the order in which they are told of."""
        rules = self._held.rules
        return [
            (_told_order(text), rule)
            for subject in subjects
            for each in self._sets
            for text in each.matching(subject)
            if (rule := rules.get(text)) is not None
        ]

    def changed(
        self,
        gone: Iterable[tuple[Pattern, EntryRule]],
        come: Iterable[tuple[Pattern, EntryRule]],
        pause: Callable[[], None],
    ) -> "Sought":
        """Without some, then with others. Raises `RulesetError`."""
        made = Sought(self._scope)
        held = made._held = self._held.copy()
        heavy = self._weight
        for pattern, entry in gone:
            was = held.rules.get(pattern.text)
            held.drop(pattern.text, entry, was)
            if was is not None and held.rules.get(pattern.text) is None:
                del held.rules[pattern.text]
                heavy -= weight(pattern)
        for pattern, entry in come:
            was = held.rules.get(pattern.text)
            held.put(pattern.text, entry, was)
            heavy += weight(pattern) if was is None else 0
        count = len(held.rules)
        if count > SET_LIMIT:
            raise RulesetError("ruleset.too_many", scope=self._scope, count=count, limit=SET_LIMIT)
        if heavy > WEIGHT_LIMIT:
            raise RulesetError("ruleset.too_large", scope=self._scope)
        made._weight = heavy
        made._sets = _sets(self._scope, held.rules.keys(), self._sets, pause)
        made.empty = not count
        return made


def _sets(scope: str, texts: Iterable[str], old: tuple[_Set, ...], pause: Callable[[], None]) -> tuple[_Set, ...]:
    texts = frozenset(texts)
    if not texts:
        return ()
    if old:
        kept = old[0]
        new = texts - kept.has
        if len(new) <= _SMALL_SET and len(kept.has - texts) <= _SMALL_SET:
            if not new:
                return (kept,)
            # What the second one has and needs no more stays in it too, until it is compiled anew anyway.
            if len(old) > 1 and new <= old[1].has:
                return (kept, old[1])
            return (kept, _Set(sorted(new), scope, pause))
    return (_Set(sorted(texts), scope, pause),)


def _pattern(text: str) -> Pattern:
    """A canonical text of these three kinds, read back without being checked again."""
    if text.startswith("keyword:"):
        return Pattern(Kind.KEYWORD, text)
    return Pattern(Kind.REGEX if text.startswith("/") and text.endswith("/") else Kind.GLOB, text)


def _decides(found: tuple[Any, EntryRule]) -> tuple[bool, Any]:
    return (found[1].list != "allow", found[0])


def _told_order(text: str) -> tuple[int, str]:
    return (0 if text.startswith("keyword:") else 2 if text.startswith("/") else 1, text)
