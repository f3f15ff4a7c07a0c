"""The wait for the mail server's greeting, and how many it was found to greet at once.

For `crowd`, which is told when a greeting is late and says who goes for it. Nothing here knows a session or turns
anybody away.
"""

import asyncio
from collections.abc import Callable

LATE_SECONDS = 0.5
"""A greeting that takes longer is late; where they usually take longer, `LATE_FACTOR` times as long."""
LATE_FACTOR = 3.0
DOOR = 64
"""So many at most wait for the mail server's greeting, the others here: whom a full queue there turns away, the system
has try again only after one second, then three."""
AGAIN_SECONDS = 0.1
"""While greetings are late: how often that is told."""
RAISE_SECONDS = 60.0
"""So long after the mail server's limit was met, one more is tried; and one more each time that passes."""


class Ceiling:
    """How many the mail server greets at once, as far as it showed. Pure: `now` is any clock's seconds."""

    def __init__(self) -> None:
        self._places: int | None = None
        self._met = 0.0

    def meet(self, greeted: int, now: float) -> None:
        """It greets so many now, and no one else."""
        self._places, self._met = greeted, now

    def places(self, now: float) -> int | None:
        """None: no limit was met."""
        if self._places is not None:
            for _ in range(int((now - self._met) / RAISE_SECONDS)):
                self._places += max(1, self._places // 10)
                self._met += RAISE_SECONDS
        return self._places


class Greetings:
    """Who waits for a greeting: one timer and one look for all of them."""

    def __init__(self, late: Callable[[], object]) -> None:
        """`late` is called when a greeting is late, and again while one still is."""
        self._late = late
        self._loop = asyncio.get_running_loop()
        self._door = _Door(DOOR)
        self._usual = 0.0
        self._awaited: dict[Greeting, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def awaiting(self) -> "Greeting":
        """`with` it while a session waits for its greeting."""
        return Greeting(self)

    # ---- for `Greeting`

    def come(self, greeting: "Greeting") -> None:
        greeting.asked_at = self._loop.time()
        greeting.late_at = greeting.asked_at + max(LATE_SECONDS, LATE_FACTOR * self._usual)
        self._awaited[greeting] = None
        self._look_at(greeting.late_at)
        greeting.turn = self._door.enter()

    def go(self, greeting: "Greeting", *, greeted: bool) -> None:
        """It was greeted, or there will be no greeting."""
        turn = greeting.turn
        if turn is None or (turn.done() and not turn.cancelled()):
            self._door.leave()
        del self._awaited[greeting]
        now = self._loop.time()
        if greeted and now < greeting.late_at:
            took = now - greeting.asked_at
            slowly = 0.95 * self._usual + 0.05 * took  # a rush must not become what is usual
            self._usual = min(took, slowly) if self._usual else took

    # ---- the timer

    def _look_at(self, when: float) -> None:
        """At the latest; what is usual changes, so who came later may be late sooner."""
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._look)

    def _look(self) -> None:
        self._timer = None
        if not self._awaited:
            return
        now = self._loop.time()
        look_at = min(greeting.late_at for greeting in self._awaited)
        if look_at <= now:
            self._late()
            look_at = now + AGAIN_SECONDS
        self._look_at(look_at)


class Greeting:
    """One session's wait for it.

    Attributes:
        asked_at, late_at: when it began, and when it will have been too long; of the event loop's time.
        turn: to be awaited before anything else; None: connect now.
    """

    __slots__ = ("_greetings", "asked_at", "late_at", "turn")

    def __init__(self, greetings: Greetings) -> None:
        self._greetings = greetings
        self.asked_at = self.late_at = 0.0
        self.turn: asyncio.Future[None] | None = None

    def __enter__(self) -> "Greeting":
        self._greetings.come(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._greetings.go(self, greeted=kind is None)


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
