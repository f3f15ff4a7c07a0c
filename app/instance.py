"""One app a user and a home: a second start hands its files to the first and ends.

The lock decides who is first (two local servers would both seem to listen on one path); the server next to the gate's
runtime folder only carries the message.
"""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import QLockFile, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from gate.folders import PATH_LIMIT, Folders, make_private

MESSAGE_LIMIT = 1024 * 1024
_WAIT_MILLISECONDS = 3000


class Summons(msgspec.Struct, frozen=True):
    """What a second start says: show yourself, and import these files."""

    files: list[str] = []


def _place(folders: Folders) -> Path:
    path = folders.run / "app.sock"
    if os.name == "posix" and len(os.fsencode(path)) > PATH_LIMIT:
        name = hashlib.sha256(os.fsencode(path)).hexdigest()[:20]
        return Path(tempfile.gettempdir()) / f"irusu-app-{name}.sock"
    return path


class Instance(QObject):
    """Signal `summoned(list)`: the app was started again, with these paths."""

    summoned = Signal(list)

    def __init__(self, folders: Folders, parent: QObject | None = None) -> None:
        super().__init__(parent)
        make_private(folders.run)
        self._path = _place(folders)
        self._lock = QLockFile(str(folders.run / "app.lock"))
        self._lock.setStaleLockTime(0)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._connected)

    def is_first(self) -> bool:
        """Whether this start is the one that shows the window; if so it listens for later ones from now on."""
        if not self._lock.tryLock(0):
            return False
        QLocalServer.removeServer(str(self._path))
        self._server.listen(str(self._path))
        return True

    def summon(self, files: Sequence[Path]) -> bool:
        """Tell the first one; whether it took it. May wait three seconds: there is no window yet."""
        way = QLocalSocket()
        way.connectToServer(str(self._path))
        if not way.waitForConnected(_WAIT_MILLISECONDS):
            return False
        way.write(msgspec.json.encode(Summons([str(path.absolute()) for path in files])) + b"\n")
        taken = way.waitForReadyRead(_WAIT_MILLISECONDS)
        way.abort()
        return taken

    def close(self) -> None:
        """Listen no more."""
        self._server.close()
        self._lock.unlock()

    def _connected(self) -> None:
        while (way := self._server.nextPendingConnection()) is not None:
            way.readyRead.connect(lambda way=way: self._read(way))
            way.disconnected.connect(way.deleteLater)

    def _read(self, way: QLocalSocket) -> None:
        if not way.canReadLine():
            if way.bytesAvailable() > MESSAGE_LIMIT:
                way.abort()
            return
        try:
            summons = msgspec.json.decode(way.readLine().data(), type=Summons)
        except msgspec.DecodeError:
            way.abort()
            return
        way.write(b"ok\n")
        self.summoned.emit([Path(name) for name in summons.files])
