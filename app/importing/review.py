"""The third step: what was found, by account, with boxes to tick. It changes ticks and nothing else."""

from collections.abc import Sequence

from PySide6.QtCore import QItemSelectionModel, Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from app import theme
from app.importing.choose import problem_list
from app.importing.counts import counts
from app.importing.job import Expected, ImportJob
from app.importing.kind import CLOSE, EVERYWHERE, MailKind
from app.importing.model import Deed, ReviewModel
from app.importing.rows import Group
from app.importing.table import ReviewTable
from app.language import filled
from app.widgets.buttons import Button
from app.widgets.fields import SearchField
from app.widgets.frames import Card
from app.widgets.labels import ElidedLabel, Label, visible
from app.widgets.segmented import Choice, Segmented

_TYPING_MILLISECONDS = 120


class ReviewView(QWidget):
    """Signals: `verbChanged()`: what the primary button says, or whether it may be pressed, is another."""

    verbChanged = Signal()

    def __init__(self, job: ImportJob, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._job = job
        self._groups: list[Group] = []
        self.model = ReviewModel(self)
        self.kind = MailKind(self)
        self.unclear = _Unclear(self)
        self.search = SearchField(self.tr("Filter"), self)
        self.part = Segmented(
            [Choice("all", ""), Choice("ticked", ""), Choice("rest", "")], self.tr("Which senders"), parent=self
        )
        self.problems = Button("", kind="link", do=self._show_problems, parent=self)
        self.tick = Button("", kind="link", do=self._tick_all, parent=self)
        self.no_ticks = ElidedLabel(self.tr("A closed address refuses all: no tick counts."), kind="muted", parent=self)
        self.no_ticks.hide()
        self.table = ReviewTable(self.model, self.tr("Senders found"), self)
        self._problem_list = QVBoxLayout()
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MILLISECONDS)
        self._build()
        self._connect_signals()

    def _build(self) -> None:
        self.search.setMaximumWidth(200)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.search, 1)
        row.addWidget(self.part)
        row.addStretch(1)
        row.addWidget(self.problems)
        row.addWidget(self.tick)
        row.addWidget(self.no_ticks)
        card = Card(self)
        inner = QVBoxLayout(card)
        inner.setContentsMargins(1, 1, 1, 4)
        inner.addWidget(self.table)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(12)
        whole.addWidget(self.kind)
        whole.addWidget(self.unclear)
        whole.addLayout(row)
        whole.addLayout(self._problem_list)
        whole.addWidget(card, 1)

    def _connect_signals(self) -> None:
        self.kind.changed.connect(self._regroup)
        self.kind.deedChanged.connect(self._deed_changed)
        self.unclear.chosen.connect(self._set_target)
        self.search.textChanged.connect(lambda _text: self._typing.start())
        self._typing.timeout.connect(lambda: self.model.seek(self.search.text()))
        self.part.chosen.connect(self.model.show_part)
        self.model.counted.connect(self._count)
        self.model.modelReset.connect(self.table.fit)

    # ------------------------------------------------ for the page

    def begin(self) -> None:
        """Show what the job has found, as suggested."""
        self._groups = self._job.groups
        self.search.clear()
        self.part.set_current("all")
        self.model.show_part("all")
        self._drop_problems()
        unreadable = self._job.surveyed.unreadable
        self.problems.setText(counts.unreadable(unreadable))
        self.problems.setVisible(bool(unreadable))
        self.kind.blockSignals(True)
        self.kind.offer(self._groups, self._job.context.expected)
        self.kind.blockSignals(False)
        self._regroup()
        self.model.touched = False
        self.table.setFocus()

    def set_small(self, small: bool) -> None:
        self.table.set_small(small)
        self.kind.set_small(small)

    def verb(self) -> tuple[str, bool]:
        """What the primary button says, and whether it may be pressed."""
        leaked = self.kind.leaked()
        readable = not self.kind.wrong()
        if leaked is not None and self.kind.deed.current() == CLOSE:
            return filled(self.tr("Close %1"), visible(leaked.account or "")), readable
        ticked = self.model.counts()[1]
        if not ticked:
            return self.tr("Nothing is ticked"), False
        everywhere = leaked is not None and self.kind.deed.current() == EVERYWHERE
        return counts.deny_everywhere(ticked) if everywhere else counts.deny(ticked), readable

    def apply(self) -> None:
        """Do what `verb` says."""
        leaked, deed = self.kind.leaked(), self.kind.deed.current()
        if leaked is None or leaked.account is None:
            self._job.deny(self.model.groups)
            return
        # An account that is not there yet is not made only to remember whom it expects.
        keeps = leaked.made or deed != EVERYWHERE
        expected = Expected(leaked.account, self.kind.expected_patterns()) if keeps else None
        if deed == CLOSE:
            self._job.close_address(leaked.account, expected)
        else:
            self._job.deny(self.model.groups, everywhere=deed == EVERYWHERE, expected=expected)

    @property
    def touched(self) -> bool:
        """Whether the owner has changed anything since `begin`."""
        return self.model.touched or self.kind.leaked() is not None

    # ------------------------------------------------ inside

    def _regroup(self) -> None:
        leaked = self.kind.leaked()
        self._tell_deed()
        unclear = next((group for group in self._groups if group.account is None), None)
        if leaked is not None:
            self.unclear.setVisible(False)
            self.model.put([self._job.leaked(leaked, self.kind.expected_patterns())])
        else:
            self.unclear.ask(unclear, _accounts(self._groups, self._job.context.accounts, self._job.context.aliases))
            self.model.put(self._groups)
        first = self.model.index(0, 0)
        self.table.selectionModel().setCurrentIndex(first, QItemSelectionModel.SelectionFlag.NoUpdate)
        self._deed_changed()

    @property
    def closing(self) -> bool:
        """Whether the address is to be closed: then no tick counts."""
        return self.kind.leaked() is not None and self.kind.deed.current() == CLOSE

    def _deed_changed(self) -> None:
        if self.kind.leaked() is not None:
            self._job.mark_listed(self.model.groups[0], everywhere=self.kind.deed.current() == EVERYWHERE)
        self._tell_deed()
        for part in (self.table, self.search, self.part):
            part.setEnabled(not self.closing)
        self.tick.setVisible(not self.closing)
        self.no_ticks.setVisible(self.closing)
        self.table.fit()
        self.verbChanged.emit()

    def _tell_deed(self) -> None:
        deed: Deed = "close" if self.closing else "here"
        if self.kind.leaked() is not None and self.kind.deed.current() == EVERYWHERE:
            deed = "everywhere"
        self.model.set_deed(deed)

    def _set_target(self, group: Group, account: str) -> None:
        self.model.set_target(group, account or None)

    def _count(self, every: int, ticked: int) -> None:
        if self.closing:
            texts = self.tr("All"), self.tr("Ticked"), self.tr("Not ticked")
        else:
            texts = counts.all(every), counts.only_ticked(ticked), counts.not_ticked(every - ticked)
        for key, text in zip(("all", "ticked", "rest"), texts, strict=True):
            self.part.set_text(key, text)
        self.tick.setText(self.tr("Tick none") if ticked else self.tr("Tick all"))
        self.verbChanged.emit()

    def _tick_all(self) -> None:
        self.model.tick_all(not self.model.counts()[1])

    def _show_problems(self) -> None:
        if not self._problem_list.count():
            self._problem_list.addWidget(problem_list(self._job.problems))
        else:
            self._drop_problems()

    def _drop_problems(self) -> None:
        while (item := self._problem_list.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()


def _accounts(groups: Sequence[Group], known: Sequence[str], aliases: dict[str, str]) -> list[str]:
    """Accounts that unclear mail may be for: those that exist, then those that were found."""
    found = [group.account for group in groups if group.account is not None]
    return list(dict.fromkeys([*(name for name in known if name not in aliases), *found]))


class _Unclear(Card):
    """Mail that does not say to whom it came: the one question. Signal `chosen(Group, account or "")`."""

    chosen = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group: Group | None = None
        self._text = Label(wrap=True, parent=self)
        self.account = QComboBox(self)
        self.account.setAccessibleName(self.tr("For which account?"))
        self.account.setMinimumWidth(220)
        self._icon = Label(parent=self)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 12, 6)
        row.setSpacing(12)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        row.addWidget(self.account, 0, Qt.AlignmentFlag.AlignRight)
        self.account.currentIndexChanged.connect(self._choose)
        theme.notifier().changed.connect(self._draw)
        self._draw()
        self.setVisible(False)

    def _draw(self) -> None:
        self._icon.setPixmap(theme.pixmap("info", 16, "open", self))

    def ask(self, group: Group | None, accounts: Sequence[str]) -> None:
        """Ask for which of these accounts the mail of the group was; without a group there is nothing to ask."""
        self.setVisible(group is not None)
        if group is None or group is self._group:
            self._group = group
            return
        self._group = None
        text = counts.unclear(group.messages)
        self._text.setText(text)
        self.account.clear()
        self.account.addItem(self.tr("Leave them out"), "")
        for each in accounts:
            self.account.addItem(visible(each), each)
        self.account.setCurrentIndex(max(self.account.findData(group.target), 0))
        self._group = group

    def _choose(self, at: int) -> None:
        if self._group is not None and at >= 0:
            self.chosen.emit(self._group, self.account.itemData(at))
