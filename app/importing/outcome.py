"""The last step: what was done, and the way back."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from app.importing.counts import counts
from app.importing.job import ImportJob
from app.language import QT_TRANSLATE_NOOP, filled
from app.link.state import LinkState
from app.widgets.buttons import Button
from app.widgets.frames import EmptyPage

translate = QCoreApplication.translate

_DENIED = (
    QT_TRANSLATE_NOOP(
        "Import", "Mail like this is refused from now on. Most new spam comes from senders not yet on a list."
    ),
    QT_TRANSLATE_NOOP(
        "Import",
        "Mail like this is refused as soon as Irusu guards. Most new spam comes from senders not yet on a list.",
    ),
)
_CLOSED = (
    QT_TRANSLATE_NOOP("Import", "Whoever writes there hears “no such user” from now on."),
    QT_TRANSLATE_NOOP("Import", "Whoever writes there hears “no such user” as soon as Irusu guards."),
)
"""What an import brings: while the gate guards, and while it does not."""


def truth(state: LinkState, *, closing: bool, watched: bool = False) -> str:
    """What the import brings, in the state that the gate is in; `watched`: the address that is closed is only
    watched."""
    if closing and watched:
        return translate("Import", "It is only watched, so all get in until you switch that off.")
    now, later = _CLOSED if closing else _DENIED
    return translate("Import", now if state is LinkState.GUARDING else later)


def done_view(
    job: ImportJob, parent: QWidget, close: Callable[[], None], state: LinkState, guard: Callable[[], None],
    *, watched: bool = False,
) -> EmptyPage:  # fmt: skip
    """What the gate made of the import; `guard` makes it guard where it does not."""
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
    idle = state in (LinkState.STOPPED, LinkState.OPEN)
    start = (Button(translate("Import", "Guard"), "state-guarding", do=guard),) if idle else ()
    return EmptyPage(
        "check",
        _title(job),
        _sentence(job),
        buttons=(shut, *start, undo, more),
        second_way=truth(state, closing=job.closed is not None, watched=watched),
        parent=parent,
    )


def _title(job: ImportJob) -> str:
    if job.closed is not None:
        return filled(translate("Import", "%1 is closed"), job.closed)
    count = job.applied.applied if job.applied is not None else 0
    if count == 0:
        return translate("Import", "All of it was on the lists already")
    return counts.denied_everywhere(count) if job.everywhere else counts.denied(count)


def _sentence(job: ImportJob) -> str:
    if job.applied is None or job.applied.change is None:
        return translate("Import", "Nothing had to be changed.")
    told = []
    if job.closed is not None:
        told.append(translate("Import", "Its mode is now: nobody may write."))
    made = job.applied.accounts_made
    if made:
        told.append(filled(counts.made(len(made)), _some(made)))
    told.append(translate("Import", "One undo takes all of it back."))
    return " ".join(told)


def _some(names: list[str]) -> str:
    shown, more = ", ".join(names[:4]), len(names) - 4
    return filled(counts.and_more(more), shown) if more > 0 else shown
