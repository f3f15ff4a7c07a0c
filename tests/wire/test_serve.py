"""The gate process: its states, its end, and everything that can keep it from beginning."""

import errno
import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gate.control.client import connect
from gate.folders import Folders
from tests.wire.gate_process import COMMAND, SECONDS, Home, free_port


def greets(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), SECONDS) as client:
            client.settimeout(SECONDS)
            return client.recv(100).startswith(b"220")
    except ConnectionRefusedError:
        return False


def test_status_tells_what_it_does(home):
    with home.gate() as gate:
        found = gate.status()
        assert found["state"] == "guarding"
        assert found["pid"] == gate.process.pid
        assert found["deliver"] == "built-in"
        assert (found["refused"], found["accepted"]) == (0, 0)
        assert found["warnings"] == []
        assert greets(gate.port)


def test_no_gate_is_a_state_and_nothing_to_start_or_stop(home):
    found = home.json("status")
    assert (found["state"], found["pid"], found["listen"]) == ("not running", None, [])
    for command in ("start", "pause", "stop"):
        assert "No gate is running" in home.refused(command)
        assert "No gate is running" in home.refused(command, "--json")
    home.done("quit")
    assert home.json("quit")["state"] == "not running"
    assert not home.path.exists() or not list(home.path.rglob("*.db")), "asking makes nothing"


def test_without_a_gate_the_file_says_where_mail_would_go(home):
    file = home.path / "config" / "gate.toml"
    file.parent.mkdir(parents=True)
    file.write_text('[gate]\ndeliver = "smtp://127.0.0.1:25"\n')
    for command in ("status", "quit"):
        found = home.json(command)
        assert (found["deliver"], found["warnings"]) == ("smtp://127.0.0.1:25", [])
    file.write_text("[gate]\ndeliver = 25\n")
    for command in ("status", "quit"):
        found = home.json(command)
        assert (found["state"], found["deliver"]) == ("not running", "built-in")
        (warning,) = found["warnings"]
        assert warning["code"] == "config.value"
        assert str(file) in warning["text"]


def test_the_states_and_the_port(home):
    with home.gate() as gate:
        port = gate.port
        assert home.json("pause")["state"] == "open"
        assert greets(port)
        assert home.json("start")["state"] == "guarding"
        stopped = home.json("stop")
        assert stopped["state"] in ("draining", "stopped")
        assert stopped["listen"] == []
        assert not greets(port)
        home.done("account", "add", "user2@localhost")
        gate.wait_line("stopped")
        assert home.json("start")["state"] == "guarding"
        assert greets(gate.port)
        home.done("quit")
        assert gate.wait() == 0


def test_the_state_survives_a_restart_and_draining_never(home):
    with home.gate():
        home.done("pause")
    with home.gate() as gate:
        assert gate.status()["state"] == "open"
        with socket.create_connection(("127.0.0.1", gate.port), SECONDS) as client:
            client.recv(100)
            client.sendall(b"EHLO x\r\nMAIL FROM:<a@localhost>\r\n")
            home.done("stop")
            gate.kill()
    with home.gate() as gate:
        assert gate.status()["state"] == "stopped"
        assert gate.status()["listen"] == []
    with home.gate("--state", "guarding"):
        pass
    with home.gate() as gate:
        assert gate.status()["state"] == "guarding"


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_let_a_session_finish(home, number):
    home.done("account", "add", "user2@localhost")
    with home.gate() as gate, socket.create_connection(("127.0.0.1", gate.port), SECONDS) as client:
        client.settimeout(SECONDS)
        replies = client.makefile("rb")

        def say(line: bytes) -> bytes:
            client.sendall(line + b"\r\n")
            while (reply := replies.readline())[3:4] == b"-":
                pass
            return reply

        replies.readline()
        say(b"EHLO x")
        say(b"MAIL FROM:<a@localhost>")
        say(b"RCPT TO:<user2@localhost>")
        assert say(b"DATA").startswith(b"354")
        gate.signal(number)
        gate.wait_line("draining")
        assert say(b"Subject: x\r\n\r\nlate but whole\r\n.").startswith(b"250")
        replies.close()
        client.close()
        assert gate.wait() == 0
    messages = [path for path in (home.path / "data" / "mail").rglob("new/*") if path.is_file()]
    assert len(messages) == 1
    assert "late but whole" in messages[0].read_text()
    assert not (home.path / "run" / "control.sock").exists()


