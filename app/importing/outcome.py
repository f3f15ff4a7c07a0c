"""The last step: what was done, and the way back."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from app.importing.counts import counts
from app.importing.job import ImportJob
from app.language import filled
from app.widgets.buttons import Button
from app.widgets.frames import EmptyPage

translate = QCoreApplication.translate


def done_view(job: ImportJob, parent: QWidget, close: Callable[[], None]) -> EmptyPage:
    """What the gate made of the import."""
    shut = Button(translate("Import", "Done"), "check", "primary", close)
    more = Button(translate("Import", "Import more…"), "import", do=job.again)
    if job.undone:
        return EmptyPage(
            "undo",
            translate("Import", "All of it is taken back"),
            translate("Import", "The lists are as they were before the import."),
            buttons=(shut, more),
            parent=parent,
        )
    undo = Button(translate("Import", "Undo"), "undo", do=job.undo)
    undo.setEnabled(job.applied is not None and job.applied.change is not None)
    return EmptyPage(
        "check",
        _title(job),
        _sentence(job),
        buttons=(shut, undo, more),
        second_way=translate(
            "Import", "Mail like this is refused from now on. Most new spam comes from senders not yet on a list."
        ),
        parent=parent,
    )


def _title(job: ImportJob) -> str:
    if job.closed is not None:
        return filled(translate("Import", "%1 is closed"), job.closed)
    count = job.applied.applied if job.applied is not None else 0
    if count == 0:
        return translate("Import", "All of it was on the lists already")
    return counts.denied(count)


def _sentence(job: ImportJob) -> str:
    if job.applied is None or job.applied.change is None:
        return translate("Import", "Nothing had to be changed.")
    told = []
    if job.closed is not None:
        told.append(translate("Import", "Nobody may write to it any more."))
    made = job.applied.accounts_made
    if made:
        told.append(filled(counts.made(len(made)), _some(made)))
    told.append(translate("Import", "One undo takes all of it back."))
    return " ".join(told)


def _some(names: list[str]) -> str:
    shown, more = ", ".join(names[:4]), len(names) - 4
    return filled(counts.and_more(more), shown) if more > 0 else shown
