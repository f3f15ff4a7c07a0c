"""The forms in which Irusu's facts are asked for and told: on the control socket, in `--json`, in the app.

Pure data: msgspec structs and nothing else. Field names are a contract, other programs read them; more fields may
come, none is renamed. Times are ISO 8601 in UTC with `Z`. What the owner may type (addresses, patterns, scopes) is text
here and is parsed by `gate.rules` where it is used.

A request struct bears the name of what is asked (`AddAccount`), an answer the name of the thing (`Account`).
"""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

Mode = Literal["deny", "allow", "closed"]
ListName = Literal["deny", "allow"]
KindName = Literal["address", "domain", "subdomains", "keyword", "glob", "regex"]
VerdictName = Literal["accept", "refuse"]
Because = Literal["entry", "mode", "exempt", "watch", "open", "unlisted", "relay", "none"]
GateState = Literal["not running", "stopped", "open", "guarding", "draining"]

PAGE_LIMIT = 1000
"""Rows a page at most (`account.list`, `entries.list`, `log.list`, `history.list`)."""


class Form(msgspec.Struct, frozen=True):
    """What all forms share. (Type checkers want `frozen` and `kw_only` said again by each.) Unknown keys are
    ignored when decoding."""


class Nothing(Form, frozen=True, kw_only=True):
    """The request of a method that takes no parameters, the answer of one that tells nothing."""


# ---------------------------------------------------------------- the gate itself


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


# ---------------------------------------------------------------- accounts


class Account(Form, frozen=True, kw_only=True):
    """An account. `denied` and `allowed` count the entries of its own scope."""

    address: str
    aliases: list[str] = []
    mode: Mode = "deny"
    watch: bool = False
    refuse_bounces: bool = False
    given_to: str | None = None
    expect: list[str] = []
    denied: int = 0
    allowed: int = 0
    refused_7_days: int = 0


class ScopeCount(Form, frozen=True, kw_only=True):
    """How many entries stand at a scope that is no account: `*`, or `@domain` of the owner's own."""

    scope: str
    denied: int = 0
    allowed: int = 0


class AccountPage(Form, frozen=True, kw_only=True):
    rows: list[Account]
    next: str | None = None
    """Give it as `after` to get the next page; null: that was the last."""
    total: int = 0
    scopes: list[ScopeCount] = []
    """The wider scopes, `*` first; on the first page alone."""


class AddAccount(Form, frozen=True, kw_only=True):
    address: str
    mode: Mode = "deny"
    watch: bool = False
    refuse_bounces: bool = False
    aliases: list[str] = []
    given_to: str | None = None
    expect: list[str] = []


class SetAccount(Form, frozen=True, kw_only=True):
    """Change an account; what is unset stays. An empty `given_to` or list clears."""

    address: str
    mode: Mode | UnsetType = UNSET
    watch: bool | UnsetType = UNSET
    refuse_bounces: bool | UnsetType = UNSET
    aliases: list[str] | UnsetType = UNSET
    given_to: str | UnsetType | None = UNSET
    expect: list[str] | UnsetType = UNSET


class OneAccount(Form, frozen=True, kw_only=True):
    """Names an account by its address or one of its aliases (`account.show`, `account.remove`)."""

    address: str


class ListQuery(Form, frozen=True, kw_only=True):
    """A page of a list, by key. `filter` is a substring sought in what the rows show."""

    after: str | None = None
    limit: int = PAGE_LIMIT
    filter: str = ""


# ---------------------------------------------------------------- entries


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


# ---------------------------------------------------------------- decisions


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


# ---------------------------------------------------------------- history


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


# ---------------------------------------------------------------- saved mail


class Member(Form, frozen=True, kw_only=True):
    """One of the addresses that a candidate for more than one address was made from."""

    address: str
    messages: int
    first: str | None = None
    last: str | None = None


class Candidate(Form, frozen=True, kw_only=True):
    """A sender found in saved mail that may become an entry."""

    pattern: str
    kind: KindName | Literal["bounces"]
    """`bounces` stands for the null sender `<>`: no pattern, the account's `refuse bounces`."""
    senders: int
    messages: int
    first: str | None = None
    last: str | None = None
    suggested: bool = False
    why: str = ""
    """Stable code of the reason, such as `address`, `domain`, `freemail`, `known`, `own`, `list`."""
    account: str | None = None
    addresses: list[str] = []
    """The senders it was made from, the most frequent first, at most 20."""
    origin: str = ""
    """Where the senders stood: the best of `return-path`, `envelope`, `spf`, `from-line`, `header`."""
    members: list[Member] = []
    """All senders of a domain or subdomains candidate: what the review of a leaked address shows."""


class AccountCandidates(Form, frozen=True, kw_only=True):
    account: str | None
    messages: int
    candidates: list[Candidate]


class ImportReport(Form, frozen=True, kw_only=True):
    """`import --json`."""

    messages: int
    unreadable: int
    accounts: list[AccountCandidates]
    applied: int = 0


class SurveyContext(Form, frozen=True, kw_only=True):
    """What a survey must know of the gate (`survey.context`, `survey --context`)."""

    accounts: list[str] = []
    """Accounts with their aliases."""
    domains: list[str] = []
    allowed: list[str] = []
    """Patterns on any allow list."""
    known: list[str] = []
    """Addresses of known correspondents."""
    expected: dict[str, list[str]] = {}
    """By account: the patterns of the senders it was given to."""
    aliases: dict[str, str] = {}
    """By alias: its account, so that mail to both is counted as one."""
    any_domain: bool = False
    """Accounts of any domain may be made (the built-in server): a recipient that is none yet is offered as one."""


class AccountProgress(Form, frozen=True, kw_only=True):
    account: str | None
    messages: int
    senders: int
    made: bool = True
    """It is an account (or an alias) of the context."""


class Progress(Form, frozen=True, kw_only=True):
    bytes: int
    of: int
    messages: int
    unreadable: int = 0
    accounts: list[AccountProgress] = []
    """Those with the most messages so far, at most 20; the last progress of a survey has all of them."""


class Unreadable(Form, frozen=True, kw_only=True):
    file: str
    offset: int
    why: str


class SurveyDone(Form, frozen=True, kw_only=True):
    messages: int
    unreadable: int


class SurveyLine(Form, frozen=True, kw_only=True, omit_defaults=True):
    """One line of `survey`: exactly one of the fields is set."""

    progress: Progress | None = None
    unreadable: Unreadable | None = None
    candidate: Candidate | None = None
    done: SurveyDone | None = None


class ImportItem(Form, frozen=True, kw_only=True):
    """Entries for one scope. An account that is missing is made, in the same undo."""

    scope: str
    patterns: list[str] = []
    expect: list[str] = []
    """Patterns that join the account's expected senders."""
    list: ListName = "deny"
    close: bool = False
    """Set the account's mode to `closed`."""
    refuse_bounces: bool = False


class StageImport(Form, frozen=True, kw_only=True):
    """`import.stage`: a part of an import too large for one message. Nothing changes before `import.apply`."""

    stage: str | None = None
    items: list[ImportItem]


class Staged(Form, frozen=True, kw_only=True):
    stage: str


class ApplyImport(Form, frozen=True, kw_only=True):
    """`import.apply`: all of it or nothing, one undo, named after `label` (such as `junk.mbox`)."""

    label: str
    stage: str | None = None
    items: list[ImportItem] = []


class Applied(Form, frozen=True, kw_only=True):
    """Answer to `import.apply`: how many entries were new, and the journal's line."""

    applied: int
    change: Change | None = None
    accounts_made: list[str] = []
