"""What desktop tests share: the dressed application, a home of their own, a real gate, the whole app, and the check
that no process is left behind.

    def test_x(home, start_app, qtbot): desktop = start_app(); …     the app finds or launches a real gate in `home`
    def test_y(running_gate, start_app): …                           a real gate runs there already
"""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_ACCESSIBILITY"] = "1"

import logging
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.application import Desktop, dress
from app.link.process import GateProcess
from gate import folders
from tests.desktop.seeing import Seen
from tests.wire.gate_process import Gate, Home

SECONDS = 30_000
"""Milliseconds that anything may take before a test gives up."""
StartApp = Callable[..., Desktop]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Drawn off screen Qt warns of what only a real window manager would do."""
    for item in items:
        item.add_marker(pytest.mark.qt_log_ignore("propagateSizeHints", r"support raise\(\)", extend=True))


@pytest.fixture(scope="session")
def qapp(qapp: QApplication) -> QApplication:
    """The application, dressed as `irusu` does, in English and light."""
    QLocale.setDefault(QLocale("en_GB"))
    dress(qapp)
    theme.use(theme.LIGHT)
    return qapp


@pytest.fixture(autouse=True)
def _light(qapp: QApplication) -> Iterator[None]:
    """Every test begins light, and leaves no widget to the next."""
    yield
    for widget in QApplication.topLevelWidgets():
        widget.close()
        widget.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if theme.tokens() is not theme.LIGHT:
        theme.use(theme.LIGHT)


@pytest.fixture(autouse=True)
def app_faults() -> Iterator[list[str]]:
    """What the app logs as a fault of its own fails the test, unless that expects it and clears the list."""
    told: list[str] = []

    class _Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(self.format(record))

    listener = _Listener(logging.WARNING)
    logging.getLogger("app").addHandler(listener)
    yield told
    logging.getLogger("app").removeHandler(listener)
    assert told == []


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """An IRUSU_HOME of the test's own, whose gate listens on a free port. Afterwards nothing runs in it."""
    path = tmp_path / "irusu"
    (path / "config").mkdir(parents=True, mode=0o700)
    path.chmod(0o700)
    (path / "config" / "gate.toml").write_text('[gate]\nlisten = ["127.0.0.1:0"]\n', "utf-8")
    monkeypatch.setenv("IRUSU_HOME", str(path))
    yield Home(path)
    deadline = time.monotonic() + 10
    while (left := _processes_of(path)) and time.monotonic() < deadline:
        time.sleep(0.02)  # one that was asked to end may still be ending
    lines = [(Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ") for pid in left]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left, f"left behind: {lines}"


@pytest.fixture
def running_gate(home: Home) -> Iterator[Gate]:
    """A real gate, stopped, that the app did not launch."""
    with home.gate("--state", "stopped") as gate:
        yield gate


@pytest.fixture
def start_app(qapp: QApplication, home: Home, request: pytest.FixtureRequest) -> Iterator[StartApp]:
    """Starts the whole app on `home`: `start_app(files…)`. Ends it, and the gate it launched, afterwards; and before
    a gate that ran already, whose loss it would only tell."""
    if "running_gate" in request.fixturenames:
        request.getfixturevalue("running_gate")
    started: list[Desktop] = []

    def start(*files: Path) -> Desktop:
        desktop = Desktop(folders.find())
        started.append(desktop)
        desktop.begin(files)
        return desktop

    yield start
    for desktop in started:
        end_app(desktop, home)


def end_app(desktop: Desktop, home: Home) -> None:
    """Take the app apart; end the gate that it launched by asking it."""
    process: GateProcess = desktop.process
    launched = process.pid
    desktop.keeper.leave(lambda: None)
    desktop.window.deleteLater()
    desktop.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if launched is not None:
        _quit_until_ended(launched, home)


def _quit_until_ended(pid: int, home: Home) -> None:
    """Asked again and again: one that was launched just now hears nothing before it listens."""
    deadline = time.monotonic() + SECONDS / 1000
    while not _ended(pid):
        assert time.monotonic() < deadline, f"process {pid} does not end"
        home.run("quit")
        time.sleep(0.02)  # no line tells the end of a process that is not waited for


def _ended(pid: int) -> bool:
    """Whether a child has ended; takes its exit code."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _processes_of(home: Path) -> list[int]:
    """Processes that run in this home (Linux tells; elsewhere none are found)."""
    found = []
    needle = f"IRUSU_HOME={home}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        if int(entry.name) != os.getpid() and needle in environment.split(b"\0"):
            found.append(int(entry.name))
    return found


@pytest.fixture
def gate(home: Home) -> Iterator[Gate]:
    """A real gate that guards."""
    with home.gate("--state", "guarding") as running:
        yield running


@pytest.fixture
def see(gate: Gate, start_app: StartApp, qtbot: QtBot) -> Seen:
    """The app beside it, with its accounts read."""
    seen = Seen(qtbot, start_app())
    seen.until(lambda: seen.accounts._accounts.loaded)
    return seen
