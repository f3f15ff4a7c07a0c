"""One decision in full: who wrote to whom, why, what the sender was told, and what one click does about it."""

import re
from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app import theme
from app.language import filled
from app.models.counts import counts
from app.models.decisions import sender_words
from app.models.reasons import reason
from app.models.verdicts import Offer, Offers
from app.models.words import moment, turned_away, verdict_word, watched
from app.widgets.buttons import Button, IconButton
from app.widgets.frames import Ground, Hairline
from app.widgets.kinds import kind_icon
from app.widgets.labels import AddressLabel, ElidedLabel, Label, visible
from app.widgets.pill import Pill
from gate.control.messages import Account, Decision, Fault
from gate.rules import pattern as rules

WIDTH = 288
LONG, PIECE = 24, 4
"""Characters of a word that may be broken, and of the pieces it may be broken into."""


class _Reply(QWidget):
    """The very reply, in a box of its own, in monospace."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = Label(step="mono", wrap=True)
        _narrow(self.label)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.addWidget(self.label)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.tokens_for(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(t.hairline, 1))
        painter.setBrush(t.window)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)


def _narrow(part: QWidget) -> None:
    """Let it be as narrow as the panel, however long its words are."""
    policy = part.sizePolicy()
    policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
    part.setSizePolicy(policy)
    part.setMinimumWidth(1)


def _tell(label: Label, text: str) -> None:
    """Set text that may hold words longer than a line: they break anywhere."""
    shown = "".join(
        word if len(word) <= LONG else "\u200b".join(word[i : i + PIECE] for i in range(0, len(word), PIECE))
        for word in re.split(r"(\s+)", "\n".join(visible(line) for line in text.split("\n")))
    )
    QLabel.setText(label, shown)
    label.setAccessibleName(text)


class Details(Ground):
    """Signals: `closed()`; `entry_wanted(Decision)`; `offer_taken(Offer)`."""

    closed = Signal()
    entry_wanted = Signal(object)
    offer_taken = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.decision: Decision | None = None
        self._live = True
        self.pill = Pill()
        self.time = ElidedLabel(step="small", kind="muted")
        self.time.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.close_button = IconButton("close", self.tr("Close the details (Esc)"), self.closed.emit, size=16)
        self.who = AddressLabel(step="section")
        self.recipient = ElidedLabel(kind="muted")
        self.why = Label(wrap=True)
        self.pattern = AddressLabel()
        self.kind = QLabel()
        self.kind.setFixedSize(16, 16)
        self.go = Button(self.tr("Go to entry"), kind="link", do=self._go)
        self.reply = _Reply()
        self.copy = IconButton("copy", self.tr("Copy the reply"), self._copy, size=16, colour="muted")
        self.told = Label(step="small", kind="muted", wrap=True)
        self.client = Label()
        self.helo = Label(wrap=True)
        self.tries = Label(wrap=True)
        self.question = Label(step="small", kind="muted", bold=True)
        self.note = Label(step="small", kind="muted", wrap=True)
        self.buttons = [Button(""), Button("")]
        self._offers: Sequence[Offer] = ()
        for part in (self.why, self.client, self.helo, self.tries, self.note, self.told, *self.buttons):
            _narrow(part)
        self._build()
        self._connect_signals()

    def _build(self) -> None:
        column = QVBoxLayout()
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(4)
        for part in (self._top(), self.who, self.recipient):
            column.addWidget(part)
        column.addSpacing(12)
        column.addWidget(self._heading(self.tr("Why")))
        column.addWidget(self.why)
        column.addWidget(self._entry_row())
        column.addSpacing(8)
        column.addWidget(self._told_row())
        column.addWidget(self.reply)
        column.addWidget(self.told)
        column.addSpacing(12)
        column.addWidget(self._facts())
        column.addStretch(1)
        inside = Ground()
        inside.setLayout(column)
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        whole = QGridLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(Hairline(down=True), 0, 0, 2, 1)
        whole.addWidget(area, 0, 1)
        whole.addLayout(self._foot(), 1, 1)
        whole.setRowStretch(0, 1)
        whole.setColumnStretch(1, 1)

    def _connect_signals(self) -> None:
        for place, button in enumerate(self.buttons):
            button.clicked.connect(lambda _checked=False, place=place: self._take(place))

    def _foot(self) -> QVBoxLayout:
        """What can be done: always in sight, however much stands above."""
        column = QVBoxLayout()
        column.setContentsMargins(20, 8, 20, 16)
        column.setSpacing(4)
        for part in (self.question, self.note, *self.buttons):
            column.addWidget(part)
        return column

    @staticmethod
    def _heading(text: str) -> Label:
        label = Label(text, "small", "muted", bold=True)
        _narrow(label)
        return label

    def _top(self) -> QWidget:
        return _row(self.pill, self.time, self.close_button)

    def _entry_row(self) -> QWidget:
        self._entry = _row(self.kind, self.pattern, self.go)
        return self._entry

    def _told_row(self) -> QWidget:
        self._told = _row(ElidedLabel(self.tr("What the sender was told"), "small", "muted", bold=True), self.copy)
        return self._told

    def _facts(self) -> QWidget:
        whole = QWidget()
        grid = QGridLayout(whole)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.setColumnMinimumWidth(0, 64)
        grid.setColumnStretch(1, 1)
        facts = ((self.tr("From"), self.client), (self.tr("Name"), self.helo), (self.tr("Tries"), self.tries))
        for place, (words, label) in enumerate(facts):
            grid.addWidget(Label(words, "small", "muted"), place, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label, place, 1)
        return whole

    # ------------------------------------------------ painting

    def show_state(self, decision: Decision, account: Account | None, offers: Offers, own_domains: list[str]) -> None:
        """Show a decision, and what can be done about it now."""
        fresh = self.decision is None or self.decision != decision
        self.decision = decision
        tone, icon = ("accent", "refused") if decision.verdict == "refuse" else ("stopped", "accepted")
        if turned_away(decision):
            icon = "server"
        if watched(decision):
            tone, icon = "open", "watch"
        self.pill.tell(verdict_word(decision), tone, icon)
        self.time.setText(moment(decision.time))
        self.who.setText(sender_words(decision))
        self.recipient.setText(filled(self.tr("wrote to %1"), decision.recipient))
        _tell(self.why, reason(decision, account, own_domains))
        self._show_entry(decision)
        self._told.setVisible(bool(decision.reply))
        self.reply.setVisible(bool(decision.reply))
        _tell(self.reply.label, decision.reply)
        refused_like_unknown = decision.verdict == "refuse" and decision.because != "relay" and bool(decision.reply)
        self.told.setText(self.tr("Word for word what this server says for an address that does not exist."))
        self.told.setVisible(refused_like_unknown)
        _tell(self.client, decision.client or "–")
        _tell(self.helo, decision.helo or "–")
        if fresh:
            self.tries.setText("…")
        self._show_offers(offers)

    def show_tries(self, today: int, month: int, *, more: bool) -> None:
        """How often this sender came."""
        text = counts.tries_and_more(month) if more else counts.tries_of_a_month(month)
        self.tries.setText(filled(text, counts.tries_today(today)))

    def _show_entry(self, decision: Decision) -> None:
        there = bool(decision.pattern and decision.scope)
        self._entry.setVisible(there)
        if not there:
            return
        self.pattern.setText(decision.pattern or "")
        try:
            kind = str(rules.read(decision.pattern or "").kind)
        except Fault:
            kind = "address"
        self.kind.setPixmap(theme.pixmap(kind_icon(kind), 16, "muted", self))

    def _show_offers(self, offers: Offers) -> None:
        self._offers = offers.offers
        self.question.setText(offers.question)
        self.question.setVisible(bool(offers.question))
        self.note.setText(offers.note)
        self.note.setVisible(bool(offers.note))
        for place, button in enumerate(self.buttons):
            button.setVisible(place < len(self._offers))
            if place < len(self._offers):
                button.setText(self._offers[place].words.replace("&", "&&"))
                button.show_icon(self._offers[place].icon)
        self.set_live(self._live)

    def set_live(self, live: bool) -> None:
        self._live = live
        for button in self.buttons:
            button.setEnabled(live)

    def set_waiting(self, offer: Offer) -> None:
        """The gate is being asked to do this."""
        for button in self.buttons:
            button.setEnabled(False)
        if offer in self._offers:
            self.buttons[list(self._offers).index(offer)].setText("…")

    # ------------------------------------------------ the owner

    def _go(self) -> None:
        if self.decision is not None:
            self.entry_wanted.emit(self.decision)

    def _copy(self) -> None:
        if self.decision is not None:
            QGuiApplication.clipboard().setText(self.decision.reply)

    def _take(self, place: int) -> None:
        if place < len(self._offers):
            self.offer_taken.emit(self._offers[place])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)


def _row(*parts: QWidget) -> QWidget:
    """Widgets side by side; what can be elided takes the room that there is."""
    whole = QWidget()
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    for part in parts:
        row.addWidget(part, int(isinstance(part, ElidedLabel)))
    return whole
