"""The demo: the whole story, quickly, and nothing left behind."""

import os
import signal
import subprocess
import sys

import pytest

from tests.wire.gate_process import COMMAND, SECONDS


@pytest.fixture
def environment(tmp_path):
    """A place for temporary files of its own, and no home of the owner's that could be touched."""
    for name in ("tmp", "home"):
        (tmp_path / name).mkdir()
    return {**os.environ, "TMPDIR": str(tmp_path / "tmp"), "IRUSU_HOME": str(tmp_path / "home"), "PYTHONUTF8": "1"}


def left_behind(environment):
    return [*os.scandir(environment["TMPDIR"]), *os.scandir(environment["IRUSU_HOME"])]


def test_the_whole_story(environment):
    found = subprocess.run(
        [*COMMAND, "demo"], env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert found.returncode == 0, found
    assert found.stderr == ""
    told = found.stdout
    refused = "S: 550 5.1.1 <user2@localhost>: Recipient address rejected: User unknown"
    unknown = "S: 550 5.1.1 <no-such-user@localhost>: Recipient address rejected: User unknown"
    line = next(line for line in told.splitlines() if refused in line)
    assert unknown in line, "beside each other"
    for words in (
        "$ irusu-gate account add",
        "$ irusu-gate import",
        "Still there?",
        "$ irusu-gate log",
        "What to do next",
    ):
        assert words in told
    assert "passed  win@lotto-eu.example -> no-such-user@localhost" in told
    assert left_behind(environment) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("words", ["An address", "import", "friend"])
def test_ended_early_it_tidies_up(environment, number, words):
    with subprocess.Popen(
        [*COMMAND, "demo"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            if words in line:
                break
        os.killpg(process.pid, number)
        said = process.stderr.read()
        assert process.wait(SECONDS) == 1
    assert "Traceback" not in said
    assert "ended early" in said
    assert left_behind(environment) == []
