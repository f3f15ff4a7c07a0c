"""How much longer Postfix takes to refuse a missing account than to say a refusal of the gate's.

It looks for the account when the policy question was answered, and only if that was DUNNO. In a table of its own that
takes some microseconds; a system account (`local_recipient_maps` as it comes, by proxymap) a good part of a
millisecond, SQL or LDAP more. So that a denied sender cannot tell, a refusal is held back by as much. How much is
measured: a name that does not exist is asked of twice and twice again; one time Postfix is answered DUNNO, the other
time the refusal, held back as any other. It shows, too, whether the refusal becomes the reply that it was made from.

Where Postfix does not ask about what the gate asks of it (the gate is one of `mynetworks`), the other time is that of a
recipient elsewhere, for whom there is no account to look for; which is nearly as good.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from statistics import median

from gate.backend.asking import ERRORS_A_CONNECTION, FOREIGN
from gate.backend.connection import Connection
from gate.backend.reply import Reply
from gate.postfix.asked import NO_DOMAINS
from gate.postfix.asking import name_recipient
from gate.postfix.codec import DUNNO
from gate.postfix.refusal import Refusal

Said = tuple[bytes, float]
"""An answer as it goes over the wire, and the seconds by which it is held back."""
AT_ONCE: Said = (DUNNO, 0.0)

FIRST_PAIRS = 9
"""So many tell whether there is anything to hold back."""
PAIRS = 96
"""And so many how much; the last are kept."""
LATER_PAIRS = 24
PAIRS_A_CONNECTION = (ERRORS_A_CONNECTION - 2) // 2
"""Behind a first question that is not timed: the server's own caches are cold for it."""
ELSEWHERE = b"z@" + FOREIGN.encode()
LEAST_SECONDS = 10e-6
"""Less is not held back: it drowns."""
MOST_SECONDS = 2.0
"""More neither: Postfix waits for an answer as long as `timeout=5s` says."""
DAY = 86_400.0
"""A name that is looked up in no time is measured again after so long; others each time."""
MEASURE_SECONDS = 30.0
"""For all names together; what was not measured by then is next time."""
MANY = 16
"""Beyond so many domains, one is measured for all that refuse in the same words."""


@dataclass(frozen=True)
class Subject:
    """What is measured, with what.

    Attributes:
        name: an own domain, or `asked.BARE`, `asked.AT_LITERAL`.
        probe: an account of it that does not exist.
        refusal: how it is refused.
        asks: whether Postfix asks about the probe.
        transaction: `asking.transaction`, to the server that is asked.
    """

    name: str
    probe: bytes
    refusal: Refusal
    asks: bool
    transaction: Callable[[], AbstractAsyncContextManager[Connection]]


