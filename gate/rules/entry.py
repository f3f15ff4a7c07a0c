"""One entry as the rules know it, and entries by key: which of several under one key decides. Copied, then changed."""

import msgspec


class EntryRule(msgspec.Struct, frozen=True, gc=False):
    """One entry: its database id (0: none), the scope's text, `deny` or `allow`, the pattern's canonical text."""

    id: int
    scope: str
    list: str
    pattern: str


def weight(entry: EntryRule) -> tuple[bool, int, str]:
    """Of two entries with one pattern the lighter decides: the allowing, then the older. Never their order."""
    return (entry.list != "allow", entry.id, entry.pattern)


class Held:
    """Entries by key.

    Attributes:
        rules: the one that decides under a key; None: what another place has under it is gone.
        behind: those that another one under their key outweighs; nearly always empty, for a store keeps one of a text.
    """

    __slots__ = ("behind", "rules")

    def __init__(self) -> None:
        self.rules: dict[str, EntryRule | None] = {}
        self.behind: dict[str, tuple[EntryRule, ...]] = {}

    def copy(self) -> "Held":
        made = Held()
        made.rules, made.behind = self.rules.copy(), self.behind.copy()
        return made

    def put(self, key: str, entry: EntryRule, deciding: EntryRule | None) -> None:
        """Add one. `deciding`: the one that decides under that key so far, wherever it stands."""
        if deciding is None:
            self.rules[key] = entry
        else:
            self.rules[key], *others = sorted((deciding, entry), key=weight)
            self.behind[key] = (*self.behind.get(key, ()), *others)

    def drop(self, key: str, entry: EntryRule, deciding: EntryRule | None) -> None:
        """Take one out again."""
        behind = sorted(self.behind.pop(key, ()), key=weight)
        if deciding == entry:
            self.rules[key] = behind.pop(0) if behind else None
        elif entry in behind:
            behind.remove(entry)
        if behind:
            self.behind[key] = tuple(behind)
