"""Where Irusu keeps things: configuration, data, runtime files and logs of this user, and the packaged resources.

Places and who may use them, nothing else: no room's file is read or written here but the note that says where the
control socket of a running gate is. Never changes what belongs to somebody else.
"""

import os
import socket
import stat
import struct
import sys
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import platformdirs

from gate.errors import Fault

SOCKET_NAME = "control.sock"
_SHORT = "irusu-"
PATH_LIMIT = 100
"""Bytes of a socket's path: sun_path holds 108 on Linux and 104 on macOS, the closing NUL included."""


class FolderError(Fault):
    """A folder cannot be used; nothing was changed in it."""

    texts: ClassVar[Mapping[str, str]] = {
        "folder.not_yours": "{folder} belongs to another user; choose a folder of your own",
        "folder.unusable": "{folder} cannot be used: {why}",
        "folder.runtime": "There is no folder for the gate's socket: {why}",
        "folder.not_folder": "{folder} is not a folder",
        "folder.socket_long": "The socket path {path} is longer than {limit} bytes; choose a shorter one",
    }


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of one owner. `socket`: a control socket that was named by hand."""

    config: Path
    data: Path
    run: Path
    log: Path
    socket: Path | None = None

    @property
    def config_file(self) -> Path:
        return self.config / "gate.toml"

    @property
    def lists(self) -> Path:
        return self.data / "lists.db"

    @property
    def decisions(self) -> Path:
        return self.data / "log.db"

    @property
    def mail(self) -> Path:
        return self.data / "mail"

    @property
    def lock(self) -> Path:
        return self.data / "gate.lock"

    @property
    def socket_note(self) -> Path:
        """Holds the path of the running gate's control socket: a shell with another environment finds it by that."""
        return self.data / "socket"

    def make(self) -> None:
        """Make what is missing, private to this user. FolderError for what is not ours or cannot be written."""
        for folder in (self.config, self.data, self.log, self.run):
            make_private(folder)

    def check(self) -> None:
        """FolderError where what is there already is not ours; makes nothing."""
        for folder in (self.config, self.data, self.log, self.run):
            _check_ours(folder)

    def socket_places(self) -> list[Path]:
        """Where a client seeks the gate's socket, the likeliest first. None of them need exist."""
        if self.socket is not None:
            return [self.socket]
        own, noted = self.run / SOCKET_NAME, noted_socket(self.socket_note)
        places = [] if too_long(own) else [own]
        return [*places, noted] if noted is not None and noted != own else places

    def socket_to_open(self) -> Path:
        """The path that the gate binds, in a private folder made here, and noted in `socket_note`. Where it would be
        too long, that is a short folder."""
        path = self._socket_to_open()
        self.socket_note.write_text(f"{path}\n", "utf-8")
        return path

    def _socket_to_open(self) -> Path:
        if self.socket is not None:
            if too_long(self.socket):
                raise FolderError("folder.socket_long", path=str(self.socket), limit=PATH_LIMIT)
            if not self.socket.parent.exists():
                make_private(self.socket.parent)
            return self.socket
        own = self.run / SOCKET_NAME
        if not too_long(own):
            make_private(self.run)
            return own
        return short_socket(self.socket_note, SOCKET_NAME)

    def forget_socket(self) -> None:
        """Take away what `socket_to_open` made outside of these folders, and its note."""
        if self.socket is None and too_long(self.run / SOCKET_NAME):
            forget_short_socket(self.socket_note, SOCKET_NAME)
        self.socket_note.unlink(missing_ok=True)


def too_long(path: Path) -> bool:
    """Whether no socket can be bound at this path."""
    return os.name == "posix" and len(os.fsencode(path)) > PATH_LIMIT


def short_socket(note: Path, name: str) -> Path:
    """A path for the socket `name` in a short private folder: the one that the file `note` tells, else a new one,
    noted there."""
    noted = noted_socket(note, name)
    if noted is None or not noted.parent.name.startswith(_SHORT) or not _is_private(noted.parent):
        noted = Path(tempfile.mkdtemp(prefix=_SHORT, dir=_short_folder())) / name
        note.write_text(f"{noted}\n", "utf-8")
    return noted


