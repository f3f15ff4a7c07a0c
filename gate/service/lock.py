"""Who owns the data folder: one process at a time, by a lock that dies with it.

The note beside the lock only says whom to name to a latecomer; it decides nothing.
"""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from filelock import FileLock, Timeout

from gate.errors import Fault
from gate.folders import Folders


class OwnerError(Fault):
    """Somebody else owns the data."""

    texts: ClassVar[Mapping[str, str]] = {
        "owner.gate": "A gate already runs on {folder} (lock held by process {pid})",
        "owner.command": "Another irusu-gate command is busy with {folder} (lock held by process {pid}); try again",
        "owner.unusable": "The lock in {folder} cannot be used: {why}",
    }


def gate_on(folders: Folders) -> str:
    """The process of the gate that has the lock, in digits (or `unknown`); empty where none has. Made for asking again:
    a command that asks the same at the same moment looks like a gate."""
    try:
        if not folders.lock.exists():
            return ""
        with FileLock(str(folders.lock), timeout=0, mode=0o600, thread_local=False):
            return ""
    except Timeout:
        taken = Ownership(folders, "command").taken()
        return str(taken.params["pid"]) if taken.code == "owner.gate" else ""
    except OSError:  # not ours to ask
        return ""


class Ownership:
    """The lock of one data folder. A context manager; `take` may be tried again and again."""

    def __init__(self, folders: Folders, role: str) -> None:
        """`role`: `gate` or `command`, what others are told."""
        self._folder = folders.data
        self._note: Path = folders.data / "gate.pid"
        self._lock = FileLock(str(folders.lock), mode=0o600, thread_local=False)
        self._role = role

    def take(self, seconds: float = 0.0) -> None:
        """Own the folder from now on, waiting for `seconds` at most; OwnerError if another does."""
        try:
            self._lock.acquire(timeout=seconds, poll_interval=0.05)
        except Timeout:
            raise self.taken() from None
        except OSError as problem:
            why = problem.strerror or str(problem)
            raise OwnerError("owner.unusable", folder=str(self._folder), why=why) from problem
        self._note.write_text(f"{os.getpid()} {self._role}\n", "utf-8")

    def release(self) -> None:
        if self._lock.is_locked:
            self._note.unlink(missing_ok=True)
            self._lock.release()

    def __enter__(self) -> "Ownership":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def taken(self) -> OwnerError:
        """Who has the lock."""
        pid, role = "unknown", "gate"
        for _ in range(20):  # the owner may be about to write its note
            try:
                pid, role = self._note.read_text("utf-8").split()
                break
            except (OSError, ValueError):
                time.sleep(0.01)
        code = "owner.command" if role == "command" else "owner.gate"
        return OwnerError(code, folder=str(self._folder), pid=pid)
