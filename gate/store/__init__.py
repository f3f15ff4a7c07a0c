"""The store: two SQLite files, tables, migrations, queries by noun. The only place with SQL.

`lists.db` must survive whatever happens to `log.db`: no statement knows both.
"""

from gate.store.counts import Counts
from gate.store.database import Transaction
from gate.store.errors import StoreError
from gate.store.journal import JournalError
from gate.store.lists import Lists, open_lists
from gate.store.log import Log, open_log

__all__ = ["Counts", "JournalError", "Lists", "Log", "StoreError", "Transaction", "open_lists", "open_log"]
