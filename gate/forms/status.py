"""The gate itself: its state, its warnings, what a subscriber is told first."""

from typing import Any

from gate.forms.form import Form, GateState
from gate.forms.history import Change


class Warning(Form, frozen=True, kw_only=True):  # noqa: A001 (the key in `status --json` is `warnings`)
    """Something the owner should know or do. `code` is stable, `text` one English line."""

    code: str
    text: str
    params: dict[str, Any] = {}


class Status(Form, frozen=True, kw_only=True):
    """`status`. With no gate running: state `not running`, pid null."""

    state: GateState
    pid: int | None = None
    listen: list[str] = []
    """The addresses the mail port is really open on, `HOST:PORT`; empty while stopped."""
    deliver: str = "built-in"
    refused: int = 0
    """Recipients refused since the log began."""
    accepted: int = 0
    version: str = ""
    warnings: list[Warning] = []
    sessions: int = 0
    """Client sessions under way."""
    own_domains: list[str] = []
    home: str = ""
    """The data folder in use: lists, log, mail of the built-in server."""
    settings: str = ""
    """The gate.toml in use; it need not exist."""
    since: str | None = None
    """When this gate process started."""


class Subscribed(Form, frozen=True, kw_only=True):
    """Answer to `subscribe`: the present state, and the number of the last event before it."""

    seq: int
    status: Status
    undo: "Change | None" = None
    redo: "Change | None" = None


class ListsChanged(Form, frozen=True, kw_only=True):
    """Data of an event of kind `lists`."""

    scopes: list[str] | None = None
    """Scopes whose entries or settings changed; null: any may have."""
    undo: "Change | None" = None
    """What `undo` without an ID would take back now."""
    redo: "Change | None" = None
