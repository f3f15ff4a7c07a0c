"""Everyone who is connected, and who has to go when it gets too full. It judges no mail.

An honest client is always served. Where there is no room for one more, somebody goes who loses nothing by it, with 421:
the first of these kinds that there is, and of these whoever has got nowhere for the longest time.

1. Outside a transaction. That the connection is open, or that single bytes of a command trickle in, is no progress.
   (Who still waits for the mail server's greeting goes after those who have it: that would make no room there.)
2. In a transaction, between two commands.
3. In a message that comes more slowly than any line in use (`timing.LEAST_RATE`).

There is no room when `connections` are there, and already when the mail server greets no one else: it has a limit of
its own, beyond which whoever connects waits unanswered (Postfix: 100 processes) or hears 421 (Exim: 20 connections)
until another goes. Where that limit is shows by greetings that do not come; it is kept in mind, so that from then on
somebody goes *before* the next one waits, and it is raised again step by step. This second limit turns nobody away and
lets only those go who have got nowhere for a moment; a server that is merely slow loses no client by it.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from heapq import nsmallest
from itertools import islice
from operator import itemgetter
from typing import Generic, Protocol, TypeVar

from gate.config import LimitsSection
from gate.smtp.greetings import Ceiling, Greeting, Greetings

LEAST_CEILING = 10
"""A server that greets so few at once is not full but slow."""
STILL_SECONDS = 0.5
"""Who has got nowhere for so long may go for the mail server's limit."""


class Member(Protocol):
    """What is asked of a session."""

    touched: float

    @property
    def host(self) -> str: ...
    @property
    def admitted(self) -> bool: ...
    @property
    def in_transaction(self) -> bool: ...
    @property
    def awaits_client(self) -> bool: ...
    @property
    def greeted(self) -> bool: ...
    def found_crawling(self) -> bool: ...
    def end(self, reply: bytes) -> None: ...
    def hurry(self) -> None: ...


M = TypeVar("M", bound=Member)


class Crowd(Generic[M]):
    """The sessions of one front.

    Attributes:
        here: sessions under way.
        lingering: whose session is over and whose connection is not; the oldest first.
        left: set whenever a session comes to its end.
    """

    def __init__(self, turn_away: Callable[[M], None]) -> None:
        """`turn_away` ends a session that has to make room."""
        self.here: set[M] = set()
        self.lingering: dict[M, None] = {}
        self.left = asyncio.Event()
        self._turn_away = turn_away
        self._clients: Counter[str] = Counter()
        self._ceiling = Ceiling()
        self._greetings = Greetings(self.is_full)

    # ---- coming and going

    def arrived(self, session: M, limits: LimitsSection) -> None:
        """A connection was made; whose it is may not be known yet."""
        self.here.add(session)
        if len(self.here) > limits.connections:
            nameless = [each for each in self.here if not each.admitted]
            if len(nameless) > limits.connections:
                self._make_room(1, nameless)

    def count(self, host: str) -> int:
        """One more connection of this client; how many it has now."""
        self._clients[host] += 1
        return self._clients[host]

    def has_room(self, session: M, limits: LimitsSection) -> bool:
        """Whether the session may stay; somebody else may have had to go for it."""
        if len(self.here) > limits.connections and not self._make_room(1, self.here - {session}):
            return False
        if (ceiling := self._ceiling.places(time.monotonic())) is not None:
            self._make_room(sum(each.admitted for each in self.here) - ceiling, self._still())
        return True

    def closing(self, session: M, limits: LimitsSection) -> None:
        """Its session is over. Of those who then do not close as many are waited for as there may be sessions."""
        if session in self.here:
            self.here.discard(session)
            self.lingering[session] = None
            self.left.set()
            for each in list(islice(self.lingering, max(0, len(self.lingering) - limits.connections))):
                each.hurry()

    def closed(self, session: M) -> None:
        """Its connection is gone."""
        if session not in self.here and session not in self.lingering:
            return
        self.here.discard(session)
        self.lingering.pop(session, None)
        self.left.set()
        if session.admitted:
            self._clients[session.host] -= 1
            if self._clients[session.host] <= 0:
                del self._clients[session.host]

    # ---- the mail server's limit

    def awaiting_greeting(self) -> Greeting:
        """`with` it while a session waits for its turn and its greeting: others go for it when that is late, and again
        while it still is."""
        return self._greetings.awaiting()

    def is_full(self) -> bool:
        """A session that should be greeted is not, or is put off: if the mail server greets many others now, these are
        as many as it takes at once, and those who have got nowhere go for those who wait."""
        greeted = sum(each.greeted for each in self.here)
        if greeted < LEAST_CEILING:
            return False
        self._ceiling.meet(greeted, time.monotonic())
        self._make_room(sum(each.admitted for each in self.here) - greeted, self._still())
        return True

    def _still(self) -> list[M]:
        limit = time.monotonic() - STILL_SECONDS
        return [each for each in self.here if each.greeted and (each.touched < limit or each.found_crawling())]

    # ---- who goes

    def _make_room(self, places: int, others: Iterable[M]) -> bool:
        """Lets as many of the others go as lose nothing by it; whether all these places are free now."""
        if places <= 0:
            return True
        found = [(kind, not each.greeted, each.touched, each) for each in others if (kind := _kind(each))]
        going = nsmallest(places, found, key=itemgetter(0, 1, 2))
        for _, _, _, each in going:
            self._turn_away(each)
        return len(going) == places


def _kind(session: Member) -> int:
    """See the module's text; 0: it may not go."""
    if not session.in_transaction:
        return 1
    if session.awaits_client:
        return 2
    return 3 if session.found_crawling() else 0
