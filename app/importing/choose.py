"""The first step, and the two that lead back to it: choose files, nothing found, reading failed."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QPlainTextEdit, QWidget

from app.importing import words
from app.importing.job import ImportJob
from app.language import filled
from app.widgets.buttons import Button
from app.widgets.frames import EmptyPage
from app.widgets.labels import visible
from gate.control.messages import Unreadable

translate = QCoreApplication.translate

Chosen = Callable[[list[Path]], None]


def _buttons(parent: QWidget, chosen: Chosen) -> tuple[Button, Button]:
    return (
        Button(translate("Import", "Choose files…"), "import", "primary", lambda: ask_files(parent, chosen)),
        Button(translate("Import", "Choose a folder…"), "folder", do=lambda: ask_folder(parent, chosen)),
    )


def ask_files(parent: QWidget, chosen: Chosen) -> None:
    """Let the owner choose files; `chosen` is called with them, or never."""
    dialog = QFileDialog(parent, translate("Import", "Saved spam"))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    _ask(dialog, chosen)


def ask_folder(parent: QWidget, chosen: Chosen) -> None:
    """The same for a folder."""
    dialog = QFileDialog(parent, translate("Import", "Folder of saved spam"))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    _ask(dialog, chosen)


def _ask(dialog: QFileDialog, chosen: Chosen) -> None:
    dialog.filesSelected.connect(lambda names: chosen([Path(name) for name in names]))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def choose_view(parent: QWidget, chosen: Chosen) -> EmptyPage:
    """The step Choose."""
    return EmptyPage(
        "import",
        translate("Import", "Where is the spam that you kept?"),
        translate(
            "Import", "An mbox file, single messages (.eml), a Maildir, or a folder of these. They are only read."
        ),
        buttons=_buttons(parent, chosen),
        second_way=translate("Import", "Or drop them on this window."),
        parent=parent,
    )


def nothing_view(job: ImportJob, parent: QWidget, chosen: Chosen) -> EmptyPage:
    """There was no sender in what was read."""
    problems = bool(job.problems) and not job.surveyed.messages
    return EmptyPage(
        "folder" if not problems else "warning",
        translate("Import", "None of it could be read") if problems else translate("Import", "No mail was found there"),
        translate("Import", "Nothing was changed. What was wrong stands below.") if problems
        else translate("Import", "Nothing was changed. Was it the right file?"),
        buttons=_buttons(parent, chosen),
        below=(problem_list(job.problems),) if job.problems else (),
        parent=parent,
    )  # fmt: skip


def failed_view(job: ImportJob, parent: QWidget, again: Callable[[], None], chosen: Chosen) -> EmptyPage:
    """Reading broke off."""
    return EmptyPage(
        "warning",
        translate("Import", "Reading broke off"),
        job.why or translate("Import", "The part of Irusu that reads mail ended without a word."),
        buttons=(Button(translate("Import", "Read again"), "redo", "primary", again), _buttons(parent, chosen)[0]),
        parent=parent,
    )


def problem_list(problems: Sequence[Unreadable]) -> QPlainTextEdit:
    """What could not be read: a line each, to be read and copied."""
    line = translate("Import", "%1, byte %2: %3")
    lines = (filled(line, visible(each.file), str(each.offset), words.unreadable(each.why)) for each in problems)
    shown = QPlainTextEdit("\n".join(lines))
    shown.setReadOnly(True)
    shown.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    shown.setAccessibleName(translate("Import", "What could not be read"))
    shown.setTabChangesFocus(True)
    shown.setFixedHeight(96)
    shown.setMinimumWidth(480)
    return shown
