"""Being somebody whom the system may refuse something: root may read and write everything."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

NOBODY = 65534


@contextlib.contextmanager
def not_root(folder: Path) -> Iterator[None]:
    """Everything in the folder belongs to this user, who is not root meanwhile. (What root alone may read is out of
    reach then, maybe the checkout too.)"""
    if os.geteuid() != 0:
        yield
        return
    for each in [folder, *folder.rglob("*")]:
        os.chown(each, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
