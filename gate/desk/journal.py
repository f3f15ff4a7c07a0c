"""The history, and the way back."""

from gate.desk import typed
from gate.desk.ledger import By, Ledger
from gate.forms import Change, Changed, ChangePage, ListQuery, Nothing, UndoQuery
from gate.store import journal


class Journal:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def history(self, params: ListQuery, _by: By) -> ChangePage:
        """Changes, the newest first."""
        limit, before = typed.page_limit(params.limit), typed.number(params.after)
        with self._ledger.reading() as tx:
            rows, more = journal.page(tx, before=before, limit=limit, text=typed.sought(params.filter))
        return ChangePage(rows=rows, next=str(rows[-1].id) if more else None)

    def undo(self, params: UndoQuery, _by: By) -> Changed:
        return Changed(change=self._ledger.undo(params.id))

    def redo(self, _params: Nothing, _by: By) -> Changed:
        return Changed(change=self._ledger.redo())

    def heads(self) -> tuple[Change | None, Change | None]:
        """What undo and redo would take now (for `Subscribed` and `ListsChanged`)."""
        return self._ledger.heads()
