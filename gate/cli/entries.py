"""`deny`, `allow`, `forget`, `entries`: who is not wanted, and who is."""

from typing import Annotated, Literal

import typer

from gate.cli import link, output
from gate.cli.options import Json, Patterns, Scope
from gate.forms import AddEntries, Entry, EntryQuery, ForgetEntries

Note = Annotated[str, typer.Option(metavar="TEXT", help="Why, in your own words.")]


def register(root: typer.Typer) -> None:
    for command in (deny, allow, forget, entries):
        root.command()(command)


def deny(scope: Scope, pattern: Patterns, note: Note = "", as_json: Json = False) -> None:
    """To these senders the address does not exist."""
    _add("deny", scope, pattern, note, as_json)


def allow(scope: Scope, pattern: Patterns, note: Note = "", as_json: Json = False) -> None:
    """These senders get in."""
    _add("allow", scope, pattern, note, as_json)


def forget(
    scope: Scope,
    pattern: Patterns,
    list_: Annotated[Literal["deny", "allow"] | None, typer.Option("--list", help="Only from this list.")] = None,
    as_json: Json = False,
) -> None:
    """Take patterns off the lists of a scope."""
    output.show_changed(link.call("forget", ForgetEntries(scope=scope, patterns=pattern, list=list_)), as_json)


def entries(scope: Scope, as_json: Json = False) -> None:
    """What stands on the lists of a scope."""
    with link.link() as open_link:
        rows: list[Entry] = list(link.pages(open_link, "entries.list", EntryQuery(scope=scope)))
    if as_json:
        output.show_json(rows)
    elif not rows:
        output.note(f"Nothing stands on the lists of {scope}")
    else:
        heads = ("LIST", "PATTERN", "KIND", "HITS", "LAST HIT", "ADDED", "SOURCE", "NOTE")
        output.show_table(heads, (_row(entry) for entry in rows))


def _add(method: str, scope: str, patterns: list[str], note: str, as_json: bool) -> None:
    changed = link.call(method, AddEntries(scope=scope, patterns=patterns, note=note))
    output.show_changed(changed, as_json, "Nothing to change: all of it stood there already")


def _row(entry: Entry) -> tuple[object, ...]:
    source = f"{entry.source} ({entry.origin})" if entry.origin else entry.source
    return (entry.list, entry.pattern, entry.kind, entry.hits, entry.last_hit, entry.added, source, entry.note)
