"""The first step, and the two that lead back to it: choose files, nothing found, reading failed."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QPlainTextEdit, QWidget

from app.importing import words
from app.importing.job import ImportJob
from app.widgets.buttons import Button
from app.widgets.frames import EmptyPage
from app.widgets.labels import visible
from gate.control.messages import Unreadable

Chosen = Callable[[list[Path]], None]


def _tr(text: str) -> str:
    return QCoreApplication.translate("Import", text)


def _buttons(parent: QWidget, chosen: Chosen) -> tuple[Button, Button]:
    return (
        Button(_tr("Choose files…"), "import", "primary", lambda: ask_files(parent, chosen)),
        Button(_tr("Choose a folder…"), "folder", do=lambda: ask_folder(parent, chosen)),
    )


def ask_files(parent: QWidget, chosen: Chosen) -> None:
    """Let the owner choose files; `chosen` is called with them, or never."""
    dialog = QFileDialog(parent, _tr("Saved spam"))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    _ask(dialog, chosen)


def ask_folder(parent: QWidget, chosen: Chosen) -> None:
    """The same for a folder."""
    dialog = QFileDialog(parent, _tr("Folder of saved spam"))
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
        _tr("Where is the spam that you kept?"),
        _tr("An mbox file, single messages (.eml), a Maildir, or a folder of these. They are only read."),
        buttons=_buttons(parent, chosen),
        second_way=_tr("Or drop them on this window."),
        parent=parent,
    )


def nothing_view(job: ImportJob, parent: QWidget, chosen: Chosen) -> EmptyPage:
    """There was no sender in what was read."""
    problems = bool(job.problems) and not job.surveyed.messages
    return EmptyPage(
        "folder" if not problems else "warning",
        _tr("None of it could be read") if problems else _tr("No mail was found there"),
        _tr("Nothing was changed. What was wrong stands below.") if problems
        else _tr("Nothing was changed. Was it the right file?"),
        buttons=_buttons(parent, chosen),
        below=(problem_list(job.problems),) if job.problems else (),
        parent=parent,
    )  # fmt: skip


def failed_view(job: ImportJob, parent: QWidget, again: Callable[[], None], chosen: Chosen) -> EmptyPage:
    """Reading broke off."""
    return EmptyPage(
        "warning",
        _tr("Reading broke off"),
        job.why or _tr("The part of Irusu that reads mail ended without a word."),
        buttons=(Button(_tr("Read again"), "redo", "primary", again), _buttons(parent, chosen)[0]),
        parent=parent,
    )


def problem_list(problems: Sequence[Unreadable]) -> QPlainTextEdit:
    """What could not be read: a line each, to be read and copied."""
    lines = (
        _tr("%1, byte %2: %3")
        .replace("%3", words.unreadable(each.why))
        .replace("%2", str(each.offset))
        .replace("%1", visible(each.file))
        for each in problems
    )
    shown = QPlainTextEdit("\n".join(lines))
    shown.setReadOnly(True)
    shown.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    shown.setAccessibleName(_tr("What could not be read"))
    shown.setTabChangesFocus(True)
    shown.setFixedHeight(96)
    shown.setMinimumWidth(480)
    return shown
