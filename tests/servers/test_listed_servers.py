"""Listed domains before a Postfix that takes every name: what was not made in Irusu is not there, for anybody."""

import smtplib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.servers.postfix import Postfix
from tests.servers.twin import comparable, converse, each_on_its_own, in_one_packet, session
from tests.wire.gate_process import Gate, Home

SPAMMER, FRIEND = "spam@bad.example", "friend@good.example"
DENIED, UNKNOWN = b"user2", b"nobod"
GIVEN = "acme-shop@shop.test"


def write(home: Home, postfix: Postfix, listed: str) -> None:
    file = home.path / "config" / "gate.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        f'[gate]\ndomains = ["shop.test", "virtual.test"]\nlisted = [{listed}]\n'
        f'deliver = "smtp://127.0.0.1:{postfix.proxy}"\nclient_address = "proxy"\n'
    )


@pytest.fixture
def postfix(start_postfix: Callable[..., Postfix]) -> Postfix:
    return start_postfix(mailboxes=("@shop.test", "user2@virtual.test"), domains=("shop.test", "virtual.test"))


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, postfix: Postfix) -> Home:
    found = Home(tmp_path_factory.mktemp("listed"))
    write(found, postfix, '"shop.test"')
    for account in ("user2@shop.test", "user2@virtual.test", GIVEN):
        found.done("account", "add", account)
    found.done("account", "add", "closed@shop.test", "--mode", "closed")
    found.done("deny", "*", SPAMMER)
    return found


@pytest.fixture
def gate(home: Home) -> Iterator[Gate]:
    with home.gate() as running:
        yield running


def rcpt(name: bytes, domain: bytes = b"shop.test") -> bytes:
    return b"RCPT TO:<" + name + b"@" + domain + b">"


SCRIPTS: dict[str, Callable[[bytes], list[bytes]]] = {
    "alone": lambda name: each_on_its_own(session(rcpt(name), b"DATA", b"RSET", b"MAIL FROM:<x@y.example>")),
    "pipelined": lambda name: in_one_packet(session(rcpt(name), rcpt(name), b"RSET", b"NOOP")),
    "before any MAIL": lambda name: each_on_its_own([b"EHLO mx.outside.test", rcpt(name), b"QUIT"]),
    "with helo": lambda name: each_on_its_own(session(rcpt(name), b"VRFY " + name, hello=b"HELO mx.outside.test")),
    "tagged, quoted, in capitals": lambda name: each_on_its_own(
        session(rcpt(name + b"+tag"), rcpt(b'"' + name + b'"'), rcpt(name.upper(), b"SHOP.Test"))
    ),
}


def test_a_denied_sender_hears_what_is_said_of_a_name_that_was_never_made(gate: Gate) -> None:
    for name, script in SCRIPTS.items():
        denied, unknown = (
            comparable(converse(gate.port, script(local)), local, UNKNOWN) for local in (DENIED, UNKNOWN)
        )
        assert denied == unknown, name
        if name != "before any MAIL":  # the words that Postfix has for unknown names of the other domain
            assert b"550 5.1.1 <nobod" in denied and b"in virtual mailbox table\r\n" in denied, name


def test_the_errors_of_both_are_counted_alike(gate: Gate) -> None:
    """Postfix's own limits: from the eleventh on each takes a second, after the twentieth it hangs up."""

    def script(*names: bytes) -> list[bytes]:
        lines = [b"EHLO mx.outside.test", b"MAIL FROM:<" + SPAMMER.encode() + b">", *map(rcpt, names)]
        return [lines[0] + b"\r\n", b"".join(line + b"\r\n" for line in lines[1:]), b"NOOP\r\n"]

    def play(*names: bytes) -> bytes:
        return comparable(converse(gate.port, script(*names)), DENIED, UNKNOWN)

    with ThreadPoolExecutor(3) as pool:  # they mostly wait
        rows = [(DENIED,) * 25, (UNKNOWN,) * 25, (DENIED, UNKNOWN) * 12]
        told = list(pool.map(lambda names: play(*names), rows))
    assert told[0] == told[1] == told[2]
    assert told[0].count(b"550 5.1.1 <nobod@shop.test>") == 20 and b"421" in told[0].splitlines()[-2]


