"""Pages that fit into one message of the control socket, whatever texts stand in their rows. Pure."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from gate.forms import Form

PAGE_BYTES = 2 * 1024 * 1024
"""Rows of one page as JSON at most: a message holds 4 MiB."""

Row = TypeVar("Row", bound=Form)


def fitting(rows: Sequence[Row], *, from_end: bool = False) -> list[Row]:
    """The first of the rows (the last, if `from_end`), as many as fit; one at least. All of them, as a rule."""
    size = 0
    for count, row in enumerate(reversed(rows) if from_end else rows):
        size += len(msgspec.json.encode(row))
        if size > PAGE_BYTES and count:
            return list(rows[-count:] if from_end else rows[:count])
    return list(rows)
