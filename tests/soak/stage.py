"""What the soaks play on: a real gate before a real Postfix, the built-in server or a sink; and how a process fares."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from tests.bench import stage
from tests.wire.gate_process import Gate, Home

DOMAIN, ACCOUNT, SPAMMER = stage.DOMAIN, stage.ACCOUNT, stage.SPAMMER


@contextlib.contextmanager
def gate(
    port: int | None = None, client_address: str = "proxy", more: str = "", gate_section: str = ""
) -> Iterator[Gate]:
    """A gate before the server at `port` (None: the built-in one); user1 is denied by user2. `more`: further sections
    of gate.toml, `gate_section`: further lines of [gate]."""
    with stage.folder() as place:
        home = Home(place / "home")
        settings = home.path / "config" / "gate.toml"
        settings.parent.mkdir(parents=True)
        before = "" if port is None else f'deliver = "smtp://127.0.0.1:{port}"\nclient_address = "{client_address}"\n'
        settings.write_text(f'[gate]\ndomains = ["{DOMAIN}"]\n{before}{gate_section}{more}')
        home.done("account", "add", ACCOUNT)
        home.done("deny", ACCOUNT, SPAMMER)
        with home.gate() as running:
            yield running


def cpu(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def files(pid: int) -> int:
    """Open file descriptors of a process."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


memory = stage.memory
