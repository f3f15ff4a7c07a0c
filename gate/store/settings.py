"""Single values that must be kept beside the lists: the installation's key, the saved state, counters."""

import sqlalchemy as sa

from gate.store.database import Transaction
from gate.store.tables import setting


def get(tx: Transaction, key: str) -> str | None:
    found = tx.execute(sa.select(setting.c.value).where(setting.c.key == key)).scalar()
    return None if found is None else str(found)


def put(tx: Transaction, key: str, value: str) -> None:
    done = tx.execute(sa.update(setting).where(setting.c.key == key).values(value=value))
    if done.rowcount == 0:
        tx.execute(sa.insert(setting).values(key=key, value=value))


def counter(tx: Transaction, noun: str, count: int) -> range:
    """The next `count` numbers of a noun, from 1, never given twice."""
    key = f"next {noun}"
    first = int(get(tx, key) or 1)
    put(tx, key, str(first + count))
    return range(first, first + count)
