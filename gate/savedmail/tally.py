"""What a survey counts while it reads: by account, by sender. Pure."""

from typing import Final

from gate.rules.address import Address
from gate.savedmail.facts import ORIGINS, Facts, Origin

_RANK: Final[dict[str, int]] = {origin: rank for rank, origin in enumerate(ORIGINS)}


class SenderTally:
    """Of one sender at one account. Attributes: messages; first and last Unix time of arrival, None where unknown;
    the best origin that named him; whether a mailing list sent it."""

    __slots__ = ("_rank", "first", "last", "listed", "messages")

    def __init__(self) -> None:
        self.messages = 0
        self.first: int | None = None
        self.last: int | None = None
        self.listed = False
        self._rank = len(ORIGINS) - 1

    @property
    def origin(self) -> Origin:
        return ORIGINS[self._rank]

    def add(self, facts: Facts) -> None:
        self.messages += 1
        self.listed = self.listed or facts.listed
        self._rank = min(self._rank, _RANK[facts.origin])
        self._see(facts.seconds, facts.seconds)

    def merge(self, other: "SenderTally") -> None:
        self.messages += other.messages
        self.listed = self.listed or other.listed
        self._rank = min(self._rank, other._rank)
        self._see(other.first, other.last)

    def _see(self, first: int | None, last: int | None) -> None:
        if first is not None and (self.first is None or first < self.first):
            self.first = first
        if last is not None and (self.last is None or last > self.last):
            self.last = last


class AccountTally:
    """Of one account (None: messages whose recipient cannot be told)."""

    __slots__ = ("account", "messages", "senders")

    def __init__(self, account: str | None) -> None:
        self.account = account
        self.messages = 0
        self.senders: dict[Address, SenderTally] = {}

    def add(self, sender: Address, facts: Facts) -> None:
        self.messages += 1
        tally = self.senders.get(sender)
        if tally is None:
            tally = self.senders[sender] = SenderTally()
        tally.add(facts)
