"""What is reviewed: senders by account, ticked or not. Plain objects, no Qt: a hundred thousand of them stay light."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from gate.control.messages import Candidate, Fault, ImportItem, Member
from gate.rules import address
from gate.rules.matcher import EntryRule, Matcher, build

BOUNCES = "bounces"
LISTED = "listed"
"""Why a row is not ticked: what it would deny is denied already."""
_NEVER_STRANGERS = frozenset({"known", "allowed", "own", "unusable", "bounces"})
"""Reasons that keep a sender from being ticked at a leaked address too."""


class Row:
    """One sender or pattern: what was found, and whether it is ticked. `why` is a code of `words.WHY`; `otherwise` is
    it, with the tick, where the row were on no list."""

    __slots__ = ("_found", "group", "key", "kind", "otherwise", "text", "ticked", "why")

    def __init__(self, group: "Group", found: Candidate | Member, why: str, *, ticked: bool) -> None:
        self.group = group
        self._found = found
        self.text = found.pattern if isinstance(found, Candidate) else found.address
        self.kind = found.kind if isinstance(found, Candidate) else "address"
        self.why = why
        self.ticked = ticked
        self.otherwise: tuple[str, bool] | None = None
        self.key = self.text.casefold()

    @property
    def messages(self) -> int:
        return self._found.messages

    @property
    def first(self) -> str | None:
        return self._found.first

    @property
    def last(self) -> str | None:
        return self._found.last


@dataclass(eq=False, slots=True)
class Group:
    """The rows of one account.

    Attributes:
        account: None where the mail does not say to whom it came.
        target: the account that gets the entries: the owner may say it where `account` is None.
        made: the account exists already.
    """

    account: str | None
    messages: int = 0
    made: bool = True
    target: str | None = None
    rows: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.target = self.target or self.account

    @property
    def live(self) -> bool:
        """Its ticks count."""
        return self.target is not None

    def ticked(self) -> int:
        return sum(row.ticked for row in self.rows) if self.live else 0


def add_rows(groups: dict[str | None, Group], candidates: Iterable[Candidate]) -> None:
    """Put candidates into the groups of their accounts, as suggested."""
    for found in candidates:
        group = groups.get(found.account)
        if group is None:
            group = groups[found.account] = Group(found.account)
        group.rows.append(Row(group, found, found.why, ticked=found.suggested))


def leaked_rows(group: Group, candidates: Iterable[Candidate], expected: Sequence[str]) -> Group:
    """The same account as an address that leaked: one row a sender, ticked but for those that are expected."""
    awaited = build("*", [EntryRule(0, "*", "allow", text) for text in expected])
    leaked = Group(group.account, group.messages, group.made, group.target)
    for candidate in candidates:
        found_there: Sequence[Candidate | Member] = candidate.members or [candidate]
        for found in found_there:
            row = Row(leaked, found, candidate.why, ticked=False)
            if row.kind != BOUNCES and _is_awaited(awaited, row.text):
                row.why = "expected"
            elif row.why not in _NEVER_STRANGERS:
                row.why, row.ticked = "stranger", True
            leaked.rows.append(row)
    return leaked


class Listed:
    """The patterns that are denied already, for one account."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._texts = frozenset(patterns)
        self._matcher = build("*", [EntryRule(0, "*", "deny", text) for text in self._texts])

    def mark(self, group: Group) -> None:
        """Untick what stands on a list, and addresses that a wider entry there covers; what another list had marked
        is as it was."""
        for row in group.rows:
            there = row.text in self._texts or (row.kind == "address" and _is_awaited(self._matcher, row.text))
            if there and row.why not in ("unusable", "expected", LISTED):
                row.otherwise = (row.why, row.ticked)
                row.why, row.ticked = LISTED, False
            elif not there and row.otherwise is not None:
                (row.why, row.ticked), row.otherwise = row.otherwise, None


def _is_awaited(awaited: Matcher, text: str) -> bool:
    try:
        sender = address.parse(text)
    except Fault:
        return False
    return awaited.covers(sender)


def chosen(groups: Iterable[Group], scope: str | None = None) -> list[ImportItem]:
    """What the ticks mean for the gate; with `scope`, all of it stands there."""
    patterns: dict[str, dict[str, None]] = {}
    bounces: set[str] = set()
    for group in groups:
        target = scope or group.target
        if target is None or not group.live:
            continue
        for row in group.rows:
            if not row.ticked:
                continue
            if row.kind == BOUNCES:
                bounces.add(target)
            patterns.setdefault(target, {}).update({} if row.kind == BOUNCES else {row.text: None})
    return [
        ImportItem(scope=target, patterns=list(texts), refuse_bounces=target in bounces and target != "*")
        for target, texts in patterns.items()
    ]


def parts(items: Iterable[ImportItem], limit: int) -> Iterator[list[ImportItem]]:
    """Items in parts of at most `limit` patterns; an item that is cut says its settings once."""
    part: list[ImportItem] = []
    room = limit
    for item in items:
        at = 0
        while True:
            piece = item.patterns[at : at + room]
            whole = item if not at else ImportItem(scope=item.scope, list=item.list)
            part.append(msgspec.structs.replace(whole, patterns=piece))
            at, room = at + len(piece), room - len(piece)
            if room == 0:
                yield part
                part, room = [], limit
            if at >= len(item.patterns):
                break
    if part:
        yield part
