"""Kill -9 of the gate at any moment: what was answered is kept. Lists, and mail that was answered with 250."""

import re
import socket
import threading
from pathlib import Path

import pytest

from gate.control import client
from gate.control.messages import AddEntries
from gate.errors import Fault
from gate.folders import Folders
from tests.soak import kill
from tests.wire.gate_process import SECONDS, Home

WRITERS = 3


class Mailer(threading.Thread):
    """Sends numbered messages until the gate is gone; keeps the numbers that were answered with 250."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._port = port
        self.taken: list[str] = []
        self.tried = 0
        self.enough = threading.Event()

    def run(self) -> None:
        try:
            while True:
                self._session()
        except OSError:
            self.enough.set()

    def _session(self) -> None:
        with socket.create_connection(("127.0.0.1", self._port), SECONDS) as one, one.makefile("rb") as replies:

            def say(line: str = "") -> bytes:
                one.sendall(line.encode() + b"\r\n" if line else b"")
                while (reply := replies.readline())[3:4] == b"-":
                    pass
                if not reply.endswith(b"\n"):
                    raise ConnectionError
                return reply

            say()
            say("EHLO x")
            for _ in range(5):
                self.tried += 1
                number = f"{self.name}-{self.tried}"
                for line in ("MAIL FROM:<friend@a.example>", "RCPT TO:<user2@localhost>", "DATA"):
                    assert say(line)[:1] in b"23"
                if say(f"Subject: {number}\r\n\r\n{'x' * 60}\r\n.").startswith(b"250"):
                    self.taken.append(number)
                if len(self.taken) >= 3:
                    self.enough.set()


class Denier(threading.Thread):
    """Adds patterns until the gate is gone; keeps those that were answered."""

    def __init__(self, home: Home, round_: int) -> None:
        super().__init__(daemon=True)
        path = home.path
        self._folders = Folders(path / "config", path / "data", path / "run", path / "log")
        self._round = round_
        self.kept: list[str] = []
        self.enough = threading.Event()

    def run(self) -> None:
        connection = client.connect(self._folders)
        assert connection is not None
        with connection:
            try:
                for number in range(100_000):
                    pattern = f"{self._round}-{number}@bad.example"
                    connection.call("deny", AddEntries(scope="user2@localhost", patterns=[pattern]))
                    self.kept.append(pattern)
                    if len(self.kept) >= 5:
                        self.enough.set()
            except Fault:
                self.enough.set()


@pytest.mark.parametrize("rounds", [2])
def test_killed_at_any_moment_nothing_answered_is_lost(tmp_path: Path, rounds: int) -> None:
    home = Home(tmp_path / "home")
    home.done("account", "add", "user2@localhost")
    taken: set[str] = set()
    kept: set[str] = set()
    for round_ in range(rounds):
        with home.gate() as gate:
            mailers = [Mailer(gate.port, f"{round_}-{number}") for number in range(WRITERS)]
            denier = Denier(home, round_)
            for thread in (*mailers, denier):
                thread.start()
            for thread in (*mailers, denier):
                assert thread.enough.wait(SECONDS)
            gate.kill()
            for thread in (*mailers, denier):
                thread.join(SECONDS)
                assert not thread.is_alive()
        taken.update(*(mailer.taken for mailer in mailers))
        kept.update(denier.kept)
        held = [path.read_text() for path in (home.path / "data" / "mail" / "user2@localhost" / "new").iterdir()]
        subjects = {found[1] for text in held if (found := re.search("^Subject: (.*)$", text, re.MULTILINE))}
        assert len(subjects) == len(held), "no half message has a name"
        assert taken <= subjects
        assert kept <= {row["pattern"] for row in home.json("entries", "user2@localhost")}
    assert len(home.json("history")) >= len(kept)
    with home.gate() as gate:
        assert gate.status()["state"] == "guarding"


def test_gate_and_backend_killed_at_any_moment_keep_every_promise(tmp_path: Path) -> None:
    tally, kept, gates, backends = kill.play(tmp_path, messages=120, seed=3)
    kill.check(tally, kept)
    assert len(tally.acknowledged) == 120
    assert gates + backends >= 1
