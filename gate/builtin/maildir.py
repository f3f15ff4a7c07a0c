"""Maildirs of the built-in server: one an account; a message is in all of its recipients' or in none.

What it has delivered is on the disk, and so is the folder that names it. It knows no SMTP, and leaves nothing behind of
what it could not deliver. (https://cr.yp.to/proto/maildir.html)
"""

import hashlib
import itertools
import os
import platform
import re
import secrets
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from gate.rules.address import Address

COPY_BYTES = 64 * 1024
FOLDER_NAME_LIMIT = 150

_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?![^.])", re.IGNORECASE)
_serial = itertools.count()


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy to deliver: to which account, and the recipient it came for."""

    account: str
    recipient: Address


def folder_name(account: str) -> str:
    """The name of an account's Maildir, the same on all systems; for nearly all accounts the address as it is.

    Other than `A-Z a-z 0-9 @ . _ - + = ~` it is percent-encoded, as are a first dot and the first letter of a name that
    Windows reserves (`nul.x@example.org`); a very long one is cut and ends in a hash of the whole.
    """
    name = quote(account, safe="@+=")
    if name.startswith(".") or _RESERVED.match(name):
        name = f"%{ord(name[0]):02X}{name[1:]}"
    if len(name) > FOLDER_NAME_LIMIT:
        name = f"{name[: FOLDER_NAME_LIMIT - 33]}~{hashlib.sha256(account.encode()).hexdigest()[:32]}"
    return name


def deliver(mail: Path, sender: str, copies: Iterable[Copy], body: IO[bytes]) -> None:
    """Puts a copy of the message into every recipient's Maildir: all of them or none, and on the disk when it returns.
    `body`: from its beginning, with LF line ends.

    Raises:
        OSError: nothing was delivered.
    """
    written: list[tuple[Path, Path]] = []
    named: list[Path] = []
    try:
        for copy in copies:
            maildir = _maildir(mail, copy.account)
            name = _unique_name()
            written.append((maildir / "tmp" / name, maildir / "new" / name))
            head = f"Return-Path: <{sender}>\nDelivered-To: {copy.recipient.ascii}\n".encode("utf-8", "surrogateescape")
            _write(written[-1][0], head, body)
        for temporary, final in written:
            temporary.rename(final)
            named.append(final)
        for folder in {final.parent for final in named}:
            _sync_folder(folder)
    except OSError:
        for path in [*named, *(temporary for temporary, _ in written)]:
            path.unlink(missing_ok=True)
        raise


def _maildir(mail: Path, account: str) -> Path:
    maildir = mail / folder_name(account)
    if not (maildir / "new").is_dir():
        for name in ("tmp", "cur", "new"):
            (maildir / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (maildir, mail, mail.parent):
            _sync_folder(folder)
    return maildir


def _unique_name() -> str:
    """As https://cr.yp.to/proto/maildir.html asks, and a random part for clocks that are set back."""
    now = time.time_ns()
    host = re.sub(r"[^A-Za-z0-9.-]", "_", platform.node()) or "localhost"
    parts = f"M{now // 1000 % 1_000_000}P{os.getpid()}Q{next(_serial)}R{secrets.token_hex(4)}"
    return f"{now // 1_000_000_000}.{parts}.{host}"


def _write(path: Path, head: bytes, body: IO[bytes]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(head)
        body.seek(0)
        shutil.copyfileobj(body, file, COPY_BYTES)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Makes names in a folder lasting; on Windows a folder cannot be opened, and NTFS journals names itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
