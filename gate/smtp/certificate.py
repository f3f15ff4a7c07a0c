"""The gate's own certificate for STARTTLS: read at start and again when its files are others; what is wrong with it.

Whoever renews certificates (certbot swaps two symbolic links, one after the other) tells nobody. So the files are
looked at when a client begins TLS, once a second at most; a pair that cannot be used, also one that is only half
renewed, never takes the place of the one in use. It opens these two files and nothing else, and sends nothing.
"""

import asyncio
import logging
import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

from gate.forms import Warning as Notice
from gate.smtp.errors import SmtpError

LOOK_SECONDS = 1.0
"""Time between two looks at the files."""
EXPIRES_SOON = timedelta(days=14)
"""Automatic renewal is due 30 days before; who has less than this left should know."""

_MISSING = (
    "the mail server offers STARTTLS, but the gate before it has no certificate: mail comes in unencrypted, and "
    "senders that go by MTA-STS or DANE will refuse to deliver; set [tls] certificate and key in gate.toml"
)

log = logging.getLogger(__name__)


class Certificate:
    """One pair of PEM files.

    Attributes:
        certificate, key: their paths.
        not_after: when the certificate in use ends; None: it does not say so in a way that is understood.
        trouble: why what lies in the files now is not what is in use; None: it is.
    """

    def __init__(self, certificate: str, key: str) -> None:
        """Raises `SmtpError` (`smtp.certificate`)."""
        self.certificate, self.key = certificate, key
        self.trouble: SmtpError | None = None
        self._seen = self._stamp()
        self._looked = time.monotonic()
        self._context, self.not_after = self._load()

    async def context(self) -> ssl.SSLContext:
        """What to begin TLS with now. A renewed pair is read in a thread: no other session waits for the disk."""
        if self._due():
            await asyncio.to_thread(self.look)
        return self._context

    def look(self) -> None:
        """Takes up what lies in the files now, if that is something else and can be used. Never raises."""
        self._looked = time.monotonic()
        seen = self._stamp()
        if seen == self._seen and self.trouble is None:
            return
        try:
            context, not_after = self._load()
        except SmtpError as error:
            if self.trouble is None or str(self.trouble) != str(error):
                log.warning("%s; the one before stays in use", error)
            self.trouble = error
            return
        if seen != self._seen or self.trouble is not None:
            log.info("%s was read anew, it is good until %s", self.certificate, _day(not_after))
        self._context, self.not_after, self._seen, self.trouble = context, not_after, seen, None

    def warnings(self) -> list[Notice]:
        """What the owner should know now. (A look that finds the files as they were costs some microseconds.)"""
        if self._due():
            self.look()
        pair = {"certificate": self.certificate, "key": self.key}
        notices = []
        if self.trouble is not None:
            text = f"{self.trouble}; the gate goes on with the one before, good until {_day(self.not_after)}"
            notices.append(Notice(code="tls.unusable", text=text, params=dict(self.trouble.params)))
        if self.not_after is not None and (left := self.not_after - datetime.now(UTC)) < EXPIRES_SOON:
            word, lost = ("ended", "do not deliver") if left < timedelta(0) else ("ends", "will then not deliver")
            text = (
                f"the certificate {self.certificate} {word} on {_day(self.not_after)}; renew it, the gate takes it up "
                f"by itself. Senders that go by MTA-STS {lost}"
            )
            notices.append(Notice(code="tls.expires", text=text, params={**pair, "on": self.not_after.isoformat()}))
        return notices

    def _due(self) -> bool:
        return time.monotonic() - self._looked >= LOOK_SECONDS

    def _stamp(self) -> tuple[object, ...]:
        return tuple(map(_stamp, (self.certificate, self.key)))

    def _load(self) -> tuple[ssl.SSLContext, datetime | None]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 8996; all else as the ssl module has it
        try:
            text = _read(self.certificate)
            _read(self.key)
            context.load_cert_chain(self.certificate, self.key, password=_no_password)
        except (OSError, ValueError) as error:
            raise self._unusable(_why(error)) from None
        return context, _not_after(text)

    def _unusable(self, why: str) -> SmtpError:
        return SmtpError("smtp.certificate", certificate=self.certificate, key=self.key, why=why)


def notices(pair: Certificate | None, *, offered: bool) -> list[Notice]:
    """What the owner should know of the certificate, or of there being none before a server that offers STARTTLS."""
    if pair is not None:
        return pair.warnings()
    return [Notice(code="tls.missing", text=_MISSING)] if offered else []


def _stamp(path: str) -> tuple[int, int, int] | None:
    """Of the file itself, behind any symbolic link."""
    try:
        found = Path(path).stat()
    except (OSError, ValueError):  # a NUL in it is a ValueError
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _read(path: str) -> bytes:
    """By hand, because `load_cert_chain` does not say which of the two it cannot read. What is no regular file (a pipe,
    a device) is not read: it may never end."""
    if Path(path).exists() and not Path(path).is_file():
        raise ValueError(f"{path}: it is no regular file")
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or error}") from None


def _no_password() -> NoReturn:
    """Else OpenSSL would ask on the terminal."""
    raise ValueError("the key is locked with a passphrase")


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        known = {
            "KEY_VALUES_MISMATCH": "the key is not that of the certificate",
            "NO_START_LINE": "one of them is no PEM file of its kind",
        }
        return known.get(error.reason or "", error.reason or "no PEM file that can be read")
    return str(error)


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "an unknown day"


# ---------------------------------------------------------------- the end of a certificate's time (RFC 5280 4.1.2.5)

_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"


def _not_after(pem: bytes) -> datetime | None:
    """Of the first certificate in the file. The ssl module tells it of a peer's certificate only."""
    try:
        block = pem[pem.index(_BEGIN) : pem.index(_END) + len(_END)].decode("ascii")
        outer = _parts(ssl.PEM_cert_to_DER_cert(block))[0][1]
        fields = _parts(_parts(outer)[0][1])
        validity = fields[4 if fields[0][0] == 0xA0 else 3][1]  # behind a version that may be left out
        kind, text = _parts(validity)[1]
        form = {_UTC_TIME: "%y%m%d%H%M%SZ", _GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}[kind]
        return datetime.strptime(text.decode("ascii"), form).replace(tzinfo=UTC)
    except (ValueError, LookupError):
        return None


def _parts(der: bytes) -> list[tuple[int, bytes]]:
    """Tag and content of each element in a DER sequence's content (X.690 8.1)."""
    found, at = [], 0
    while at < len(der):
        tag, size, at = der[at], der[at + 1], at + 2
        if size > 0x7F:
            more = size & 0x7F
            size, at = int.from_bytes(der[at : at + more], "big"), at + more
        found.append((tag, der[at : at + size]))
        at += size
    return found
