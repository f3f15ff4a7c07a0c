"""Every kind of house with a denied and an unknown name: a gate in front of a real server, or of the built-in one.

`Houses` starts each when it is first asked for, and keeps it. They share one set of lists.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.servers.exim import Exim
from tests.servers.opensmtpd import OpenSmtpd
from tests.servers.postfix import Postfix
from tests.servers.twin import SPAMMER
from tests.wire.gate_process import Gate, Home

GOOD = ("user1", "user3")
NAMES = ("user2", "u", "me", "o'neil", "first.last", "x_1", "long" * 10, "l" * 64, "josé", "花子", "é", "_")
"""Denied by `SPAMMER`'s entry, in each of the domains."""
THERE = (*GOOD, "user2", "u", "me")
"""Names that the servers know."""
DOMAINS = {kind: f"{kind}.test" for kind in ("virtual", "local", "relay", "alias")}
"""Postfix's four classes of own recipients; the other servers have only virtual.test."""
KINDS = (*(f"postfix-{kind}" for kind in DOMAINS), "exim", "opensmtpd", "opensmtpd-table", "built-in")


def _table(domain: str, target: str) -> str:
    names = (f"{name}@{domain}" if domain else name for name in THERE)
    return "inline:{" + ", ".join(f"{{{name} = {target}}}" for name in names) + "}"


PATIENT = {
    "smtpd_error_sleep_time": "0s",
    "smtpd_soft_error_limit": "1000",
    "smtpd_hard_error_limit": "2000",
    "in_flow_delay": "0s",
}
CLASSES = {
    "mydestination": DOMAINS["local"],
    "alias_maps": _table("", "x"),
    "local_transport": "discard:",
    "relay_domains": DOMAINS["relay"],
    "relay_recipient_maps": _table(DOMAINS["relay"], "x"),
    "relay_transport": "discard:",
    "virtual_alias_domains": DOMAINS["alias"],
    "virtual_alias_maps": _table(DOMAINS["alias"], "user1@virtual.test"),
}


@dataclass(frozen=True)
class House:
    """Where a client calls, and the domain that it writes to."""

    kind: str
    port: int
    domain: bytes

    def to(self, name: bytes) -> bytes:
        return b"RCPT TO:<" + name + b"@" + self.domain + b">"


class Houses:
    """Gates and servers, ended by `close`."""

    def __init__(self, servers: Path, folders: Callable[[], Path]) -> None:
        self._servers, self._folders = servers, folders
        self._stack = contextlib.ExitStack()
        self._first: Home | None = None
        self._ports: dict[str, int] = {}
        self._there: dict[str, int] = {}

    def close(self) -> None:
        self._stack.close()

    def of(self, kind: str) -> House:
        """The house of one of `KINDS`."""
        server, _, domain = kind.partition("-")
        key = server if server == "postfix" else kind
        if key not in self._there:
            self._there[key] = self._stack.enter_context(self.gate(self.server_port(kind))).port
        return House(kind, self._there[key], DOMAINS[domain if server == "postfix" else "virtual"].encode())

    def server_port(self, kind: str) -> int:
        """The port of the server behind, for another gate; 0: the built-in one."""
        key = "postfix" if kind.startswith("postfix") else kind
        if key not in self._ports:
            self._ports[key] = 0 if kind == "built-in" else self._server(kind).proxy
        return self._ports[key]

    def postfix(self, main: Mapping[str, str], mailboxes: Sequence[str] = ()) -> Postfix:
        """A Postfix of all four classes with these settings, that does not mind errors unless they say so."""
        mailboxes = mailboxes or [f"{name}@virtual.test" for name in THERE]
        settings = {**PATIENT, **CLASSES, **main}
        server = Postfix(
            self._servers, self._folders(), mailboxes=mailboxes, domains=[DOMAINS["virtual"]], main=settings
        )
        self._stack.callback(server.stop)
        return server

    def _server(self, kind: str) -> Postfix | Exim | OpenSmtpd:
        domains = [DOMAINS["virtual"]]
        if kind.startswith("postfix"):
            return self.postfix({})
        if kind == "exim":
            mailboxes = [f"{name}@virtual.test" for name in THERE]
            more = "smtp_max_synprot_errors = 99\nsmtp_accept_max_nonmail = 99"
            server: Exim | OpenSmtpd = Exim(
                self._servers, self._folders(), mailboxes=mailboxes, domains=domains, more=more
            )
        else:
            virtual = kind.endswith("table")
            server = OpenSmtpd(self._servers, self._folders(), users=THERE, domains=domains, virtual=virtual)
        self._stack.callback(server.stop)
        return server

    @contextlib.contextmanager
    def gate(self, port: int, more: str = "") -> Iterator[Gate]:
        """A gate before the server on this port (0: the built-in one), with the lists. `more`: lines of gate.toml."""
        with tempfile.TemporaryDirectory(prefix="irusu-twin-") as name:
            home = Home(Path(name) / "home")
            shutil.copytree(self._lists().path, home.path)
            _configure(home, port, more)
            with home.gate() as gate:
                yield gate

    def _lists(self) -> Home:
        if self._first is None:
            home = Home(Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="irusu-twin-"))) / "home")
            _configure(home, 1, "")
            for names in (NAMES, GOOD):
                first, *rest = [f"{name}@{domain}" for domain in DOMAINS.values() for name in names]
                home.done("account", "add", first, *(word for one in rest for word in ("--alias", one)))
            home.done("deny", f"{NAMES[0]}@{DOMAINS['virtual']}", SPAMMER.decode())
            self._first = home
        return self._first


def _configure(home: Home, port: int, more: str) -> None:
    settings = home.path / "config" / "gate.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    domains = ", ".join(f'"{domain}"' for domain in DOMAINS.values())
    deliver = f'deliver = "smtp://127.0.0.1:{port}"\nclient_address = "proxy"\n' if port else ""
    settings.write_text(f"[gate]\ndomains = [{domains}]\n{deliver}{more}")
