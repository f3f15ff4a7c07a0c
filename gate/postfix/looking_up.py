"""How much longer Postfix takes to refuse a missing account than to say a refusal of the gate's.

It looks for the account when the policy question was answered, and only if that was DUNNO. In a table of its own that
takes some microseconds; a system account (`local_recipient_maps` as it comes, by proxymap) a good part of a
millisecond, SQL or LDAP more. So that a denied sender cannot tell, a refusal is held back by as much. How much is
measured: names that do not exist are asked of, always other ones (a server may remember what it did not find); one time
Postfix is answered DUNNO, the other time the refusal, held back as any other. It shows, too, whether the refusal
becomes the reply to a missing account.

Where Postfix does not ask about what the gate asks of it, the other time is that of a recipient elsewhere, whom it
refuses without looking for an account; which is nearly as good. Where it takes that one (the gate is one of
`mynetworks`), this cannot be: then it can only be seen that look-ups take their time.
"""

import asyncio
import contextlib
import secrets
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from statistics import median

from gate.backend.asking import ERRORS_A_CONNECTION, FOREIGN, REPLY_SECONDS
from gate.backend.connection import BackendError, Connection
from gate.backend.decoy import decoy_for
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
FRESH_SECONDS = 1.0
"""Where a name that was never asked of takes longer, it is no look-up but an address verification under way."""
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
SLOW_FACTOR = 4.0
"""A refusal without a look-up to speak of takes up to three times as long as NOOP, by proxymap six to ten times."""
MANY = 16
"""Beyond so many domains, one is measured for all that refuse in the same words."""


@dataclass(frozen=True)
class Subject:
    """What is measured, with what.

    Attributes:
        name: an own domain, or `asked.BARE`, `asked.AT_LITERAL`; or `with_tag` of it.
        of: in the last case, what it is of: that is measured only where look-ups take their time.
        probe: an account of it that does not exist, and that the server knows not to.
        refusal: how it is refused.
        asks: whether Postfix asks about the probe.
        transaction: `asking.transaction`, to the server that is asked.
    """

    name: str
    probe: bytes
    refusal: Refusal
    asks: bool
    transaction: Callable[[], AbstractAsyncContextManager[Connection]]
    of: str | None = None


