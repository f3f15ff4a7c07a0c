"""Files and folders of saved mail, read one message after the other; the kind of a file is told by its content.

Only ever reads, and only regular files. What cannot be read is yielded as `Unreadable` and the rest goes on.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from gate.forms import Unreadable
from gate.savedmail import mbox
from gate.savedmail.mbox import Message

_HEAD: Final = 16 * 1024
_SEARCH: Final = mbox.CHUNK
"""Bytes of a file with a damaged start in which its first message is sought."""
_MAIL_FIELD = re.compile(
    rb"(?im)^(?:return-path|delivered-to|received|from|to|subject|date|message-id|sender|reply-to|x-envelope-from)"
    rb"[ \t]*:"
)
_FIELD = re.compile(rb"[!-9;-~]{1,200}[ \t]*:")
_HEADER_END = re.compile(rb"\n\r?\n")
_COMPRESSED = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
_BLANK: Final = b" \t\r\n"
_BOM: Final = b"\xef\xbb\xbf"


class Source(NamedTuple):
    """A regular file that may hold mail."""

    path: Path
    size: int


class Reader:
    """Reads all that `paths` name, once: iterate it.

    Attributes:
        total: bytes of all files.
        done: bytes read so far, never more than `total`.
    """

    def __init__(self, paths: Iterable[str | os.PathLike[str]]) -> None:
        self._found = list(_expand(paths))
        self.total = sum(found.size for found in self._found if isinstance(found, Source))
        self.done = 0

    def __iter__(self) -> Iterator[tuple[str, Message | Unreadable]]:
        """File name and what stands there."""
        before = 0
        for found in self._found:
            if isinstance(found, Unreadable):
                yield found.file, found
                continue
            name = _name(found.path)
            for item in _read(found.path):
                self.done = before + min(item.offset, found.size)
                yield name, item
            before += found.size
            self.done = before


def _name(path: Path) -> str:
    """A file's name as text, whatever bytes it is made of."""
    return os.fsencode(path).decode("utf-8", "replace")


def _expand(paths: Iterable[str | os.PathLike[str]]) -> Iterator[Source | Unreadable]:
    for given in paths:
        if not os.fspath(given):  # for `Path` that is the current folder
            yield Unreadable(file="", offset=0, why="missing")
            continue
        path = Path(given)
        try:
            mode = path.stat().st_mode
        except OSError as error:
            yield _failed(path, error)
            continue
        if stat.S_ISDIR(mode):
            yield from _folder(path)
        else:
            yield from _file(path)


def _folder(folder: Path) -> Iterator[Source | Unreadable]:
    """Files below a folder, in the order of their names; links to folders are not followed (they may loop)."""
    errors: list[OSError] = []
    for where, folders, files in os.walk(folder, onerror=errors.append):
        here = Path(where)
        maildir = {"cur", "new"} <= set(folders)
        if maildir:
            folders[:] = [name for name in folders if name != "tmp"]
        elif here.name not in ("cur", "new"):
            folders[:] = [name for name in folders if not name.startswith(".")]
        folders.sort()
        for name in [] if maildir else sorted(files):
            if not _skipped(name):
                yield from _file(here / name)
    for error in errors:
        yield _failed(Path(error.filename or folder), error)


def _skipped(name: str) -> bool:
    """Indexes beside the mail, hidden files, and what a Maildir has marked as trashed (flag T)."""
    flags = re.search(r"[:;!]2,([A-Za-z]*)$", name)
    return name.startswith(".") or name.endswith(".msf") or bool(flags and "T" in flags[1])


def _file(path: Path) -> Iterator[Source | Unreadable]:
    try:
        found = path.stat()
    except OSError as error:
        yield _failed(path, error)
        return
    if stat.S_ISREG(found.st_mode):
        yield Source(path, found.st_size)
    else:
        yield Unreadable(file=_name(path), offset=0, why="special")


def _failed(path: Path, error: OSError, offset: int = 0) -> Unreadable:
    why = "failed"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        why = "missing"
    elif isinstance(error, PermissionError):
        why = "denied"
    return Unreadable(file=_name(path), offset=offset, why=why)


def _read(path: Path) -> Iterator[Message | Unreadable]:
    offset = 0
    try:
        with path.open("rb", buffering=0) as stream:
            for item in _messages(path, stream):
                offset = item.offset
                yield item
    except OSError as error:
        yield _failed(path, error, offset)


def _messages(path: Path, stream: BinaryIO) -> Iterator[Message | Unreadable]:
    head = stream.read(_HEAD)
    begin = len(head) - len(head.removeprefix(_BOM).lstrip(_BLANK))
    text = head[begin:]
    if not text:
        return
    if mbox.begins(text):
        yield from _checked(path, mbox.split(stream, begin))
    elif text.startswith(_COMPRESSED):
        yield Unreadable(file=_name(path), offset=0, why="compressed")
    elif (header := _single(stream, text)) is not None:
        yield Message(begin, b"", header)
    else:
        yield Unreadable(file=_name(path), offset=0, why="not-mail")
        stream.seek(0)
        first = mbox.find_separator(stream.read(_SEARCH))
        if first >= 0:
            yield from _checked(path, mbox.split(stream, first))


def _single(stream: BinaryIO, text: bytes) -> bytes | None:
    """The header block of a file that is one message (RFC 5322), None if it is none."""
    if not _FIELD.match(text):
        return None
    while not (end := _HEADER_END.search(text)) and len(text) < mbox.HEADER_CAP:
        more = stream.read(mbox.HEADER_CAP // 4)
        if not more:
            break
        text += more
    header = text[: end.start() + 1] if end else text[: mbox.HEADER_CAP]
    return header if _MAIL_FIELD.search(header) else None


def _checked(path: Path, messages: Iterable[Message]) -> Iterator[Message | Unreadable]:
    for message in messages:
        if b":" in message.header:
            yield message
        else:
            yield Unreadable(file=_name(path), offset=message.offset, why="no-header")
