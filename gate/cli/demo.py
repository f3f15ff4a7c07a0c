"""`demo`: the whole story in a throw-away folder, with a real gate process and real SMTP sessions, in a few seconds.

It touches nothing of the owner's: its folder, its ports and its gate are its own and are gone at the end. It exits 0
only if everything was as it should be.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import typer

from gate.cli import output
from gate.cli.talk import beside, converse
from gate.errors import Fault
from gate.folders import resource
from gate.forms import Decision, Status

ACCOUNT = "user2@localhost"
NOBODY = "no-such-user@localhost"
SPAMMER = "win@lotto-eu.example"
FRIEND = "user3@localhost"
SECONDS = 20.0


class DemoError(Fault):
    """The story did not go as it should."""

    texts = {
        "demo.command": "demo: {command} failed: {why}",
        "demo.no_gate": "demo: the gate did not open its port: {why}",
        "demo.wrong": "demo: not as it should be: {what}",
    }


def register(root: typer.Typer) -> None:
    root.command()(demo)


def demo() -> None:
    """The whole story in a throw-away folder: an account, an import, and a spammer who hears "no such user"."""
    with _ended_by_signals(), _folder() as home, (stage := _Stage(home)).gate() as port:
        _story(stage, port)
    output.say()
    output.say("All of it was real, and all of it is gone again. What to do next:")
    output.say("  irusu-gate serve                    your own gate, on 127.0.0.1:2525")
    output.say("  irusu-gate account add ADDRESS      an address to look after")
    output.say("  irusu-gate import PATH              the spam that you saved: who may be denied?")
    output.say("  irusu-gate deny ADDRESS SENDER      to that sender the address is dead")
    output.say("  irusu                               the same with a window, where Irusu's desktop part is installed")
    if launcher := os.environ.get("IRUSU_LAUNCHER"):
        output.say(f"In this clone `irusu-gate` is `{launcher} gate`, and `irusu` is `{launcher}`.")


def _story(stage: "_Stage", port: int) -> None:
    output.say("An address, and the senders of some saved spam on its deny list:")
    stage.show("account", "add", ACCOUNT)
    stage.show("import", str(resource("sample/spam.mbox")), "--apply")
    _title(f"The spammer writes to {ACCOUNT}; beside it, to an address that does not exist:")
    refused = converse(port, SPAMMER, ACCOUNT)
    unknown = converse(port, SPAMMER, NOBODY)
    for line in beside(refused, unknown):
        output.say(line)
    _must(refused.to_recipient.startswith("550"), f"the spammer heard {refused.to_recipient}")
    same = unknown.to_recipient.replace(NOBODY, ACCOUNT)
    _must(refused.to_recipient == same, "the two replies differ")
    output.say("The same answer, but for the name: to this sender the address is dead.")
    _title("A friend writes to the same address:")
    friend = converse(port, FRIEND, ACCOUNT, "Subject: Hello\r\n\r\nStill there?\r\n")
    for line in friend.lines:
        output.say(line)
    _must(friend.delivered, f"the friend heard {friend.lines[-1]}")
    found = [path for path in stage.maildir() if "Still there?" in path.read_text("utf-8")]
    _must(len(found) == 1, f"{len(found)} messages arrived")
    output.say("It arrived:")
    for line in found[0].read_text("utf-8").splitlines():
        output.say(f"  {line}")
    _title("What the log says:")
    rows = stage.decisions(3)
    stage.show("log")
    _must([row.verdict for row in rows] == ["refuse", "accept", "accept"], f"the log has {len(rows)} rows")
    _must(rows[0].sender == SPAMMER and rows[0].because == "entry", "the log names another cause")


def _title(text: str) -> None:
    output.say()
    output.say(text)


def _must(true: bool, what: str) -> None:
    if not true:
        raise DemoError("demo.wrong", what=what)


class _Stage:
    """The throw-away folder, and the commands run in it."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._environment = {**os.environ, "IRUSU_HOME": str(home), "PYTHONUTF8": "1"}
        frozen = getattr(sys, "frozen", False)
        self._command = [sys.executable] if frozen else [sys.executable, "-m", "gate"]

    def run(self, *arguments: str) -> str:
        """The stdout of a command; DemoError if it fails."""
        found = subprocess.run(
            [*self._command, *arguments],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
        if found.returncode != 0:
            raise DemoError("demo.command", command=f"irusu-gate {' '.join(arguments)}", why=found.stderr.strip())
        return found.stdout

    def show(self, *arguments: str) -> None:
        """Run a command and print both it and what it says."""
        output.say(f"$ irusu-gate {' '.join(arguments)}")
        for line in self.run(*arguments).splitlines():
            output.say(f"  {line}")

    def decisions(self, count: int) -> list[Decision]:
        """The log, once it has so many rows: they are written in batches, off the mail's way."""
        end = time.monotonic() + SECONDS
        while True:
            rows = msgspec.json.decode(self.run("log", "--json"), type=list[Decision])
            if len(rows) >= count or time.monotonic() > end:
                return rows

    def maildir(self) -> Iterator[Path]:
        return (self._home / "data" / "mail" / ACCOUNT / "new").iterdir()

    @contextlib.contextmanager
    def gate(self) -> Iterator[int]:
        """A gate that guards, on a free port, which is told; gone at the end."""
        process = subprocess.Popen(
            [*self._command, "serve", "--listen", "127.0.0.1:0", "--deliver", "built-in", "--state", "guarding"],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        assert process.stderr is not None  # noqa: S101 (a pipe was asked for)
        with process, process.stderr:
            try:
                self._await_ready(process)
                status = msgspec.json.decode(self.run("status", "--json"), type=Status)
                yield int(status.listen[0].rpartition(":")[2])
            finally:
                process.terminate()
                try:
                    process.wait(SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()

    @staticmethod
    def _await_ready(process: "subprocess.Popen[str]") -> None:
        said = ""
        for line in process.stderr or ():
            said = line.strip()
            if "ready: " in said:
                return
        raise DemoError("demo.no_gate", why=said or "it ended")


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="irusu-demo-"))
    try:
        yield folder
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """A gate that has just ended may still hold a file for a moment on some systems."""
    end = time.monotonic() + 5
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
        if time.monotonic() > end:
            output.note(f"irusu-gate: {folder} could not be removed")
            return


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Ctrl-C and SIGTERM end the story once; what they meet while it tidies up does not stop that."""

    def end(number: int, _frame: Any) -> NoReturn:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        output.note("irusu-gate: the demo was ended early")
        raise SystemExit(1)

    before = [(each, signal.signal(each, end)) for each in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for each, handler in before:
            signal.signal(each, handler)
