"""TLS on both sides of a gate before a real Postfix: encrypted to it as `deliver` says, and what is missing is told."""

import smtplib
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from tests.servers.postfix import Postfix
from tests.wire.gate_process import Home

FRIEND, ACCOUNT = "friend@ok.example", "user2@virtual.test"


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def pair(authority: trustme.CA, tmp_path: Path) -> Path:
    authority.issue_cert("mx.virtual.test").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "pair.pem"))
    return tmp_path / "pair.pem"


@pytest.mark.parametrize("certificate", [False, True], ids=["no certificate", "certificate"])
@pytest.mark.parametrize("tls", ["none", "opportunistic", "require"])
def test_mail_reaches_postfix_as_deliver_says(
    tmp_path: Path,
    start_postfix: Callable[..., Postfix],
    authority: trustme.CA,
    pair: Path,
    *,
    tls: str,
    certificate: bool,
) -> None:
    postfix = start_postfix(
        main={
            "smtpd_tls_security_level": "may",
            "smtpd_tls_chain_files": str(pair),
            "smtpd_tls_loglevel": "1",
            "smtpd_tls_received_header": "yes",
            "tls_random_source": "dev:/dev/urandom",
        }
    )
    home = Home(tmp_path / "home")
    (home.path / "config").mkdir(parents=True)
    own = f'[tls]\ncertificate = "{pair}"\nkey = "{pair}"\n' if certificate else ""
    (home.path / "config" / "gate.toml").write_text(
        f'[gate]\ndomains = ["virtual.test"]\ndeliver = "smtp://127.0.0.1:{postfix.proxy}?tls={tls}"\n'
        f'client_address = "proxy"\n{own}'
    )
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    trust.check_hostname = False
    with home.gate() as gate:
        codes = [warning["code"] for warning in gate.status()["warnings"]]
        assert ("tls.missing" in codes) is not certificate
        assert "backend.plain" not in codes
        with smtplib.SMTP("127.0.0.1", gate.port, "mx.outside.test", timeout=60) as client:
            client.ehlo()
            assert client.has_extn("starttls") is certificate
            if certificate:
                client.starttls(context=trust)
            client.sendmail(FRIEND, [ACCOUNT], "Subject: hello\r\n\r\nhello\r\n")
    stored = postfix.wait_for_message(ACCOUNT)
    assert (b"(using TLSv1" in stored) is (tls != "none")
    assert b"from mx.outside.test" in stored
