"""log.db: what the gate answered. It may be locked, full or broken: then decisions are lost, and nothing else.

It must never raise where a list is shown beside it, and never be opened together with lists.db in one statement.
"""

import contextlib
import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from gate.forms import Decision, LogPage, LogQuery, Warning  # noqa: A004
from gate.store import decisions, received
from gate.store.counts import Counts
from gate.store.database import Database
from gate.store.errors import StoreError
from gate.store.opening import LOG, Schema, open_database
from gate.store.received import Received

_log = logging.getLogger(__name__)


class Log:
    """The decision log. All methods may be called from any thread.

    Attributes:
        path: the file.
        opened: how often a file was opened; another number is another file, with ids of its own.
    """

    def __init__(self, path: Path, schema: Schema = LOG) -> None:
        self.path = path
        self.opened = 0
        self._schema = schema
        self._lock = threading.RLock()
        self._database: Database | None = None
        self._trouble: StoreError | None = None
        self._set_aside: Path | None = None
        self._file: tuple[int, int] | None = None
        """Device and inode of the file that is open."""
        self.reopen()

    def reopen(self) -> bool:
        """Try to open the file if it is not open, or is no more the one of that name. A corrupt one is set aside and a
        new one made. Never raises."""
        with self._lock:
            if self._database is not None and _identity(self.path) != self._file:
                _log.warning("%s is not the file that was opened; it is opened anew", self.path)
                self._leave_behind()
            for _ in range(2):
                if self._database is not None:
                    break
                try:
                    self._database = Database(open_database(self.path, self._schema), self.path)
                    self._file = _identity(self.path)
                    self.opened += 1
                    self._trouble = None
                except StoreError as error:
                    self._failed(error)
            return self._database is not None

    def warnings(self) -> list[Warning]:
        """What the owner should know: decisions are not kept, or an old log was set aside."""
        found = []
        if self._trouble is not None:
            text = f"decisions are not kept in the log: {self._trouble}"
            found.append(Warning(code="log.unavailable", text=text, params={"why": str(self._trouble)}))
        if self._set_aside is not None:
            text = f"the log was broken; a new one was begun, the old one is {self._set_aside}"
            found.append(Warning(code="log.set_aside", text=text, params={"file": str(self._set_aside)}))
        return found

    # ------------------------------------------------------------ writing: the recorder's thread alone

    def last_id(self) -> int:
        """The highest id of a row. Raises StoreError."""
        with self._open() as database, database.reading() as tx:
            return decisions.last_id(tx)

    def last_time(self) -> str | None:
        """The time of the row with the highest id; None where there is none, or it cannot be read."""
        try:
            with self._open() as database, database.reading() as tx:
                return decisions.last_time(tx)
        except StoreError:
            return None

    def append(self, rows: Sequence[Decision]) -> None:
        """Add rows with their ids, their totals and hits; all or nothing. Raises StoreError."""
        with self._open() as database, database.writing() as tx:
            decisions.append(tx, rows)
        self._trouble = None

    def count(self, counts: Counts) -> None:
        """Add totals and hits of decisions whose rows are not kept; all or nothing. Raises StoreError."""
        with self._open() as database, database.writing() as tx:
            decisions.count(tx, counts)

    def trim(self, *, oldest: str, max_rows: int) -> bool:
        """Remove some of the rows before the time `oldest` (empty: none) or beyond `max_rows`; True: there is more.

        Totals and hits stay. Raises StoreError.
        """
        with self._open() as database, database.writing() as tx:
            return decisions.trim(tx, oldest=oldest, max_rows=max_rows)

    # ------------------------------------------------------------ reading

    def totals(self) -> tuple[int, int]:
        """Refused and accepted since the log began; zeros where it cannot be read."""
        try:
            with self._open() as database, database.reading() as tx:
                return decisions.totals(tx)
        except StoreError:
            return 0, 0

    def refused_since(self, day: str, accounts: Sequence[str]) -> dict[str, int]:
        """Refused by account since a UTC day (`2026-11-17`), that day included; empty where it cannot be read."""
        try:
            with self._open() as database, database.reading() as tx:
                return decisions.refused_since(tx, day, accounts)
        except StoreError:
            return {}

    def hits(self, entry_ids: Sequence[int]) -> dict[int, tuple[int, str]]:
        """Hits and the time of the last, by entry; empty where it cannot be read."""
        try:
            with self._open() as database, database.reading() as tx:
                return decisions.hits(tx, entry_ids)
        except StoreError:
            return {}

    def received(self, domain: str, *, since: str, limit: int) -> list[Received]:
        """What the addresses of a canonical domain received; see `received.by_address`. Raises StoreError."""
        with self._open() as database, database.reading() as tx:
            return received.by_address(tx, domain, since=since, limit=limit)

    def begin(self) -> str | None:
        """How far the rows go back; None: there are none. Raises StoreError."""
        with self._open() as database, database.reading() as tx:
            return received.begin(tx)

    def page(self, query: LogQuery, since: str | None) -> LogPage:
        """Rows, the newest last. `since`: as the rows' times are written. Raises StoreError."""
        with self._open() as database, database.reading() as tx:
            return decisions.page(tx, query, since)

    def close(self) -> None:
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _leave_behind(self) -> None:
        """Close a file that bears the name no more. What waits beside the name is its own, and must never be read into
        the file that is there now."""
        if self._database is None:
            return
        with contextlib.suppress(StoreError):
            self._database.settle()
        self._forget()
        for end in ("-wal", "-shm"):
            with contextlib.suppress(OSError):
                _beside(self.path, end).unlink()

    # ------------------------------------------------------------ trouble

    def _open(self) -> "_Using":
        return _Using(self)

    def _failed(self, error: StoreError) -> None:
        """Remember what is wrong; a corrupt file goes out of the way, so that the next opening makes a new one."""
        with self._lock:
            unsound = error.code in ("store.corrupt", "store.foreign")
            if str(error) != str(self._trouble) and not unsound:
                _log.warning("%s", error)
            self._trouble = error
            if not unsound:
                return
            self._forget()
            try:
                self._set_aside = _out_of_the_way(self.path)
                _log.warning("%s is not sound; a new log is begun, the old one is %s", self.path, self._set_aside)
            except OSError as problem:
                _log.warning("%s could not be set aside: %s", self.path, problem)


class _Using:
    """The database for one block; what goes wrong in it is remembered."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def __enter__(self) -> Database:
        if self._log._database is None and self._log._set_aside is not None:
            self._log.reopen()  # the new one, at once: there is nothing to wait for
        database = self._log._database
        if database is None:
            trouble = self._log._trouble
            raise (
                trouble
                if trouble is not None
                else StoreError("store.failed", file=str(self._log.path), why="the log is closed")
            )
        return database

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, StoreError):
            self._log._failed(error)


def _beside(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _out_of_the_way(path: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}.broken-{stamp}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.broken-{stamp}-{number}")
    for suffix in ("", "-wal", "-shm"):
        beside = _beside(path, suffix)
        if beside.exists():
            beside.rename(_beside(aside, suffix))
    return aside


def open_log(path: Path, schema: Schema = LOG) -> Log:
    """Open log.db. Never raises: what is wrong with it is in `warnings`, and `reopen` tries again."""
    return Log(Path(path), schema)
