"""A home of its own for each test that wants one; for the command line with a gate in it or without."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wire.gate_process import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture(params=["without a gate", "with a gate"])
def either(request: pytest.FixtureRequest, home: Home) -> Iterator[Home]:
    if request.param == "without a gate":
        yield home
        return
    with home.gate():
        yield home
