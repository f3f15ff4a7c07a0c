"""`history`, `undo`, `redo`: what was changed, and taking it back."""

from typing import Annotated

import typer

from gate.cli import link, output
from gate.cli.options import Json
from gate.forms import Change, Changed, ListQuery, UndoQuery


def register(root: typer.Typer) -> None:
    for command in (history, undo, redo):
        root.command()(command)


def history(as_json: Json = False) -> None:
    """Every change of lists and accounts."""
    with link.link() as open_link:
        rows: list[Change] = list(link.pages(open_link, "history.list", ListQuery()))
    if as_json:
        output.show_json(rows)
    elif not rows:
        output.note("Nothing was changed yet")
    else:
        output.show_table(("ID", "TIME", "BY", "", "WHAT"), (_row(change) for change in rows))


def undo(
    change: Annotated[
        int | None, typer.Argument(metavar="ID", help="That change alone; without it the latest.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Take a change back."""
    changed = link.call("undo", UndoQuery(id=change))
    _show("Undone", changed, as_json)


def redo(as_json: Json = False) -> None:
    """Do again what was undone last."""
    _show("Done again", link.call("redo"), as_json)


def _show(word: str, changed: Changed, as_json: bool) -> None:
    if as_json or changed.change is None:
        output.show_changed(changed, as_json)
    else:
        output.say(f"{word}: {changed.change.text}")


def _row(change: Change) -> tuple[object, ...]:
    return (change.id, change.time, change.by, "undone" if change.undone else "", change.text)
