"""What would be lost when the import is left, and the question before it. It knows no step but the review."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app import theme
from app.dialogs.ask import Question
from app.importing.job import ImportJob, Stage
from app.importing.review import ReviewView


class Leaving(QObject):
    """One question at a time."""

    def __init__(self, job: ImportJob, review: ReviewView, page: QWidget) -> None:
        super().__init__(page)
        self._job, self._review, self._page = job, review, page
        self._question: Question | None = None
        self._agreed = False

    def forget(self) -> None:
        """There is something new to lose: what was agreed to counts no more."""
        self._agreed = False

    def _has_work(self) -> bool:
        """Whether the owner has changed the review."""
        return self._job.stage is Stage.REVIEW and self._review.touched

    def may_close(self, close: Callable[[], object]) -> bool:
        """Asks where the owner has changed the review, or the gate has not answered yet; then `close` is called."""
        if self._agreed or not (self._job.busy or self._has_work()):
            return True

        def agreed() -> None:
            self._agreed = True
            close()

        self._ask(self.tr("Close without the import?"), agreed, self.tr("Close without the import"))
        return False

    def if_agreed(self, title: str, do: Callable[[], object]) -> None:
        """Do it, where work would be lost only when the owner agrees."""
        if self._has_work():
            self._ask(title, do)
        else:
            do()

    def _ask(self, title: str, do: Callable[[], object], leave: str = "") -> None:
        """To keep the review is what Enter and Escape answer."""
        if self._question is not None:
            return

        def answered(yes: bool, _tick: bool) -> None:
            self._question = None
            if yes:
                do()

        keep = self.tr("Wait") if self._job.busy else self.tr("Keep reviewing")
        leave = leave or self.tr("Leave the review")
        self._question = asked = Question(title, self._lost(), leave, answered, keep=keep, parent=self._page.window())
        theme.set_kind(asked.do_button, "plain")
        theme.set_kind(asked.keep_button, "primary")
        asked.do_button.setAutoDefault(False)
        asked.keep_button.setDefault(True)
        asked.keep_button.setFocus()
        asked.open()

    def _lost(self) -> str:
        if self._job.busy:
            return self.tr("The gate has not answered yet. It may be done all the same: the history tells.")
        return self.tr("What you have changed in the review is not kept.")
