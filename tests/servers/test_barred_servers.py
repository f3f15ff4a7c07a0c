"""Real servers that take nothing from the gate before TLS."""

import asyncio
import os
import smtplib
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from gate.backend.connection import Target
from gate.backend.probes import Backend, BackendState
from gate.config import PassingWish
from gate.postfix.learning import Learner
from tests.servers.postfix import Postfix
from tests.wire.gate_process import SECONDS, Home

DOMAINS = ("virtual.test",)


@pytest.fixture
def encrypting(start_postfix: Callable[..., Postfix], tmp_path: Path) -> Postfix:
    chain = tmp_path / "chain.pem"
    trustme.CA().issue_cert("mx.virtual.test").private_key_and_cert_chain_pem.write_to_path(chain)
    main = {
        "smtpd_tls_security_level": "encrypt",
        "smtpd_tls_chain_files": str(chain),
        "smtpd_authorized_xclient_hosts": "127.0.0.1",
    }
    return start_postfix(main=main)


def examined(port: int, tls: str, wish: PassingWish) -> Backend:
    backend = Backend(Target("127.0.0.1", port, tls), client_address=wish, domains=lambda: DOMAINS)  # type: ignore[arg-type]
    asyncio.run(backend.examine())
    return backend


@pytest.mark.parametrize("wish", ["proxy", "xclient"])
def test_a_postfix_that_wants_tls_gets_it_or_keeps_the_port_closed(encrypting: Postfix, wish: PassingWish) -> None:
    port = encrypting.proxy if wish == "proxy" else encrypting.plain
    for tls in ("opportunistic", "require"):
        backend = examined(port, tls, wish)
        assert (backend.state, backend.passing, backend.warnings()) == (BackendState.UP, wish, [])
        assert backend.relay is not None and backend.relay.passed
    backend = examined(port, "none", wish)
    assert backend.state is BackendState.BLOCKED
    assert str(backend.obstacle) == (
        f"the mail server at 127.0.0.1:{port} wants TLS (530 5.7.0 Must issue a STARTTLS command first): set deliver = "
        f'"smtp://127.0.0.1:{port}?tls=opportunistic" (or require)'
    )


def test_the_learner_says_the_same(encrypting: Postfix) -> None:
    port = encrypting.plain
    for tls, code in (("none", "backend.wants_tls"), ("opportunistic", None)):
        learner = Learner(Target("127.0.0.1", port, tls), b"k" * 16, domains=lambda: DOMAINS)  # type: ignore[arg-type]
        asyncio.run(learner.ask_now())
        assert (learner.trouble and learner.trouble.code) == code
        assert any("?tls=opportunistic" in one.text for one in learner.warnings()) is (code is not None)


def test_no_sender_ever_hears_of_it(encrypting: Postfix, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    settings = '[gate]\nlisten = ["127.0.0.1:0"]\ndomains = ["virtual.test"]\ndeliver = "smtp://127.0.0.1:{}{}"\n'
    home.write(settings.format(encrypting.proxy, ""))
    remedy = f'set deliver = "smtp://127.0.0.1:{encrypting.proxy}?tls=opportunistic"'
    assert remedy in home.refused("check", "--backend")
    with home.gate(listen=None) as gate:
        found = gate.status()
        assert (found["state"], found["listen"]) == ("stopped", [])
        assert found["warnings"][0]["code"] == "backend.wants_tls"
        assert remedy in home.refused("check", "--backend") and remedy in home.refused("start")
    home.write(settings.format(encrypting.proxy, "?tls=require"))
    with home.gate(listen=None) as gate, smtplib.SMTP("127.0.0.1", gate.port, timeout=SECONDS) as client:
        assert client.sendmail("a@b.example", ["user1@virtual.test"], b"Subject: x\r\n\r\nhello\r\n") == {}
    encrypting.wait_for_message("user1@virtual.test")


def test_one_that_wants_tls_while_mail_flows_is_down_to_senders(
    start_postfix: Callable[..., Postfix], tmp_path: Path
) -> None:
    chain = tmp_path / "chain.pem"
    trustme.CA().issue_cert("mx.virtual.test").private_key_and_cert_chain_pem.write_to_path(chain)
    postfix = start_postfix(main={"smtpd_tls_security_level": "may", "smtpd_tls_chain_files": str(chain)})
    home = Home(tmp_path / "home")
    with home.gate("--deliver", f"smtp://127.0.0.1:{postfix.proxy}", "--domain", "virtual.test") as gate:
        port = gate.port
        main = postfix.mail.parent / "etc" / "main.cf"
        main.write_text(main.read_text().replace("security_level = may", "security_level = encrypt"))
        past = time.time() - 60
        os.utime(main, (past, past))
        postfix.process.reload()
        postfix.process.wait_for_line("reload")
        codes = []
        while 421 not in codes and len(codes) < 20:  # a process that was idle may still serve one session as before
            with smtplib.SMTP("127.0.0.1", port, timeout=SECONDS) as client:
                assert client.ehlo()[0] == 250
                codes.append(client.docmd("MAIL FROM:<a@b.example>")[0])
        assert set(codes[:-1]) <= {250} and codes[-1] == 421
        gate.wait_line("wants TLS (530")
        with socket.create_connection(("127.0.0.1", port), SECONDS) as late:
            assert late.recv(100).startswith(b"421 ")
        assert gate.status()["warnings"][0]["code"] == "backend.down"
