"""A mail server as a child process: started, listened to line by line, ended by its own process group."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

SECONDS = 30.0
"""Whatever a server is waited for is there sooner or never."""


class ServerProcess:
    """A child in a session of its own, whose output is its log.

    Attributes:
        lines: what it has written so far.
    """

    def __init__(self, command: Sequence[str | Path], *, environment: dict[str, str] | None = None) -> None:
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._ended = False
        self._process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
            text=True,
            errors="replace",
        )
        self.pid = self._process.pid
        self._reader = threading.Thread(target=self._read, name=f"log of {self.pid}", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def wait_for_line(self, pattern: str, *, after: int = 0, seconds: float = SECONDS) -> re.Match[str]:
        """The first line from number `after` on in which the pattern is found; fails if none comes."""
        deadline = time.monotonic() + seconds
        index = after
        while True:
            with self._news:
                while index >= len(self.lines):
                    left = deadline - time.monotonic()
                    if self._ended or left <= 0 or not self._news.wait(left):
                        raise AssertionError(f"no line with {pattern!r} in:\n" + "\n".join(self.lines))
                line = self.lines[index]
            index += 1
            if match := re.search(pattern, line):
                return match

    def reload(self) -> None:
        """Has the server read its settings anew."""
        self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """Asks the server to end, and ends what is left of its process group."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._reader.join(10)
        assert self._process.stdout is not None
        self._process.stdout.close()


class Mailboxes:
    """A server that delivers into Maildirs below `mail`, one a mailbox.

    Attributes:
        mail: their folder.
        process: the server.
    """

    mail: Path
    process: ServerProcess

    def messages(self, mailbox: str) -> list[bytes]:
        """The messages in a mailbox as stored: with the server's own headers on top, lines end in LF."""
        return [path.read_bytes() for path in sorted((self.mail / mailbox / "new").glob("*"))]

    def wait_for_messages(self, mailbox: str, count: int = 1, seconds: float = SECONDS) -> list[bytes]:
        """The messages, as soon as there are so many. (No line of these servers' logs tells of a delivery.)"""
        deadline = time.monotonic() + seconds
        while len(found := self.messages(mailbox)) < count:
            assert time.monotonic() < deadline, "\n".join(self.process.lines)
            time.sleep(0.01)
        return found

    def stop(self) -> None:
        self.process.stop()


def wait_for_ports(process: ServerProcess, *ports: int, seconds: float = SECONDS) -> None:
    """Returns when something listens on each of the ports of 127.0.0.1; fails with the server's log."""
    deadline = time.monotonic() + seconds
    left = list(ports)
    while left:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", left[0])) == 0:
                left.pop(0)
                continue
        if time.monotonic() > deadline:
            raise AssertionError(f"nothing listens on port {left[0]}:\n" + "\n".join(process.lines))
        time.sleep(0.01)


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody has now. (These servers cannot be given port 0.)"""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def copy_with_libraries(program: Path, root: Path, library_path: str, name: str) -> None:
    """Puts a program and the libraries that it needs under `root`, where they would be with `root` as `/`."""
    target = root / name.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(program, target)
    listed = subprocess.run(
        ["ldd", str(program)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "LD_LIBRARY_PATH": library_path},
    ).stdout
    (root / "lib").mkdir(exist_ok=True)
    for soname, found in re.findall(r"(\S+) => (/\S+)", listed):
        if not (root / "lib" / soname).exists():
            shutil.copy(found, root / "lib" / soname)
    for loader in re.findall(r"^\s*(/\S*ld-linux\S*)", listed, re.MULTILINE):
        place = root / loader.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(loader, place)
