"""The owner's language: loads translations, and marks words in tables for the extraction.

Every text goes through `tr`. A word that stands in a table before a translator exists is marked with
`QT_TRANSLATE_NOOP(context, text)` and put into words with `QCoreApplication.translate(context, text)`.
"""

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from gate.folders import resource


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:
    """Mark `text` for translation in `context`; returns it as it is. (PySide's own is typed as object.)"""
    return text


def speak(app: QCoreApplication, locale: QLocale | None = None) -> QLocale:
    """Load what there is in the owner's language: Qt's own words and ours. English needs no file."""
    wanted = locale or QLocale.system()
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
