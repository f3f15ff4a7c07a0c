"""What an own domain is: which addresses exist there, whether that looks right to a denied sender, and the switch that
lets only made ones exist."""

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app import theme
from app.language import QT_TRANSLATE_NOOP
from app.widgets.labels import Label, plain_tip
from gate.control.messages import OwnDomain

WORDS: dict[str, str] = {
    "listed": QT_TRANSLATE_NOOP("OwnDomain", "Every other name hears “no such user”, and so do the denied."),
    "empty": QT_TRANSLATE_NOOP(
        "OwnDomain", "No address is made here yet, so every name hears “no such user”. Add the accounts."
    ),
    "catch_all": QT_TRANSLATE_NOOP(
        "OwnDomain",
        "Your mail server takes every name here: to a denied sender that does not look like a missing account. Let "
        "only made addresses exist, and it does.",
    ),
    "only_temporary": QT_TRANSLATE_NOOP(
        "OwnDomain", "Your mail server answers unknown names here with “come again”, and so do refusals."
    ),
    "normal": QT_TRANSLATE_NOOP("OwnDomain", "Your mail server decides which addresses exist here."),
    "account": QT_TRANSLATE_NOOP("OwnDomain", "Only accounts exist here: the built-in server knows no other name."),
    "fixed": QT_TRANSLATE_NOOP(
        "OwnDomain", "The gate was started with --domain. Name the domain in gate.toml instead, to change this."
    ),
}
"""By what holds for a domain: see `kind_of`."""


def kind_of(domain: OwnDomain) -> str:
    """The first that applies, a key of `WORDS`."""
    if domain.listed:
        return "listed" if domain.accounts else "empty"
    if domain.catch_all:
        return "catch_all"
    if domain.source == "account":
        return "account"
    return "only_temporary" if domain.only_temporary else "normal"


def words_of(kind: str) -> str:
    return QCoreApplication.translate("OwnDomain", WORDS[kind])


class DomainPart(QWidget):
    """Signal `asked(bool)`: the owner wants only made addresses to exist, or no longer. The box shows what the gate
    says, never what was clicked."""

    asked = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._live = True
        self._domain: OwnDomain | None = None
        self.box = QCheckBox(self.tr("Only addresses made in Irusu exist"))
        self.mark = QLabel()
        self.mark.setFixedSize(16, 16)
        self.line = Label(kind="muted", wrap=True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.mark)
        row.addWidget(self.line, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.box, 0, Qt.AlignmentFlag.AlignLeft)  # the ring of the focus ends with its words
        column.addLayout(row)
        self.box.clicked.connect(self._clicked)
        theme.notifier().changed.connect(self._draw)

    def show_domain(self, domain: OwnDomain | None) -> None:
        """What the gate says; None: it has not said anything yet."""
        self._domain = domain
        self.setVisible(domain is not None)
        if domain is None:
            return
        kind = kind_of(domain)
        self.box.setVisible(domain.source != "account")
        self.box.setChecked(domain.listed)
        self.line.setText(words_of(kind))
        theme.set_kind(self.line, "warning" if self._warns() else "muted")
        self.box.setAccessibleDescription(self.line.text())
        self.box.setToolTip(plain_tip("" if domain.changeable else words_of("fixed")))
        self._enable()
        self._draw()

    def set_live(self, live: bool) -> None:
        self._live = live
        self._enable()

    def _enable(self) -> None:
        self.box.setEnabled(self._live and self._domain is not None and self._domain.changeable)

    def _warns(self) -> bool:
        return self._domain is not None and kind_of(self._domain) in ("empty", "catch_all", "only_temporary")

    def _draw(self) -> None:
        self.mark.setVisible(self._warns())
        if self._warns():
            self.mark.setPixmap(theme.pixmap("warning", 16, "open", self))

    def _clicked(self, on: bool) -> None:
        if self._domain is not None:
            self.box.setChecked(self._domain.listed)
        self.asked.emit(on)
