"""The one queue between the mail path and the log: decisions, hits and totals, in batches, in a thread of its own.

It must never delay or refuse a mail: `record` puts a decision into a bounded queue and returns. A log that is locked,
full or broken costs decisions and makes a warning, nothing more.
"""

import logging
import threading
import time
from collections import deque
from datetime import UTC, datetime

import msgspec

from gate import trouble
from gate.events import Events
from gate.forms import Decision, Warning  # noqa: A004
from gate.store import Counts, Log, StoreError
from gate.store.aging import Age

QUEUE_LIMIT = 20_000
"""Decisions that may wait for the thread; of more only the totals and hits are kept."""
PENDING_LIMIT = 50_000
"""Decisions that may wait for a log that cannot be written; the oldest are dropped first, but for
their totals and hits."""
BATCH = 1_000
BATCH_SECONDS = 0.2
"""Between two batches, unless more than one waits; and between two events: at most five a second, and a decision is
seen well within half a second."""
UNTOLD_LIMIT = 20_000
"""Decisions that may wait to be told of; beyond that whoever listens is told to ask the log."""
RETRY_SECONDS = 1.0
TRIM_SECONDS = 600.0
TRIM_ROWS = (100, 20_000)
"""The log is trimmed after so long, or a tenth of what it may hold in new rows, but no fewer and no more than these."""
QUIET_SECONDS = 2.0
"""And when so long nothing has come."""

_log = logging.getLogger(__name__)


