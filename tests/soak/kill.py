"""kill -9 of the gate and of the backend at any moment: whatever was answered with 250 is at the backend, once."""

import argparse
import contextlib
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.soak import stage
from tests.wire.gate_process import SECONDS, Gate, Home, free_port

SENDERS = 4
PAUSE_SECONDS = 0.02
"""Of a sender who found nobody there."""


@dataclass
class Tally:
    """What the senders heard.

    Attributes:
        left: messages that were not acknowledged yet.
        acknowledged: attempts that were answered with 250; each attempt has a name of its own.
        refused: replies of 5xx, which there must be none of.
    """

    left: int
    acknowledged: list[str] = field(default_factory=list)
    tried: int = 0
    refused: list[bytes] = field(default_factory=list)
    lock: threading.Condition = field(default_factory=threading.Condition)

    def attempt(self) -> str | None:
        with self.lock:
            if self.left <= 0:
                return None
            self.left -= 1
            self.tried += 1
            return f"m{self.tried}"

    def done(self, name: str, taken: bool) -> None:
        with self.lock:
            if taken:
                self.acknowledged.append(name)
            else:
                self.left += 1
            self.lock.notify_all()

    def wait(self, more: int) -> None:
        """Until so many more were acknowledged, or all."""
        with self.lock:
            goal = len(self.acknowledged) + more
            self.lock.wait_for(lambda: len(self.acknowledged) >= goal or self.left <= 0, SECONDS)


def send_all(port: int, tally: Tally) -> None:
    """Sessions of a few messages each, again and again, until all are acknowledged."""
    while tally.left > 0:
        name = None
        try:
            with socket.create_connection(("127.0.0.1", port), SECONDS) as one, one.makefile("rb") as replies:
                say(one, replies, b"", tally)
                say(one, replies, b"EHLO c\r\n", tally)
                for _ in range(5):
                    if (name := tally.attempt()) is None:
                        return
                    for line in (b"MAIL FROM:<a@b.example>\r\n", b"RCPT TO:<user2@virtual.test>\r\n", b"DATA\r\n"):
                        say(one, replies, line, tally)
                    say(one, replies, f"Subject: {name}\r\n\r\n{'x' * 3000}\r\n.\r\n".encode(), tally)
                    tally.done(name, taken=True)
                    name = None
        except OSError:
            if name is not None:
                tally.done(name, taken=False)
            time.sleep(PAUSE_SECONDS)


def say(one: socket.socket, replies: object, line: bytes, tally: Tally) -> None:
    one.sendall(line)
    while (reply := replies.readline())[3:4] == b"-":  # type: ignore[attr-defined]
        pass
    if reply[:1] == b"5":
        tally.refused.append(reply)
    if reply[:1] not in {b"2", b"3"} or not reply.endswith(b"\n"):
        raise ConnectionError(reply)


class Backend:
    """The spool, alive again after each death."""

    def __init__(self, file: Path) -> None:
        self.port, self._file = free_port(), file
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.spool", str(self.port), str(self._file)], stdout=subprocess.PIPE
        )
        assert self.process.stdout is not None
        self.process.stdout.readline()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def play(folder: Path, messages: int, seed: int) -> tuple[Tally, list[str], int, int]:
    """All messages through a gate and a backend that are killed in turn, by chance; what was heard, the spool's lines,
    how often each was killed."""
    chance = random.Random(seed)
    home, port, spool = Home(folder / "home"), free_port(), folder / "spool"
    backend = Backend(spool)
    settings = home.path / "config" / "gate.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        f'[gate]\nlisten = ["127.0.0.1:{port}"]\ndomains = ["{stage.DOMAIN}"]\n'
        f'deliver = "smtp://127.0.0.1:{backend.port}"\nclient_address = "none"\n'
    )
    home.done("account", "add", stage.ACCOUNT)
    tally, gates, backends = Tally(messages), 0, 0
    gate = Gate(home, "serve")
    gate.ready()
    threads = [threading.Thread(target=send_all, args=(port, tally), daemon=True) for _ in range(SENDERS)]
    try:
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            tally.wait(chance.randrange(40))
            threads[0].join(chance.uniform(0.0, 0.02))
            if chance.random() < 0.5:
                gate.kill()
                gate.end()
                gate = Gate(home, "serve")
                gate.ready()
                gates += 1
            else:
                backend.kill()
                backend.start()
                backends += 1
        for thread in threads:
            thread.join(SECONDS)
    finally:
        tally.left = 0
        gate.end()
        backend.kill()
    return tally, spool.read_text().split(), gates, backends


def check(tally: Tally, kept: list[str]) -> None:
    """Raises where a promise was broken."""
    times = Counter(kept)
    assert not tally.refused, tally.refused[:3]
    missing = [name for name in tally.acknowledged if name not in times]
    assert not missing, f"acknowledged and not there: {missing[:10]}"
    twice = [name for name in times if times[name] > 1]
    assert not twice, f"twice: {twice[:10]}"


def run(chosen: argparse.Namespace) -> None:
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="irusu-kill-")))
        tally, kept, gates, backends = play(folder, chosen.messages, chosen.seed)
    check(tally, kept)
    lost = len(kept) - len(tally.acknowledged)
    print(
        f"{len(tally.acknowledged)} messages acknowledged in {tally.tried} attempts, {time.monotonic() - began:.0f} s; "
        f"the gate was killed {gates} times, the backend {backends} times.\n"
        f"Every one is at the backend, once; {lost} more are there whose 250 was lost. No 5xx was heard."
    )


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
