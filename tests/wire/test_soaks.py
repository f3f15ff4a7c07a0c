"""A soak still runs: the shortest, for a moment. (What `kill` and `control` play is in tests of their own.)"""

import subprocess
import sys

from tests.wire.gate_process import SECONDS


def test_a_soak_runs() -> None:
    soak = ("flood", "--number", "3000", "--max-rows", "1000")
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak", *soak], capture_output=True, text=True, timeout=SECONDS * 2, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "|" in done.stdout
