"""What the benches play on: a sink, a real Postfix where one is unpacked, and a real gate before either."""

import contextlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from gate.control.client import Client, connect
from gate.folders import Folders
from gate.forms import ApplyImport, Form, ImportItem, Staged, StageImport
from tests.servers.postfix import Postfix
from tests.wire.gate_process import Gate, Home

SERVERS = Path(os.environ.get("IRUSU_SERVERS", Path(__file__).parents[2] / ".cache" / "servers"))
DOMAIN = "virtual.test"
SPAMMER, FRIEND, ACCOUNT = "user1@virtual.test", "user3@virtual.test", "user2@virtual.test"


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder that the servers' own users may search; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="irusu-bench-", ignore_cleanup_errors=True) as name:
        place = Path(name)
        place.chmod(0o755)
        yield place


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """A null sink; its port."""
    command = [sys.executable, "-m", "tests.bench.sink"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def why_no_postfix() -> str | None:
    """Why Postfix cannot be started here; None where it can."""
    if platform.system() != "Linux" or os.geteuid() != 0:
        return "Postfix is left out: it needs Linux and root"
    if not (SERVERS / ".complete").exists():
        return "Postfix is left out: run packaging/servers first"
    return None


@contextlib.contextmanager
def postfix(*, master_lines: str = "", **main: str) -> Iterator[Postfix]:
    """A Postfix that takes mail for the three users into its queue and throws it away from there.
    `main`, `master_lines`: more for main.cf, for master.cf."""
    settings = {"virtual_transport": "discard", "message_size_limit": "100000000", **main}
    with folder() as place:
        servers = SERVERS
        if not all(parent.stat().st_mode & 0o001 for parent in [servers, *servers.resolve().parents]):
            servers = Path(shutil.copytree(servers, place / "servers", symlinks=True))
        (place / "postfix").mkdir()
        boxes = [SPAMMER, ACCOUNT, FRIEND]
        running = Postfix(
            servers, place / "postfix", mailboxes=boxes, domains=[DOMAIN], main=settings, master_lines=master_lines
        )
        try:
            yield running
        finally:
            running.stop()


def wait_until_idle(server: Postfix, seconds: float = 20.0) -> None:
    """Until its queue is empty: it has delivered (here: thrown away) all that it took."""
    queue = server.mail.parent / "queue"
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(any((queue / name).iterdir()) for name in ("incoming", "active", "maildrop")):
            return
        time.sleep(0.05)
    raise RuntimeError(f"Postfix still has mail in {queue} after {seconds:g} seconds")


@contextlib.contextmanager
def gate(port: int, client_address: str) -> Iterator[Gate]:
    """A gate before the server at `port`; user1 is denied by user2."""
    with folder() as place:
        home = Home(place / "home")
        settings = home.path / "config" / "gate.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text(
            f'[gate]\ndomains = ["{DOMAIN}"]\ndeliver = "smtp://127.0.0.1:{port}"\n'
            f'client_address = "{client_address}"\n[limits]\nmessage_bytes = 100000000\nconnections_per_client = 100\n'
        )
        home.done("account", "add", ACCOUNT)
        home.done("deny", ACCOUNT, SPAMMER)
        with home.gate() as running:
            yield running


@contextlib.contextmanager
def client(home: Home) -> Iterator[Client]:
    """A connection to the control socket of the gate of that home."""
    root = home.path
    found = connect(Folders(root / "config", root / "data", root / "run", root / "log"))
    assert found is not None
    with found:
        yield found


def apply(link: Client, label: str, items: Sequence[ImportItem], *, patterns: int = 5000) -> Form:
    """An import of any size over the socket, staged in parts as the command line does."""
    stage: str | None = None
    for item in items:
        for start in range(0, len(item.patterns), patterns):
            part = ImportItem(scope=item.scope, patterns=item.patterns[start : start + patterns])
            staged = link.call("import.stage", StageImport(stage=stage, items=[part]))
            assert isinstance(staged, Staged)
            stage = staged.stage
    return link.call("import.apply", ApplyImport(label=label, stage=stage))


def memory(pid: int, what: str = "VmHWM") -> float:
    """MB of a process: VmHWM the most so far, VmRSS now. Linux only, elsewhere 0."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0.0
    return next(int(line.split()[1]) / 1024 for line in status.read_text().splitlines() if line.startswith(what))
