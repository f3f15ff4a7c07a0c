"""Accounts: what they are, and what may be asked of them."""

from msgspec import UNSET, UnsetType

from gate.forms.form import PAGE_LIMIT, Form, Mode


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