class LookUps:
    """What is known of them.

    Attributes:
        questions: how often Postfix has asked about a name that it was asked of.
        differs: where the gate's refusal did not become the reply to a missing account: that reply, and what it became.
        left: names that there was no time for.
        blind: whether it cannot be measured; known from the first try on, which is a message begun and taken back, and
            Postfix slows down by too many of those (`in_flow_delay`).
        slow: where it cannot be, what look-ups seem to take, in seconds, by name; only where they take their time.
    """

    def __init__(self) -> None:
        self.questions = 0
        self.differs: dict[str, tuple[Reply, Reply]] = {}
        self.left: list[str] = []
        self.blind = False
        self.slow: dict[str, float] = {}
        self._known: dict[str, Known] = {}
        self._stands_for: dict[str, str] = {}
        self._refusal: Refusal | None = None
        self._held = 0.0
        self._asking = ""

    def held(self) -> dict[str, float]:
        """Seconds to hold a refusal back, by name; names without are not held back."""
        measured = {name: seconds for name, known in self._known.items() if (seconds := known.seconds)}
        return {name: measured[one] for name, one in self._stands_for.items() if one in measured}

    def has_measured(self, name: str) -> bool:
        """Whether what `held` tells of the name is known."""
        known = self._known.get(self._stands_for.get(name, ""))
        return known is not None and known.at > -DAY

    def is_asking(self, recipient: str) -> bool:
        """Whether it is the name that is asked of right now."""
        return bool(self._asking) and recipient == self._asking

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
        self.slow = {name: seconds for name, seconds in self.slow.items() if name in names}
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
            if subject.of is not None and not self._known[self._stands_for[subject.of]].seconds:
                self.left.remove(subject.name)
                continue
            number = LATER_PAIRS if known.exact else PAIRS
            if not known.seconds:
                known.rough.clear()
            self.blind = self.blind and not subject.asks
            while len(known.rough) < FIRST_PAIRS and not self.blind:
                known.rough.extend(await self._pairs(subject, 0.0))
            if self.blind:
                await self._look_roughly(subject)
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
        answered. One pair at least, or `BackendError`."""
        found: list[float] = []
        known = self._known[subject.name]
        other = subject.probe if subject.asks else ELSEWHERE
        differs: tuple[Reply, Reply] | None = None
        try:
            async with subject.transaction() as connection:
                for recipient in {subject.probe, other}:
                    _, reply = await self._time(connection, recipient)
                    if recipient == ELSEWHERE and reply.severity == 2:
                        self.blind = True
                        return []
                for number in range(PAIRS_A_CONNECTION):
                    one, two = (_fresh(subject.probe), _fresh(other)) if known.fresh else (subject.probe, other)
                    if number % 2:
                        missing, said = await self._time(connection, one)
                    refused, became = await self._time(connection, two, subject.refusal if subject.asks else None, held)
                    if not number % 2:
                        missing, said = await self._time(connection, one)
                    if known.fresh and (missing > FRESH_SECONDS or said.severity != subject.refusal.severity):
                        known.fresh = False  # a greylist, an address verification: they know only the probe
                        break
                    found.append(missing - (refused - held if subject.asks else refused))
                    # Each time: a footer may tell the time (`smtpd_reject_footer`), and a trouble passes.
                    alike = said.severity != subject.refusal.severity or _nameless(said, one) == _nameless(became, two)
                    differs = None if alike or (number and differs is None) else (said, became)
        except BackendError:  # some servers hang up after a few errors
            if not found:
                raise
        if subject.asks and found:
            self.differs.pop(subject.name, None)
            if differs is not None:
                self.differs[subject.name] = differs
        return found

    async def _look_roughly(self, subject: Subject) -> None:
        """Whether a look-up shows beside a command that needs none."""
        async with subject.transaction() as connection:
            await self._time(connection, subject.probe)
            missing, nothing = [], []
            for _ in range(ERRORS_A_CONNECTION - 1):
                missing.append((await self._time(connection, subject.probe))[0])
                began = time.perf_counter()
                await connection.command(b"NOOP", REPLY_SECONDS)
                nothing.append(time.perf_counter() - began)
        self.slow.pop(subject.name, None)
        if median(missing) > SLOW_FACTOR * median(nothing):
            self.slow[subject.name] = median(missing) - median(nothing)

    async def _time(
        self, connection: Connection, recipient: bytes, refusal: Refusal | None = None, held: float = 0.0
    ) -> tuple[float, Reply]:
        """Until the reply is there, in seconds. None: Postfix is answered DUNNO, if it asks."""
        self._refusal, self._held, self._asking = refusal, held, recipient.decode()
        began = time.perf_counter()
        try:
            reply = await name_recipient(connection, recipient)
            return time.perf_counter() - began, reply
        finally:
            self._refusal, self._asking = None, ""


@dataclass
class Known:
    """Of one name, as `LookUps._pairs` tells.

    Attributes:
        rough: the first pairs.
        exact: those with a refusal held back; none where no look-up shows in the first.
        at: when it was measured, `time.monotonic`.
        fresh: whether names are asked of that never were before.
    """

    rough: list[float] = field(default_factory=list)
    exact: deque[float] = field(default_factory=lambda: deque(maxlen=PAIRS))
    at: float = -DAY
    fresh: bool = True

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


def _fresh(probe: bytes) -> bytes:
    """Another name of the same form."""
    return decoy_for(secrets.token_bytes(16), probe).path


def _nameless(reply: Reply, recipient: bytes) -> bytes:
    return reply.raw.lower().replace(recipient.lower().partition(b"@")[0], b"")


def with_tag(name: str) -> str:
    """The name under which recipients with an extension (`user+tag`) are known: Postfix looks for these twice."""
    return name + "+"


def centre(found: Iterable[float]) -> float:
    """The median of the means of all pairs (Hodges and Lehmann): a few that took far longer do not move it."""
    values = list(found)
    return median((one + other) / 2 for place, one in enumerate(values) for other in values[: place + 1])


def _alike(subjects: Collection[Subject]) -> dict[str, str]:
    """Which name is measured for which."""
    if len(subjects) <= MANY:
        return {each.name: each.name for each in subjects}
    first: dict[object, str] = {}
    found = {}
    for each in subjects:
        plain = each.name if each.of is None else each.of
        words = replace(each.refusal, probe=b"")
        found[each.name] = first.setdefault(each.name if plain in NO_DOMAINS else (words, each.of is None), each.name)
    return found
