"""Change an entry, or add many at once: pattern, list, note; what is wrong is said in the dialog."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLineEdit, QWidget

from app.language import filled
from app.link.client import CallFailed
from app.link.words import fault_in_words
from app.models.counts import counts
from app.models.entries import EntriesModel
from app.widgets.buttons import Button
from app.widgets.fields import PatternField
from app.widgets.form import FormDialog, Lines
from app.widgets.segmented import Choice, Segmented
from gate.control.messages import Changed, EditEntry, Entry, Fault, ListName
from gate.rules import pattern as rules

Said = Callable[[Changed], None]
SHOWN_FAULTS = 5
CHECKED_HERE = 2_000
"""Lines that are looked at before the gate does: more would hold the window up."""
AT_ONCE = 3_000_000
"""Characters at once: the control socket takes 4 MiB in a message."""


class EntryDialog(FormDialog):
    """Change one entry. `done` hears of it."""

    def __init__(self, model: EntriesModel, entry: Entry, done: Said, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Edit entry"), self.tr("Save"), parent)
        self._model = model
        self._entry = entry
        self._say = done
        self.pattern = PatternField(self.tr("Address, domain or word"))
        self.pattern.set_text(entry.pattern)
        self.list = Segmented(
            [Choice("deny", self.tr("Denied"), "refused"), Choice("allow", self.tr("Allowed"), "accepted")],
            self.tr("List"),
        )
        self.list.set_current(entry.list)
        self.note = QLineEdit(entry.note)
        self.note.setAccessibleName(self.tr("Note"))
        self.add_field(self.tr("Pattern"), self.pattern)
        self.add_field(self.tr("List"), self.list)
        self.add_field(self.tr("Note"), self.note)
        self.pattern.setFocus()
        self.pattern.edit.selectAll()

    def send(self) -> None:
        text = self.pattern.text().strip()
        name: ListName = "allow" if self.list.current() == "allow" else "deny"
        edit = EditEntry(id=self._entry.id, pattern=text, list=name, note=self.note.text().strip())
        self._model.edit(edit, self._done, self._failed)

    def _done(self, changed: Changed) -> None:
        self._say(changed)
        self.succeed()

    def _failed(self, fault: CallFailed) -> None:
        self.complain(fault.text)


def faults_of(lines: list[str]) -> list[str]:
    """What is wrong with patterns typed or pasted, a line each, with the number of the line."""
    wrong = []
    for number, line in enumerate(lines, 1):
        try:
            rules.parse(line)
        except Fault as fault:
            words = fault_in_words(fault.code, fault.params, str(fault))
            text = QCoreApplication.translate("ManyDialog", "Line %1: %2")
            wrong.append(filled(text, str(number), words))
    return wrong


class ManyDialog(FormDialog):
    """Add many patterns to a scope, one a line: all or none. `done(changed, list, count)` hears of it."""

    def __init__(
        self, model: EntriesModel, scope: str, text: str, done: Callable[[Changed, ListName, int], None],
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(self.tr("Add many senders"), self.tr("Deny"), parent)
        self._model = model
        self._scope = scope
        self._say = done
        self._list: ListName = "deny"
        self.patterns = Lines(self.tr("Patterns, one a line"), 10)
        self.patterns.setPlainText(text)
        self.note = QLineEdit()
        self.note.setAccessibleName(self.tr("Note"))
        self.allow = Button(self.tr("Allow"), do=self._allow)
        self.add_field(
            self.tr("Patterns, one a line"), self.patterns,
            self.tr("Addresses, domains, keyword:word, or what you copied from another list."),
        )  # fmt: skip
        self.add_field(self.tr("Note"), self.note)
        self.add_button(self.allow)
        self.patterns.textChanged.connect(self._count)
        self._count()
        self.patterns.setFocus()

    def _count(self) -> None:
        count = len(self.patterns.lines())
        self.set_verb(counts.deny(count) if count > 1 else self.tr("Deny"), possible=count > 0)
        self.allow.setEnabled(self.ok.isEnabled())

    def set_waiting(self, waiting: bool) -> None:
        super().set_waiting(waiting)
        self.patterns.setReadOnly(waiting)
        self.allow.setEnabled(self.ok.isEnabled())

    def _allow(self) -> None:
        self._list = "allow"
        self._try()

    def send(self) -> None:
        name, self._list = self._list, "deny"
        lines = self.patterns.lines()
        if sum(map(len, lines)) > AT_ONCE:
            self.complain(self.tr("This is too much at once: add half of it first."))
            return
        wrong = faults_of(lines) if len(lines) <= CHECKED_HERE else []
        if wrong:
            more = len(wrong) - SHOWN_FAULTS
            rest = [counts.and_more(more)] if more > 0 else []
            self.complain("\n".join([*wrong[:SHOWN_FAULTS], *rest]))
            return

        def done(changed: Changed) -> None:
            self._say(changed, name, len(lines))
            self.succeed()

        def failed(fault: CallFailed) -> None:
            self.complain(fault.text)

        self._model.add(self._scope, name, lines, self.note.text().strip(), done=done, failed=failed)
