"""A real gate process in a folder of its own, and the real command line beside it."""

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SECONDS = 30.0
COMMAND = (sys.executable, "-m", "gate")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


class Home:
    """One IRUSU_HOME; the command line in it, and gates."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.environment = {**os.environ, "IRUSU_HOME": str(path), "PYTHONUTF8": "1", "COLUMNS": "200"}

    def run(self, *arguments: str, stdin: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
        """One command, to its end."""
        return subprocess.run(
            [*COMMAND, *arguments],
            env={**self.environment, **environment},
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )

    def done(self, *arguments: str, stdin: str = "") -> str:
        """The stdout of a command that must exit 0."""
        found = self.run(*arguments, stdin=stdin)
        assert found.returncode == 0, found
        return found.stdout

    def json(self, *arguments: str) -> Any:
        """The one JSON document that a command prints."""
        return json.loads(self.done(*arguments, "--json"))

    def refused(self, *arguments: str) -> str:
        """The one line of a command that must exit 1, without its prefix."""
        found = self.run(*arguments)
        assert found.returncode == 1, found
        assert found.stdout == ""
        assert "Traceback" not in found.stderr
        lines = found.stderr.splitlines()
        assert len(lines) == 1, found
        return lines[0].removeprefix("irusu-gate: ")

    def write(self, text: str) -> None:
        """gate.toml."""
        file = self.path / "config" / "gate.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    @contextlib.contextmanager
    def gate(self, *arguments: str, listen: str | None = "127.0.0.1:0") -> Iterator["Gate"]:
        """A running gate; ended at the end, whatever happened. `listen` None: as gate.toml says."""
        gate = Gate(self, "serve", *(("--listen", listen) if listen is not None else ()), *arguments)
        try:
            gate.ready()
            yield gate
        finally:
            gate.end()


class Gate:
    """A gate process and what it says."""

    def __init__(self, home: Home, *arguments: str) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            env=home.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.said: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def wait_line(self, *words: str) -> str:
        """The next line of its stderr that holds one of the words."""
        end = time.monotonic() + SECONDS
        while (line := self._lines.get(timeout=max(0.1, end - time.monotonic()))) is not None:
            self.said.append(line)
            if any(word in line for word in words):
                return line
        raise AssertionError(f"the gate ended: {self.said}")

    def ready(self) -> str:
        """Wait until it has taken up its state."""
        return self.wait_line("ready: ")

    def status(self) -> Any:
        return self.home.json("status")

    @property
    def port(self) -> int:
        """The first port that mail comes in at."""
        return int(self.status()["listen"][0].rpartition(":")[2])

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """Without any chance to tidy up."""
        self.process.kill()
        self.process.wait(SECONDS)

    def wait(self) -> int:
        """Its exit code."""
        code = self.process.wait(SECONDS)
        self._reader.join(SECONDS)
        while not self._lines.empty():
            line = self._lines.get_nowait()
            if line is not None:
                self.said.append(line)
        return code

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()
