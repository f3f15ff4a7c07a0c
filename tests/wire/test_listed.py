"""Listed domains of gate.toml: obeyed at start and at reload, told by `check`, changed by `domains`."""

import os
import signal
import smtplib
from pathlib import Path

import pytest

from gate.forms import Decision
from gate.store.log import open_log
from tests.wire.gate_process import SECONDS, Gate, Home

FILE = '[gate]\ndomains = ["own.example", "shop.example"]\n'
LISTED = f'{FILE}listed = ["shop.example"] # mine\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    (found.path / "config").mkdir(parents=True)
    return found


def file_of(home: Home) -> str:
    return (home.path / "config" / "gate.toml").read_text()


def because(home: Home, recipient: str, sender: str = "a@b.example") -> str:
    found = home.json("check", sender, recipient)
    return f"{found['verdict']} {found['because']}"


def rcpt(gate: Gate, recipient: str) -> bytes:
    with smtplib.SMTP("127.0.0.1", gate.port, "client.example", timeout=SECONDS) as client:
        client.ehlo()
        client.docmd("MAIL FROM:<a@b.example>")
        code, words = client.docmd(f"RCPT TO:<{recipient}>")
    return b"%d %s" % (code, words)


def answers(home: Home) -> dict[str, str]:
    names = ("anna", "ann", "anna+tag", "postmaster", "abuse", "nobody", "nobody+tag")
    return {name: because(home, f"{name}@shop.example") for name in names}


EXPECTED = {
    "anna": "accept none", "ann": "accept none", "anna+tag": "accept none", "postmaster": "accept exempt",
    "abuse": "accept exempt", "nobody": "refuse unlisted", "nobody+tag": "refuse unlisted",
}  # fmt: skip


def test_check_tells_it_with_and_without_a_gate(home: Home) -> None:
    home.write(LISTED)
    home.done("account", "add", "anna@shop.example", "--alias", "ann@shop.example")
    assert answers(home) == EXPECTED
    assert because(home, "nobody@own.example") == "accept none"
    assert home.done("check", "a@b.example", "nobody@shop.example") == "refuse, because: unlisted\n"
    assert because(home, "nobody@shop.example", "<>") == "refuse unlisted"
    with home.gate() as gate:
        assert answers(home) == EXPECTED
        assert gate.status()["listed_domains"] == ["shop.example"]
        home.done("pause")
        found = home.json("check", "a@b.example", "nobody@shop.example")
        assert (found["verdict"], found["because"], found["would"]) == ("accept", "open", "refuse")


def test_before_the_built_in_server_it_makes_no_difference(home: Home) -> None:
    home.write(LISTED)
    home.done("account", "add", "anna@shop.example")
    home.done("account", "add", "user@localhost")
    with home.gate() as gate:
        replies = {name: rcpt(gate, f"{name}@shop.example") for name in ("anna", "anna+tag", "nobod")}
        assert replies["anna"].startswith(b"250 ") and replies["anna+tag"].startswith(b"250 ")
        assert replies["nobod"].replace(b"shop", b"own") == rcpt(gate, "nobod@own.example")
        home.done("deny", "anna@shop.example", "a@b.example")
        assert rcpt(gate, "anna@shop.example").replace(b"anna", b"nobod") == replies["nobod"]
        assert [each["code"] for each in gate.status()["warnings"]] == []


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="SIGHUP")
def test_a_reload_obeys_it(home: Home) -> None:
    home.write(FILE)
    with home.gate() as gate:
        assert because(home, "nobody@shop.example") == "accept none"
        for text, told in ((LISTED, "refuse unlisted"), (FILE, "accept none")):
            home.write(text)
            os.kill(gate.process.pid, signal.SIGHUP)
            gate.wait_line("was read anew")
            assert because(home, "nobody@shop.example") == told


def test_a_listed_domain_must_be_one_of_the_domains(home: Home) -> None:
    home.write('[gate]\ndomains = ["own.example"]\nlisted = ["shop.example"]\n')
    for command in (("serve",), ("check", "a@b.example", "nobody@shop.example")):
        told = home.refused(*command)
        assert 'gate.listed = ["shop.example"] cannot be used' in told and "each of them in gate.domains" in told


