"""Puts the app together: folders, theme, language, link, window; and takes it apart again."""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from app import theme
from app.dialogs.ask import Question
from app.instance import Instance
from app.language import speak
from app.link.client import Client
from app.link.keeper import Keeper
from app.link.process import GateProcess
from app.link.state import LOOKS
from app.link.transport import LocalTransport
from app.window import Window
from gate import __version__, folders
from gate.control.messages import Fault

UNSEEN = ("offscreen", "minimal")
"""Platforms of Qt on which nobody would answer a question."""


class Desktop(QObject):
    """The running app.

    Attributes:
        window, client, keeper, process, settings: its parts.
    """

    def __init__(self, places: folders.Folders, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = QSettings(str(places.config / "app.ini"), QSettings.Format.IniFormat, self)
        self.client = Client(LocalTransport(places.socket_places, self), self)
        self.process = GateProcess(places, self)
        self.keeper = Keeper(self.client, self.process, self.settings, self)
        self.window = Window(self.client, self.keeper, self.settings, self._left)
        self._files: list[Path] = []
        self.client.resync.connect(self._connected)

    def begin(self, files: Sequence[Path] = ()) -> None:
        """Show the window, look for the gate, and import the files as soon as there is one."""
        self._files = list(files)
        self.window.show()
        self.keeper.begin()

    def summoned(self, files: Sequence[Path]) -> None:
        """The app was started again. Its files wait for a gate, if there is none now."""
        self.window.come_forward()
        self._files += files
        if LOOKS[self.client.state].live:
            self._connected()

    def _connected(self) -> None:
        files, self._files = self._files, []
        if files:
            self.window.open_import(files)

    def _left(self) -> None:
        self.settings.sync()
        QTimer.singleShot(0, QApplication.quit)


def dress(app: QApplication) -> None:
    """Name, language and look of the application. Call once, before the first widget."""
    app.setApplicationName("irusu")
    app.setApplicationDisplayName("Irusu")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("irusu")
    app.setQuitOnLastWindowClosed(False)
    speak(app)
    theme.install(app)


def cannot_start(why: str) -> Question:
    """What an owner who started the app from a desktop is told when there can be no window."""
    title = QCoreApplication.translate("Application", "Irusu cannot start")
    shut = QCoreApplication.translate("Application", "Close")
    return Question(title, why[:1].upper() + why[1:], shut, lambda _do, _tick: None)


def _has_display() -> bool:
    """Qt itself ends the process where it finds none."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def run(arguments: Sequence[str]) -> int:
    """The whole life of the app; its exit code. `arguments`: files to import."""
    files = [Path(name) for name in arguments if not name.startswith("-")]
    if not _has_display():
        print("irusu: There is no display here; irusu-gate does the same in a terminal", file=sys.stderr)  # noqa: T201
        return 1
    app = QApplication(sys.argv[:1])
    try:
        places = folders.find()
        instance = Instance(places)
    except Fault as problem:
        print(f"irusu: {problem}", file=sys.stderr)  # noqa: T201 (who started it in a terminal looks there)
        if app.platformName() not in UNSEEN:
            dress(app)
            cannot_start(str(problem)).exec()
        return 1
    if not instance.is_first():
        if instance.summon(files):
            print("irusu: Irusu is already open: its window was brought forward", file=sys.stderr)  # noqa: T201
            return 0
        if not instance.is_first():  # it is, if the one before was just taking its leave
            print("irusu: Irusu is already open, but does not answer", file=sys.stderr)  # noqa: T201
            return 1
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C in a terminal: Qt's loop runs no Python handlers
    dress(app)
    desktop = Desktop(places)
    instance.summoned.connect(desktop.summoned)
    desktop.window.parting.connect(instance.close)  # whoever starts the app from now on is the first
    desktop.begin(files)
    code = app.exec()
    instance.close()
    return code
