"""Decisions: asked beforehand (`check`), and as they were made (`log`)."""

from typing import Literal

from gate.forms.form import Because, Form, ListName, VerdictName


class CheckQuery(Form, frozen=True, kw_only=True):
    sender: str
    recipient: str


class EntryRef(Form, frozen=True, kw_only=True):
    """The entry that caused a verdict."""

    scope: str
    list: ListName
    pattern: str


class Check(Form, frozen=True, kw_only=True):
    """`check`: what would be answered now. `would` is what `watch` or `open` kept from happening."""

    verdict: VerdictName
    because: Because
    account: str | None = None
    entry: EntryRef | None = None
    would: Literal["refuse"] | None = None


class Decision(Form, frozen=True, kw_only=True):
    """One recipient of one transaction, as the log keeps it."""

    time: str
    front: str
    """`smtp` or `policy`."""
    client: str
    helo: str
    sender: str
    recipient: str
    verdict: VerdictName
    because: Because
    pattern: str | None = None
    reply: str = ""
    """The reply to RCPT TO as the client saw it, its lines joined by a newline."""
    id: int = 0
    account: str | None = None
    scope: str | None = None
    """Scope of the entry that caused it."""
    would: Literal["refuse"] | None = None
    decoy: str = ""
    """The address that was asked of the backend in the recipient's place; never shown to a client."""
    entry_id: int | None = None


class LogQuery(Form, frozen=True, kw_only=True):
    """`log.list`: newest last. Without `before` the newest `limit` rows; `before`: those older than that id.
    `after_id`: those newer than that id (to catch up)."""

    limit: int = 100
    since: str | None = None
    before: int | None = None
    after_id: int | None = None
    filter: str = ""
    verdict: VerdictName | None = None
    account: str | None = None


class LogPage(Form, frozen=True, kw_only=True):
    rows: list[Decision]
    more: bool = False
    """Older rows (with `after_id`: newer ones) remain."""
