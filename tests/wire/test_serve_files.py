"""How many files the gate may hold open."""

from pathlib import Path

import pytest

from tests.wire.gate_process import Home

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="a process cannot be asked for its limits")


def test_it_may_hold_as_many_as_the_system_lets_it(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    fewer = min(soft, 4096) - 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (fewer, hard))
    try:
        with Home(tmp_path / "home").gate() as gate:
            assert resource.prlimit(gate.process.pid, resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
