"""What unit tests share: being somebody whom the system may refuse something."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.somebody import not_root


@pytest.fixture
def refusable() -> Iterator[Path]:
    """A folder of this user's, who is not root meanwhile: root may read and write everything."""
    if not hasattr(os, "geteuid"):
        pytest.skip("permissions of POSIX")
    with tempfile.TemporaryDirectory(prefix="irusu-test-") as name, not_root(Path(name)):
        yield Path(name)
