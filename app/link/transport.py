"""The way bytes take to the gate: the local socket now, a child's stdio (ssh) later behind the same class.

It knows nothing of messages and never waits.
"""

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtNetwork import QLocalSocket

from gate import folders


class Transport(QObject):
    """A way to a gate, open or not.

    Signals:
        opened(): bytes can flow.
        received(bytes): some came.
        ended(): it is over, or could not be opened, or who is there is not ours.
    """

    opened = Signal()
    received = Signal(bytes)
    ended = Signal()

    def open(self) -> None:
        """Begin to connect. `opened` or `ended` follows, never from inside this call."""
        raise NotImplementedError

    def write(self, data: bytes) -> None:
        """Send when possible. Without a connection nothing happens."""
        raise NotImplementedError

    def close(self) -> None:
        """Cut it off at once, without `ended`."""
        raise NotImplementedError


class LocalTransport(Transport):
    """The gate's local socket, sought at `places()` in their order, and only used if it is ours."""

    def __init__(self, places: Callable[[], list[Path]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._places = places
        self._left: list[Path] = []
        self._socket: QLocalSocket | None = None
        self._was_open = False

    def open(self) -> None:
        self.close()
        self._left = list(self._places())
        self._next()

    def _next(self) -> None:
        """Try the next place; the answer is given from the event loop."""
        self._drop()
        if not self._left:
            self._later(self.ended.emit)
            return
        place = self._left.pop(0)
        way = self._socket = QLocalSocket(self)
        way.connected.connect(self._connected)
        way.readyRead.connect(self._readable)
        way.disconnected.connect(self._disconnected)
        way.errorOccurred.connect(self._failed)
        way.connectToServer(str(place))

    def _later(self, do: Callable[[], None]) -> None:
        QTimer.singleShot(0, self, do)

    def _connected(self) -> None:
        if self._socket is None:
            return
        if not is_ours(self._socket):
            self._drop()
            self._later(self.ended.emit)
            return
        self._was_open = True
        self.opened.emit()

    def _readable(self) -> None:
        if self._socket is not None:
            self.received.emit(self._socket.readAll().data())

    def _failed(self, _error: QLocalSocket.LocalSocketError) -> None:
        if not self._was_open:
            self._later(self._next)

    def _disconnected(self) -> None:
        if self._was_open:
            self._drop()
            self.ended.emit()

    def write(self, data: bytes) -> None:
        if self._socket is not None and self._was_open:
            self._socket.write(data)

    def close(self) -> None:
        self._left = []
        self._drop()

    def _drop(self) -> None:
        way, self._socket, self._was_open = self._socket, None, False
        if way is not None:
            way.blockSignals(True)
            way.abort()
            way.deleteLater()


def is_ours(way: QLocalSocket) -> bool:
    """Whether this user or root is at the other end, by the same question that the gate asks."""
    if os.name != "posix":
        return True
    with suppress(OSError), socket.socket(fileno=os.dup(int(way.socketDescriptor()))) as peer:
        return folders.is_own(peer)
    return False
