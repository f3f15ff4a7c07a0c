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
from typing import Any, Generic, Protocol, TypeVar

from gate.config import LimitsSection

GREETING_SECONDS = 0.5
"""A greeting that takes longer is late; where they usually take longer, `LATE_FACTOR` times as long."""
LATE_FACTOR = 3.0
DOOR = 64
"""So many at most wait for the mail server's greeting, the others here: whom a full queue there turns away, the system
has try again only after one second, then three."""
AGAIN_SECONDS = 0.1
"""While greetings are late: how often others are looked for who may go."""
LEAST_CEILING = 10
"""A server that greets so few at once is not full but slow."""
STILL_SECONDS = 0.5
"""Who has got nowhere for so long may go for the mail server's limit."""
RAISE_SECONDS = 60.0
"""So long after the mail server's limit was met, one more is tried; and one more each time that passes."""


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
    def crawls(self) -> bool: ...
    @property
    def greeted(self) -> bool: ...
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
        self._loop = asyncio.get_running_loop()
        self._door = _Door(DOOR)
        self._ceiling: int | None = None
        """How many the mail server was found to greet at once; None: no limit was met."""
        self._met = 0.0
        self._usual = 0.0
        self._awaited: dict[Greeting, None] = {}
        """Who waits for a greeting."""
        self._timer: asyncio.TimerHandle | None = None

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
        if self._ceiling is not None:
            self._make_room(sum(each.admitted for each in self.here) - self._ceiling_now(), self._still())
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

    def awaiting_greeting(self) -> "Greeting":
        """`async with` it while a session waits for its greeting: others go for it when that is late, and again while
        it still is."""
        return Greeting(self._door, self)

    def asked(self, greeting: "Greeting") -> None:
        """A session has come to the door."""
        greeting.late_at = greeting.asked_at + max(GREETING_SECONDS, LATE_FACTOR * self._usual)
        self._awaited[greeting] = None
        self._look_at(greeting.late_at)

    def answered(self, greeting: "Greeting", *, greeted: bool) -> None:
        """It was greeted, or given up."""
        del self._awaited[greeting]
        now = self._loop.time()
        if greeted and now < greeting.late_at:
            took = now - greeting.asked_at
            slowly = 0.95 * self._usual + 0.05 * took  # a rush must not become what is usual
            self._usual = min(took, slowly) if self._usual else took

    def _late(self) -> None:
        """One timer and one look for all who wait."""
        self._timer = None
        if not self._awaited:
            return
        now = self._loop.time()
        look_at = min(greeting.late_at for greeting in self._awaited)
        if look_at <= now:
            self.is_full()
            look_at = now + AGAIN_SECONDS
        self._look_at(look_at)

    def _look_at(self, when: float) -> None:
        """At the latest; what is usual changes, so who came later may be late sooner."""
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._late)

    def is_full(self) -> bool:
        """A session that should be greeted is not, or is put off: if the mail server greets many others now, these are
        as many as it takes at once, and those who have got nowhere go for those who wait."""
        greeted = sum(each.greeted for each in self.here)
        if greeted < LEAST_CEILING:
            return False
        self._ceiling, self._met = greeted, time.monotonic()
        self._make_room(sum(each.admitted for each in self.here) - greeted, self._still())
        return True

    def _ceiling_now(self) -> int:
        ceiling = self._ceiling or 0
        for _ in range(int((time.monotonic() - self._met) / RAISE_SECONDS)):
            ceiling += max(1, ceiling // 10)
            self._met += RAISE_SECONDS
        self._ceiling = ceiling
        return ceiling

    def _still(self) -> list[M]:
        limit = time.monotonic() - STILL_SECONDS
        return [each for each in self.here if each.greeted and (each.touched < limit or each.crawls)]

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


class Greeting:
    """One session's wait for it.

    Attributes:
        asked_at, late_at: when it began, and when it will have been too long; of the event loop's time.
    """

    __slots__ = ("_crowd", "_door", "asked_at", "late_at")

    def __init__(self, door: "_Door", crowd: "Crowd[Any]") -> None:
        self._door, self._crowd = door, crowd
        self.asked_at = self.late_at = 0.0

    async def __aenter__(self) -> None:
        self.asked_at = asyncio.get_running_loop().time()
        self._crowd.asked(self)
        turn = self._door.enter()
        if turn is not None:
            try:
                await turn
            except asyncio.CancelledError:
                self._crowd.answered(self, greeted=False)
                if turn.done() and not turn.cancelled():
                    self._door.leave()
                raise

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._door.leave()
        self._crowd.answered(self, greeted=kind is None)


class _Door:
    """Lets so many in at once; of those who wait the last comes first: where many come to sit, they came before."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._waiting: list[asyncio.Future[None]] = []

    def enter(self) -> asyncio.Future[None] | None:
        """None: come in; else what to wait for. Whoever is in has to leave."""
        if self._places:
            self._places -= 1
            return None
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        return turn

    def leave(self) -> None:
        while self._waiting:
            turn = self._waiting.pop()
            if not turn.done():
                turn.set_result(None)
                return
        self._places += 1


def _kind(session: Member) -> int:
    """See the module's text; 0: it may not go."""
    if not session.in_transaction:
        return 1
    if session.awaits_client:
        return 2
    return 3 if session.crawls else 0
