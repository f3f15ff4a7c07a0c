"""What the review says: why a row is as it is, when it was seen, what could not be read. Pure of widgets.

The survey tells codes (`gate/savedmail/reasons.py`); a test compares them with the tables here. To add one: a line in
`WHY` or `UNREADABLE`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QDate, QLocale

from app.importing.counts import counts
from app.language import QT_TRANSLATE_NOOP, filled
from app.widgets.labels import visible

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Why:
    """A reason: its sentence; icon and token where it is one for not ticking the row."""

    text: str
    icon: str = ""
    ink: str = "muted"


def _against(text: str) -> Why:
    return Why(text, "info", "open")


WHY: dict[str, Why] = {
    "domain": Why(QT_TRANSLATE_NOOP("Import", "Everything under a spammer’s domain")),
    "address": Why(QT_TRANSLATE_NOOP("Import", "An address that wrote")),
    "freemail": Why(QT_TRANSLATE_NOOP("Import", "Address only: a freemail or provider domain")),
    "carrier": Why(QT_TRANSLATE_NOOP("Import", "Address only: others use this carrier too")),
    "shared": Why(QT_TRANSLATE_NOOP("Import", "Address only: its domain is not all spam")),
    "known": _against(QT_TRANSLATE_NOOP("Import", "You know this sender")),
    "allowed": _against(QT_TRANSLATE_NOOP("Import", "On an allow list")),
    "expected": Why(QT_TRANSLATE_NOOP("Import", "Expected at this address"), "check", "guard"),
    "own": _against(QT_TRANSLATE_NOOP("Import", "Your own domain: a forged sender")),
    "list": _against(QT_TRANSLATE_NOOP("Import", "A mailing list")),
    "bounces": _against(QT_TRANSLATE_NOOP("Import", "Nearly all forged, but real bounces too")),
    "unusable": _against(QT_TRANSLATE_NOOP("Import", "No entry can be made of it")),
    # the app's own
    "listed": Why(QT_TRANSLATE_NOOP("Import", "On the list already"), "check", "muted"),
    "closed": Why(QT_TRANSLATE_NOOP("Import", "Refused too once it is closed")),
    "stranger": Why(QT_TRANSLATE_NOOP("Import", "A stranger at this address")),
}

UNREADABLE: dict[str, str] = {
    "missing": QT_TRANSLATE_NOOP("Import", "there is no such file"),
    "denied": QT_TRANSLATE_NOOP("Import", "it may not be read"),
    "failed": QT_TRANSLATE_NOOP("Import", "reading it failed"),
    "special": QT_TRANSLATE_NOOP("Import", "it is neither a file nor a folder"),
    "compressed": QT_TRANSLATE_NOOP("Import", "it is compressed: unpack it first"),
    "not-mail": QT_TRANSLATE_NOOP("Import", "it is not saved mail"),
    "no-header": QT_TRANSLATE_NOOP("Import", "a message without header lines"),
    "no-sender": QT_TRANSLATE_NOOP("Import", "a message that names no sender"),
}


def names(paths: Sequence[Path]) -> str:
    """`junk.mbox`, or `junk.mbox and 2 more`."""
    first = visible(paths[0].name or str(paths[0])) if paths else ""
    rest = len(paths) - 1
    return filled(counts.and_more(rest), first) if rest > 0 else first


def why(code: str) -> Why:
    """The reason of a code; one that a newer gate tells is shown as it is."""
    found = WHY.get(code)
    return Why(translate("Import", found.text), found.icon, found.ink) if found is not None else Why(code)


def unreadable(code: str) -> str:
    return translate("Import", UNREADABLE[code]) if code in UNREADABLE else code


def seen(first: str | None, last: str | None, today: QDate | None = None) -> str:
    """`19 Nov – 23 Nov` where all of it is of the last months, else `Mar 24 – Nov 26`; one date where both agree."""
    begin, end = _date(first), _date(last)
    if begin is None or end is None:
        return ""
    now = today or QDate.currentDate()
    near = 0 <= begin.daysTo(now) <= 180
    form = "d MMM" if near else "MMM yy"
    texts = dict.fromkeys(QLocale().toString(date, form) for date in (begin, end))
    return " – ".join(texts)


def _date(iso: str | None) -> QDate | None:
    if not iso:
        return None
    try:
        moment = datetime.fromisoformat(iso).astimezone()
    except ValueError:
        return None
    return QDate(moment.year, moment.month, moment.day)


def megabytes(size: int) -> str:
    """`182 MB`, `0.4 MB`."""
    amount = size / 1_000_000
    return QLocale().toString(amount, "f", 0 if amount >= 10 else 1)
