"""A gate that is told things all the time: reloads, storms of signals, log files that are moved, clocks that leap."""

import contextlib
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.wire.gate_process import SECONDS, Gate, Home
from tests.wire.test_load_limits import FRIEND, TO_DATA, Line

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="SIGHUP")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.done("account", "add", FRIEND)
    return found


def warnings(gate: Gate) -> list[str]:
    return [warning["code"] for warning in gate.status()["warnings"]]


def test_a_reload_drops_no_session_and_a_broken_file_is_told_until_a_good_one_is_read(home: Home) -> None:
    with home.gate() as gate, contextlib.ExitStack() as stack:
        lines = [stack.enter_context(Line(gate.port, "127.0.0.1")) for _ in range(3)]
        lines[0].begin()
        lines[1].begin(*TO_DATA[:2])
        lines[2].begin(*TO_DATA)
        lines[2].send(b"Subject: half\r\n")
        for text in ("[limits]\nconnections = 0\n", "[gate\n", "[gate]\nno_such_key = 1\n"):
            home.write(text)
            gate.signal(signal.SIGHUP)
            line = gate.wait_line("stay as they were")
            (found,) = [each for each in gate.status()["warnings"] if each["code"] == "settings.unusable"]
            assert line.removeprefix("irusu-gate: ") == found["text"]
        home.write('[gate]\nhostname = "other.test"\nrecipient_delimiter = "-"\n')
        gate.signal(signal.SIGHUP)
        line = gate.wait_line("restart the gate for that")
        (found,) = [each for each in gate.status()["warnings"] if each["code"].startswith("settings.")]
        assert found["code"] == "settings.late" and line.removeprefix("irusu-gate: ") == found["text"]
        assert found["params"]["keys"] == "gate.hostname, gate.recipient_delimiter"
        home.write("[limits]\nmessage_bytes = 5000\n")
        gate.signal(signal.SIGHUP)
        gate.wait_line("was read anew")
        assert not [each for each in warnings(gate) if each.startswith("settings.")]
        assert lines[0].ask("NOOP").startswith("250")
        assert lines[1].ask("DATA").startswith("354")
        for each in lines[1:]:
            assert each.ask("\r\nhello\r\n.").startswith("250")


@pytest.mark.skipif(sys.platform != "linux", reason="SIGHUP from another thread's loop")
def test_a_storm_of_reloads_and_one_end(home: Home) -> None:
    with home.gate() as gate:
        home.write("[limits]\nconnections = 50\n")
        done = threading.Event()

        def storm() -> None:
            while not done.is_set():
                gate.signal(signal.SIGHUP)
                time.sleep(0.005)  # the pace of the storm

        thread = threading.Thread(target=storm)
        thread.start()
        try:
            for _ in range(3):
                with Line(gate.port, "127.0.0.1") as line:
                    line.begin(*TO_DATA)
                    assert line.ask("hello\r\n.").startswith("250")
        finally:
            done.set()
            thread.join()
        with Line(gate.port, "127.0.0.1") as line:
            line.begin(*TO_DATA)
            for _ in range(20):
                gate.signal(signal.SIGTERM)
                gate.signal(signal.SIGHUP)
            gate.wait_line("draining")
            assert line.ask("hello\r\n.").startswith("250")
        assert gate.wait() == 0
        assert not [line for line in gate.said if "Traceback" in line or "Exception" in line]


@pytest.mark.parametrize("how", ["moved", "cut short", "taken away"])
def test_the_log_file_is_followed(home: Home, how: str) -> None:
    file = home.path / "log" / "gate.log"
    with home.gate() as gate:
        gate.status()  # a line is on the terminal first, then in the file
        if how == "moved":
            file.rename(file.with_suffix(".1"))
        elif how == "cut short":
            file.write_bytes(b"")
        else:
            file.unlink()
        gate.signal(signal.SIGHUP)
        gate.wait_line("was read anew")
        gate.status()
        text = file.read_text()
        assert "was read anew" in text
        assert "\0" not in text
        assert "ready: " not in text


def test_a_storm_of_ends_to_the_very_end(home: Home) -> None:
    gate = Gate(home, "serve", "--listen", "127.0.0.1:0")
    try:
        gate.ready()
        until = time.monotonic() + SECONDS
        while gate.process.poll() is None and time.monotonic() < until:
            with contextlib.suppress(ProcessLookupError):
                gate.signal(signal.SIGTERM)
        assert gate.wait() in {0, -signal.SIGTERM}, gate.said  # when all is written, the last moment may be cut short
        assert "irusu-gate: stopped" in gate.said
        assert not [line for line in gate.said if "Traceback" in line]
    finally:
        gate.end()
