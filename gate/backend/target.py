"""Where the backend is: `deliver` of gate.toml read; and everything that can be wrong with a backend, in words.

Pure: it opens nothing and looks nothing up.
"""

import contextlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, cast
from urllib.parse import parse_qs, urlsplit

from gate.errors import Fault

Tls = Literal["none", "opportunistic", "require"]

_LISTENER = (
    'give it a listener for the gate and name that in deliver, such as "smtp://127.0.0.1:10025". '
    "Postfix, in master.cf: 127.0.0.1:10025 inet n - n - - smtpd -o smtpd_upstream_proxy_protocol=haproxy; "
    "Exim: local_interfaces = 127.0.0.1.10025 and "
    "hosts_proxy = ${{if ={{$received_port}}{{10025}}{{127.0.0.1}}}}; "
    "OpenSMTPD: listen on 127.0.0.1 port 10025 proxy-v2 (irusu-gate lines prints them)"
)
_XCLIENT = "in Postfix's main.cf smtpd_authorized_xclient_hosts = {gate}"


class BackendError(Fault):
    """The backend could not be reached, or is not usable as it is."""

    texts: ClassVar[Mapping[str, str]] = {
        "backend.deliver": (
            "deliver = {value!r}: {why}; allowed is built-in or smtp://HOST:PORT?tls=none|opportunistic|require"
        ),
        "backend.unreachable": "no connection to the mail server at {target}: {why}",
        "backend.timeout": "the mail server at {target} did not answer within {seconds:g} seconds",
        "backend.lost": "the mail server at {target} closed the connection",
        "backend.garbled": "the mail server at {target} does not speak SMTP: {why}",
        "backend.tls": "no TLS with the mail server at {target}: {why}",
        "backend.not_ready": "the mail server at {target} is not ready: {reply}",
        "backend.client_address": (
            "the mail server at {target} cannot be told the client's true address; "
            + _LISTENER
            + ". Or set "
            + _XCLIENT
            + ', or client_address = "none" and lose the address'
        ),
        "backend.xclient": (
            "the mail server at {target} does not offer XCLIENT to the gate; set "
            + _XCLIENT
            + ', or client_address = "auto"'
        ),
        "backend.xclient_refused": (
            "the mail server at {target} refused to be told the client's address: {reply} (in Postfix's main.cf see "
            "smtpd_authorized_xclient_hosts and smtpd_delay_reject)"
        ),
        "backend.relays": (
            "the mail server at {target} would relay for strangers: from {client} it took mail for {recipient}; "
            "{remedy}"
        ),
        "backend.untested": (
            "whether the mail server at {target} relays for strangers could not be asked: it answers {reply}"
        ),
        "backend.wants_tls": "the mail server at {target} wants TLS ({reply}): {remedy}",
        "backend.wants_login": (
            "the mail server at {target} wants a login ({reply}): that port is for your own people to send from; name "
            "in deliver the one that takes mail from other servers"
        ),
        "backend.unexamined": "the mail server at {target} has not been examined yet",
    }


@dataclass(frozen=True, slots=True)
class Target:
    """Where the backend is, and whether TLS is used on the way.

    Attributes:
        host: name or IP address, without brackets.
        tls: `none`; `opportunistic`: used where offered; `require`: no mail without. Certificates are not verified,
            as Postfix does by default: a private server's own is seldom signed.
    """

    host: str
    port: int
    tls: Tls = "none"

    @property
    def gate(self) -> str:
        """The gate's own address as Postfix is to be told it, or words for it. Whoever calls any address of the
        loopback network calls from its first."""
        if self.host == "localhost":
            return "127.0.0.1"
        with contextlib.suppress(ValueError):
            if ipaddress.ip_address(self.host).is_loopback:
                return "[::1]" if ":" in self.host else "127.0.0.1"
        return "(the gate's address)"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_deliver(url: str) -> Target:
    """The target that `deliver` of gate.toml names, such as `smtp://127.0.0.1:25?tls=none`; without a port 25.

    Raises:
        BackendError: `backend.deliver`.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        query = parse_qs(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError as error:
        raise BackendError("backend.deliver", value=url, why=str(error)) from None
    if parts.scheme != "smtp" or not host or parts.path not in {"", "/"} or "@" in parts.netloc or parts.fragment:
        raise BackendError("backend.deliver", value=url, why="not an address of a mail server")
    tls = query.pop("tls", [_default_tls(host)])
    if query or len(tls) != 1 or tls[0] not in {"none", "opportunistic", "require"}:
        raise BackendError("backend.deliver", value=url, why="unknown option")
    if port == 0:
        raise BackendError("backend.deliver", value=url, why="port 0")
    return Target(host, port or 25, cast("Tls", tls[0]))


def _default_tls(host: str) -> Tls:
    with contextlib.suppress(ValueError):
        return "none" if ipaddress.ip_address(host).is_loopback else "opportunistic"
    return "none" if host == "localhost" else "opportunistic"
