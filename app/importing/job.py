"""One import from the first file to the last undo: its stage, what was read, and what the gate made of it.

The only part of the import that speaks with the gate; the pages know this job and the review's model.

    CHOOSE --start--> READ --done--> REVIEW | NOTHING --apply--> DONE
                        | broke --> FAILED     every stage --start--> READ, --again--> CHOOSE
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.importing.child import SurveyChild
from app.importing.rows import Group, Listed, add_rows, chosen, leaked_rows, parts
from app.link.client import Call, CallFailed, Client
from app.models.pager import Pager
from gate.control.messages import (
    Applied,
    ApplyImport,
    Candidate,
    Changed,
    Entry,
    EntryQuery,
    ImportItem,
    Nothing,
    Progress,
    Staged,
    StageImport,
    SurveyContext,
    SurveyDone,
    UndoQuery,
    Unreadable,
)

PART_PATTERNS = 5000
"""Patterns of one message at most: far below the line limit of the protocol."""
_LABEL_LIMIT = 200
_PROBLEMS_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Expected:
    """Who is expected at an address that leaked: patterns for the account to keep."""

    account: str
    patterns: Sequence[str]


class Stage(StrEnum):
    CHOOSE = "choose"
    READ = "read"
    REVIEW = "review"
    NOTHING = "nothing"
    DONE = "done"
    FAILED = "failed"


class ImportJob(QObject):
    """See the module.

    Signals:
        stageChanged(): `stage` is another, or begins anew.
        progressed(): `progress` or `problems` have grown.
        refused(CallFailed): applying or taking back did not work, and why.
        applying(bool): the gate was asked to apply or to take back, or has answered.
    Attributes:
        busy: the gate is applying or taking back; nothing can be begun meanwhile.
        stage; paths; progress; problems (the first 1000 of what could not be read); surveyed; why (of FAILED);
        context (what the gate told); applied (the gate's answer); closed and everywhere (what was asked); undone.
    """

    stageChanged = Signal()
    progressed = Signal()
    refused = Signal(object)
    applying = Signal(bool)

    def __init__(self, client: Client, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._child: SurveyChild | None = None
        self._asking: Call | None = None
        self._lists = Pager(client, "entries.list")
        self.busy = False
        self._candidates: dict[str | None, list[Candidate]] = {}
        self._groups: dict[str | None, Group] = {}
        self._forget()
        self.stage = Stage.CHOOSE
        client.undoChanged.connect(self._follow_undo)

    def _forget(self) -> None:
        self.paths: list[Path] = []
        self.account: str | None = None
        self.progress = Progress(bytes=0, of=0, messages=0)
        self.problems: list[Unreadable] = []
        self.surveyed = SurveyDone(messages=0, unreadable=0)
        self.context = SurveyContext()
        self.applied: Applied | None = None
        self.closed: str | None = None
        self.everywhere = False
        self.undone = False
        self.why = ""
        self._candidates = {}
        self._groups = {}
        self._denied: dict[str, list[str]] = {}

    def _become(self, stage: Stage) -> None:
        self.stage = stage
        self.stageChanged.emit()

    @property
    def label(self) -> str:
        """What the import is called: the name of what was read."""
        return ", ".join(path.name or str(path) for path in self.paths)[:_LABEL_LIMIT]

    # ------------------------------------------------ reading

    def start(self, paths: Sequence[Path], account: str | None = None) -> None:
        """Read these files and folders; what was read before is forgotten. Not while `busy`."""
        if self.busy:
            return
        self.stop()
        self._forget()
        self.paths, self.account = list(paths), account
        self._become(Stage.READ)
        self._asking = self._client.call("survey.context", Nothing(), self._got_context, self._no_context)

    def again(self) -> None:
        """Back to the choice of files. Not while `busy`."""
        if self.busy:
            return
        self.stop()
        self._forget()
        self._become(Stage.CHOOSE)

    def stop(self) -> None:
        """End the reading. No signal follows. What the gate was asked to change is never called off: it is done."""
        if self._child is not None:
            self._child.cancel()
            self._child.deleteLater()
            self._child = None
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
        self._lists.cancel()

    def _got_context(self, context: SurveyContext) -> None:
        self._asking = None
        self.context = context
        self._child = child = SurveyChild(self.paths, context, self.account, self)
        child.progress.connect(self._progress)
        child.unreadable.connect(self._unreadable)
        child.candidates.connect(self._found)
        child.done.connect(self._done)
        child.broke.connect(self._broke)

    def _no_context(self, failed: CallFailed) -> None:
        self._broke(failed.text)

    def _progress(self, progress: Progress) -> None:
        self.progress = progress
        self.progressed.emit()

    def _unreadable(self, problems: list[Unreadable]) -> None:
        self.problems += problems[: _PROBLEMS_KEPT - len(self.problems)]
        self.progressed.emit()

    def _found(self, candidates: list[Candidate]) -> None:
        for each in candidates:
            self._candidates.setdefault(each.account, []).append(each)
        add_rows(self._groups, candidates)

    def _done(self, done: SurveyDone) -> None:
        self.surveyed = done
        for told in self.progress.accounts:
            if told.account in self._groups:
                group = self._groups[told.account]
                group.messages, group.made = told.messages, told.made
        made = [group.account for group in self._groups.values() if group.account is not None and group.made]
        self._ask_lists(made)

    def _ask_lists(self, accounts: Sequence[str]) -> None:
        """What is on the lists already, of these accounts and those wider; then the review."""
        domains = [f"@{domain}" for domain in self.context.domains]
        waiting = ["*", *domains, *accounts] if accounts else []

        def ask() -> None:
            if not waiting:
                for group in self._groups.values():
                    if group.account is not None:
                        self.mark_listed(group)
                self._become(Stage.REVIEW if self._candidates else Stage.NOTHING)
                return
            scope = waiting.pop()

            def got(rows: Sequence[Entry], last: bool) -> None:
                if last:
                    self._denied[scope] = [entry.pattern for entry in rows if entry.list == "deny"]
                    ask()

            self._lists.read(EntryQuery(scope=scope), got, lambda _fault: ask())

        ask()

    def _broke(self, why: str) -> None:
        self._asking = None
        self.why = why
        self._become(Stage.FAILED)

    # ------------------------------------------------ what was found

    @property
    def groups(self) -> list[Group]:
        """By account, as suggested and then ticked."""
        return list(self._groups.values())

    def leaked(self, group: Group, expected: Sequence[str]) -> Group:
        """One account as an address that leaked."""
        return leaked_rows(group, self._candidates.get(group.account, ()), expected)

    def mark_listed(self, group: Group, *, everywhere: bool = False) -> None:
        """Mark what is denied for the account already, or everywhere."""
        scopes = ("*",) if everywhere else ("*", f"@{(group.account or '').rpartition('@')[2]}", group.account)
        Listed(pattern for scope in scopes for pattern in self._denied.get(scope or "", ())).mark(group)

    # ------------------------------------------------ the gate

    def deny(self, groups: Sequence[Group], *, everywhere: bool = False, expected: Expected | None = None) -> None:
        """Deny what is ticked, in one change: for the account it was found in, or everywhere."""
        self._apply(chosen(groups, "*" if everywhere else None), expected, everywhere=everywhere)

    def close_address(self, account: str, expected: Expected | None = None) -> None:
        """Close the account that leaked."""
        self._apply([ImportItem(scope=account, close=True)], expected, closed=account)

    def _apply(
        self, items: list[ImportItem], expected: Expected | None, closed: str | None = None, *, everywhere: bool = False
    ) -> None:
        if self.busy or not items:
            return
        if expected is not None and expected.patterns:
            items = [*items, ImportItem(scope=expected.account, expect=list(expected.patterns))]
        self.closed, self.everywhere = closed, everywhere
        self._set_busy(True)
        self._send(list(parts(items, PART_PATTERNS)), None)

    def _set_busy(self, busy: bool) -> None:
        self.busy = busy
        self.applying.emit(busy)

    def _send(self, waiting: list[list[ImportItem]], stage: str | None) -> None:
        if len(waiting) > 1:
            form = StageImport(stage=stage, items=waiting[0])

            def staged(answer: Staged) -> None:
                self._send(waiting[1:], answer.stage)

            self._client.call("import.stage", form, staged, self._not_applied)
            return
        last = ApplyImport(label=self.label, stage=stage, items=waiting[0])
        self._client.call("import.apply", last, self._is_applied, self._not_applied)

    def _is_applied(self, applied: Applied) -> None:
        self.applied = applied
        self._set_busy(False)
        self._become(Stage.DONE)

    def _not_applied(self, failed: CallFailed) -> None:
        self.closed = None
        self._set_busy(False)
        self.refused.emit(failed)

    def undo(self) -> None:
        """Take the whole import back."""
        if self.applied is None or self.applied.change is None or self.busy:
            return
        self._set_busy(True)
        query = UndoQuery(id=self.applied.change.id)
        self._client.call("undo", query, self._is_undone, self._not_undone)

    def _is_undone(self, _changed: Changed) -> None:
        self.undone = True
        self._set_busy(False)
        self._become(Stage.DONE)

    def _follow_undo(self) -> None:
        """It may be taken back, or done again, elsewhere: by the rail, the toast, the command line."""
        mine = self.applied.change if self.applied is not None else None
        if mine is None or self.busy or self.stage is not Stage.DONE:
            return
        last, again = self._client.undo, self._client.redo
        if last is not None and last.id == mine.id:
            undone = False
        elif last is None or last.id < mine.id or (again is not None and again.id == mine.id):
            undone = True
        else:
            return
        if undone != self.undone:
            self.undone = undone
            self._become(Stage.DONE)

    def _not_undone(self, failed: CallFailed) -> None:
        self._set_busy(False)
        self.refused.emit(failed)
