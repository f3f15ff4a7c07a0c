"""The last step: what was done, and the way back."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from app.importing import words
from app.importing.job import ImportJob
from app.widgets.buttons import Button
from app.widgets.frames import EmptyPage


def _tr(text: str) -> str:
    return QCoreApplication.translate("Import", text)


def done_view(job: ImportJob, parent: QWidget, close: Callable[[], None]) -> EmptyPage:
    """What the gate made of the import."""
    shut = Button(_tr("Done"), "check", "primary", close)
    more = Button(_tr("Import more…"), "import", do=job.again)
    if job.undone:
        return EmptyPage(
            "undo", _tr("All of it is taken back"), _tr("The lists are as they were before the import."),
            buttons=(shut, more), parent=parent,
        )  # fmt: skip
    undo = Button(_tr("Undo"), "undo", do=job.undo)
    undo.setEnabled(job.applied is not None and job.applied.change is not None)
    return EmptyPage(
        "check", _title(job), _sentence(job), buttons=(shut, undo, more),
        second_way=_tr("Mail like this is refused from now on. Most new spam comes from senders not yet on a list."),
        parent=parent,
    )  # fmt: skip


def _title(job: ImportJob) -> str:
    if job.closed is not None:
        return _tr("%1 is closed").replace("%1", job.closed)
    count = job.applied.applied if job.applied is not None else 0
    if count == 0:
        return _tr("All of it was on the lists already")
    return words.say("%Ln sender(s) denied", count)


def _sentence(job: ImportJob) -> str:
    if job.applied is None or job.applied.change is None:
        return _tr("Nothing had to be changed.")
    told = []
    if job.closed is not None:
        told.append(_tr("Nobody may write to it any more."))
    made = job.applied.accounts_made
    if made:
        told.append(words.say("%Ln account(s) made: %1.", len(made)).replace("%1", _some(made)))
    told.append(_tr("One undo takes all of it back."))
    return " ".join(told)


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:4])
    return _tr("%1 and %2 more").replace("%1", shown).replace("%2", str(len(names) - 4)) if len(names) > 4 else shown
