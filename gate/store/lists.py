"""lists.db: accounts, entries, journal, known people, the installation's key. Nothing of the log is in it."""

import contextlib
import secrets
import sqlite3
from pathlib import Path

import sqlalchemy as sa

from gate.store import opening, settings
from gate.store.database import Database, Transaction
from gate.store.errors import StoreError, translated
from gate.store.opening import LISTS, Schema, open_database
from gate.store.snapshot import Snapshot
from gate.store.tables import person


class Lists(Database):
    """The owner's lists. The queries by noun (`accounts`, `entries`, `journal`) take a transaction of it."""

    def __init__(self, engine: sa.Engine, path: Path) -> None:
        super().__init__(engine, path)
        self._snapshot: Snapshot | None = None
        self._checking: sqlite3.Connection | None = None

    def snapshot(self) -> Snapshot:
        """The entries as of now; the one before is closed. Raises StoreError."""
        if self._snapshot is not None:
            self._snapshot.close()
        with self._writer:
            try:
                self._snapshot = Snapshot(self._engine, self.path)
            except sa.exc.SQLAlchemyError as error:
                raise translated(error, self.path) from error
        return self._snapshot

    def check(self) -> None:
        """Look through the whole file, if it was too large for that when it was opened. It may take long, and ends
        when the lists are closed. Raises StoreError."""
        uri = f"{self.path.absolute().as_uri()}?mode=ro"
        try:
            if self.path.stat().st_size <= opening.CHECKED_AT_ONCE:
                return
            with contextlib.closing(sqlite3.connect(uri, uri=True, check_same_thread=False)) as reader:
                self._checking = reader
                opening.check(reader, self.path)
        except OSError as error:
            raise StoreError("store.not_openable", file=str(self.path), why=error.strerror or str(error)) from error
        except sqlite3.Error as error:
            raise translated(error, self.path) from error
        finally:
            self._checking = None

    def stop_checking(self) -> None:
        """From another thread: `check` raises, for it could not come to its end."""
        reader = self._checking
        if reader is not None:
            with contextlib.suppress(sqlite3.ProgrammingError):  # it has just come to its end
                reader.interrupt()

    def close(self) -> None:
        if self._snapshot is not None:
            self._snapshot.close()
        super().close()

    def installation_key(self) -> bytes:
        """32 random bytes, made once: what makes this installation's decoys its own."""
        with self.writing() as tx:
            found = settings.get(tx, "installation key")
            if found is None:
                found = secrets.token_hex(32)
                settings.put(tx, "installation key", found)
            return bytes.fromhex(found)

    def saved_state(self) -> str | None:
        """The gate's state to take up again after a restart; None at first."""
        with self.reading() as tx:
            return settings.get(tx, "gate state")

    def save_state(self, state: str) -> None:
        with self.writing() as tx:
            settings.put(tx, "gate state", state)

    def known_people(self, tx: Transaction) -> list[str]:
        return [str(row[0]) for row in tx.execute(sa.select(person.c.address).order_by(person.c.address))]


def open_lists(path: Path, schema: Schema = LISTS) -> Lists:
    """Open lists.db, made if missing, migrated if older. Raises StoreError."""
    return Lists(open_database(Path(path), schema), Path(path))