@pytest.mark.parametrize("running", [False, True], ids=["no gate", "a gate"])
def test_domains_lists_shows_and_changes_them(home: Home, running: bool) -> None:
    home.write(f"# mine\n{FILE}listed = [] # of these\n")
    home.done("account", "add", "anna@shop.example")

    def story() -> None:
        rows = {row["name"]: row for row in home.json("domains")}
        assert set(rows) == {"own.example", "shop.example"}
        assert rows["shop.example"]["accounts"] == 1 and not rows["shop.example"]["listed"]
        assert home.json("domains", "shop.example") == []
        told = home.done("domains", "Shop.example", "--listed", "--keep", "acme@shop.example")
        assert told == "Let only addresses made in Irusu exist in shop.example, with 1 new account\n"
        assert file_of(home) == f'# mine\n{FILE}listed = ["shop.example"] # of these\n'
        assert because(home, "nobody@shop.example") == "refuse unlisted"
        assert because(home, "acme@shop.example") == "accept none"
        assert home.json("domains")[1]["listed"]
        assert home.done("domains", "shop.example", "--listed") == "Nothing to change: it was so already\n"
        home.done("domains", "shop.example", "--no-listed")
        assert because(home, "nobody@shop.example") == "accept none"
        home.done("undo")
        assert because(home, "nobody@shop.example") == "refuse unlisted"
        assert "no domain of your own" in home.refused("domains", "other.example", "--listed")
        assert "is not in shop.example" in home.refused("domains", "shop.example", "--listed", "--keep", "x@y.example")
        for usage in (("--listed",), ("shop.example", "--keep", "x@shop.example")):
            assert home.run("domains", *usage).returncode == 2

    if not running:
        story()
        return
    with home.gate() as gate:
        story()
        gate.wait_line("was read anew")
        assert gate.status()["listed_domains"] == ["shop.example"]


def test_no_domain_is_deserted_by_a_slip_and_what_ceases_to_exist_is_told(home: Home) -> None:
    home.write(FILE)
    told = home.refused("domains", "@Shop.example", "--listed")
    assert "--keep ADDRESS" in told and "account add" in told and "irusu-gate domains shop.example" in told
    assert file_of(home) == FILE
    home.done("domains", "shop.example", "--no-listed")
    home.done("account", "add", "anna@own.example")
    home.refused("domains", "shop.example", "--listed")

    log = open_log(home.path / "data" / "log.db")
    rows = [
        Decision(
            id=1 + place, time=f"2999-11-24T08:00:{place:02}.000Z", front="smtp", client="192.0.2.1", helo="x",
            sender="a@b.example", recipient=f"u{place}@shop.example", verdict="accept", because="none", reply="250 Ok",
        )
        for place in range(12)
    ]  # fmt: skip
    log.append(rows)
    log.close()
    done = home.run("domains", "shop.example", "--listed", "--keep", "u11@shop.example")
    assert done.returncode == 0
    assert "exist no more: u10@shop.example, u9@shop.example" in done.stderr and "u11@" not in done.stderr
    assert "and more (irusu-gate domains shop.example)" in done.stderr
    assert home.run("domains", "shop.example", "--listed").stderr == ""


def test_with_domains_on_the_command_line_the_file_is_left_alone(home: Home) -> None:
    with home.gate("--domain", "shop.example"):
        assert [row["changeable"] for row in home.json("domains")] == [False]
        told = home.refused("domains", "shop.example", "--listed", "--keep", "acme@shop.example")
        assert "--domain" in told
        assert home.json("account", "list") == []
    assert not (home.path / "config" / "gate.toml").exists()


def test_a_domain_that_only_an_account_brought_is_closed_already(home: Home) -> None:
    home.done("account", "add", "anna@shop.example")
    assert "only accounts exist already" in home.refused("domains", "shop.example", "--listed")
    home.write(FILE)
    home.done("domains", "shop.example", "--listed")
    assert 'listed = ["shop.example"]' in file_of(home)
