"""gate.toml read anew while the gate runs: what changes at once, what waits for a restart, what a broken file costs."""

import os
import signal
import smtplib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.wire.gate_process import COMMAND, SECONDS, Gate, Home, free_port

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="SIGHUP")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    (found.path / "config").mkdir(parents=True)
    return found


def reload(gate: Gate, text: str, *words: str) -> str:
    """The line that tells what came of it."""
    gate.home.write(text)
    gate.signal(signal.SIGHUP)
    return gate.wait_line(*(words or ("was read anew",)))


def size(port: int) -> str:
    with smtplib.SMTP("127.0.0.1", port, timeout=SECONDS) as client:
        client.ehlo("client.example")
        return client.esmtp_features["size"]


def test_domains_and_limits_change_at_once(home):
    with home.gate() as gate:
        home.done("account", "add", "user2@localhost")
        port = gate.port
        assert gate.status()["own_domains"] == ["localhost"]
        assert size(port) == "52428800"
        for number in (1000, 99_999_999):
            reload(
                gate, f'[gate]\ndomains = ["Own.example"]\n[limits]\nmessage_bytes = {number}\n[log]\nkeep_days = 3\n'
            )
            assert gate.status()["own_domains"] == ["localhost", "own.example"]
            assert size(port) == str(number)
        assert home.json("check", "a@b.example", "nobody@own.example")["because"] == "none"
        reload(gate, "")
        assert home.json("check", "a@b.example", "nobody@own.example")["because"] == "relay"


@pytest.mark.parametrize(
    "broken",
    ["[gate", "[gate]\nlisten = []\n", '[policy]\nreply = "250 no"\n', '[tls]\ncertificate = "/n"\nkey = "/n"\n'],
)
def test_a_broken_file_is_one_line_and_changes_nothing(home, broken):
    home.write("[limits]\nmessage_bytes = 1000\n")
    with home.gate() as gate:
        line = reload(gate, broken, "stay as they were")
        assert line.startswith("irusu-gate: ")
        assert size(gate.port) == "1000"
        reload(gate, "[limits]\nmessage_bytes = 2000\n")
        assert size(gate.port) == "2000"
        assert not [said for said in gate.said if "Traceback" in said]


def test_what_needs_a_restart_is_named_and_the_rest_is_taken(home):
    home.write('[gate]\nlisten = ["127.0.0.1:0"]\n')
    gate = Gate(home, "serve")
    try:
        gate.ready()
        before = gate.status()
        text = '[gate]\nlisten = ["127.0.0.1:1"]\ndeliver = "smtp://127.0.0.1:2"\ndomains = ["own.example"]\n'
        line = reload(gate, text, "restart the gate")
        assert "gate.listen, gate.deliver changed" in line
        after = gate.status()
        assert (after["listen"], after["deliver"]) == (before["listen"], "built-in")
        assert after["own_domains"] == ["own.example"]
    finally:
        gate.end()


def test_options_of_the_command_line_stay_on_top(home):
    with home.gate("--domain", "own.example") as gate:
        reload(gate, '[gate]\nlisten = ["127.0.0.1:1"]\ndomains = ["other.example"]\n')
        assert gate.status()["own_domains"] == ["own.example"]
        assert not [line for line in gate.said if "restart" in line]


def test_a_port_that_only_missing_domains_kept_closed_opens(home):
    server = f"smtp://127.0.0.1:{free_port()}"
    home.write(f'[gate]\ndeliver = "{server}"\n')
    with home.gate() as gate:
        assert gate.status()["listen"] == []
        reload(gate, f'[gate]\ndeliver = "{server}"\ndomains = ["own.example"]\n', "guarding")
        assert len(gate.status()["listen"]) == 1


def test_a_terminal_that_is_closed_ends_the_gate(home):
    import pty

    ours, theirs = pty.openpty()
    leader = "import os, sys; os.login_tty(0); os.execv(sys.argv[1], sys.argv[1:])"
    with subprocess.Popen(
        [sys.executable, "-c", leader, *COMMAND, "serve", "--listen", "127.0.0.1:0"],
        env=home.environment,
        stdin=theirs,
    ) as gate:
        os.close(theirs)
        said = b""
        while b"ready: " not in said:
            said += os.read(ours, 4096)
        os.close(ours)
        assert gate.wait(SECONDS) == 0
