"""The kinds of pattern in words and pictures.

To add a kind: 1. its line in `KINDS`; 2. an icon `kind-NAME` in resources/icons; 3. the kind itself in `gate.rules`.
"""

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from app.language import QT_TRANSLATE_NOOP, filled
from gate.control.messages import KindName


@dataclass(frozen=True, slots=True)
class KindLook:
    """A kind: its word, what it matches (`%1`: the pattern without its marks), its icon."""

    word: str
    meaning: str
    icon: str


KINDS: dict[KindName, KindLook] = {
    "address": KindLook(
        QT_TRANSLATE_NOOP("Kind", "Address"), QT_TRANSLATE_NOOP("Kind", "this one address"), "kind-address"
    ),
    "domain": KindLook(
        QT_TRANSLATE_NOOP("Kind", "Domain"), QT_TRANSLATE_NOOP("Kind", "every address of %1"), "kind-domain"
    ),
    "subdomains": KindLook(
        QT_TRANSLATE_NOOP("Kind", "Subdomains"), QT_TRANSLATE_NOOP("Kind", "%1 and everything under it"),
        "kind-subdomains",
    ),
    "keyword": KindLook(
        QT_TRANSLATE_NOOP("Kind", "Keyword"), QT_TRANSLATE_NOOP("Kind", "every address with “%1” in it"),
        "kind-keyword",
    ),
    "glob": KindLook(
        QT_TRANSLATE_NOOP("Kind", "Glob"),
        QT_TRANSLATE_NOOP("Kind", "the whole address: * is any run, ? is one character"), "kind-glob",
    ),
    "regex": KindLook(
        QT_TRANSLATE_NOOP("Kind", "Regex"), QT_TRANSLATE_NOOP("Kind", "every address in which this is found"),
        "kind-regex",
    ),
}  # fmt: skip


def kind_word(kind: str) -> str:
    """The kind in the owner's language."""
    return QCoreApplication.translate("Kind", KINDS[kind].word)  # type: ignore[index]


def kind_icon(kind: str) -> str:
    """Name of the kind's icon."""
    return KINDS[kind].icon  # type: ignore[index]


def kind_meaning(kind: str, pattern: str) -> str:
    """What the pattern matches, in the owner's language."""
    bare = pattern.removeprefix("keyword:").removeprefix("@").removeprefix(".")
    return filled(QCoreApplication.translate("Kind", KINDS[kind].meaning), bare)  # type: ignore[index]
