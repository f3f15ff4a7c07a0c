"""The journal: every change of lists and accounts, with the rows before and after, so that it can be taken back.

A change is undone alone. It is refused if a later change, not undone itself, touched the same rows or relied on them:
then the rows are no longer as this change left them. So a row is always as its latest change that is not undone left
it, and an undo needs no other check. Redo brings back the last undone, until a new change is made.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from gate.errors import Fault
from gate.forms import Change
from gate.store import rows as store_rows
from gate.store.database import Transaction
from gate.store.rows import AccountRow, EntryRow, ListedRow, NameRow, RowChange, RowKind
from gate.store.settings import counter
from gate.store.tables import journal, journal_row

Need = tuple[RowKind, str]
"""A row that a change does not touch but relies on, such as the account whose list gets an entry: kind and key."""

_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    "account": msgspec.json.Decoder(AccountRow),
    "name": msgspec.json.Decoder(NameRow),
    "entry": msgspec.json.Decoder(EntryRow),
    "listed": msgspec.json.Decoder(ListedRow),
}


class JournalError(Fault):
    """An undo or a redo that cannot be."""

    texts = {
        "journal.unknown": "there is no change {id} in the history",
        "journal.already_undone": "change {id} ({text}) is undone already",
        "journal.touched_later": "change {id} ({text}) cannot be undone alone: change {later} ({later_text}) "
        "touched the same rows later; undo that one first",
        "journal.nothing_to_undo": "there is nothing to undo",
        "journal.nothing_to_redo": "there is nothing to redo",
    }


def note(
    tx: Transaction,
    changes: Sequence[RowChange],
    needs: Iterable[Need],
    *,
    code: str,
    params: dict[str, Any],
    text: str,
    by: Literal["app", "cli"],
    time: str,
) -> Change:
    """Write the rows and the line that takes them back. What was undone before can no longer be redone."""
    store_rows.write(tx, changes)
    (number,) = counter(tx, "change", 1)
    tx.execute(sa.update(journal).where(journal.c.redo_order.is_not(None)).values(redo_order=None))
    values = {"id": number, "time": time, "by": by, "code": code, "params": _text(params), "text": text}
    tx.execute(sa.insert(journal).values(**values, undone=False, redo_order=None))
    touched = {(change.kind, change.key) for change in changes}
    images = [
        {
            "change": number,
            "kind": change.kind,
            "key": change.key,
            "needs": False,
            "before": None if change.before is None else _text(change.before),
            "after": None if change.after is None else _text(change.after),
        }
        for change in changes
    ]
    images += [
        {"change": number, "kind": kind, "key": key, "needs": True, "before": None, "after": None}
        for kind, key in dict.fromkeys(needs)
        if (kind, key) not in touched
    ]
    tx.execute(sa.insert(journal_row), images)
    return Change(id=number, time=time, text=text, by=by, code=code, params=params)


def undo(tx: Transaction, number: int | None) -> tuple[Change, list[RowChange]]:
    """Take one change back, the latest not undone where `number` is None. Tells the rows as they were changed now."""
    if number is None:
        change = next_undo(tx)
        if change is None:
            raise JournalError("journal.nothing_to_undo")
    else:
        found = _one(tx, sa.select(journal).where(journal.c.id == number))
        if found is None:
            raise JournalError("journal.unknown", id=number)
        change = found
    if change.undone:
        raise JournalError("journal.already_undone", id=change.id, text=change.text)
    later = _touched_later(tx, change.id)
    if later is not None:
        raise JournalError(
            "journal.touched_later", id=change.id, text=change.text, later=later.id, later_text=later.text
        )
    back = [each.backwards() for each in _images(tx, change.id)]
    store_rows.write(tx, back)
    order = int(tx.execute(sa.select(sa.func.max(journal.c.redo_order))).scalar() or 0) + 1
    tx.execute(sa.update(journal).where(journal.c.id == change.id).values(undone=True, redo_order=order))
    return msgspec.structs.replace(change, undone=True), back


def redo(tx: Transaction) -> tuple[Change, list[RowChange]]:
    """Bring the last undone change back."""
    change = next_redo(tx)
    if change is None:
        raise JournalError("journal.nothing_to_redo")
    images = _images(tx, change.id)
    store_rows.write(tx, images)
    tx.execute(sa.update(journal).where(journal.c.id == change.id).values(undone=False, redo_order=None))
    return msgspec.structs.replace(change, undone=False), images


def next_undo(tx: Transaction) -> Change | None:
    """What `undo` without an id would take back."""
    return _one(tx, sa.select(journal).where(sa.not_(journal.c.undone)).order_by(journal.c.id.desc()).limit(1))


def next_redo(tx: Transaction) -> Change | None:
    chosen = sa.select(journal).where(journal.c.redo_order.is_not(None))
    return _one(tx, chosen.order_by(journal.c.redo_order.desc()).limit(1))


def page(tx: Transaction, *, before: int | None, limit: int, text: str) -> tuple[list[Change], bool]:
    """Changes, the newest first: up to `limit` that are older than `before`, and whether more remain."""
    chosen = sa.select(journal).order_by(journal.c.id.desc()).limit(limit + 1)
    if before is not None:
        chosen = chosen.where(journal.c.id < before)
    if text:
        chosen = chosen.where(journal.c.text.icontains(text, autoescape=True))
    found = [_change(row) for row in tx.execute(chosen)]
    return found[:limit], len(found) > limit


def _touched_later(tx: Transaction, number: int) -> Change | None:
    """The latest change, not undone, that touched a row of this one after it; relying on the same row is no harm."""
    newest = tx.execute(sa.select(sa.func.max(journal.c.id)).where(sa.not_(journal.c.undone))).scalar()
    if newest == number:
        return None
    mine, theirs = journal_row.alias("mine"), journal_row.alias("theirs")
    same = (theirs.c.kind == mine.c.kind) & (theirs.c.key == mine.c.key) & (theirs.c.change > mine.c.change)
    chosen = (
        sa.select(journal)
        .select_from(mine.join(theirs, same).join(journal, journal.c.id == theirs.c.change))
        .where(mine.c.change == number, sa.not_(journal.c.undone), sa.not_(mine.c.needs & theirs.c.needs))
        .order_by(journal.c.id.desc())
        .limit(1)
    )
    return _one(tx, chosen)


def _images(tx: Transaction, number: int) -> list[RowChange]:
    chosen = sa.select(journal_row).where(journal_row.c.change == number, sa.not_(journal_row.c.needs))

    def image(kind: str, text: str | None) -> Any:
        return None if text is None else _DECODERS[kind].decode(text)

    return [RowChange(image(row.kind, row.before), image(row.kind, row.after)) for row in tx.execute(chosen)]


def _one(tx: Transaction, chosen: "sa.Select[Any]") -> Change | None:
    row = tx.execute(chosen).first()
    return None if row is None else _change(row)


def _change(row: "sa.Row[Any]") -> Change:
    params = msgspec.json.decode(row.params, type=dict[str, Any])
    return Change(id=row.id, time=row.time, text=row.text, by=row.by, undone=row.undone, code=row.code, params=params)


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
