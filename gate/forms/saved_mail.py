"""Saved mail: what a survey tells, and an import asks."""

from typing import Literal

from gate.forms.form import Form, KindName, ListName
from gate.forms.history import Change


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
