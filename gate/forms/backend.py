"""The mail server behind the gate: what was found out about it (`check --backend`, and a part of it in `status`)."""

from typing import Literal

from gate.forms.form import Form
from gate.forms.status import RelayFacts, Warning  # noqa: A004 (the form of that name)


class TlsFacts(Form, frozen=True, kw_only=True):
    """TLS between the gate and the mail server."""

    wanted: Literal["none", "opportunistic", "require"]
    """As `deliver` says."""
    offered: bool | None = None
    """Null: not known."""
    used: bool = False


class ClientAddressFacts(Form, frozen=True, kw_only=True):
    """How the mail server learns who the client is."""

    wanted: str
    """`client_address` of gate.toml."""
    found: Literal["proxy", "xclient", "none"] | None = None
    """Null: no way was found, or it could not be asked."""
    ipv6: bool | None = None
    """Whether it takes clients with IPv6 addresses."""


NO_SUCH_USER = "no-such-user"
"""In a reply that is shown: plainly made up. (`nobody` is a user of most systems.)"""

UnknownUserName = Literal["refused", "temporary", "catch-all", "listed", "unanswered"]


class DomainFacts(Form, frozen=True, kw_only=True):
    """What a refused sender will hear in one own domain."""

    domain: str
    unknown_user: UnknownUserName
    """What the server says to an unknown name: 5xx; 4xx; it takes every name; `listed` in gate.toml; nothing yet."""
    reply: str | None = None
    """The reply to a refused recipient, here `no-such-user@domain`; null: not known."""
    live: bool = False
    """It is asked of the server anew at each refusal; else the text above is said by the gate."""


class BackendReport(Form, frozen=True, kw_only=True):
    """`backend.check`, `check --backend`."""

    ok: bool
    """Mail may flow."""
    deliver: str
    built_in: bool = False
    target: str = ""
    """`HOST:PORT`."""
    reached: bool = False
    greeting: str | None = None
    hostname: str | None = None
    """As it calls itself in its reply to EHLO."""
    extensions: list[str] = []
    tls: TlsFacts | None = None
    client_address: ClientAddressFacts | None = None
    domains: list[DomainFacts] = []
    relay: RelayFacts | None = None
    problem: Warning | None = None
    """Why no mail may flow, and what to do."""
    warnings: list[Warning] = []
    """What else to know or do."""
