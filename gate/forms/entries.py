"""Entries of the lists: what they are, and what may be asked of them."""

from typing import Literal

from msgspec import UNSET, UnsetType

from gate.forms.accounts import ListQuery
from gate.forms.form import Form, KindName, ListName
from gate.forms.history import Change
from gate.forms.status import Warning  # noqa: A004


class Entry(Form, frozen=True, kw_only=True):
    """One line of a list. `id` is stable for the entry's life, through undo and redo too."""

    id: int
    scope: str
    list: ListName
    pattern: str
    kind: KindName
    source: str = "manual"
    """`manual`, `import`, `click`."""
    origin: str | None = None
    """Of an import: the name of what was read, such as `junk.mbox`."""
    note: str = ""
    added: str
    hits: int = 0
    last_hit: str | None = None


class EntryPage(Form, frozen=True, kw_only=True):
    rows: list[Entry]
    next: str | None = None
    total: int = 0


class EntryQuery(ListQuery, frozen=True, kw_only=True):
    scope: str
    sort: Literal["added", "pattern"] = "added"


class AddEntries(Form, frozen=True, kw_only=True):
    """`deny` and `allow`: all the patterns or none. A pattern already there is no error."""

    scope: str
    patterns: list[str]
    note: str = ""
    source: Literal["manual", "import", "click"] = "manual"
    make_account: bool = False
    """A scope that is an address and no account yet is made one, in the same undo."""


class ForgetEntries(Form, frozen=True, kw_only=True):
    """`forget`: patterns that stand on no list of the scope are an error and then nothing changes."""

    scope: str
    patterns: list[str]
    list: ListName | None = None


class EditEntry(Form, frozen=True, kw_only=True):
    """`entries.edit`: what is unset stays; one undo."""

    id: int
    pattern: str | UnsetType = UNSET
    list: ListName | UnsetType = UNSET
    note: str | UnsetType = UNSET


class RemoveEntries(Form, frozen=True, kw_only=True):
    """`entries.remove`: by id, many at once, one undo."""

    ids: list[int]


class Changed(Form, frozen=True, kw_only=True):
    """Answer to whatever changes lists or accounts: what the journal noted (null: all was so already)."""

    change: "Change | None" = None
    warnings: list[Warning] = []
    """Such as a pattern that covers the owner's own domain."""
