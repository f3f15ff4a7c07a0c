"""One app a user and a home: a second start hands its files to the first and ends.

The lock decides who is first (two local servers would both seem to listen on one path); the server next to the gate's
runtime folder only carries the message.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import QLockFile, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from app.link.transport import is_ours
from gate.folders import Folders, forget_short_socket, make_private, noted_socket, short_socket, too_long

log = logging.getLogger(__name__)
SOCKET_NAME = "app.sock"
MESSAGE_LIMIT = 1024 * 1024
_WAIT_MILLISECONDS = 3000


class Summons(msgspec.Struct, frozen=True):
    """What a second start says: show yourself, and import these files."""

    files: list[str] = []


class Instance(QObject):
    """Signal `summoned(list)`: the app was started again, with these paths."""

    summoned = Signal(list)

    def __init__(self, folders: Folders, parent: QObject | None = None) -> None:
        super().__init__(parent)
        make_private(folders.run)
        self._own = folders.run / SOCKET_NAME
        self._note = folders.run / "app.socket"
        self._lock = QLockFile(str(folders.run / "app.lock"))
        self._lock.setStaleLockTime(0)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._connected)

    def is_first(self) -> bool:
        """Whether this start is the one that shows the window; if so it listens for later ones from now on."""
        if not self._lock.tryLock(0):
            return False
        path = short_socket(self._note, SOCKET_NAME) if too_long(self._own) else self._own
        QLocalServer.removeServer(str(path))
        if not self._server.listen(str(path)):
            log.warning("Another start of the app will not reach this one: %s", self._server.errorString())
        return True

    def summon(self, files: Sequence[Path]) -> bool:
        """Tell the first one, if it is this user's; whether it took it. May wait some seconds: no window is there."""
        path = noted_socket(self._note, SOCKET_NAME) if too_long(self._own) else self._own
        if path is None:
            return False
        way = QLocalSocket()
        way.connectToServer(str(path))
        if not way.waitForConnected(_WAIT_MILLISECONDS) or not is_ours(way):
            return False
        way.write(msgspec.json.encode(Summons([str(path.absolute()) for path in files])) + b"\n")
        taken = way.waitForReadyRead(_WAIT_MILLISECONDS) and way.readAll().data() == b"ok\n"
        way.abort()
        return taken

    def close(self) -> None:
        """Listen no more: the next start is the first."""
        if not self._lock.isLocked():
            return
        self._server.close()
        if too_long(self._own):
            forget_short_socket(self._note, SOCKET_NAME)
        self._lock.unlock()

    def _connected(self) -> None:
        while (way := self._server.nextPendingConnection()) is not None:
            if not is_ours(way):
                way.abort()
                continue
            way.readyRead.connect(lambda way=way: self._read(way))
            way.disconnected.connect(way.deleteLater)

    def _read(self, way: QLocalSocket) -> None:
        if not self._lock.isLocked():
            way.abort()  # it is taking its leave: the other start is to be the first
            return
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
