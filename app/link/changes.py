"""The names of changes in the owner's language, for Undo and the history: what the gate's English line says, too.

To add one: its line in `ONE` (and in `MANY`, where its `count` may be more than one), with `{name}` for parameters.
"""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication

from app.language import QT_TRANSLATE_NOOP
from gate.control.messages import Change

ONE: dict[str, str] = {
    "account.add": QT_TRANSLATE_NOOP("Change", "Add account {account}"),
    "account.set": QT_TRANSLATE_NOOP("Change", "Set {what} of {account}"),
    "account.remove": QT_TRANSLATE_NOOP("Change", "Remove account {account}"),
    "entries.deny": QT_TRANSLATE_NOOP("Change", "Deny {pattern} for {scope}"),
    "entries.allow": QT_TRANSLATE_NOOP("Change", "Allow {pattern} for {scope}"),
    "entries.remove": QT_TRANSLATE_NOOP("Change", "Forget {pattern} for {scope}"),
    "entries.edit": QT_TRANSLATE_NOOP("Change", "Edit {pattern} for {scope}"),
    "import.apply": QT_TRANSLATE_NOOP("Change", "1 entry from {label}"),
}
MANY: dict[str, str] = {
    "entries.deny": QT_TRANSLATE_NOOP("Change", "Deny {count} senders for {scope}"),
    "entries.allow": QT_TRANSLATE_NOOP("Change", "Allow {count} senders for {scope}"),
    "entries.remove": QT_TRANSLATE_NOOP("Change", "Forget {count} senders for {scope}"),
    "import.apply": QT_TRANSLATE_NOOP("Change", "{count} entries from {label}"),
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
    words = MANY.get(change.code) if isinstance(count, int) and count > 1 else ONE.get(change.code)
    more = params.get("accounts") or params.get("closed")  # of an import: the gate's line tells them
    if words is None or count == 0 or more:
        return change.text
    try:
        return _say(words).format_map(_filled(params, count))
    except (KeyError, ValueError, IndexError):  # a gate that tells other parameters
        return change.text


def _filled(params: Mapping[str, Any], count: object) -> dict[str, Any]:
    filled = {**params, "count": count}
    if filled.get("scope") == "*":
        filled["scope"] = _say(QT_TRANSLATE_NOOP("Change", "everyone"))
    if params.get("patterns"):
        filled["pattern"] = params["patterns"][0]
    if params.get("fields"):
        filled["what"] = ", ".join(_say(FIELDS.get(name, name)) for name in params["fields"])
    return filled
