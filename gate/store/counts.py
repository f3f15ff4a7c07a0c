"""What is left of decisions when their rows are gone: totals by day and account, hits by entry. It writes nothing."""

from collections.abc import Iterable
from typing import Any

from gate.forms import Decision


class Counts:
    """Of some decisions. Its size goes by the days, accounts and entries that they name, not by how many they are.

    Attributes:
        totals: refused, accepted and "would be refused", by UTC day and account ("" where there is none).
        hits: how often and when last, by entry id.
    """

    def __init__(self) -> None:
        self.totals: dict[tuple[str, str], list[int]] = {}
        self.hits: dict[int, list[Any]] = {}

    def __bool__(self) -> bool:
        return bool(self.totals)

    def add(self, rows: Iterable[Decision]) -> None:
        totals, hits = self.totals, self.hits
        for row in rows:
            counts = totals.setdefault((row.time[:10], row.account or ""), [0, 0, 0])
            counts[row.verdict != "refuse"] += 1
            if row.would is not None:
                counts[2] += 1
            if row.entry_id is not None:
                seen = hits.setdefault(row.entry_id, [0, ""])
                seen[0] += 1
                seen[1] = max(seen[1], row.time)