def test_what_was_given_gets_its_mail_and_all_other_names_none(gate: Gate, postfix: Postfix) -> None:
    with smtplib.SMTP("127.0.0.1", gate.port, "mx.outside.test", timeout=60) as client:
        names = [GIVEN, "acme-shop+sale@shop.test", "postmaster@shop.test", "anybody@shop.test", "closed@shop.test"]
        refused = client.sendmail(FRIEND, names, "Subject: one\r\n\r\nhello\r\n")
    assert set(refused) == {"anybody@shop.test", "closed@shop.test"}
    words = {reply.replace(name.encode(), b"NAME") for name, (_, reply) in refused.items()}
    assert words == {b"5.1.1 <NAME>: Recipient address rejected: User unknown in virtual mailbox table"}
    for name in set(names) - set(refused):
        postfix.process.wait_for_line(rf"(to|orig_to)=<{name.replace('+', '.')}>.*status=sent")
    assert not [line for line in postfix.process.lines if "anybody" in line or "closed@" in line]
    assert not [line for line in postfix.process.lines if "nobod" in line]


def test_the_owner_sees_it_and_another_domain_is_as_before(gate: Gate, home: Home) -> None:
    assert [warning["code"] for warning in gate.status()["warnings"]] == []
    assert home.json("check", FRIEND, "anybody@shop.test")["because"] == "unlisted"
    assert home.json("check", FRIEND, "anybody@virtual.test")["because"] == "none"
    rows = {row["name"]: row for row in home.json("domains")}
    assert (rows["shop.test"]["listed"], rows["shop.test"]["catch_all"]) == (True, True)
    assert (rows["virtual.test"]["listed"], rows["virtual.test"]["catch_all"]) == (False, False)
    assert "User unknown in virtual mailbox table" in rows["virtual.test"]["reply"]
    with smtplib.SMTP("127.0.0.1", gate.port, "mx.outside.test", timeout=60) as client:
        client.ehlo()
        client.docmd(f"MAIL FROM:<{SPAMMER}>")
        for name in ("user2", "nobod"):  # a live decoy, and the server's own reply
            code, words = client.docmd(f"RCPT TO:<{name}@virtual.test>")
            assert code == 550 and words.startswith(f"5.1.1 <{name}@virtual.test>".encode())
        home.done("pause")
        for name in ("anybody", "user2", "closed"):
            assert client.docmd(f"RCPT TO:<{name}@shop.test>")[0] == 250


def test_it_is_offered_where_every_name_is_taken_and_switched_on_without_losing_mail(
    home: Home, postfix: Postfix
) -> None:
    write(home, postfix, "")
    with home.gate() as gate:
        assert [(each["code"], each["params"]) for each in gate.status()["warnings"]] == [
            ("backend.catch_all", {"domain": "shop.test"})
        ]
        with smtplib.SMTP("127.0.0.1", gate.port, "mx.outside.test", timeout=60) as client:
            client.sendmail(FRIEND, ["sales@shop.test", "sales+x@shop.test", GIVEN], "Subject: two\r\n\r\nhello\r\n")
        seen = (home.json("domains", "shop.test") for _ in range(50))  # the log is written by and by
        assert [row["address"] for row in next(rows for rows in seen if rows)] == ["sales@shop.test"]
        home.done("domains", "shop.test", "--listed", "--keep", "sales@shop.test")
        gate.wait_line("was read anew")
        assert gate.status()["warnings"] == [] and gate.status()["listed_domains"] == ["shop.test"]
        for name, code in (("sales", 250), ("anybody", 550)):
            with smtplib.SMTP("127.0.0.1", gate.port, "mx.outside.test", timeout=60) as client:
                client.ehlo()
                client.docmd(f"MAIL FROM:<{FRIEND}>")
                assert client.docmd(f"RCPT TO:<{name}@shop.test>")[0] == code
        home.done("undo")
        assert home.json("check", FRIEND, "anybody@shop.test")["because"] == "none"
