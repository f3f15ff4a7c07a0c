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
NAME_SECONDS = 4.0
"""Where look-ups take long, so much is spent on one name, if it is but `FIRST_PAIRS`."""
MEASURE_SECONDS = 60.0
"""For all names together; what was not measured by then is first the next time."""
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
        left: names that there was no time for.
    """

    def __init__(self) -> None:
        self.questions = 0
        self.differs: dict[str, tuple[Reply, Reply]] = {}
        self.left: list[str] = []
        self._known: dict[str, Known] = {}
        self._stands_for: dict[str, str] = {}
        self._refusal: Refusal | None = None
        self._held = 0.0

    def held(self) -> dict[str, float]:
        """Seconds to hold a refusal back, by name; names without are not held back."""
        measured = {name: seconds for name, known in self._known.items() if (seconds := known.seconds)}
        return {name: measured[one] for name, one in self._stands_for.items() if one in measured}

    def answer(self, recipient: str) -> Said:
        """What Postfix is answered of a name that it was asked of."""
        self.questions += 1
        return AT_ONCE if self._refusal is None else (self._refusal.answer(recipient), self._held)

    async def measure(self, subjects: Iterable[Subject], seconds: float | None = None) -> None:
        """Measures what is not known, or not of late, for `MEASURE_SECONDS` or these; forgets all names but these.

        Raises `BackendError`: the server was not there for it; what was measured by then is kept."""
        found = {subject.name: subject for subject in subjects}
        self._stands_for = _alike(found.values())
        names = dict.fromkeys(self._stands_for.values())
        self._known = {name: self._known.get(name, Known()) for name in names}
        self.differs = {name: both for name, both in self.differs.items() if name in names}
        due = [name for name, known in self._known.items() if known.due or name in self.differs]
        self.left = sorted(due, key=lambda name: self._known[name].at)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MEASURE_SECONDS if seconds is None else seconds):
                await self._measure([found[name] for name in self.left])

    async def _measure(self, subjects: list[Subject]) -> None:
        """First a rough idea of each. With refusals held back by that, the others then take in what holding back itself
        costs; one connection for each name and again, so that none waits for another to be exact."""
        wanted = {}
        for subject in subjects:
            known = self._known[subject.name]
            number = LATER_PAIRS if known.exact else PAIRS
            if not known.seconds:
                known.rough.clear()
            while len(known.rough) < FIRST_PAIRS:
                known.rough.extend(await self._pairs(subject, 0.0))
            known.at = time.monotonic()
            wanted[subject.name] = known.wanted(number)
        while wanted:
            for subject in subjects:
                left = wanted.pop(subject.name, 0)
                if left > 0:
                    known = self._known[subject.name]
                    known.exact.extend(await self._pairs(subject, known.seconds))
                    wanted[subject.name] = left - PAIRS_A_CONNECTION
                elif subject.name in self.left:
                    self.left.remove(subject.name)

    async def _pairs(self, subject: Subject, held: float) -> list[float]:
        """Of one connection, in seconds: how much later than a refusal, were it not held back, a missing account was
        answered."""
        found: list[float] = []
        refusal, other = (subject.refusal, subject.probe) if subject.asks else (None, ELSEWHERE)
        held = held if subject.asks else 0.0
        differs = subject.asks
        async with subject.transaction() as connection:
            for recipient in {subject.probe, other}:
                await self._time(connection, recipient)
            for number in range(PAIRS_A_CONNECTION):
                if number % 2:
                    missing, said = await self._time(connection, subject.probe)
                refused, became = await self._time(connection, other, refusal, held)
                if not number % 2:
                    missing, said = await self._time(connection, subject.probe)
                found.append(missing - (refused - held))
                # Each time: a footer may tell the time (`smtpd_reject_footer`), and a trouble passes.
                differs = differs and said != became and said.severity == subject.refusal.severity
        if differs:
            self.differs[subject.name] = (said, became)
        else:
            self.differs.pop(subject.name, None)
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
    """Of one name, as `LookUps._pairs` tells.

    Attributes:
        rough: the first pairs.
        exact: those with a refusal held back; none where no look-up shows in the first.
        at: when it was measured, `time.monotonic`.
    """

    rough: list[float] = field(default_factory=list)
    exact: deque[float] = field(default_factory=lambda: deque(maxlen=PAIRS))
    at: float = -DAY

    @property
    def due(self) -> bool:
        return bool(self.seconds) or time.monotonic() - self.at >= DAY

    @property
    def seconds(self) -> float:
        """By which a refusal is held back; 0: there is no difference, or none that can be told from chance."""
        found = self.exact if len(self.exact) >= FIRST_PAIRS else self.rough
        if not found:
            return 0.0
        middle = centre(found)
        spread = median(abs(each - middle) for each in found)
        least = max(LEAST_SECONDS, 3 * spread / len(found) ** 0.5)
        return middle if least <= middle <= MOST_SECONDS else 0.0

    def wanted(self, number: int) -> int:
        """So many further pairs, fewer where they take long."""
        if not (seconds := self.seconds):
            return 0
        return max(FIRST_PAIRS, min(number, int(NAME_SECONDS / (2 * seconds))))


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
