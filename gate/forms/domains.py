"""Own domains: which names exist there, and what would become of those that were never made in Irusu."""

from typing import Literal

from gate.forms.form import PAGE_LIMIT, Form


class OwnDomain(Form, frozen=True, kw_only=True):
    """An own domain. What the server behind says is unknown (null) without a running gate, or before it was asked."""

    name: str
    listed: bool = False
    """Only the accounts and aliases made in Irusu exist there."""
    catch_all: bool | None = None
    """The server takes every name there."""
    only_temporary: bool | None = None
    """The server answers unknown names there with 4xx: come again."""
    reply: str | None = None
    """The server's reply to an unknown name, its lines joined by a newline; null where it takes every name too."""
    accounts: int = 0
    source: Literal["gate.toml", "account"] = "gate.toml"
    """Named in gate.toml, or brought by an account of the built-in server."""
    changeable: bool = True
    """Whether `domains.list_only` can be: not where gate.toml does not name the domain."""


class OwnDomains(Form, frozen=True, kw_only=True):
    rows: list[OwnDomain]


class VanishingQuery(Form, frozen=True, kw_only=True):
    """The addresses of a domain that received mail in the last `days` and are no account, alias or +tag of one."""

    domain: str
    days: int = 90
    after: str | None = None
    limit: int = PAGE_LIMIT


class Vanishing(Form, frozen=True, kw_only=True):
    address: str
    """Canonical, without a +tag."""
    messages: int
    """Times that it was a recipient that was let in."""
    last: str


class VanishingPage(Form, frozen=True, kw_only=True):
    """The last to receive mail first."""

    rows: list[Vanishing]
    next: str | None = None
    total: int = 0
    cut: bool = False
    """There were so many that only the newest were looked at."""
    since: str | None = None
    """The log goes back no further than this; null: it is empty."""


class ListOnly(Form, frozen=True, kw_only=True):
    """Let only what was made in Irusu exist in a domain, or let the server decide again. The addresses of `keep` are
    made accounts; one that exists already is no error."""

    domain: str
    listed: bool
    keep: list[str] = []
