"""`check --backend`, with a gate and without: what the server behind is, and whether mail may flow to it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trustme

from tests.wire.gate_process import Home, free_port
from tests.wire.test_serve_backend import Relay, Strict, backend


class Proxied(Strict):
    """Knows the PROXY protocol."""

    async def handle_PROXY(self, server: Any, session: Any, envelope: Any, data: Any) -> bool:
        return True


class CatchAll(Proxied):
    """Takes every name of localhost."""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if not address.endswith("@localhost") or "iana.org" in address:
            return f"550 5.1.1 <{address}>: unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture(params=["without a gate", "with a gate"])
def gate_too(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "with a gate")


@pytest.fixture
def port() -> int:
    return free_port()


def configure(home: Home, port: int, more: str = "", domains: str = '"localhost"') -> None:
    settings = home.path / "config" / "gate.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(f'[gate]\ndomains = [{domains}]\ndeliver = "smtp://127.0.0.1:{port}"\n{more}')


def with_certificate(home: Home, days: float) -> str:
    """Its lines of gate.toml."""
    begin = datetime.now(UTC) - timedelta(days=1)
    made = trustme.CA().issue_cert("mail.test", not_before=begin, not_after=begin + timedelta(days=1 + days))
    pair = home.path / "pair.pem"
    pair.parent.mkdir(parents=True, exist_ok=True)
    made.private_key_and_cert_chain_pem.write_to_path(str(pair))
    return f'[tls]\ncertificate = "{pair.as_posix()}"\nkey = "{pair.as_posix()}"\n'


def checked(home: Home, gate_too: bool, *arguments: str) -> Iterator[Any]:
    """The finished command, once."""
    if not gate_too:
        yield home.run("check", "--backend", *arguments)
        return
    with home.gate():
        yield home.run("check", "--backend", *arguments)


def report(home: Home, gate_too: bool) -> Any:
    (done,) = checked(home, gate_too, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == (0 if found["ok"] else 1), done
    assert len(done.stderr.splitlines()) == (0 if found["ok"] else 1), done
    return found


def test_a_server_that_mail_may_flow_to(home, port, gate_too):
    configure(home, port)
    with backend(Proxied(), port, proxy_protocol_timeout=5.0, server_hostname="mail.own.test"):
        found = report(home, gate_too)
    assert (found["ok"], found["reached"], found["built_in"], found["problem"]) == (True, True, False, None)
    assert (found["target"], found["deliver"]) == (f"127.0.0.1:{port}", f"smtp://127.0.0.1:{port}")
    assert found["greeting"].startswith("220 mail.own.test ") and found["hostname"] == "mail.own.test"
    assert "8BITMIME" in found["extensions"]
    assert found["client_address"] == {"wanted": "auto", "found": "proxy", "ipv6": True}
    assert found["tls"] == {"wanted": "none", "offered": False, "used": False}
    assert found["domains"] == [
        {
            "domain": "localhost",
            "unknown_user": "refused",
            "reply": "550 5.1.1 <no-such-user@localhost>: unknown",
            "live": True,
        }
    ]
    assert found["relay"].items() >= {"passed": True, "client": "192.0.2.1", "taken": None}.items()
    assert found["warnings"] == []


def test_in_words(home, port, gate_too):
    configure(home, port)
    with backend(Proxied(), port, proxy_protocol_timeout=5.0, server_hostname="mail.own.test"):
        (done,) = checked(home, gate_too)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"mail server: 127.0.0.1:{port}, reached" in done.stdout
    assert "passed on by the PROXY protocol (client_address = auto)" in done.stdout
    hear = "an unknown user and a refused sender hear 550 5.1.1 <no-such-user@localhost>: unknown"
    assert f"localhost: {hear}" in done.stdout
    assert "relay test: passed; asked as 192.0.2.1," in done.stdout
    assert done.stdout.splitlines()[-1] == "what to do: nothing; mail may flow"


def test_a_relay_is_one_line(home, port, gate_too):
    configure(home, port, 'client_address = "none"\n')
    with backend(Relay(), port):
        found = report(home, gate_too)
        (done,) = checked(home, gate_too)
    assert found["relay"].items() >= {"passed": False, "client": "the gate itself", "taken": "z@iana.org"}.items()
    assert found["problem"]["code"] == "backend.relays"
    assert [one["code"] for one in found["warnings"]] == ["backend.none_mode", "backend.relayed"]
    assert found["greeting"].startswith("220 ")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [f"irusu-gate: {found['problem']['text']}"]


def test_a_server_that_is_away(home, port, gate_too):
    configure(home, port)
    found = report(home, gate_too)
    assert (found["ok"], found["reached"], found["greeting"]) == (False, False, None)
    assert found["problem"]["code"] == "backend.unreachable"
    assert found["relay"] is None
    assert found["domains"][0]["unknown_user"] == "unanswered"


def test_a_server_that_cannot_be_told_who_calls(home, port, gate_too):
    configure(home, port)
    with backend(Strict(), port, server_hostname="mail.own.test"):
        found = report(home, gate_too)
    assert (found["ok"], found["reached"], found["hostname"]) == (False, True, "mail.own.test")
    assert found["problem"]["code"] == "backend.client_address"
    assert "smtpd_upstream_proxy_protocol=haproxy" in found["problem"]["text"]
    assert found["client_address"] == {"wanted": "auto", "found": None, "ipv6": None}


def test_no_domains(home, port, gate_too):
    configure(home, port, domains="")
    with backend(Proxied(), port, proxy_protocol_timeout=5.0):
        found = report(home, gate_too)
    assert (found["ok"], found["reached"], found["problem"]["code"]) == (False, True, "port.domains")


def test_a_catch_all_and_a_listed_domain(home, port, gate_too):
    domains = '"localhost", "shop.localhost"'
    configure(home, port, 'listed = ["shop.localhost"]\n', domains)
    with backend(CatchAll(), port, proxy_protocol_timeout=5.0):
        found = report(home, gate_too)
    kinds = {one["domain"]: (one["unknown_user"], one["live"], one["reply"]) for one in found["domains"]}
    assert kinds["localhost"] == ("catch-all", False, "550 5.1.1 <no-such-user@localhost>: unknown")
    assert kinds["shop.localhost"] == ("listed", False, "550 5.1.1 <no-such-user@shop.localhost>: unknown")
    assert [one["code"] for one in found["warnings"]] == ["backend.catch_all"]


def test_the_built_in_server(home, gate_too):
    found = report(home, gate_too)
    assert (found["ok"], found["built_in"], found["deliver"]) == (True, True, "built-in")
    (done,) = checked(home, gate_too)
    assert done.returncode == 0 and "built-in" in done.stdout


def test_a_certificate_at_its_end_is_something_to_do(home, port, gate_too):
    configure(home, port, with_certificate(home, days=3))
    with backend(Proxied(), port, proxy_protocol_timeout=5.0):
        (told,) = report(home, gate_too)["warnings"]
        (done,) = checked(home, gate_too)
    assert told["code"] == "tls.expires"
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "what to do: see the warnings")
    assert done.stderr.splitlines() == [f"irusu-gate: warning: {told['text']}"]


def test_a_certificate_that_no_gate_would_start_with_is_told(home, port):
    configure(home, port, '[tls]\ncertificate = "none.pem"\nkey = "none.pem"\n')
    with backend(Proxied(), port, proxy_protocol_timeout=5.0):
        (told,) = report(home, gate_too=False)["warnings"]
    assert told["code"] == "smtp.certificate" and "none.pem" in told["text"]


def test_a_gate_asks_anew(home, port):
    configure(home, port)
    with home.gate("--state", "stopped"):
        assert not report(home, gate_too=False)["ok"]
        with backend(Proxied(), port, proxy_protocol_timeout=5.0):
            assert report(home, gate_too=False)["ok"]
        status = home.json("status")
        assert (status["state"], status["listen"]) == ("stopped", [])
        assert status["relay"]["passed"] is True


@pytest.mark.parametrize("arguments", [["a@b.example"], [], ["--backend", "a@b.example", "c@d.example"]])
def test_wrong_usage(home, arguments):
    done = home.run("check", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""


def test_a_gate_toml_that_cannot_be_used(home):
    settings = home.path / "config" / "gate.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("[gate\n")
    assert "TOML" in home.refused("check", "--backend")
