"""What the owner is told of a mail server where it is no `BackendError`: the words of warnings, and remedies.

Pure. To add a warning: 1. its text here; 2. where it holds, in `probes` or `unknown_users`; 3. its words for the window
in `app/link/faults.py`, and what is offered beside it in `app/shell/strips.py`.
"""

from collections.abc import Mapping

from gate.backend.connection import Passing
from gate.forms import Warning as Notice

TEXTS: Mapping[str, str] = {
    "backend.none_mode": (
        'client_address = "none": the mail server takes every client for the gate; block lists, SPF and limits by '
        "client do not work there"
    ),
    "backend.plain": "{problem}; mail goes to it unencrypted, as deliver allows",
    "backend.ipv6": (
        "the mail server takes no clients with IPv6 addresses; the gate does not listen on IPv6 (in Postfix's main.cf "
        "set inet_protocols = all)"
    ),
    "backend.catch_all": "{domain} takes every name: a refusal there cannot look like that of a missing user",
    "backend.relayed": (
        "the mail server takes mail for any domain from the gate itself (Postfix: mynetworks), so it cannot be told "
        "whether {domain} is one of its own, and how it refuses an unknown name there; told by a PROXY listener or "
        "smtpd_authorized_xclient_hosts that a stranger asks, it would say"
    ),
    "backend.only_temporary": (
        "{domain} answers unknown names only with 4xx, and so are refusals there; senders will try again"
    ),
    "backend.no_answer": (
        "{domain} gave no answer about an unknown name; a refusal there waits as long, and senders will try again"
    ),
}

_STRICTER = (
    "in Postfix let smtpd_relay_restrictions end in reject_unauth_destination, and have in mynetworks no more than "
    "your own machines"
)
REMEDIES: Mapping[Passing, str] = {
    "proxy": _STRICTER,
    "xclient": _STRICTER,
    "none": (
        'set client_address = "auto" and in Postfix\'s main.cf smtpd_authorized_xclient_hosts = {gate} (or in '
        "master.cf a listener with -o smtpd_upstream_proxy_protocol=haproxy), or take the gate's address out of "
        "mynetworks"
    ),
}
"""Against a server that relays for strangers, by how it is told of them."""


def notice(code: str, texts: Mapping[str, str] = TEXTS, /, **params: object) -> Notice:
    """The warning of that code, its text from `texts`."""
    return Notice(code=code, text=texts[code].format_map(params), params=params)
