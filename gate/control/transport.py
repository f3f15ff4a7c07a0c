"""The local socket itself: bound where only its owner reaches it, and asked who is on the other end.

The one place that knows what kind of socket the platform has. Knows nothing of messages. On Windows it will be a named
pipe of the same user; until then these functions say so in one line.
"""

import os
import socket
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from gate.errors import Fault
from gate.folders import is_own


class TransportError(Fault):
    """The socket cannot be opened, or is not whose it should be."""

    texts: ClassVar[Mapping[str, str]] = {
        "control.bind": "The control socket {path} cannot be opened: {why}",
        "control.in_use": "Another gate listens on the control socket {path}",
        "control.connect": "The gate's socket {path} cannot be reached: {why}",
        "control.foreign": "The socket {path} belongs to another user; it is not asked",
        "control.platform": "The control socket is not there yet on {platform}",
    }


def listen(path: Path) -> socket.socket:
    """A listening socket, 0600 from the first moment. What a dead gate left there is replaced. The folder must be there
    and private."""
    _check_platform()
    if _somebody_listens(path):
        raise TransportError("control.in_use", path=str(path))
    umask = os.umask(0o177)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket():
            path.unlink()
        server.bind(str(path))
        server.listen(64)
        server.setblocking(False)
    except OSError as problem:
        server.close()
        raise TransportError("control.bind", path=str(path), why=problem.strerror or str(problem)) from problem
    finally:
        os.umask(umask)
    return server


def connect(path: Path, timeout: float) -> socket.socket | None:
    """A connection to the gate at `path`; None where no gate listens. TransportError where someone else's is there."""
    _check_platform()
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as problem:
        raise TransportError("control.connect", path=str(path), why=problem.strerror or str(problem)) from problem
    if not stat.S_ISSOCK(found.st_mode):
        return None
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(timeout)
    try:
        client.connect(str(path))
    except (ConnectionRefusedError, FileNotFoundError):
        client.close()
        return None
    except OSError as problem:
        client.close()
        raise TransportError("control.connect", path=str(path), why=problem.strerror or str(problem)) from problem
    if not is_own(client):
        client.close()
        raise TransportError("control.foreign", path=str(path))
    return client


def _somebody_listens(path: Path) -> bool:
    """The lock keeps two gates of one owner apart; a socket named by hand may be that of another owner's gate."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except TimeoutError:
            return True
        except OSError:
            return False
    return True


def _check_platform() -> None:
    if not hasattr(socket, "AF_UNIX"):
        raise TransportError("control.platform", platform=sys.platform)
