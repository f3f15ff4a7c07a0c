"""The entries as they were at one moment, whatever is committed since: looked up one by one, and read to the end.

For a list so long that mail would wait until it is in memory. Two connections of its own, both within a transaction
that sees that moment, so that a look-up never waits for the reading; the database takes care of the rest.
"""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gate.store import entries
from gate.store.entries import RuleRow
from gate.store.errors import translated
from gate.store.tables import entry


class Snapshot:
    """Close it. All methods may be called from any thread."""

    def __init__(self, engine: sa.Engine, path: Path) -> None:
        """Nobody may be writing while it is made."""
        self._path = path
        self._lock = threading.Lock()
        self._closed = False
        self._reader, self._looker = (self._begun(engine) for _ in range(2))
        wanted = (entry.c.scope == sa.bindparam("scope"), entry.c.pattern == sa.bindparam("pattern"))
        compiled: Any = sa.select(entry.c.id, entry.c.list).where(*wanted).compile(dialect=engine.dialect)
        self._statement = str(compiled)
        self._positional = bool(compiled.positional)
        self._cursor: Any = self._looker.connection.cursor()

    def look_up(self, scope: str, pattern: str) -> tuple[int, str] | None:
        """Id and list of an entry; past SQLAlchemy, for mail waits for it. Raises StoreError."""
        values = (scope, pattern) if self._positional else {"scope": scope, "pattern": pattern}
        with self._lock:
            try:
                self._cursor.execute(self._statement, values)
                found: tuple[int, str] | None = self._cursor.fetchone()
            except self._driver.Error as error:
                raise translated(error, self._path) from error
            return found

    def sizes(self) -> dict[str, int]:
        """How many entries stand in each scope. Raises StoreError."""
        try:
            return entries.sizes(self._reader)
        except sa.exc.SQLAlchemyError as error:
            raise translated(error, self._path) from error

    def looked_up(self, size: int) -> Iterator[list[RuleRow]]:
        """All addresses, domains and subdomains, in parts. Raises StoreError."""
        try:
            yield from entries.raw_rows(self._reader, entries.LOOKED_UP, size)
        except (sa.exc.SQLAlchemyError, self._driver.Error) as error:
            raise translated(error, self._path) from error

    def close(self) -> None:
        """Nothing may be asked any more. Closing twice is harmless."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._cursor.close()
                for connection in (self._reader, self._looker):
                    connection.close()

    @property
    def _driver(self) -> Any:
        return self._looker.dialect.loaded_dbapi

    def _begun(self, engine: sa.Engine) -> sa.Connection:
        connection = engine.connect()
        connection.detach()  # not to be had by others, and truly closed with its memory
        connection.execute(sa.select(entry.c.id).limit(1)).all()  # the moment is that of the first reading
        return connection
