"""The bundled gate process: launched when nobody answers, outliving the window, and never killed.

Knows nothing of the socket. A gate that ends by itself before it is ready has said why on its standard error: its last
line is what the owner is shown. Any other end has no reason there: what it said last is how it was.
"""

import os
import subprocess
import sys
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

import gate
from gate.folders import FolderError, Folders, make_private

START_SECONDS = 30.0
_POLL_MILLISECONDS = 100


def gate_command() -> list[str]:
    """How the gate that belongs to this app is run: from the frozen app beside it, else by the same Python."""
    if getattr(sys, "frozen", False):
        name = "irusu-gate.exe" if os.name == "nt" else "irusu-gate"
        return [str(Path(sys.executable).with_name(name))]
    return [sys.executable, "-m", "gate"]


class GateProcess(QObject):
    """A gate that this window launched, if it did.

    Signals:
        died(int, str): the one with this pid has ended; why, in its own line, or an empty text.
    """

    died = Signal(int, str)

    def __init__(self, folders: Folders, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folders = folders
        self._process: subprocess.Popen[bytes] | None = None
        self._poll = QTimer(self, interval=_POLL_MILLISECONDS)
        self._poll.timeout.connect(self._look)

    @property
    def settings(self) -> Path:
        """The gate.toml that a gate launched here goes by."""
        return self._folders.config_file

    @property
    def pid(self) -> int | None:
        """Of the gate launched here and not known to have ended."""
        return self._process.pid if self._process is not None else None

    @property
    def _words(self) -> Path:
        return self._folders.log / "gate-start.txt"

    def launch(self, arguments: list[str] | None = None) -> str:
        """Start it; returns an empty text, or one line that says why it cannot be started.

        On the very first launch, with no data yet, it starts stopped: nothing listens before the owner says so.
        """
        if self._process is not None and self._process.poll() is None:
            return ""
        fresh = not self._folders.lists.exists()
        state = ["--state", "stopped"] if fresh else []
        command = [*gate_command(), "serve", *state, *(arguments or [])]
        try:
            make_private(self._folders.log)
            with self._words.open("wb") as words:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=words,
                    cwd=Path(gate.__file__).parents[1], start_new_session=True, creationflags=_creation_flags(),
                )  # fmt: skip
        except (OSError, FolderError) as problem:
            return str(problem)
        self._poll.start()
        return ""

    def _reason(self, code: int) -> str:
        """Why it failed to start: what it said last on its standard error. Nothing if it had been ready, or if its exit
        code is no fault of its own (negative: a signal)."""
        if code <= 0:
            return ""
        try:
            text = self._words.read_text("utf-8", "replace")
        except OSError:
            return ""
        lines = [line.strip().removeprefix("irusu-gate: ") for line in text.splitlines() if line.strip()]
        ready = any(line.startswith("ready: ") for line in lines)
        return lines[-1] if lines and not ready else ""

    def forget(self) -> None:
        """Leave it to itself: it goes on when the window is gone."""
        self._poll.stop()
        if self._process is not None:
            self._process.returncode = self._process.poll() or 0  # else Python warns of a child that lives on
            self._process = None

    def _look(self) -> None:
        if self._process is None or self._process.poll() is None:
            return
        self._poll.stop()
        pid, code, self._process = self._process.pid, self._process.returncode, None
        self.died.emit(pid, self._reason(code))


def _creation_flags() -> int:
    """Windows: no console, and no part in what closes this one."""
    if sys.platform == "win32":
        return subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    return 0