class Recorder:
    """Takes every decision of every front. `start` once, `stop` once; all else from any thread."""

    def __init__(self, log_store: Log, events: Events, *, keep_days: int = 90, max_rows: int = 2_000_000) -> None:
        """`keep_days`, `max_rows`: what the log may hold; totals by day outlive the rows."""
        self._store = log_store
        self._events = events
        self._limits = (keep_days, max_rows)  # replaced as one: the thread may be reading it
        self._queue: deque[Decision] = deque()
        self._come = threading.Event()
        """Something is in the queue, or the thread is to end."""
        self._pending: deque[Decision] = deque()
        self._untold: deque[Decision] = deque()
        self._tell_at = 0.0
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._next_id = 1
        self._numbered = False
        self._opened = 0
        """Which opening of the log the ids go on from."""
        self._counted = threading.Lock()
        self._refused = 0
        self._accepted = 0
        self._dropped = 0
        self._lost = Counts()
        """Of what was dropped."""
        self._uncounted = Counts()
        """Of what was dropped before, when the log could not be written."""
        self._retry_at = 0.0
        self._trim_at = 0.0
        self._untrimmed = 0
        self._age = Age()
        self._failing = ""

    def start(self) -> None:
        self._refused, self._accepted = self._store.totals()
        self._age = Age(self._store.last_time())
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def limit(self, *, keep_days: int, max_rows: int) -> None:
        """The log may hold something else from now on; it is trimmed at the next turn."""
        if (keep_days, max_rows) != self._limits:
            self._limits = (keep_days, max_rows)
            self._trim_at = 0.0

    def record(self, decision: Decision) -> None:
        """Take one decision; from then on it is the recorder's, which gives it its id. Never blocks, never raises."""
        with self._counted:
            if decision.verdict == "refuse":
                self._refused += 1
            else:
                self._accepted += 1
            if len(self._queue) < QUEUE_LIMIT:
                self._queue.append(decision)
            else:
                self._dropped += 1
                self._lost.add((decision,))
        if not self._come.is_set():
            self._come.set()

    def stop(self, seconds: float = 5.0) -> None:
        """Write what is there and end the thread; a log that takes longer than `seconds` is left."""
        thread = self._thread
        if thread is None:
            return
        self._stopping.set()
        self._come.set()
        thread.join(seconds)
        if thread.is_alive():
            _log.warning("the last decisions may be missing in the log: it took longer than %g seconds", seconds)
        self._thread = None

    def totals(self) -> tuple[int, int]:
        """Refused and accepted since the log began."""
        with self._counted:
            return self._refused, self._accepted

    def warnings(self) -> list[Warning]:
        """What the owner should know of the log."""
        found = self._store.warnings()
        if self._dropped:
            text = f"{self._dropped} decisions could not be kept in the log"
            found.append(Warning(code="log.dropped", text=text, params={"count": self._dropped}))
        if self._age.doubtful:
            text = "the clock leapt; until it has run steadily for a day nothing is removed from the log by its age"
            found.append(Warning(code="log.clock", text=text))
        return found

    # ------------------------------------------------------------ the thread

    def _run(self) -> None:
        going = True
        while going:
            try:
                going = self._turn()
            except Exception as problem:  # noqa: BLE001 (the thread's outermost edge: the next turn may fare better)
                self._tell_once(problem)
                going = not self._stopping.wait(RETRY_SECONDS)

    def _tell_once(self, problem: Exception) -> None:
        """A failure that comes again is told when it begins, not at every turn."""
        failing = f"{type(problem).__name__}: {problem}"
        if failing != self._failing:
            self._failing = failing
            trouble.keep(_log, "decisions could not be kept")

    def _turn(self) -> bool:
        """Wait for decisions, write one batch, and tell one when it is time. False: that was the last."""
        batch, last = self._gather()
        self._number(batch)
        self._pending.extend(batch)
        self._write(final=last)
        self._tell(batch, final=last)
        self._trim(quiet=last or not batch)
        if not last and batch and len(self._queue) < BATCH:
            self._stopping.wait(BATCH_SECONDS)
        return not last

    def _tell(self, batch: list[Decision], *, final: bool) -> None:
        if not self._events.wanted("decisions"):
            self._untold.clear()
            return
        self._untold.extend(batch)
        if len(self._untold) > UNTOLD_LIMIT:
            self._untold.clear()
            self._events.publish("resync")
        while self._untold and (final or time.monotonic() >= self._tell_at):
            told = [self._untold.popleft() for _ in range(min(len(self._untold), BATCH))]
            self._events.publish("decisions", told)
            self._tell_at = time.monotonic() + BATCH_SECONDS
            if not final:
                break

    def _gather(self) -> tuple[list[Decision], bool]:
        until_trim = max(BATCH_SECONDS, self._trim_at - time.monotonic())
        if self._untrimmed:
            until_trim = min(until_trim, QUIET_SECONDS)
        until = RETRY_SECONDS if self._pending else until_trim
        if self._untold:
            until = min(until, max(0.0, self._tell_at - time.monotonic()))
        self._come.wait(until)
        stopping = self._stopping.is_set()
        if not stopping:
            self._come.clear()  # before the queue is looked at: what comes after that sets it again
        batch = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH))]
        if self._queue:
            self._come.set()
        return batch, stopping and not self._queue

    def _number(self, batch: list[Decision]) -> None:
        """Give ids, so that who hears the event can ask the log for what is newer. In place: a copy of each would cost
        more than all else here."""
        if not self._numbered:
            self._renumber()
        for number, row in enumerate(batch, self._next_id):
            msgspec.structs.force_setattr(row, "id", number)
        self._next_id += len(batch)

    def _renumber(self) -> None:
        """Go on from the log's last row; what waits moves behind it."""
        try:
            last = self._store.last_id()
        except StoreError:
            return
        self._numbered, self._opened = True, self._store.opened
        if self._pending and self._pending[0].id <= last:
            self._next_id = last + 1
            for number, row in enumerate(self._pending, self._next_id):
                msgspec.structs.force_setattr(row, "id", number)
            self._next_id += len(self._pending)
        self._next_id = max(self._next_id, last + 1)

    def _write(self, *, final: bool) -> None:
        while len(self._pending) > PENDING_LIMIT:
            oldest = self._pending.popleft()
            with self._counted:
                self._dropped += 1
                self._lost.add((oldest,))
        now = time.monotonic()
        if not self._pending or (now < self._retry_at and not final):
            return
        self._retry_at = now + RETRY_SECONDS
        if not self._store.reopen():
            return
        if not self._numbered or self._store.opened != self._opened:
            self._renumber()
        self._empty()

    def _empty(self) -> None:
        """Write what waits, in batches; where one holds what no database could take, its rows one by one, and that row
        is dropped and counted: it must not stand in the way of all others."""
        singly = 0
        while self._pending:
            rows = [self._pending[index] for index in range(1 if singly else min(BATCH, len(self._pending)))]
            try:
                self._store.append(rows)
            except StoreError:
                self._numbered = False
                return  # the store remembers why; the rows wait
            except (ValueError, TypeError, OverflowError) as problem:  # such as a lone surrogate in a text
                if len(rows) > 1:
                    singly = len(rows)
                    continue
                self._tell_once(problem)
                with self._counted:
                    self._dropped += 1
            for _ in rows:
                self._pending.popleft()
            singly = max(0, singly - 1)
            self._untrimmed += len(rows)
        self._count_lost()
        self._retry_at = 0.0

    def _count_lost(self) -> None:
        """Totals and hits of what was dropped: what could not be written before, and what has come since. No more: in
        a flood there is always more, and the queue must not wait for that."""
        for _ in range(2):
            counts, self._uncounted = self._uncounted, Counts()
            if not counts:
                with self._counted:
                    counts, self._lost = self._lost, counts
            if not counts:
                return
            try:
                self._store.count(counts)
            except StoreError:
                self._uncounted = counts
                return

    def _trim(self, *, quiet: bool) -> None:
        now = time.monotonic()
        keep_days, max_rows = self._limits
        enough = min(max(TRIM_ROWS[0], max_rows // 10), TRIM_ROWS[1])
        due = now >= self._trim_at or self._untrimmed >= enough or (quiet and self._untrimmed > 0)
        if not due or self._pending:
            return
        self._untrimmed = 0
        more = False
        try:
            oldest = self._age.oldest(datetime.now(UTC), now, keep_days)
            more = self._store.trim(oldest=oldest, max_rows=max_rows)
        except StoreError:
            pass
        self._trim_at = now + (0.0 if more else TRIM_SECONDS)
