"""Mail servers that give no true refusal of an unknown name: what a denied sender hears, and what the owner is told."""

import asyncio
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gate.backend import asking
from gate.backend.connection import Target
from gate.backend.probes import Backend, BackendState
from tests.servers.postfix import Postfix
from tests.servers.twin import DENIED, SPAMMER, UNKNOWN, comparable, converse, each_on_its_own, session
from tests.servers.twin_houses import GOOD
from tests.wire.gate_process import Home

KNOWN = {f"{name}@" for name in (*GOOD, DENIED.decode())}
DOMAINS = ("all.test", "later.test", "after.test", "hang.test", "plain.test")


class _Odd(socketserver.StreamRequestHandler):
    """A server whose domains refuse unknown names each in its own way."""

    def handle(self) -> None:
        self.wfile.write(b"220 odd.test ESMTP\r\n")
        domains: list[str] = []
        for line in self.rfile:
            verb, path = line[:4].upper(), line.partition(b"<")[2].partition(b">")[0].decode("utf-8", "replace")
            if verb == b"RCPT":
                said = self._recipient(path)
                domains += [path.rpartition("@")[2]] if said.startswith(b"250") else []
            elif verb == b"DATA":
                said = self._message(domains)
            elif verb == b"EHLO":
                said = b"250-odd.test\r\n250 PIPELINING"
            else:
                said = b"221 2.0.0 Bye" if verb == b"QUIT" else b"250 2.0.0 Ok"
            self.wfile.write(said + b"\r\n")

    def _recipient(self, path: str) -> bytes:
        local, _, domain = path.rpartition("@")
        if domain not in DOMAINS or "%" in local or "!" in local or '"' in local:
            return b"554 5.7.1 <" + path.encode() + b">: Relay access denied"
        if f"{local}@" in KNOWN or domain in ("all.test", "after.test"):
            return b"250 2.1.5 Ok"
        if domain == "later.test":
            return b"451 4.3.0 <" + path.encode() + b">: try again later"
        if domain == "hang.test":
            self.server.hanging.wait(60)  # type: ignore[attr-defined]
        return b"550 5.1.1 No mailbox <" + path.encode() + b"> here"

    def _message(self, domains: list[str]) -> bytes:
        self.wfile.write(b"354 Go on\r\n")
        for line in self.rfile:
            if line == b".\r\n":
                break
        return b"550 5.1.1 No such mailbox" if "after.test" in domains else b"250 2.0.0 Kept"


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@pytest.fixture
def hanging() -> threading.Event:
    """Unset: unknown names of hang.test get no answer."""
    event = threading.Event()
    event.set()
    return event


@pytest.fixture
def odd(hanging: threading.Event) -> Iterator[int]:
    with _Server(("127.0.0.1", 0), _Odd) as server:
        server.hanging = hanging  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_address[1]
        hanging.set()
        server.shutdown()
        thread.join(30)


@pytest.fixture
def home(tmp_path: Path, odd: int) -> Home:
    found = Home(tmp_path / "home")
    write(found, odd, DOMAINS, "none")
    accounts = [f"{DENIED.decode()}@{domain}" for domain in DOMAINS]
    found.done("account", "add", accounts[0], *(word for one in accounts[1:] for word in ("--alias", one)))
    found.done("deny", accounts[0], SPAMMER.decode())
    return found


def write(home: Home, port: int, domains: tuple[str, ...], client_address: str) -> None:
    file = home.path / "config" / "gate.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    own = ", ".join(f'"{domain}"' for domain in domains)
    file.write_text(
        f'[gate]\ndomains = [{own}]\ndeliver = "smtp://127.0.0.1:{port}"\nclient_address = "{client_address}"\n'
        "[limits]\ncommand_seconds = 2\n"
    )


def told(port: int, name: bytes, domain: str) -> list[bytes]:
    """What is said of a recipient, the reply to DATA behind it."""
    lines = session(b"RCPT TO:<" + name + b"@" + domain.encode() + b">", b"RSET")
    return comparable(converse(port, each_on_its_own(lines)), name, UNKNOWN).splitlines()[4:]


def test_what_is_said_and_what_the_owner_learns(home: Home) -> None:
    with home.gate() as gate:
        port = gate.port
        learnt = b"550 5.1.1 No mailbox <" + UNKNOWN + b"@%s> here"
        for domain in DOMAINS:
            denied, unknown = told(port, DENIED, domain), told(port, UNKNOWN, domain)
            if domain in ("all.test", "after.test"):
                assert denied[0] == learnt % domain.encode() and unknown[0].startswith(b"250 ")
            else:
                assert denied == unknown
        warnings = {(one["code"], one["params"].get("domain")): one["text"] for one in gate.status()["warnings"]}
    for code, domain, reason in (
        ("backend.catch_all", "all.test", "takes every name"),
        ("backend.catch_all", "after.test", "takes every name"),
        ("backend.only_temporary", "later.test", "4xx"),
    ):
        text = warnings.pop((code, domain))
        assert domain in text and reason in text and "\n" not in text
    assert {code for code, _ in warnings} == {"backend.none_mode"}


def test_no_answer_to_an_unknown_name(home: Home, hanging: threading.Event) -> None:
    with home.gate() as gate:
        hanging.clear()
        port = gate.port
        denied, unknown = told(port, DENIED, "hang.test"), told(port, UNKNOWN, "hang.test")
        assert denied == unknown
        assert denied[0].startswith(b"421 ")
        hanging.set()
        denied, unknown = told(port, DENIED, "hang.test"), told(port, UNKNOWN, "hang.test")
        assert denied == unknown and denied[0].startswith(b"550 5.1.1 No mailbox <")


def test_a_domain_that_stays_silent_closes_no_other(
    odd: int, hanging: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "REPLY_SECONDS", 0.5)
    hanging.clear()
    backend = Backend(Target("127.0.0.1", odd), client_address="none", domains=lambda: DOMAINS)
    asyncio.run(backend.examine())
    assert backend.state is BackendState.UP
    warnings = {one.params.get("domain"): one for one in backend.warnings()}
    assert (
        warnings["hang.test"].code == "backend.no_answer" and "hang.test gave no answer" in warnings["hang.test"].text
    )
    assert warnings["all.test"].code == "backend.catch_all" and "plain.test" not in warnings


def test_a_catch_all_postfix_among_others(start_postfix: Callable[..., Postfix], tmp_path: Path) -> None:
    domains = ("all.test", "virtual.test")
    postfix = start_postfix(mailboxes=["@all.test", "user2@virtual.test"], domains=domains)
    home = Home(tmp_path / "home")
    write(home, postfix.proxy, domains, "proxy")
    home.done("account", "add", "user2@all.test", "--alias", "user2@virtual.test")
    home.done("deny", "user2@all.test", SPAMMER.decode())
    with home.gate() as gate:
        port = gate.port
        of_all, of_virtual = told(port, DENIED, "all.test"), told(port, UNKNOWN, "virtual.test")
        assert of_all == [line.replace(b"virtual.test>", b"all.test>") for line in of_virtual]
        assert told(port, DENIED, "virtual.test") == of_virtual
        (warning,) = gate.status()["warnings"]
    assert warning["code"] == "backend.catch_all" and warning["params"] == {"domain": "all.test"}
    assert "all.test" in warning["text"]
