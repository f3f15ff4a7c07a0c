"""Every bench still runs, in its smallest form; what it measures is not judged here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TINY = {
    "relay": ["--seconds", "0.05", "--rounds", "1", "--large", "1000000"],
    "verdicts": ["--sizes", "10", "--decisions", "20"],
    "survey": ["--megabytes", "1"],
    "start": ["--entries", "200"],
    "lists": ["--entries", "200", "--accounts", "5"],
    "timing": ["--pairs", "10"],
    "compare": ["--seconds", "0.05", "--rounds", "1", "--large", "1000000", "--entries", "200"],
    "policy": ["--seconds", "0.05", "--rounds", "1", "--pairs", "10"],
}


@pytest.mark.parametrize("bench", TINY)
def test_a_bench_runs(bench: str, servers: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"tests.bench.{bench}", *TINY[bench]],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "IRUSU_SERVERS": str(servers)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n| ") >= 3
