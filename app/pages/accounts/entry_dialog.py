"""Change an entry: pattern, list, note; what is wrong is said in the dialog."""

from collections.abc import Callable

from PySide6.QtWidgets import QLineEdit, QWidget

from app.link.client import CallFailed
from app.models.entries import EntriesModel
from app.widgets.fields import PatternField
from app.widgets.form import FormDialog
from app.widgets.segmented import Choice, Segmented
from gate.control.messages import Changed, EditEntry, Entry, ListName

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
        self.pattern.changed.connect(lambda _pattern: self.show_wrong(""))  # it is being corrected
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
