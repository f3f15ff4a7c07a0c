"""What the command line prints: exactly one JSON document or a readable table on stdout, messages on stderr.

Text from peers never reaches a terminal raw: control and bidi characters are shown escaped, and no markup is read.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import IO, Any

import msgspec

from gate.forms import Changed, Warning  # noqa: A004 (the form of that name)
from gate.rules.visible import escape, escape_json


def say(text: str = "") -> None:
    """A line for the reader, on stdout."""
    _write(sys.stdout, escape(text))


def note(text: str) -> None:
    """A message beside the result, on stderr."""
    _write(sys.stderr, escape(text))


def fail(text: str) -> None:
    """The one line that says why not."""
    note(f"irusu-gate: {' '.join(text.split())}")


def show_json(document: Any) -> None:
    """One JSON document on one line. What `escape` would escape is escaped as JSON does it."""
    text = escape_json(msgspec.json.encode(document).decode())
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # a terminal of another encoding: the same document in ASCII
        text = json.dumps(json.loads(text), separators=(",", ":"))
    _write(sys.stdout, text)


def show_table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Columns on stdout; in full where stdout is no terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(Text(escape("" if cell is None else str(cell))) for cell in row))
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 4096
    console = Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        _write(sys.stdout, line.rstrip())


def show_changed(changed: Changed, as_json: bool, unchanged: str = "Nothing to change: it was so already") -> None:
    """The answer to a change of lists or accounts."""
    if as_json:
        show_json(changed)
    else:
        say(changed.change.text if changed.change is not None else unchanged)
    for warning in changed.warnings:
        warn(warning)


def warn(warning: Warning) -> None:
    """A warning's line, on stderr."""
    note(f"irusu-gate: warning: {warning.text}")


def prepare() -> None:
    """A terminal that cannot show a letter gets an escape, never an exception."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def close_pipe() -> None:
    """The reader of stdout went away: end quietly, and let Python's last flush go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _write(stream: IO[str], line: str) -> None:
    stream.write(f"{line}\n")
    stream.flush()
