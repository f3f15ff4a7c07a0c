"""lists.db: accounts, entries, journal, known people, the installation's key. Nothing of the log is in it."""

import secrets
from pathlib import Path

import sqlalchemy as sa

from gate.store import settings
from gate.store.database import Database, Transaction
from gate.store.opening import LISTS, Schema, open_database
from gate.store.tables import person


class Lists(Database):
    """The owner's lists. The queries by noun (`accounts`, `entries`, `journal`) take a transaction of it."""

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
