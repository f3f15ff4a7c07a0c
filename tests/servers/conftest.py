"""Real mail servers for tests: Postfix, Exim and OpenSMTPD, each test with instances of its own, and swaks.

They are unpacked by `packaging/servers` into .cache/servers, never installed, and need root to run. A server starts in
20 to 80 ms and is ended by its own process group when the test ends. Nothing outside a temporary folder is touched.

Fixtures:
- `postfix`, `exim`, `opensmtpd`: a running server with the mailboxes user1, user2 and user3 of virtual.test.
- `start_postfix(mailboxes=…, domains=…, main={…})`: another one. A mailbox `@d` is a catch-all; `main` is put over the
  settings of main.cf, such as `{"mynetworks": "", "message_size_limit": "60000000"}`; `main_lines`, `master_lines`:
  text for the end of main.cf and master.cf.
- `start_exim(mailboxes=…, domains=…)`, `start_opensmtpd(users=…, domains=…)`: likewise, with fewer things to set.
- `server`: for a test that is to run once with each of the three.
- `home`: an IRUSU_HOME, for a gate before one of them.
- `houses`, `house`: gates before servers of every kind, for what a denied and an unknown recipient are told.
- `swaks(*arguments)`: runs swaks and returns the CompletedProcess (stdout holds the transcript).

Every server has two ports on 127.0.0.1: `.plain`, and `.proxy`, which wants a PROXY header first. Postfix trusts
127.0.0.0/8 (`mynetworks`), so `.plain` relays for the gate, as many real ones would.
`.messages("user1@virtual.test")` gives what lies in the mailbox, byte for byte as stored: the server's own headers
first, then the message with LF line ends. Wait for it with Postfix's `wait_for_message`, the others'
`wait_for_messages`.
`.process.lines` is the server's log, `.process.wait_for_line(pattern)` waits for a line of it (for Exim: only errors).

Where a server cannot be had, the test fails in CI and under `packaging/test` (IRUSU_SERVERS is set); elsewhere it is
skipped with the reason.
"""

import contextlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from tests.servers.exim import Exim
from tests.servers.opensmtpd import OpenSmtpd
from tests.servers.postfix import Postfix
from tests.servers.twin_houses import KINDS, House, Houses
from tests.wire.gate_process import Home

UNPACKED = Path(__file__).parents[2] / ".cache" / "servers"
DOMAINS = ("virtual.test",)
USERS = ("user1", "user2", "user3")
MAILBOXES = tuple(f"{user}@virtual.test" for user in USERS)


def cannot(why: str, *, also_here: bool = True) -> NoReturn:
    """Fails where the servers are a duty, skips elsewhere. `also_here`: a duty under `packaging/test` too."""
    if os.environ.get("CI") == "true" or (also_here and "IRUSU_SERVERS" in os.environ):
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(scope="session")
def servers() -> Iterator[Path]:
    """The folder of the unpacked servers, where every user may read."""
    if platform.system() != "Linux":
        cannot("real mail servers are tested on Linux only", also_here=False)
    if os.geteuid() != 0:
        cannot("real mail servers can only be started by root", also_here=False)
    folder = Path(os.environ.get("IRUSU_SERVERS", UNPACKED))
    if not (folder / ".complete").exists():
        cannot(f"no mail servers in {folder}: run packaging/servers")
    if all(parent.stat().st_mode & 0o001 for parent in [folder, *folder.resolve().parents]):
        yield folder
        return
    with _open_folder() as copy:
        yield Path(shutil.copytree(folder, copy / "servers", symlinks=True))


@contextlib.contextmanager
def _open_folder() -> Iterator[Path]:
    """A temporary folder that the servers' users may search."""
    with tempfile.TemporaryDirectory(prefix="irusu-servers-", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def start_postfix(servers: Path) -> Iterator[Callable[..., Postfix]]:
    with contextlib.ExitStack() as stack:

        def start(
            mailboxes: Sequence[str] = MAILBOXES,
            domains: Sequence[str] = DOMAINS,
            main: Mapping[str, str] | None = None,
            **lines: str,
        ) -> Postfix:
            folder = stack.enter_context(_open_folder())
            running = Postfix(servers, folder, mailboxes=mailboxes, domains=domains, main=main or {}, **lines)
            stack.callback(running.stop)
            return running

        yield start


@pytest.fixture
def start_exim(servers: Path) -> Iterator[Callable[..., Exim]]:
    with contextlib.ExitStack() as stack:

        def start(mailboxes: Sequence[str] = MAILBOXES, domains: Sequence[str] = DOMAINS, lines: str = "") -> Exim:
            folder = stack.enter_context(_open_folder())
            running = Exim(servers, folder, mailboxes=mailboxes, domains=domains, lines=lines)
            stack.callback(running.stop)
            return running

        yield start


@pytest.fixture
def start_opensmtpd(servers: Path) -> Iterator[Callable[..., OpenSmtpd]]:
    with contextlib.ExitStack() as stack:

        def start(users: Sequence[str] = USERS, domains: Sequence[str] = DOMAINS, lines: str = "") -> OpenSmtpd:
            folder = stack.enter_context(_open_folder())
            running = OpenSmtpd(servers, folder, users=users, domains=domains, lines=lines)
            stack.callback(running.stop)
            return running

        yield start


@pytest.fixture
def postfix(start_postfix: Callable[..., Postfix]) -> Postfix:
    return start_postfix()


@pytest.fixture
def exim(start_exim: Callable[..., Exim]) -> Exim:
    return start_exim()


@pytest.fixture
def opensmtpd(start_opensmtpd: Callable[..., OpenSmtpd]) -> OpenSmtpd:
    return start_opensmtpd()


@pytest.fixture(params=["postfix", "exim", "opensmtpd"])
def server(request: pytest.FixtureRequest) -> Postfix | Exim | OpenSmtpd:
    """Each of the three in turn."""
    found: Postfix | Exim | OpenSmtpd = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture(scope="session")
def houses(servers: Path) -> Iterator[Houses]:
    """Gates before servers of every kind, each started once (see `twin_houses`)."""
    with contextlib.ExitStack() as stack:
        started = Houses(servers, lambda: stack.enter_context(_open_folder()))
        stack.callback(started.close)
        yield started


@pytest.fixture(params=KINDS)
def house(request: pytest.FixtureRequest, houses: Houses) -> House:
    """Each kind of house in turn."""
    return houses.of(request.param)


@pytest.fixture
def swaks(servers: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs swaks with the arguments given; never raises for its exit status."""

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = ["perl", str(servers / "swaks" / "usr" / "bin" / "swaks"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    return run
