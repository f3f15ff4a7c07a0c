"""Add many senders at once, one a line: which lines are wrong is said while they are typed, and they stay.

`read` tells good lines from bad ones; the gate has the last word. Nothing that was typed is lost.
"""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QLineEdit, QWidget

from app.language import filled
from app.link.client import CallFailed
from app.link.words import fault_in_words
from app.models.counts import counts
from app.models.entries import EntriesModel
from app.widgets.buttons import Button
from app.widgets.form import FormDialog, Lines
from gate.control.messages import Changed, Fault, ListName
from gate.rules import pattern as rules

SHOWN_FAULTS = 5
CHECKED_HERE = 2_000
"""Lines that are looked at before the gate does: more would hold the window up."""
AT_ONCE = 3_000_000
"""Characters at once: the control socket takes 4 MiB in a message."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A line that is no pattern: its number in the field, its text, and why."""

    number: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Read:
    """What stands in the field: `good` patterns as written, `different` of them, and `wrong` lines."""

    good: list[str]
    different: int
    wrong: list[Wrong]


def read(text: str, *, check: bool = True) -> Read:
    """Lines without the empty ones and those that begin with `#`. Unless they are to be checked, all are good."""
    good: list[str] = []
    found: set[str] = set()
    wrong: list[Wrong] = []
    for number, line in enumerate(text.split("\n"), 1):
        written = line.strip()
        if not written or written.startswith("#"):
            continue
        try:
            found.add(rules.parse(written).text if check else written.casefold())
            good.append(written)
        except Fault as fault:
            wrong.append(Wrong(number, written, fault_in_words(fault.code, fault.params, str(fault))))
    return Read(good, len(found), wrong)


class ManyDialog(FormDialog):
    """Add many patterns to a scope. `done(changed, list, different)` hears of it, with how many different ones were
    sent. Lines that are wrong are left in the field."""

    def __init__(
        self, model: EntriesModel, scope: str, text: str, done: Callable[[Changed, ListName, int], None],
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(self.tr("Add many senders"), self.tr("Deny"), parent)
        self._model = model
        self._scope = scope
        self._say = done
        self._list: ListName = "deny"
        self._typing_at = 0
        self._told: set[str] = set()
        self.patterns = Lines(self.tr("Patterns, one a line"), 10)
        self.patterns.setPlainText(text)
        self.note = QLineEdit()
        self.note.setAccessibleName(self.tr("Note"))
        self.allow = Button(self.tr("Allow"), do=self._allow)
        self.add_field(
            self.tr("Patterns, one a line"), self.patterns,
            self.tr("Addresses, domains, keyword:word, or what you copied from another list. # begins a remark."),
        )  # fmt: skip
        self.add_field(self.tr("Note"), self.note)
        self.add_button(self.allow)
        self._read = self._look()
        self._show()
        self.patterns.textChanged.connect(self._typed)
        self.patterns.cursorPositionChanged.connect(self._moved)
        self.patterns.setFocus()

    # ------------------------------------------------ what stands there

    def _look(self) -> Read:
        text = self.patterns.toPlainText()
        return read(text, check=text.count("\n") < CHECKED_HERE)

    def _typed(self) -> None:
        self._typing_at = self.patterns.textCursor().blockNumber() + 1
        self._read = self._look()
        self._show()

    def _moved(self) -> None:
        """A line that was left is read as it stands."""
        if self._typing_at and self.patterns.textCursor().blockNumber() + 1 != self._typing_at:
            self._typing_at = 0
            self._show()

    def _show(self, *, every: bool = False) -> None:
        """Say what would happen, and which lines are wrong; the one being typed only if it is to be sent."""
        good = len(self._read.good)
        if self._read.wrong:
            verb = counts.deny_good(good) if good else self.tr("Deny")
        else:
            verb = counts.deny(good) if good > 1 else self.tr("Deny")
        self.set_verb(verb, possible=good > 0 or bool(self._read.wrong))
        self.allow.setText(self.tr("Allow") if not self._read.wrong or not good else counts.allow_good(good))
        self.allow.setEnabled(self.ok.isEnabled())
        shown = [wrong for wrong in self._read.wrong if every or wrong.number != self._typing_at]
        self._told = {wrong.text for wrong in shown}
        lines = [filled(self.tr("Line %1: %2"), str(wrong.number), wrong.why) for wrong in shown[:SHOWN_FAULTS]]
        more = len(shown) - SHOWN_FAULTS
        self.show_wrong("\n".join([*lines, *([counts.and_more(more)] if more > 0 else [])]))

    # ------------------------------------------------ sending

    def set_waiting(self, waiting: bool) -> None:
        super().set_waiting(waiting)
        self.patterns.setReadOnly(waiting)
        self.allow.setEnabled(self.ok.isEnabled())

    def _allow(self) -> None:
        self._list = "allow"
        self._try()

    def send(self) -> None:
        """The good lines; first what is wrong is said, if it was not yet."""
        name, self._list = self._list, "deny"
        sent = self._read
        if sum(map(len, sent.good)) > AT_ONCE:
            self.complain(self.tr("This is too much at once: add half of it first."))
            return
        known = all(wrong.text in self._told for wrong in sent.wrong)
        self.set_waiting(waiting=bool(known and sent.good))
        self._show(every=True)
        if not known or not sent.good:
            return

        def done(changed: Changed) -> None:
            self._say(changed, name, sent.different)
            if sent.wrong:
                self._keep(sent.wrong)
            else:
                self.succeed()

        def failed(fault: CallFailed) -> None:
            if fault.code.startswith("pattern.") and not sent.wrong:  # more lines than were looked at here
                self._read = read(self.patterns.toPlainText())
            self.set_waiting(waiting=False)
            if self._read.wrong:
                self._show(every=True)
            else:
                self.complain(fault.text)

        self._model.add(self._scope, name, sent.good, self.note.text().strip(), done=done, failed=failed)

    def _keep(self, wrong: list[Wrong]) -> None:
        """Only what could not be added is left, to be mended."""
        self.set_waiting(waiting=False)
        self.patterns.setPlainText("\n".join(each.text for each in wrong))
        self._typing_at = 0
        self._show(every=True)
