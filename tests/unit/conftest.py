"""What unit tests share: being somebody whom the system may refuse something."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

NOBODY = 65534


@pytest.fixture
def refusable() -> Iterator[Path]:
    """A folder of this user's, who is not root meanwhile: root may read and write everything."""
    if not hasattr(os, "geteuid"):
        pytest.skip("permissions of POSIX")
    with tempfile.TemporaryDirectory(prefix="irusu-test-") as name:
        folder = Path(name)
        if os.geteuid() != 0:
            yield folder
            return
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            os.seteuid(0)
