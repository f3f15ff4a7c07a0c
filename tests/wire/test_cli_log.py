"""`log` on the command line: the newest last, in pages, followed."""

import contextlib
import json
import os
import signal
import subprocess
import threading

import pytest

from gate.forms import Decision
from gate.store import open_log
from tests.wire.gate_process import COMMAND, SECONDS, Gate, Home


def say(gate: Gate, sender: str, recipient: str) -> None:
    from gate.cli.talk import converse

    converse(gate.port, sender, recipient)


def test_the_log_newest_last(home):
    home.done("account", "add", "user2@localhost")
    home.done("deny", "user2@localhost", "bad@a.example")
    with home.gate() as gate, follower(home) as follow:
        for sender in ("one@a.example", "bad@a.example", "two@a.example"):
            say(gate, sender, "user2@localhost")
        told = [json.loads(follow.line()) for _ in range(3)]
        rows = home.json("log")
        assert rows == told
        assert [row["sender"] for row in rows] == ["one@a.example", "bad@a.example", "two@a.example"]
        refused = rows[1]
        assert refused.items() >= {
            "front": "smtp", "client": "127.0.0.1", "helo": "client.example", "recipient": "user2@localhost",
            "verdict": "refuse", "because": "entry", "pattern": "bad@a.example",
        }.items()  # fmt: skip
        assert refused["reply"].startswith("550 ")
        assert refused["time"].endswith("Z")
        assert "decoy" not in refused
        assert [row["sender"] for row in home.json("log", "--limit", "1")] == ["two@a.example"]
        assert home.json("log", "--since", "2999-01-01") == []
        assert len(home.json("log", "--since", "1h")) == 3
        status = home.json("status")
        assert (status["refused"], status["accepted"]) == (1, 2)
        entry = home.json("entries", "user2@localhost")[0]
        assert (entry["hits"], entry["last_hit"] is not None) == (1, True)
        home.done("quit")
        assert follow.code() == 0
    assert len(home.json("log")) == 3


def fill_log(home: Home, count: int, **texts: str) -> None:
    rows = [
        Decision(
            id=number, time=f"2026-11-24T08:{number // 60 % 60:02}:{number % 60:02}.000Z", front="smtp",
            client="192.0.2.1", sender=f"{number}@a.example", recipient="user2@localhost", verdict="accept",
            because="none", **{"helo": "x", **texts},
        )
        for number in range(1, count + 1)
    ]  # fmt: skip
    with contextlib.closing(open_log(home.path / "data" / "log.db")) as log:
        log.append(rows)


def test_a_long_log_comes_in_pages(home):
    home.done("account", "add", "user2@localhost")
    fill_log(home, 6000)
    wanted = [f"{number}@a.example" for number in range(1001, 6001)]
    assert [row["sender"] for row in home.json("log", "--limit", "5000")] == wanted
    with home.gate():
        assert [row["sender"] for row in home.json("log", "--limit", "5000")] == wanted
        assert len(home.json("log", "--limit", "9000")) == 6000
        assert len(home.done("log", "--limit", "5000").splitlines()) == 5000


def test_a_log_of_long_texts_fits_into_messages_all_the_same(home):
    home.done("account", "add", "user2@localhost")
    fill_log(home, 1200, helo="\ufffd" * 1000, reply="550 5.1.1 " + "x" * 2000)
    with home.gate():
        found = home.json("log", "--limit", "1100")
    assert [row["sender"] for row in found] == [f"{number}@a.example" for number in range(101, 1201)]


def test_the_log_says_who_refused(home):
    """What the gate let through and the server itself refused is `passed`; the JSON stays as it is."""
    home.done("account", "add", "user2@localhost")
    with home.gate() as gate:
        say(gate, "one@a.example", "nobody@localhost")
        home.done("quit")
    (row,) = home.json("log")
    assert (row["verdict"], row["reply"][:3]) == ("accept", "550")
    told = home.done("log")
    assert "  passed  one@a.example -> nobody@localhost  " in told
    assert "  the server: 550 5.1.1 <nobody@localhost>" in told


def test_an_empty_log_says_so_beside_the_result(either):
    assert either.json("log") == []
    for arguments, words in (((), "Nothing has been decided yet"), (("--since", "2h"), "Nothing since then")):
        found = either.run("log", *arguments)
        assert (found.returncode, found.stdout, found.stderr) == (0, "", f"irusu-gate: {words}\n")


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_is_how_following_ends(home):
    home.done("account", "add", "user2@localhost")
    with home.gate() as gate, follower(home) as follow:
        say(gate, "one@a.example", "user2@localhost")
        assert "one@a.example" in follow.line()
        follow.interrupt()
        assert follow.code() == 0


def test_following_without_a_gate_is_one_line(home):
    assert "No gate is running" in home.refused("log", "--follow")


class follower:  # noqa: N801 (used as a function is)
    """`log --follow --json` beside a gate; ready once the gate counts it."""

    def __init__(self, home: Home, *arguments: str) -> None:
        self._command = [*COMMAND, "log", "--follow", "--json", *arguments]
        self._home = home

    def __enter__(self) -> "follower":
        self._process = subprocess.Popen(
            self._command, env=self._home.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        return self

    def line(self) -> str:
        assert self._process.stdout is not None
        timer = threading.Timer(SECONDS, self._process.kill)
        timer.start()
        try:
            return self._process.stdout.readline()
        finally:
            timer.cancel()

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def code(self) -> int:
        return self._process.wait(SECONDS)

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process.wait(SECONDS)
