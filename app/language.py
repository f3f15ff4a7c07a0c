"""The owner's language: loads translations, and marks words in tables for the extraction.

Every text goes through `tr`. A word that stands in a table before a translator exists is marked with
`QT_TRANSLATE_NOOP(context, text)` and put into words with `QCoreApplication.translate(context, text)`. What stands in
a text is put in with `filled`; a text with a number goes through `self.tr` of a class of counts (see `counts`), because
the extraction knows plurals only there, and through `plural`.
"""

import re

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from gate.folders import resource


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:
    """Mark `text` for translation in `context`; returns it as it is. (PySide's own is typed as object.)"""
    return text


def filled(text: str, *values: str) -> str:
    """The text with `%1` to `%9` filled, all in one go: a value that itself holds `%2` stays as it is."""
    return re.sub(r"%([1-9])", lambda spot: _value(spot, values), text)


def _value(spot: re.Match[str], values: tuple[str, ...]) -> str:
    number = int(spot[1])
    return values[number - 1] if number <= len(values) else spot[0]


def plural(text: str, count: int) -> str:
    """English needs no file, so its two forms stand in the text: `word(s)` and `(is|are)`. Before `filled`.

    A translation has forms of its own, chosen by Qt, and neither of these marks.
    """
    text = re.sub(r"\(([\w ]+)\|([\w ]+)\)", lambda forms: forms[1 if count == 1 else 2], text)
    return text.replace("(s)", "" if count == 1 else "s")


def speak(app: QCoreApplication, locale: QLocale | None = None) -> QLocale:
    """Load what there is in the owner's language: Qt's own words and ours. English needs no file."""
    wanted = locale or QLocale.system()
    if wanted.language() == QLocale.Language.C:  # nobody's country: it writes 40000
        wanted = QLocale(QLocale.Language.English)
    ours = resource("translations/irusu_en.qm").parent
    for stem, folder in (
        ("qtbase", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
        ("irusu", str(ours)),
    ):
        translator = QTranslator(app)
        if translator.load(wanted, stem, "_", folder):
            app.installTranslator(translator)
    QLocale.setDefault(wanted)
    return wanted