def noted_socket(note: Path, name: str | None = None) -> Path | None:
    """Where the file `note` says that the socket (of that `name`) is; None without a word that can be used."""
    try:
        text = note.read_text("utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError):
        return None
    path = Path(text)
    usable = path.is_absolute() and name in (None, path.name) and "\0" not in text and not too_long(path)
    return path if usable else None


def forget_short_socket(note: Path, name: str) -> None:
    """Take away what `short_socket` made."""
    noted = noted_socket(note, name)
    if noted is not None:
        noted.unlink(missing_ok=True)
        if _is_private(noted.parent) and not any(noted.parent.iterdir()):
            noted.parent.rmdir()
        note.unlink(missing_ok=True)


def find(socket: str | Path | None = None) -> Folders:
    """The folders of this user; all below one with `IRUSU_HOME` set. Nothing is made."""
    named = Path(socket).absolute() if socket else None
    home = os.environ.get("IRUSU_HOME")
    if home:
        root = Path(home).absolute()
        return Folders(root / "config", root / "data", root / "run", root / "log", socket=named)
    return Folders(
        platformdirs.user_config_path("irusu", appauthor=False),
        platformdirs.user_data_path("irusu", appauthor=False),
        _runtime(),
        platformdirs.user_log_path("irusu", appauthor=False),
        socket=named,
    )


def _runtime() -> Path:
    """The runtime folder; where the session has none (cron, su), one of the same name that platformdirs falls back to
    and checks. Its warning about that says nothing that the owner could use."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return platformdirs.user_runtime_path("irusu", appauthor=False)
    except PermissionError as problem:
        raise FolderError("folder.runtime", why=str(problem)) from problem


def check_home() -> None:
    """FolderError where IRUSU_HOME names what is somebody else's or no folder."""
    home = os.environ.get("IRUSU_HOME")
    if home:
        _check_ours(Path(home).absolute())


def make_private(folder: Path) -> None:
    """The folder exists afterwards, is ours and open to nobody else; else FolderError."""
    check_home()
    try:
        for each in (*reversed(folder.parents), folder):
            if not each.exists():
                each.mkdir(mode=0o700, exist_ok=True)
        _check_ours(folder)
        if os.name == "posix" and stat.S_IMODE(folder.stat().st_mode) & 0o077:
            folder.chmod(0o700)
    except OSError as problem:
        raise FolderError("folder.unusable", folder=str(folder), why=problem.strerror or str(problem)) from problem
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FolderError("folder.unusable", folder=str(folder), why="it cannot be written")


def _check_ours(folder: Path) -> None:
    try:
        found = folder.stat()
    except FileNotFoundError:
        return
    except OSError as problem:
        raise FolderError("folder.unusable", folder=str(folder), why=problem.strerror or str(problem)) from problem
    if not stat.S_ISDIR(found.st_mode):
        raise FolderError("folder.not_folder", folder=str(folder))
    if os.name == "posix" and found.st_uid != os.geteuid():
        raise FolderError("folder.not_yours", folder=str(folder))


def _is_private(folder: Path) -> bool:
    """A real folder of ours that nobody else can enter."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    ours = os.name != "posix" or (found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o077)
    return stat.S_ISDIR(found.st_mode) and ours


def _short_folder() -> Path:
    """Where private folders with short names are made: the session's runtime folder, else that for temporary files."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    for place in (runtime, tempfile.gettempdir()):
        if place and len(os.fsencode(place)) < 70 and os.access(place, os.W_OK | os.X_OK):
            return Path(place)
    return Path("/tmp")  # noqa: S108 (mkdtemp makes a private folder in it)


def resource(name: str) -> Path:
    """The packaged file or folder `name`, such as `gate.toml`, in the checkout, the wheel and the frozen app alike."""
    frozen = getattr(sys, "_MEIPASS", None)
    root = Path(frozen) if frozen else Path(__file__).resolve().parent.parent
    return root / "resources" / name


def is_own(peer: socket.socket) -> bool:
    """Whether the other end is this user or root, by peer credentials where the platform tells them. Where it does
    not, the folder's permissions alone hold."""
    uid = _peer_uid(peer)
    return uid is None or uid in (os.geteuid(), 0)


def _peer_uid(peer: socket.socket) -> int | None:
    if hasattr(socket, "SO_PEERCRED"):  # Linux: struct ucred, pid, uid, gid
        _, uid, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
        return int(uid)
    if sys.platform == "darwin":  # LOCAL_PEERCRED of <sys/un.h>: struct xucred, version, uid, groups
        _, uid = struct.unpack_from("2I", peer.getsockopt(0, 1, 76))
        return int(uid)
    return None