def test_options_override_and_are_not_written(home):
    config = home.path / "config" / "gate.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[gate]\nlisten = ["127.0.0.1:1"]\n')
    port = free_port()
    with home.gate("--state", "open", listen=f"127.0.0.1:{port}") as gate:
        assert gate.status()["listen"] == [f"127.0.0.1:{port}"]
    assert config.read_text() == '[gate]\nlisten = ["127.0.0.1:1"]\n'


@pytest.mark.skipif(os.name == "nt", reason="a Unix socket")
def test_what_was_answered_counts_at_once(home):
    home.done("account", "add", "user2@localhost")
    with home.gate() as gate:
        places = Folders(*(home.path / name for name in ("config", "data", "run", "log")))
        with connect(places) as control, smtplib.SMTP("127.0.0.1", gate.port, timeout=SECONDS) as client:
            client.ehlo("client.example")
            client.mail("friend@localhost")
            for number in range(1, 6):
                assert client.rcpt("user2@localhost")[0] == 250
                assert control.call("status").accepted == number


def test_a_second_gate_is_one_line(home):
    with home.gate() as gate:
        line = home.refused("serve", "--listen", "127.0.0.1:0")
        assert f"process {gate.process.pid}" in line
        assert "already runs" in line
        assert gate.status()["state"] == "guarding"


def test_a_killed_gate_never_blocks_the_next(home):
    for _ in range(2):
        with home.gate() as gate:
            home.done("deny", "*", "bad@example.org") if home.json("entries", "*") == [] else None
            gate.kill()
            assert home.json("status")["state"] == "not running"
            assert len(home.json("entries", "*")) == 1
    with home.gate() as gate:
        assert gate.status()["state"] == "guarding"


def test_a_busy_port_is_one_line(home):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        line = home.refused("serve", "--listen", address)
    assert address in line and "put a # before the line smtp inet in master.cf" in line and "[gate] listen" in line
    assert home.json("status")["state"] == "not running"
    assert not (home.path / "run" / "control.sock").exists()


@pytest.mark.parametrize(
    ("listen", "why"),
    [("192.0.2.1:2525", os.strerror(errno.EADDRNOTAVAIL)), ("256.1.1.1:2525", ""), ("[fe80::1]:2525", "")],
)
def test_a_port_that_cannot_be_had_says_what_is_right(home, listen, why):
    line = home.refused("serve", "--listen", listen)
    assert listen in line and why in line and "[Errno" not in line
    assert "[gate] listen takes an address of this machine and a free port, such as 127.0.0.1:25" in line


BAD_FILES = [
    ("[gate]\nlisten = 25\n", ("gate.toml", "gate.listen", "HOST:PORT")),
    ("[gate]\nlistne = []\n", ("gate.toml", "gate.listne", "listen")),
    ("[gate\n", ("gate.toml", "TOML")),
    ("[gate]\nlisten = []\n", ("gate.toml", "gate.listen", "HOST:PORT")),
    ("[log]\nkeep_days = 900000\n", ("gate.toml", "log.keep_days", "36500")),
    ('[tls]\ncertificate = "/none.pem"\nkey = "/none.pem"\n', ("tls.certificate", "/none.pem")),
]


@pytest.mark.parametrize(("text", "words"), BAD_FILES)
def test_a_gate_toml_that_cannot_be_used_is_one_line(home, text, words):
    config = home.path / "config" / "gate.toml"
    config.parent.mkdir(parents=True)
    config.write_text(text)
    line = home.refused("serve", "--listen", "127.0.0.1:0") if "\nlisten" not in text else home.refused("serve")
    for word in words:
        assert word in line
    assert config.read_text() == text


@pytest.mark.parametrize(
    "options",
    [
        ("--listen", "nowhere"),
        ("--deliver", "http://x"),
        ("--domain", "a b"),
    ],
)
def test_an_option_that_cannot_be_used_is_one_line(home, options):
    assert "cannot be used; allowed:" in home.refused("serve", *options)


@pytest.mark.parametrize("options", [("--state", "draining"), ("--client-address", "x"), ("--nothing",), ("extra",)])
def test_wrong_usage_is_two(home, options):
    assert home.run("serve", *options).returncode == 2


def test_a_database_of_a_newer_version_is_one_line_and_untouched(home):
    home.done("account", "add", "user2@localhost")
    lists = home.path / "data" / "lists.db"
    subprocess.run(
        [COMMAND[0], "-c", "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]);"
         "c.execute(\"update alembic_version set version_num='9999'\"); c.commit()", str(lists)],
        check=True,
    )  # fmt: skip
    before = lists.read_bytes()
    assert "newer" in home.refused("serve", "--listen", "127.0.0.1:0")
    assert "newer" in home.refused("account", "list")
    assert lists.read_bytes() == before


