"""What the header of a saved message tells: who sent it, to whom it was delivered, when, and whether a list sent it.

Pure: bytes in, facts out. Only the fields in `_FIELDS` are ever taken apart; a body is never seen.

Sources, best first, as RFC 5321 4.4 and the practice of Postfix, Exim, Dovecot, fetchmail and Gmail write them:
- sender: the topmost `Return-Path` (final delivery writes it; brackets are often missing), `X-Envelope-From` and its
  kin, `Received-SPF` (RFC 7208 9.1) or `Authentication-Results` (RFC 8601) `smtp.mailfrom`, the mbox `From ` line
  (RFC 4155), and last the header `From`, which anyone may forge;
- recipient: `Delivered-To`, `X-Original-To`, `Envelope-To`, `for` of the `Received` lines newest first, `To`, `Cc`;
- date: the newest `Received`, then `Date`;
- a list: told by the envelope *and* by a field (RFC 2369, RFC 2919), because a field alone is often forged.
"""

import re
from collections.abc import Iterator
from email.utils import getaddresses, mktime_tz, parsedate_tz
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from gate.rules.address import NULL, Address, AddressError, parse, sender_forms
from gate.savedmail.mbox import Message

Origin = Literal["return-path", "envelope", "spf", "from-line", "header"]
ORIGINS: Final[tuple[Origin, ...]] = ("return-path", "envelope", "spf", "from-line", "header")
"""Best first."""

_ENVELOPE_FIELDS: Final = (b"x-envelope-from", b"envelope-from", b"x-mailfrom")
_SPF_FIELDS: Final = (b"received-spf", b"authentication-results")
_RECIPIENT_FIELDS: Final = (b"delivered-to", b"x-original-to", b"envelope-to", b"x-envelope-to")
_LIST_FIELDS: Final = (b"list-id", b"list-post", b"x-beenthere", b"mailing-list", b"x-mailing-list")
_FIELDS: Final = (
    b"return-path", *_ENVELOPE_FIELDS, *_SPF_FIELDS, b"from", *_RECIPIENT_FIELDS, b"received", b"to", b"cc", b"date",
    *_LIST_FIELDS,
)  # fmt: skip
_WANTED = re.compile(rb"(?im)^(" + b"|".join(_FIELDS) + rb")[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)")
_VALUE_CAP: Final = 16 * 1024
_RECIPIENTS_CAP: Final = 50
_LIST_CAP: Final = 4 * 1024
_NESTED_CAP: Final = 20

_LOOKS_LIKE = re.compile(r'[^\s<>,;:"()]{1,256}@[^\s<>,;:"()@]{1,256}')
_BRACKETS = re.compile(r"<([^<>\r\n]*)>")
_MAILFROM = re.compile(r"(?:smtp\.mailfrom|envelope-from)\s*=\s*\"?<?([^\s;\"<>()]+@[^\s;\"<>()]+)", re.I)
_FOR = re.compile(r"\bfor\s+(?:<([^<>\s]+@[^<>\s]+)>|([^<>\s;()]+@[^<>\s;()]+))")
_LIST_LOCAL = re.compile(
    r"^owner-|-(?:admin|bounces?|owner|request|return|errors)(?:[-+=].*)?$|^bounces?-[a-z].*[-+=].*=", re.I
)
_PLACEHOLDERS: Final = {"xxx", "mailer-daemon"}
"""Domains that Gmail Takeout and old tools write into the mbox `From ` line where no sender is known."""
_FIRST_SECOND, _LAST_SECOND = 0, 4_102_444_800
"""1970 to 2099: dates outside are made up."""


class Facts(NamedTuple):
    """Attributes:
    sender: canonical and unwrapped (SRS, BATV); `NULL` for a bounce; None where no source names one.
    origin: which source named it.
    seconds: Unix time of arrival, None where no date can be read.
    listed: a mailing list sent it.
    """

    sender: Address | None
    origin: Origin
    seconds: int | None
    listed: bool


