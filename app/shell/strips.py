"""Lines under the header: that what is shown may be old, and what the gate warns of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app import theme
from app.counts import counts
from app.language import filled
from app.link.words import fault_in_words
from app.models.words import clock
from app.widgets.buttons import Button, IconButton
from app.widgets.frames import Ground
from app.widgets.labels import Label
from gate.control.messages import Warning as GateWarning


class _Mark(QWidget):
    def __init__(self, icon: str, ink: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._icon, self._ink = icon, ink
        self.setFixedSize(16, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme.paint_icon(QPainter(self), self._icon, QRectF(self.rect()), getattr(theme.tokens(), self._ink))


class Strip(Ground):
    """A line across the window: icon and bold text on a tint."""

    def __init__(self, icon: str, ink: str, kind: str, parent: QWidget | None = None) -> None:
        super().__init__(f"{ink}_tint", parent)
        self.text = Label(kind=kind, bold=True, wrap=True, parent=self)
        row = self.row = QHBoxLayout(self)
        row.setContentsMargins(24, 8, 24, 8)
        row.setSpacing(8)
        row.addWidget(_Mark(icon, ink, self))
        row.addWidget(self.text, 1)
        self.setMinimumHeight(40)
        self.hide()

    def set_small(self, small: bool) -> None:
        """The page's margin in the small form."""
        side = 16 if small else 24
        self.row.setContentsMargins(side, 8, side, 8)

    def say(self, words: str) -> None:
        """Show these words, all of them: a page that wants more height than there is would else cut them."""
        self.text.setText(words)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.row.invalidate()
        self.setMinimumHeight(max(40, self.row.totalHeightForWidth(self.width())))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        QPainter(self).fillRect(0, self.height() - 1, self.width(), 1, theme.tokens().hairline)


class OldStrip(Strip):
    """ "What you see is from 14:02"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("clock", "lost", "error", parent)

    def show_since(self, when: datetime | None) -> None:
        """Shown while the gate does not answer but there is something to see; None hides it."""
        self.setVisible(when is not None)
        if when is not None:
            text = self.tr("What you see is from %1. You can read it; nothing can be changed until the gate answers.")
            self.say(filled(text, clock(when.isoformat())))


Offer = Literal["list_only", "lines", "test"]
OFFERS: dict[str, Offer] = {
    "backend.catch_all": "list_only",
    "backend.client_address": "lines",
    "backend.xclient": "lines",
    "backend.none_mode": "lines",
    "policy.domains": "lines",
    "port.domains": "lines",
    "backend.relays": "test",
    "backend.untested": "test",
    "backend.down": "test",
    "backend.xclient_refused": "test",
    "backend.wants_tls": "test",
    "backend.wants_login": "test",
    "backend.only_temporary": "test",
    "backend.no_answer": "test",
    "backend.relayed": "test",
    "backend.plain": "test",
    "policy.unlearnt": "test",
    "policy.wording": "test",
    "policy.differs": "test",
}
"""What is offered beside a warning, by its code."""
LASTING = frozenset(
    {
        "backend.catch_all",
        "backend.relayed",
        "backend.only_temporary",
        "backend.none_mode",
        "backend.plain",
        "backend.ipv6",
        "policy.unmeasured",
    }
)
"""How a server is: such a warning stands for months, so whatever is news stands before it."""


class WarningStrip(Strip):
    """What the gate warns of, one at a time; the owner may put one away until it comes again.

    Signal `offer_taken(Offer, Warning)`: the owner wants what stands on the button.
    """

    offer_taken = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("warning", "open", "warning", parent)
        self._warnings: list[GateWarning] = []
        self._away: set[tuple[str, str]] = set()
        self._refusal: GateWarning | None = None
        self.act = Button("", do=self._act, parent=self)
        self.row.addSpacing(8)
        self.row.addWidget(self.act)
        self.row.addWidget(IconButton("close", self.tr("Put away"), self._put_away, size=16, parent=self))

    def show_warnings(self, warnings: Sequence[GateWarning]) -> None:
        """All that hold now. One that has gone may be shown again when it comes back."""
        self._warnings = list(warnings)
        self._away &= {(w.code, w.text) for w in warnings}
        self._show()

    def show_refusal(self, refusal: GateWarning | None) -> None:
        """What the owner asked for and the gate refused, until it is mended: it stands before all warnings."""
        self._refusal = refusal
        self._show()

    def _left(self) -> list[GateWarning]:
        left = [w for w in self._warnings if (w.code, w.text) not in self._away]
        left.sort(key=lambda warning: warning.code in LASTING)
        if self._refusal is None:
            return left
        return [self._refusal, *(w for w in left if w.code != self._refusal.code)]

    def _show(self) -> None:
        left = self._left()
        self.setVisible(bool(left))
        if left:
            told = left[0]
            words = told.text if told is self._refusal else fault_in_words(told.code, told.params, told.text)
            words = words[:1].upper() + words[1:]
            offer = OFFERS.get(told.code)
            self.act.setVisible(offer is not None)
            self.act.setText(self._verb(offer) if offer is not None else "")
            self.say(filled(counts.and_more(len(left) - 1), words) if len(left) > 1 else words)

    def _verb(self, offer: Offer) -> str:
        return {
            "list_only": self.tr("Only made addresses…"), "lines": self.tr("Show the lines…"),
            "test": self.tr("Test your mail server…"),
        }[offer]  # fmt: skip

    def _act(self) -> None:
        told = self._left()[0]
        self.offer_taken.emit(OFFERS[told.code], told)

    def _put_away(self) -> None:
        if self._refusal is not None:
            self._refusal = None
        else:
            self._away |= {(w.code, w.text) for w in self._left()[:1]}
        self._show()
