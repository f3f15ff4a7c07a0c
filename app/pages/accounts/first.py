"""What the accounts page shows before there is an account: the question, the way, and the three steps."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from app import theme
from app.widgets.buttons import Button
from app.widgets.frames import EmptyPage
from app.widgets.labels import Label

translate = QCoreApplication.translate


class _Number(QWidget):
    """A number in a ring."""

    def __init__(self, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = number
        self.setFixedSize(24, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.tokens_for(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(t.border, 1.2))
        painter.drawEllipse(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.setFont(theme.font("small", bold=True))
        painter.setPen(t.muted)
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), str(self._number))


def _words() -> tuple[tuple[str, str], ...]:
    """Each step: what it is called, and how it is done."""
    return (
        (
            translate("FirstAccount", "Name your addresses"),
            translate("FirstAccount", "anna@example.org, with its aliases if it has any."),
        ),
        (
            translate("FirstAccount", "Add or import senders"),
            translate("FirstAccount", "By hand, or from spam that you have kept."),
        ),
        (
            translate("FirstAccount", "Press Guard"),
            translate("FirstAccount", "To them the address is dead. Everyone else gets in."),
        ),
    )


def _steps() -> QWidget:
    whole = QWidget()
    grid = QGridLayout(whole)
    grid.setContentsMargins(0, 16, 0, 0)
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(2)
    for number, (title, line) in enumerate(_words()):
        grid.addWidget(_Number(number + 1), number * 3, 0, 2, 1)
        grid.addWidget(Label(title, bold=True), number * 3, 1)
        grid.addWidget(Label(line, kind="muted"), number * 3 + 1, 1)
        grid.setRowMinimumHeight(number * 3 + 2, 12)
    return whole


def _steps_in_a_row() -> QWidget:
    """The same in little height."""
    whole = QWidget()
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    for number, (title, _line) in enumerate(_words()):
        row.addSpacing(8 if number else 0)
        row.addWidget(_Number(number + 1))
        row.addWidget(Label(title, bold=True))
    return whole


def lines_words(offer: str | None) -> str:
    """What the way to the owner's own mail server is called; `offer`: the one that suits what was found there."""
    if offer == "postfix-policy":
        return translate("FirstAccount", "A Postfix was found here: let it ask Irusu…")
    return translate("FirstAccount", "Put Irusu before your own mail server…")


def first_account(add: Callable[[], object], open_import: Callable[[], object], lines: QWidget) -> EmptyPage:
    """The empty page. `lines`: the button that leads to the lines for the owner's own mail server."""
    return EmptyPage(
        "accounts",
        translate("FirstAccount", "Which addresses do you look after?"),
        translate(
            "FirstAccount",
            "An account is one of your own addresses. Each has its own list of senders that it does not want.",
        ),
        buttons=(
            Button(translate("FirstAccount", "Add an account"), "add", "primary", add),
            Button(translate("FirstAccount", "Import spam…"), "import", do=open_import),
        ),
        second_way=translate(
            "FirstAccount", "Or drop a folder of spam on this window: Irusu finds the accounts in it."
        ),
        below=(
            _steps(),
            lines,
        ),
        brief=_steps_in_a_row(),
    )