class Header:
    """The wanted fields of a header block, values unfolded only where they are asked for."""

    def __init__(self, message: Message) -> None:
        self._from_line = message.from_line
        self._fields: dict[bytes, list[bytes]] = {}
        for found in _WANTED.finditer(message.header):
            self._fields.setdefault(found[1].lower(), []).append(found[2])

    def _values(self, *names: bytes) -> Iterator[str]:
        for name in names:
            for value in self._fields.get(name, ()):
                yield _text(value)

    def facts(self) -> Facts:
        sender, origin = self._sender()
        listed = sender is not None and any(name in self._fields for name in _LIST_FIELDS) and is_list_sender(sender)
        return Facts(sender, origin, self._seconds(), listed)

    def _sender(self) -> tuple[Address | None, Origin]:
        for text, origin in self._sender_texts():
            if text in ("", "<>"):
                if origin != "header":
                    return NULL, origin
                continue
            address = as_address(text)
            if address is not None and address.domain and address.domain not in _PLACEHOLDERS:
                *_, inner = sender_forms(address)
                return inner, origin
        return None, "header"

    def _sender_texts(self) -> Iterator[tuple[str, Origin]]:
        for value in self._values(b"return-path"):
            yield _path(value), "return-path"
            break
        for value in self._values(*_ENVELOPE_FIELDS):
            yield _path(value), "envelope"
        for value in self._values(*_SPF_FIELDS):
            if found := _MAILFROM.search(value):
                yield found[1], "spf"
        line = _text(self._from_line).split()
        if line and ("@" in line[0] or line[0] == "<>"):
            yield _path(line[0]), "from-line"
        for value in self._values(b"from"):
            yield _header_address(value), "header"

    def delivered_to(self) -> Iterator[Address]:
        """Recipients that a mail server noted, best source first; asked only as far as needed."""
        for value in self._values(*_RECIPIENT_FIELDS):
            yield from _addresses(value)
        for value in self._values(b"received"):
            for found in _FOR.finditer(value):
                yield from _known(found[1] or found[2])

    def written_to(self) -> Iterator[Address]:
        """Recipients that the sender named."""
        for value in self._values(b"to", b"cc"):
            yield from _addresses(value)

    def _seconds(self) -> int | None:
        for value in self._values(b"received"):
            _, semicolon, date = value.rpartition(";")
            if semicolon and (seconds := _seconds(date)) is not None:
                return seconds
            break
        for value in self._values(b"date"):
            if (seconds := _seconds(value)) is not None:
                return seconds
        return None


def is_list_sender(sender: Address) -> bool:
    """Whether an envelope sender is worded as mailing lists word theirs (`-bounces`, `-admin`, `owner-`, VERP)."""
    return bool(_LIST_LOCAL.search(sender.local))


def _text(value: bytes) -> str:
    value = value[:_VALUE_CAP]
    if b"\n" in value:
        value = b" ".join(value.split())
    try:
        return value.decode().strip()
    except UnicodeDecodeError:
        return value.decode("latin-1").strip()


def _path(value: str) -> str:
    """The path of a `Return-Path`, with or without brackets and comment."""
    found = _BRACKETS.search(value)
    if found:
        return found[1].strip()
    return value.split(maxsplit=1)[0] if value else ""


def _header_address(value: str) -> str:
    """The address of a header `From`: that in the last brackets, else as the e-mail package reads it."""
    found = [text for text in _BRACKETS.findall(value) if "@" in text]
    return found[-1] if found else next(iter(_spelled(value)), "")


def _spelled(value: str) -> list[str]:
    """The addresses in a list of mailboxes as RFC 5322 3.4 writes it; of one that the e-mail package would choke on
    (it recurses into brackets and is slow with long lists), whatever looks like an address."""
    if len(value) > _LIST_CAP or value.count("(") > _NESTED_CAP:
        return _LOOKS_LIKE.findall(value)[:_RECIPIENTS_CAP]
    return [text for _, text in getaddresses([value])[:_RECIPIENTS_CAP] if text]


@lru_cache(maxsize=1 << 16)
def as_address(text: str) -> Address | None:
    """The address a text names, None if it is none."""
    try:
        return parse(text)
    except AddressError:
        return None


def _known(text: str) -> Iterator[Address]:
    address = as_address(text)
    if address is not None and address.domain:
        yield address


def _addresses(value: str) -> Iterator[Address]:
    if "," not in value and '"' not in value and "(" not in value:
        yield from _known(_path(value))
        return
    for text in _spelled(value):
        yield from _known(text)


def _seconds(text: str) -> int | None:
    try:
        parts = parsedate_tz(text)
        seconds = int(mktime_tz(parts)) if parts else None
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    return seconds if seconds is not None and _FIRST_SECOND <= seconds <= _LAST_SECOND else None
