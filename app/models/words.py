"""How rows are told in the owner's language: times, lists, modes, reasons. One place, so that pages agree.

Pure of widgets. Texts are translated when they are asked for, never when the module is read.
"""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QCoreApplication, QDate, QDateTime, QLocale, QTime

from app.language import QT_TRANSLATE_NOOP, filled
from app.link.words import fault_in_words
from app.models.counts import counts as sentences
from app.widgets.labels import visible
from gate.control.messages import Account, Changed, Decision, Entry, ListName, Mode, OwnDomain

translate = QCoreApplication.translate

MODES: dict[Mode, str] = {
    "deny": QT_TRANSLATE_NOOP("Words", "Everyone may write, except these senders"),
    "allow": QT_TRANSLATE_NOOP("Words", "Only these senders may write"),
    "closed": QT_TRANSLATE_NOOP("Words", "Closed: nobody may write"),
}
EVERYONE = "*"


def number(value: int) -> str:
    return QLocale().toString(value)


# ---------------------------------------------------------------- times


def _local(iso: str) -> QDateTime:
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return QDateTime()
    return QDateTime.fromSecsSinceEpoch(int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()))


def _day(date: QDate) -> str:
    """Today's day is left to the caller."""
    today = QDate.currentDate()
    if date == today.addDays(-1):
        return translate("Words", "Yesterday")
    return QLocale().toString(date, "d MMM" if date.year() == today.year() else "d MMM yyyy")


def day_and_time(iso: str | None) -> str:
    """`Today 13:58`, `Yesterday`, `20 Nov`, `3 Jan 2025`; nothing for None."""
    if not iso or not (when := _local(iso)).isValid():
        return ""
    if when.date() == QDate.currentDate():
        return filled(translate("Words", "Today %1"), when.toString("HH:mm"))
    return _day(when.date())


def clock(iso: str) -> str:
    """`14:05` today, else `20 Nov 14:05`."""
    when = _local(iso)
    if not when.isValid():
        return visible(iso)
    time = when.toString("HH:mm")
    return time if when.date() == QDate.currentDate() else f"{QLocale().toString(when.date(), 'd MMM')} {time}"


def moment(iso: str) -> str:
    """`Today 14:05:02`, `Yesterday 14:05:02`, `20 Nov 14:05:02`."""
    when = _local(iso)
    if not when.isValid():
        return visible(iso)
    day = translate("Words", "Today") if when.date() == QDate.currentDate() else _day(when.date())
    return f"{day} {when.toString('HH:mm:ss')}"


def since_days(days: int) -> str:
    """The beginning of the day `days` days ago here (0: today), as the gate takes it."""
    start = QDateTime(QDate.currentDate().addDays(-days), QTime(0, 0))
    return datetime.fromtimestamp(start.toSecsSinceEpoch(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# ---------------------------------------------------------------- accounts and entries


def mode_sentence(mode: Mode) -> str:
    return translate("Words", MODES[mode])


def scope_title(scope: str) -> str:
    return translate("Words", "Everyone") if scope == EVERYONE else visible(scope)


def short(address: str, own_domains: list[str]) -> str:
    """An own address as rows show it: `anna@` where there is but one own domain, else whole."""
    local, at, domain = address.rpartition("@")
    if at and len(own_domains) == 1 and domain.casefold() == own_domains[0].casefold():
        return visible(local) + "@"
    return visible(address)


def list_word(name: ListName) -> str:
    return translate("Words", "Denied") if name == "deny" else translate("Words", "Allowed")


def counts(denied: int, allowed: int) -> str:
    """`38 denied, 2 allowed`."""
    if not denied and not allowed:
        return translate("Words", "No entries yet")
    parts = [sentences.denied(denied)] if denied else []
    return ", ".join([*parts, sentences.allowed(allowed)] if allowed else parts)


def account_line(account: Account) -> str:
    """The second line of an account in the list: what holds for it now. One that is only watched lets all in, whatever
    its mode says."""
    if account.mode == "closed":
        text = translate("Words", "closed") if account.watch else translate("Words", "Closed: nobody gets in")
    elif account.mode == "allow" and not account.allowed:
        text = translate("Words", "No known senders yet")
    elif account.mode == "allow":
        text = sentences.only_known(account.allowed)
    elif account.watch and not account.denied and not account.allowed:
        return translate("Words", "Watch only: all get in")
    else:
        text = counts(account.denied, account.allowed)
    return filled(translate("Words", "Watch only, all get in: %1"), text) if account.watch else text


def domain_line(domain: OwnDomain | None, denied: int, allowed: int) -> str:
    """The second line of an own domain in the list."""
    text = ""
    if domain is not None and domain.listed:
        text = translate("Words", "Only made addresses")
    elif domain is not None and domain.catch_all:
        text = translate("Words", "Takes every name")
    if not text:
        return counts(denied, allowed)
    return f"{text}, {counts(denied, allowed)}" if denied or allowed else text


def source_words(entry: Entry) -> str:
    """Where an entry came from."""
    if entry.source == "import":
        return visible(entry.origin) if entry.origin else translate("Words", "import")
    return {"manual": translate("Words", "by hand"), "click": translate("Words", "one click")}.get(
        entry.source, visible(entry.source)
    )


def with_caution(text: str, changed: Changed) -> str:
    """What was done, and the first thing that the gate has to say about it."""
    if not changed.warnings:
        return text
    first = changed.warnings[0]
    return f"{text} {fault_in_words(first.code, first.params, first.text)}"


# ---------------------------------------------------------------- decisions


def watched(decision: Decision) -> bool:
    """Let in only because the account is watched."""
    return decision.verdict == "accept" and decision.because == "watch" and decision.would == "refuse"


def turned_away(decision: Decision) -> bool:
    """Irusu let it pass, and the server behind said no by itself."""
    return decision.verdict == "accept" and decision.reply[:1] in ("4", "5")


def verdict_word(decision: Decision) -> str:
    if decision.verdict == "refuse":
        return translate("Words", "Refused")
    if turned_away(decision):
        return translate("Words", "Passed on")
    return translate("Words", "Watched") if watched(decision) else translate("Words", "Accepted")


def why(decision: Decision, mode: Mode | None) -> str:
    """The reason in two or three words; `mode` is the account's, if it still is one."""
    if turned_away(decision):
        later = decision.reply.startswith("4")
        return translate("Words", "Server: not now") if later else translate("Words", "Server: no such user")
    if decision.because == "entry":
        pattern = visible(decision.pattern or "")
        if decision.verdict == "refuse":
            return pattern or translate("Words", "Denied by name")
        is_address = "@" in pattern and not pattern.startswith("@") and "*" not in pattern
        return (
            translate("Words", "Allowed by name")
            if is_address or not pattern
            else filled(translate("Words", "Allowed: %1"), pattern)
        )
    if decision.because == "mode":
        if decision.verdict == "accept":
            return translate("Words", "Nothing forbids it")
        if not decision.sender and mode != "closed":
            return translate("Words", "Bounces are refused")
        return translate("Words", "Account is closed") if mode == "closed" else translate("Words", "Only known senders")
    if decision.because == "exempt":
        return translate("Words", "Bounces get in") if not decision.sender else translate("Words", "Always gets in")
    return {
        "watch": translate("Words", "Would be refused"),
        "open": translate("Words", "All are let in"),
        "unlisted": translate("Words", "No such account"),
        "relay": translate("Words", "Not your address"),
    }.get(decision.because, translate("Words", "Nothing forbids it"))