class LookUps:
    """What is known of them.

    Attributes:
        questions: how often Postfix has asked about a name that it was asked of.
        differs: where the gate's refusal did not become the reply to a missing account: that reply, and what it became.
    """

    def __init__(self) -> None:
        self.questions = 0
        self.differs: dict[str, tuple[Reply, Reply]] = {}
        self._known: dict[str, Known] = {}
        self._stands_for: dict[str, str] = {}
        self._refusal: Refusal | None = None
        self._held = 0.0

    def held(self) -> dict[str, float]:
        """Seconds to hold a refusal back, by name; names without are not held back."""
        found = {name: self._known[one].seconds for name, one in self._stands_for.items() if one in self._known}
        return {name: seconds for name, seconds in found.items() if seconds}

    def answer(self, recipient: str) -> Said:
        """What Postfix is answered of a name that it was asked of."""
        self.questions += 1
        return AT_ONCE if self._refusal is None else (self._refusal.answer(recipient), self._held)

    async def measure(self, subjects: Iterable[Subject]) -> None:
        """Measures what is not known, or not of late; forgets all names but these.

        Raises `BackendError`: the server was not there for it; what was measured by then is kept."""
        found = {subject.name: subject for subject in subjects}
        self._stands_for = _alike(found.values())
        names = dict.fromkeys(self._stands_for.values())
        self._known = {name: self._known.get(name, Known()) for name in names}
        self.differs = {name: both for name, both in self.differs.items() if name in names}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MEASURE_SECONDS):
                for name, known in self._known.items():
                    if known.due:
                        await self._measure(known, found[name])

    async def _measure(self, known: "Known", subject: Subject) -> None:
        """The first pairs are for a rough idea; with a refusal held back by that, the others take in what holding back
        itself costs."""
        self.differs.pop(subject.name, None)
        if known.rough:
            known.found.clear()
            known.found.extend(await self._pairs(subject, FIRST_PAIRS, 0.0))
        if rough := known.seconds:
            found = await self._pairs(subject, PAIRS if known.rough else LATER_PAIRS, rough)
            if known.rough:
                known.found.clear()
            known.found.extend(found)
        known.rough, known.at = not rough, time.monotonic()

    async def _pairs(self, subject: Subject, number: int, held: float) -> list[float]:
        """In seconds: how much later than a refusal, were it not held back, a missing account was answered."""
        found: list[float] = []
        refusal, other = (subject.refusal, subject.probe) if subject.asks else (None, ELSEWHERE)
        held = held if subject.asks else 0.0
        differs = True
        while len(found) < number:
            async with subject.transaction() as connection:
                for recipient in {subject.probe, other}:
                    await self._time(connection, recipient)
                for _ in range(PAIRS_A_CONNECTION):
                    if len(found) % 2:
                        missing, said = await self._time(connection, subject.probe)
                    refused, became = await self._time(connection, other, refusal, held)
                    if not len(found) % 2:
                        missing, said = await self._time(connection, subject.probe)
                    found.append(missing - (refused - held))
                    differs = differs and said != became
        if subject.asks and differs:  # each time: a footer may tell the time (`smtpd_reject_footer`)
            self.differs[subject.name] = (said, became)
        return found

    async def _time(
        self, connection: Connection, recipient: bytes, refusal: Refusal | None = None, held: float = 0.0
    ) -> tuple[float, Reply]:
        """Until the reply is there, in seconds. None: Postfix is answered DUNNO, if it asks."""
        self._refusal, self._held = refusal, held
        began = time.perf_counter()
        try:
            reply = await name_recipient(connection, recipient)
            return time.perf_counter() - began, reply
        finally:
            self._refusal = None


@dataclass
class Known:
    """Of one name.

    Attributes:
        found: as `LookUps._pairs` tells.
        rough: they are too few to be exact, if there are any, or no look-up shows in them.
        at: when they were measured, `time.monotonic`.
    """

    found: deque[float] = field(default_factory=lambda: deque(maxlen=PAIRS))
    rough: bool = True
    at: float = -DAY

    @property
    def due(self) -> bool:
        return not self.rough or time.monotonic() - self.at >= DAY

    @property
    def seconds(self) -> float:
        """By which a refusal is held back; 0: there is no difference, or none that can be told from chance."""
        if not self.found:
            return 0.0
        middle = centre(self.found)
        spread = median(abs(each - middle) for each in self.found)
        least = max(LEAST_SECONDS, 3 * spread / len(self.found) ** 0.5)
        return middle if least <= middle <= MOST_SECONDS else 0.0


def centre(found: Iterable[float]) -> float:
    """The median of the means of all pairs (Hodges and Lehmann): a few that took far longer do not move it."""
    values = list(found)
    return median((one + other) / 2 for place, one in enumerate(values) for other in values[: place + 1])


def _alike(subjects: Collection[Subject]) -> dict[str, str]:
    """Which name is measured for which."""
    if len(subjects) <= MANY:
        return {each.name: each.name for each in subjects}
    first: dict[object, str] = {}
    return {
        each.name: first.setdefault(
            each.name if each.name in NO_DOMAINS else replace(each.refusal, probe=b""), each.name
        )
        for each in subjects
    }
