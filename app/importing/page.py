"""The import in the content area: head with the steps, the step itself, and the foot. It knows the job, not the gate.

To add a step: 1. its `Stage` in `job`; 2. its view; 3. its lines in `_show_stage` and `_HEADS`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.importing import words
from app.importing.choose import choose_view, failed_view, nothing_view
from app.importing.counts import counts
from app.importing.found import FoundLine
from app.importing.job import ImportJob, Stage
from app.importing.leaving import Leaving
from app.importing.outcome import done_view, truth
from app.importing.reading import ReadingView
from app.importing.review import ReviewView
from app.language import filled
from app.link.client import CallFailed, Client
from app.models.accounts import AccountsModel
from app.shell.contract import Page
from app.theme.tokens import FOOT, PAGE_MARGIN, PAGE_MARGIN_SMALL
from app.widgets.buttons import Button
from app.widgets.frames import Ground, Hairline
from app.widgets.labels import ElidedLabel, TwoLineLabel
from app.widgets.stepper import Stepper
from gate.control.messages import Nothing

_STEPS = {Stage.CHOOSE: 0, Stage.READ: 1, Stage.NOTHING: 1, Stage.FAILED: 1, Stage.REVIEW: 2, Stage.DONE: 3}


class ImportPage(Page):
    """Signals: `closed()`: the owner is through with it, or cancelled; show another page and drop this one."""

    closed = Signal()

    def __init__(self, client: Client, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self.job = ImportJob(client, self)
        self._title = ElidedLabel("", "title", parent=self)
        self._line = FoundLine("", kind="muted", parent=self)
        self._steps = Stepper([self.tr("Choose"), self.tr("Read"), self.tr("Review"), self.tr("Done")], self)
        self._stack = QStackedWidget(self)
        self._foot = Ground("base", self)
        self._promise = ElidedLabel("", parent=self)
        self._fault = ""
        self._truth = TwoLineLabel("", "small", "muted", parent=self)
        # Tab goes through them as they are made: the review, then what closes it.
        self.reading = ReadingView(self.job, self._leave, self)
        self.review = ReviewView(self.job, self)
        self.cancel = Button(self.tr("Cancel"), do=self._cancel, parent=self)
        self.primary = Button("", "refused", "primary", self._apply, self)
        self._leaving = Leaving(self.job, self.review, self)
        self._had_focus = False
        self._passing: QWidget | None = None
        self._next: tuple[Sequence[Path], str | None] | None = None
        self._live = True
        self._came = False
        self._state = client.state
        self._small = False
        self._build()
        self._connect_signals()
        self._show_stage()

    def _build(self) -> None:
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(self._title)
        names.addWidget(self._line)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addLayout(names, 1)
        head.addWidget(self._steps, 0, Qt.AlignmentFlag.AlignVCenter)
        for view in (self.reading, self.review):
            self._stack.addWidget(view)
        self._body = QVBoxLayout()
        self._body.setSpacing(12)
        self._body.addLayout(head)
        self._body.addWidget(self._stack, 1)
        told = QVBoxLayout()
        told.setSpacing(0)
        told.addStretch(1)
        told.addWidget(self._promise)
        told.addWidget(self._truth)
        told.addStretch(1)
        self._foot.setFixedHeight(FOOT)
        self._foot_row = QHBoxLayout(self._foot)
        self._foot_row.setSpacing(8)
        self._foot_row.addLayout(told, 1)
        self._foot_row.addWidget(self.cancel)
        self._foot_row.addWidget(self.primary)
        self._edge = Hairline(parent=self)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(self._body, 1)
        whole.addWidget(self._edge)
        whole.addWidget(self._foot)
        self.set_small(False)

    def _connect_signals(self) -> None:
        self.job.stageChanged.connect(self._show_stage)
        self.job.applying.connect(self._set_waiting)
        self.job.refused.connect(self._refused)
        self.review.verbChanged.connect(self._changed)
        QShortcut(QKeySequence("Ctrl+Return"), self, self._apply, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)

    # ------------------------------------------------ for the window

    def start(self, paths: Sequence[Path] = (), account: str | None = None) -> None:
        """Read these files, as soon as the gate has answered what it was asked; without any, show what is under way,
        or let the owner choose. A review that the owner has changed is not given up unasked."""
        if self.job.busy:
            self._next = (paths, account) if paths else self._next
        elif paths:
            self._leaving.if_agreed(self.tr("Read the new files instead?"), lambda: self.job.start(paths, account))
        elif self.job.stage is Stage.REVIEW and self.isVisible() and not self._came:  # it is before the owner
            self._leaving.if_agreed(self.tr("Choose other files instead?"), self.job.again)
        elif self.job.stage in (Stage.DONE, Stage.NOTHING, Stage.FAILED):
            self.job.again()

    def showEvent(self, event: QShowEvent) -> None:
        """What asks for the import shows the page first, then begins."""
        super().showEvent(event)
        self._came = True
        QTimer.singleShot(0, self, self._is_there)

    def _is_there(self) -> None:
        self._came = False

    def may_close(self, close: Callable[[], object]) -> bool:
        return self._leaving.may_close(close)

    def set_small(self, small: bool) -> None:
        side = PAGE_MARGIN_SMALL if small else PAGE_MARGIN
        self._body.setContentsMargins(side, 8 if small else 16, side, 8 if small else 16)
        self._foot_row.setContentsMargins(side, 0, side, 0)
        self._truth.setVisible(not small)
        self._small = small
        self._line.setVisible(bool(self._line.text()) and not small)
        self._fit_steps()
        self.review.set_small(small)

    def set_live(self, live: bool) -> None:
        self._live = live
        self._show_verb()
        if self._client.state is not self._state:
            self._state = self._client.state
            if self.job.stage is Stage.DONE and not self.job.busy:
                focus, view = QApplication.focusWidget(), self._view(Stage.DONE)
                inside = self._passing is not None and focus is not None and self._passing.isAncestorOf(focus)
                self._show(view)
                if inside:
                    _focus_first(view)

    def focus_search(self) -> None:
        if self.job.stage is Stage.REVIEW:
            self.review.search.setFocus()

    # ------------------------------------------------ the stages

    def _show_stage(self) -> None:
        self._leaving.forget()
        self._fault = ""
        stage = self.job.stage
        self._steps.go(_STEPS[stage])
        title, line = self._head(stage)
        self._title.setText(title)
        self._line.tell(line, words.names(self.job.paths))
        self._line.setVisible(bool(line) and not self._small)
        self._fit_steps()
        self._foot.setVisible(stage is Stage.REVIEW)
        self._edge.setVisible(stage is Stage.REVIEW)
        if stage is Stage.READ:
            self.reading.begin()
            self._show(self.reading)
            self.reading.cancel_button.setFocus()
        elif stage is Stage.REVIEW:
            self.review.begin()
            self._show(self.review)
        else:
            view = self._view(stage)
            self._show(view)
            if stage is Stage.DONE and self._had_focus:
                _focus_first(view)
            self._had_focus = False
        self._show_verb()

    def _fit_steps(self) -> None:
        size = self._steps.minimumSizeHint() if self._small else self._steps.sizeHint()
        self._steps.setFixedWidth(size.width())

    def _view(self, stage: Stage) -> QWidget:
        if stage is Stage.DONE:
            return done_view(
                self.job, self, self._leave, self._client.state, self._guard, watched=self._watched(self.job.closed)
            )
        if stage is Stage.NOTHING:
            return nothing_view(self.job, self, self.job.start)
        if stage is Stage.FAILED:
            return failed_view(self.job, self, lambda: self.job.start(self.job.paths, self.job.account), self.job.start)
        return choose_view(self, self.job.start)

    def _watched(self, address: str | None) -> bool:
        account = AccountsModel.of(self._client).find(address)
        return account is not None and account.watch

    def _guard(self) -> None:
        self._client.call("start", Nothing(), lambda _status: None)

    def _show(self, view: QWidget) -> None:
        if self._passing is not None:
            self._stack.removeWidget(self._passing)
            self._passing.deleteLater()
            self._passing = None
        if self._stack.indexOf(view) < 0:
            self._stack.addWidget(view)
            self._passing = view
        self._stack.setCurrentWidget(view)

    def _head(self, stage: Stage) -> tuple[str, str]:
        if stage is Stage.READ:
            return self.tr("Reading your spam"), self.tr(
                "The file is only read. Nothing is denied before you have seen it."
            )
        if stage is Stage.REVIEW:
            return self.tr("Review what was found"), self._found_line()
        return self.tr("Import spam"), words.names(self.job.paths)

    def _found_line(self) -> str:
        done = self.job.surveyed
        accounts = sum(each.account is not None for each in self.job.progress.accounts)
        line = self.tr("%1: %2, %3, %4") if done.unreadable else self.tr("%1: %2, %3")
        return filled(
            line, words.names(self.job.paths), counts.mails(done.messages), counts.accounts(accounts),
            counts.unreadable(done.unreadable),
        )  # fmt: skip

    # ------------------------------------------------ the foot

    def _show_verb(self) -> None:
        text, possible = self.review.verb()
        self.primary.setText("…" if self.job.busy else text)
        self.primary.setEnabled(possible and self._live and not self.job.busy)
        self.cancel.setEnabled(not self.job.busy)
        unread = self.tr("First correct who is expected: it cannot be read.") if self.review.kind.wrong() else ""
        self._promise.setText(unread or self._fault or self.tr("One undo takes all of it back."))
        leaked = self.review.kind.leaked()
        watched = self._watched(leaked.account if leaked is not None else None)
        self._truth.setText(truth(self._client.state, closing=self.review.closing, watched=watched))

    def _changed(self) -> None:
        self._leaving.forget()
        self._fault = ""
        self._show_verb()

    def _set_waiting(self, waiting: bool) -> None:
        if waiting:
            self._fault = ""
            focus = QApplication.focusWidget()
            self._had_focus = focus is not None and self.isAncestorOf(focus)
        self.review.setEnabled(not waiting)
        if self._passing is not None:
            self._passing.setEnabled(not waiting)
        self._show_verb()
        if not waiting and self._next is not None:
            QTimer.singleShot(0, self, self._start_next)

    def _start_next(self) -> None:
        """Files that came while the gate was asked."""
        following, self._next = self._next, None
        if following is not None:
            self.start(*following)

    def _refused(self, fault: CallFailed) -> None:
        """In the review it stands in the foot; the last step has none."""
        if self.job.stage is Stage.REVIEW:
            self._fault = fault.text
            self._show_verb()
            if self._had_focus:
                self.primary.setFocus()
        else:
            self._client.complaint.emit(fault)

    def _apply(self) -> None:
        if self.primary.isEnabled() and self.job.stage is Stage.REVIEW:
            self.review.apply()

    def _cancel(self) -> None:
        """As Close does: what the owner has changed is not given up unasked."""
        if not self.job.busy:
            self._leaving.if_agreed(self.tr("Leave the review?"), self._leave)

    def _leave(self) -> None:
        if not self.job.busy:
            self.job.stop()
            self.closed.emit()


def _focus_first(view: QWidget) -> None:
    """What had the focus is gone or cannot be pressed: Qt would give it to the rail."""
    first = next((button for button in view.findChildren(Button) if button.isEnabled()), None)
    if first is not None:
        first.setFocus(Qt.FocusReason.TabFocusReason)
