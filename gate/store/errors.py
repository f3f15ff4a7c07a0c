"""What can go wrong with the two databases, each told in one line that names the file."""

import sqlalchemy.exc as sa_exc

from gate.errors import Fault


class StoreError(Fault):
    """A database that cannot be used, or a statement that it refused. Params: always `file`."""

    texts = {
        "store.newer_version": "{file}: written by a newer Irusu (version {theirs}; this one knows {ours}). "
        "Nothing was touched: use the newer Irusu.",
        "store.not_yours": "{file}: belongs to another user. Nothing was touched.",
        "store.not_openable": "{file}: cannot be opened: {why}.",
        "store.corrupt": "{file}: is not a sound database ({why}). Nothing was touched: put a copy of it back.",
        "store.foreign": "{file}: is a database of something else. Nothing was touched.",
        "store.migration": "{file}: could not be brought from version {theirs} to {ours}: {why}. "
        "A copy from before is in {copy}.",
        "store.locked": "{file}: another program holds it locked.",
        "store.full": "{file}: the disk is full. Nothing was changed.",
        "store.read_only": "{file}: cannot be written. Nothing was changed.",
        "store.failed": "{file}: {why}.",
    }


_BY_WORDS = (
    ("locked", "store.locked"),
    ("is full", "store.full"),
    ("readonly", "store.read_only"),
    ("malformed", "store.corrupt"),
    ("not a database", "store.corrupt"),
    ("unable to open", "store.not_openable"),
    ("no such table", "store.corrupt"),
    ("disk i/o error", "store.failed"),
)
"""Words of SQLite's error texts: Python 3.11's sqlite3 names codes too, SQLAlchemy wraps both alike."""


def translated(error: Exception, file: object) -> StoreError:
    """The store's own error for one of the database's."""
    origin = error.orig if isinstance(error, sa_exc.DBAPIError) and error.orig is not None else error
    why = str(origin) or type(origin).__name__
    for words, code in _BY_WORDS:
        if words in why.lower():
            return StoreError(code, file=str(file), why=why)
    return StoreError("store.failed", file=str(file), why=why)
