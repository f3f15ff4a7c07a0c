"""One open database: its transactions, and its errors in the store's own words."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from gate.store.errors import translated

Transaction = sa.Connection
"""What the queries by noun are given. Rooms above pass it on and know nothing of it."""


class Database:
    """Attributes: path: the file. All methods may be called from any thread."""

    def __init__(self, engine: sa.Engine, path: Path) -> None:
        self.path = path
        self._engine = engine
        self._writer = threading.RLock()

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A view of the database as of now, unchanging while it is open. Raises StoreError."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise translated(error, self.path) from error

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """All or nothing: durable when the block has ended well, undone when it raises. Raises StoreError."""
        with self._writer:
            try:
                with self._engine.connect().execution_options(writing=True) as connection, connection.begin():
                    yield connection
            except sa.exc.SQLAlchemyError as error:
                raise translated(error, self.path) from error

    def settle(self) -> None:
        """Write what waits in the -wal back into the file. Raises StoreError."""
        with self._writer:
            try:
                with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            except sa.exc.SQLAlchemyError as error:
                raise translated(error, self.path) from error

    def close(self) -> None:
        self._engine.dispose()