def test_domains_that_are_missing_keep_the_port_closed_and_the_process_up(home):
    with home.gate("--deliver", "smtp://127.0.0.1:9") as gate:
        found = gate.status()
        assert (found["state"], found["listen"]) == ("stopped", [])
        assert [warning["code"] for warning in found["warnings"]] == ["port.domains"]
        assert "domains" in found["warnings"][0]["text"]
        home.done("deny", "*", "bad@example.org")
        assert "domains" in home.refused("start")


def test_a_home_of_150_characters_works(tmp_path):
    home = Home(tmp_path / ("x" * 150))
    with home.gate() as gate:
        note = (home.path / "data" / "socket").read_text().strip()
        assert Path(note).is_socket()
        home.done("account", "add", "user2@localhost")
        assert len(home.json("account", "list")) == 1
        gate.kill()
    with home.gate():
        assert (home.path / "data" / "socket").read_text().strip() == note
        home.done("quit")
    assert not Path(note).parent.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="a runtime folder of the session")
def test_a_gate_in_another_environment_is_found_by_its_data():
    """A gate that a service began has no runtime folder of a session; the shell that asks has one."""
    with tempfile.TemporaryDirectory(prefix="irusu-", dir="/tmp") as name:  # short enough for a socket's path
        _asks_from_another_environment(Path(name))


def _asks_from_another_environment(tmp_path):
    home = Home(tmp_path)
    for name in ("IRUSU_HOME", "XDG_RUNTIME_DIR"):
        home.environment.pop(name, None)
    for name in ("CONFIG_HOME", "DATA_HOME", "STATE_HOME", "CACHE_HOME", "RUNTIME_DIR"):
        folder = tmp_path / name
        folder.mkdir(mode=0o700)
        home.environment[f"XDG_{name}"] = str(folder)
    home.environment["HOME"] = str(tmp_path)
    with home.gate() as gate:
        runtime = tmp_path / "shell"
        runtime.mkdir(mode=0o700)
        home.environment["XDG_RUNTIME_DIR"] = str(runtime)
        assert home.json("status")["pid"] == gate.process.pid
        home.done("account", "add", "user2@localhost")
        (note,) = tmp_path.rglob("socket")
        note.unlink()
        for command in (["status", "--json"], ["quit"]):
            line = home.refused(*command)
            assert f"process {gate.process.pid}" in line and "--socket PATH" in line and "XDG_RUNTIME_DIR" in line
        assert home.run("lines").returncode == 0
        home.environment["XDG_RUNTIME_DIR"] = str(tmp_path / "RUNTIME_DIR")
        home.done("quit")
        assert gate.wait() == 0
        assert home.json("status")["state"] == "not running"


def test_a_named_socket_is_the_only_one(home, tmp_path):
    place = tmp_path / "s" / "irusu.sock"
    place.parent.mkdir(mode=0o700)
    with home.gate("--socket", str(place)) as gate:
        assert home.json("status")["pid"] == gate.process.pid, "its data folder says where"
        found = json.loads(home.done("--socket", str(place), "status", "--json"))
        assert found["pid"] == gate.process.pid
        assert json.loads(home.done("status", "--json", f"--socket={place}"))["pid"] == gate.process.pid
        home.done("--socket", str(place), "account", "add", "user2@localhost")
        assert [account["address"] for account in home.json("account", "list")] == ["user2@localhost"]
        (home.path / "data" / "socket").unlink()
        assert f"process {gate.process.pid}" in home.refused("account", "list")
        home.done("--socket", str(place), "quit")
        assert gate.wait() == 0
    assert str(place) in home.refused("--socket", str(place), "account", "list")
    assert "100 bytes" in home.refused("--socket", "/tmp/" + "x" * 120, "serve", "--listen", "127.0.0.1:0")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_home_of_somebody_else_is_one_line(home):
    home.path.mkdir()
    os.chown(home.path, 12345, 12345)
    for command in (("serve",), ("account", "list"), ("deny", "*", "a@b.example")):
        assert "belongs to another user" in home.refused(*command)
    assert list(home.path.iterdir()) == []


def test_the_log_file_is_kept_and_safe(home):
    with home.gate() as gate:
        gate.status()
    text = (home.path / "log" / "gate.log").read_text()
    assert "ready: guarding" in text
    assert "ended" in text
    assert (home.path / "log" / "gate.log").stat().st_mode & 0o077 == 0
