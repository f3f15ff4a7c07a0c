"""The names of changes in the owner's language, for Undo and the history: what the gate's English line says, too.

To add one: its line in `ONE` (and in `MANY`, where its `count` may be more than one), with `{name}` for parameters.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from PySide6.QtCore import QCoreApplication, QObject

from app.language import QT_TRANSLATE_NOOP, plural
from gate.control.messages import Change

ONE: dict[str, str] = {
    "account.add": QT_TRANSLATE_NOOP("Change", "Add account {account}"),
    "account.set": QT_TRANSLATE_NOOP("Change", "Set {what} of {account}"),
    "account.remove": QT_TRANSLATE_NOOP("Change", "Remove account {account}"),
    "entries.deny": QT_TRANSLATE_NOOP("Change", "Deny {pattern} for {scope}"),
    "entries.allow": QT_TRANSLATE_NOOP("Change", "Allow {pattern} for {scope}"),
    "entries.remove": QT_TRANSLATE_NOOP("Change", "Remove {pattern} for {scope}"),
    "entries.edit": QT_TRANSLATE_NOOP("Change", "Edit {pattern} for {scope}"),
    "domain.listed": QT_TRANSLATE_NOOP("Change", "Let only made addresses exist in {domain}"),
    "domain.unlisted": QT_TRANSLATE_NOOP("Change", "Let the server decide what exists in {domain}"),
    "import.apply": QT_TRANSLATE_NOOP("Change", "1 entry from {label}"),
}
BRIEF: dict[str, str] = {
    "domain.listed": QT_TRANSLATE_NOOP("Change", "Only made addresses in {domain}"),
    "domain.unlisted": QT_TRANSLATE_NOOP("Change", "Server decides in {domain}"),
}
"""Where room is short."""
WITH_ACCOUNT: dict[str, str] = {
    "entries.deny": QT_TRANSLATE_NOOP("Change", "Add account {scope} and deny {pattern}"),
    "entries.allow": QT_TRANSLATE_NOOP("Change", "Add account {scope} and allow {pattern}"),
}
"""The same where the account was made by the way."""


class ChangeCounts(QObject):
    """Changes of several entries; each method takes their number. (See `app.counts`.)"""

    def deny(self, n: int) -> str:
        return plural(self.tr("Deny %Ln sender(s) for {scope}", "", n), n)

    def allow(self, n: int) -> str:
        return plural(self.tr("Allow %Ln sender(s) for {scope}", "", n), n)

    def remove(self, n: int) -> str:
        return plural(self.tr("Remove %Ln entr(y|ies) for {scope}", "", n), n)

    def imported(self, n: int) -> str:
        return plural(self.tr("%Ln entr(y|ies) from {label}", "", n), n)

    def entries(self, n: int) -> str:
        """Stands for `{entries}`."""
        return plural(self.tr("%Ln entr(y|ies)", "", n), n)

    def accounts(self, n: int) -> str:
        """Stands for `{made}`."""
        return plural(self.tr("%Ln new account(s)", "", n), n)


_counts = ChangeCounts()
MANY: dict[str, Callable[[int], str]] = {
    "entries.deny": _counts.deny,
    "entries.allow": _counts.allow,
    "entries.remove": _counts.remove,
    "import.apply": _counts.imported,
}
FIELDS: dict[str, str] = {
    "mode": QT_TRANSLATE_NOOP("Change", "who may write"),
    "watch": QT_TRANSLATE_NOOP("Change", "watch"),
    "refuse_bounces": QT_TRANSLATE_NOOP("Change", "refuse bounces"),
    "given_to": QT_TRANSLATE_NOOP("Change", "given to"),
    "expect": QT_TRANSLATE_NOOP("Change", "expected senders"),
    "aliases": QT_TRANSLATE_NOOP("Change", "aliases"),
}


def _say(text: str) -> str:
    return QCoreApplication.translate("Change", text)


def change_in_words(change: Change) -> str:
    """What a change of the journal did. Plain text."""
    params = change.params
    count = params.get("count", 1)
    told = count and not params.get("closed") and isinstance(count, int)  # what was closed the gate's line tells
    words = _words(change.code, params, count) if told else None
    if words is None:
        return change.text
    try:
        return words.format_map(_filled(params))
    except (KeyError, ValueError, IndexError):  # a gate that tells other parameters
        return change.text


def change_in_brief(change: Change) -> str:
    """The same where room is short: an import without the accounts that it made."""
    if change.code in BRIEF and "domain" in change.params:
        return _say(BRIEF[change.code]).format_map(change.params)
    brief = {name: value for name, value in change.params.items() if name != "accounts"}
    return change_in_words(msgspec.structs.replace(change, params=brief) if change.code == "import.apply" else change)


def _words(code: str, params: Mapping[str, Any], count: int) -> str | None:
    if code == "import.apply" and params.get("accounts"):
        return _say(QT_TRANSLATE_NOOP("Change", "{entries}, {made} from {label}"))
    if count > 1:
        return MANY[code](count) if code in MANY and not params.get("made") else None
    text = (WITH_ACCOUNT if params.get("made") else ONE).get(code)
    return _say(text) if text is not None else None


def _filled(params: Mapping[str, Any]) -> dict[str, Any]:
    filled = dict(params)
    if filled.get("scope") == "*":
        filled["scope"] = _say(QT_TRANSLATE_NOOP("Change", "everyone"))
    if isinstance(params.get("accounts"), int):
        filled["entries"], filled["made"] = _counts.entries(params["count"]), _counts.accounts(params["accounts"])
    if params.get("patterns"):
        filled["pattern"] = params["patterns"][0]
    if params.get("fields"):
        filled["what"] = ", ".join(_say(FIELDS.get(name, name)) for name in params["fields"])
    return filled
