"""The gate's faults and warnings in the owner's language.

The gate tells a stable code with parameters and one English line. A code listed here is put into words by the app (so
that it can be translated); any other is shown in the gate's own line.

To add one: its line in `WORDS` (of the link) or `faults.FAULTS` (of the gate), with `{name}` for parameters.
"""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication

from app.language import QT_TRANSLATE_NOOP
from app.link.changes import change_in_words
from app.link.faults import FAULTS

__all__ = ["WORDS", "change_in_words", "fault_in_words"]

WORDS: dict[str, str] = {
    "link.lost": QT_TRANSLATE_NOOP("Fault", "The gate does not answer. Look again before you repeat it."),
    "link.timeout": QT_TRANSLATE_NOOP("Fault", "The gate took too long to answer. Look again before you repeat it."),
    "link.internal": QT_TRANSLATE_NOOP("Fault", "The gate met a fault of its own: {text}"),
    "link.died": QT_TRANSLATE_NOOP("Fault", "The gate ended before it answered, and did not say why."),
    "link.ended": QT_TRANSLATE_NOOP("Fault", "The gate ended, and did not say why."),
    "link.fault": QT_TRANSLATE_NOOP("Fault", "This window met a fault of its own (reference {reference})."),
    "link.silent": QT_TRANSLATE_NOOP("Fault", "The gate was started, but it does not answer."),
    "link.answer": QT_TRANSLATE_NOOP("Fault", "The gate answered in a way that this window does not understand."),
}


class _Kept(dict[str, Any]):
    """Parameters; one that is missing stays visible as its name."""

    def __missing__(self, key: str) -> str:
        return key


def fault_in_words(code: str, params: Mapping[str, Any], text: str) -> str:
    """One clear line for `code`; `text` is the gate's own, for a code that has no words here. Plain text."""
    words = WORDS.get(code) or FAULTS.get(code)
    if words is None:
        return text or code
    return QCoreApplication.translate("Fault", words).format_map(_Kept(params))
