"""A log that is locked, full, broken or replaced, under a real gate: mail flows, lists hold, the owner is told."""

import asyncio
import contextlib
import resource
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wire import loris
from tests.wire.gate_process import SECONDS, Gate, Home

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="prlimit, 127.1.0.0/16")

FRIEND, DENYING = "friend@localhost", "denying@localhost"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    for account in (FRIEND, DENYING):
        found.done("account", "add", account)
    found.done("deny", DENYING, "friend@friend.example")
    return found


def log_of(home: Home) -> Path:
    return home.path / "data" / "log.db"


def mail_flows_and_lists_hold(gate: Gate) -> None:
    """A message is taken, a denied one refused, and a list can be changed."""
    port = gate.port
    assert asyncio.run(loris.honest(port, FRIEND))[1][:3] == b"250"
    assert asyncio.run(loris.honest(port, DENYING))[1][:3] == b"550"
    pattern = f"x{time.monotonic_ns()}@bad.example"
    gate.home.done("deny", DENYING, pattern)
    assert gate.home.json("check", pattern, DENYING)["verdict"] == "refuse"


def told(gate: Gate, code: str, *, there: bool = True) -> dict[str, str]:
    """Wait until the owner is told of it (or no more); the warning."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        found = [warning for warning in gate.status()["warnings"] if warning["code"] == code]
        if bool(found) == there:
            return found[0] if there else {}
    raise AssertionError(gate.status()["warnings"])


def senders(home: Home) -> list[str]:
    return [row["sender"] for row in home.json("log")]


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_locked(home: Home) -> None:
    with home.gate() as gate:
        with locked(log_of(home)):
            mail_flows_and_lists_hold(gate)
            assert "locked" in told(gate, "log.unavailable")["text"]
            mail_flows_and_lists_hold(gate)
        told(gate, "log.unavailable", there=False)
        assert len(senders(home)) == 4, "nothing was lost"


def test_full(home: Home) -> None:
    with home.gate() as gate:
        mail_flows_and_lists_hold(gate)
        waiting = log_of(home).with_name("log.db-wal")
        size = waiting.stat().st_size
        limits = resource.prlimit(gate.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(gate.process.pid, resource.RLIMIT_FSIZE, (size + 4096, limits[1]))
        # lists.db has its own -wal, which is as short: it is asked only whether what it holds still counts.
        port = gate.port
        for _ in range(3):
            assert asyncio.run(loris.honest(port, FRIEND))[1][:3] == b"250"
            assert asyncio.run(loris.honest(port, DENYING))[1][:3] == b"550"
        told(gate, "log.unavailable")
        assert home.json("check", "friend@friend.example", DENYING)["verdict"] == "refuse"
        resource.prlimit(gate.process.pid, resource.RLIMIT_FSIZE, limits)
        told(gate, "log.unavailable", there=False)
        mail_flows_and_lists_hold(gate)


@pytest.mark.parametrize("when", ["before", "while it runs"])
def test_broken(home: Home, when: str) -> None:
    if when == "before":
        log_of(home).write_bytes(b"this was a database\n" * 500)
        log_of(home).chmod(0o600)
    with home.gate() as gate:
        if when != "before":
            mail_flows_and_lists_hold(gate)
            with contextlib.closing(sqlite3.connect(log_of(home))) as other:
                other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            with log_of(home).open("r+b") as file:
                file.write(b"\xff" * log_of(home).stat().st_size)
        mail_flows_and_lists_hold(gate)
        assert "broken" in told(gate, "log.set_aside")["text"]
        mail_flows_and_lists_hold(gate)
        until = time.monotonic() + SECONDS
        while not (found := senders(home)) and time.monotonic() < until:
            pass  # what waits is written within a second
        assert set(found) == {"friend@friend.example"}
        assert list(log_of(home).parent.glob("log.db.broken-*"))


def test_taken_away(home: Home) -> None:
    with home.gate() as gate:
        mail_flows_and_lists_hold(gate)
        log_of(home).rename(log_of(home).with_name("elsewhere.db"))
        mail_flows_and_lists_hold(gate)
        gate.wait_line("is opened anew")
        gate.signal(signal.SIGTERM)
        assert gate.wait() == 0
    assert len(senders(home)) == 2
