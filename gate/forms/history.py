"""Changes of the lists, and taking them back."""

from typing import Any, Literal

from gate.forms.form import Form


class Change(Form, frozen=True, kw_only=True):
    """One line of the journal. `code` and `params` say the same as `text` for programs and translators."""

    id: int
    time: str
    text: str
    by: Literal["app", "cli"]
    undone: bool = False
    code: str = ""
    params: dict[str, Any] = {}


class ChangePage(Form, frozen=True, kw_only=True):
    rows: list[Change]
    next: str | None = None


class UndoQuery(Form, frozen=True, kw_only=True):
    """`undo`: that change alone; without an id the latest not undone."""

    id: int | None = None
