"""The header: is mail protected, and what can be done about it. Every word and colour comes from `link.state`."""

from datetime import datetime

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app import theme
from app.counts import counts
from app.language import filled
from app.link.state import LOOKS, Action, LinkState, sentence, title
from app.models.words import clock
from app.theme.tokens import HEADER, HEADER_LOST, HEADER_SMALL
from app.widgets.buttons import Button
from app.widgets.frames import Disc
from app.widgets.labels import ElidedLabel, TwoLineLabel
from app.widgets.switch import GateSwitch
from gate.control.messages import Status

TITLE = 280
"""The title is whole up to this width: segments lose their words before it does."""


class Header(QWidget):
    """Signals: `switchAsked(str)` a method; `importAsked()`; `acted(Action)` any other button."""

    switchAsked = Signal(str)
    importAsked = Signal()
    acted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = LinkState.CONNECTING
        self._small = False
        self._trouble = ""
        self._ended = False
        self._sessions = 0
        self._status: Status | None = None
        self._last_word: datetime | None = None
        self._seconds: int | None = None
        self._disc = Disc("state-connecting", 40, "white", "stopped_fill", self)
        self._title = ElidedLabel(step="section", parent=self)
        self._sentence = TwoLineLabel(kind="muted", parent=self)
        self._again = ElidedLabel(kind="muted", parent=self)
        self.switch = GateSwitch(self)
        self.import_button = Button("", "import", parent=self)
        self._buttons = {
            Action.CANCEL: Button(self.tr("Cancel"), parent=self),
            Action.TRY_NOW: Button(self.tr("Try now"), kind="on-red", parent=self),
            Action.REPLACE: Button(self.tr("End it and start this one"), kind="primary", parent=self),
            Action.START: Button(self.tr("Start the gate"), kind="primary", parent=self),
        }
        self._tick = QTimer(self, interval=1000)
        self._build()
        self._connect_signals()

    def _build(self) -> None:
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addStretch(1)
        for label in (self._title, self._sentence, self._again):
            words.addWidget(label)
        words.addStretch(1)
        self._row = QHBoxLayout(self)
        self._row.setSpacing(12)
        self._row.addWidget(self._disc)
        self._row.addLayout(words, 1)
        self._row.addSpacing(12)
        self._row.addWidget(self.switch)
        self._row.addWidget(self.import_button)
        for button in self._buttons.values():
            self._row.addWidget(button)

    def _connect_signals(self) -> None:
        self.switch.asked.connect(self.switchAsked)
        self.import_button.clicked.connect(lambda _checked=False: self.importAsked.emit())
        for action, button in self._buttons.items():
            button.clicked.connect(lambda _checked=False, action=action: self.acted.emit(action))
        self._tick.timeout.connect(self._count_down)

    # ------------------------------------------------------------ for the window

    def show_state(
        self, state: LinkState, *, sessions: int = 0, trouble: str = "", ended: bool = False,
        last_word: datetime | None = None, seconds: int | None = None,
    ) -> None:  # fmt: skip
        """Paint a state. `trouble`: what the gate said against being started, which stands below, or `ended`:
        that it ended; `last_word`, `seconds`: when it was last heard and when it is tried again."""
        self._state, self._sessions, self._trouble, self._ended = state, sessions, trouble, ended
        self._last_word, self._seconds = last_word, seconds
        self._paint_state()

    def show_status(self, status: Status) -> None:
        """What the gate says of itself, which may change what its state means."""
        self._status = status
        words = self._words()
        if words != self._sentence.text():
            self._paint_state()

    def set_small(self, small: bool) -> None:
        """56 high without the sentence, or 72."""
        self._small = small
        self._paint_state()

    def button(self, action: Action) -> Button:
        """The button of an action, for who must press it."""
        return self._buttons[action]

    # ------------------------------------------------------------ inside

    def _paint_state(self) -> None:
        look, lost = LOOKS[self._state], self._state is LinkState.LOST
        self._disc.setFixedSize(48 if lost else 40, 48 if lost else 40)
        self._disc.show_icon(look.icon, look.fill if lost else "white", "white" if lost else look.fill)
        self._title.setText(title(self._state))
        self._title.setFont(theme.font("title" if lost else "section"))
        self._title.setMinimumWidth(min(TITLE, self._title.fontMetrics().horizontalAdvance(self._title.text()) + 2))
        alone = self._small and not lost
        self._sentence.setText(self._words())
        self._sentence.setVisible(not alone)
        self._again.setVisible(lost)
        self.setFixedHeight(self._height(lost=lost))
        side = 16 if self._small else 24
        self._row.setContentsMargins(side, 0, side, 0)
        switch = Action.SWITCH in look.actions
        self.switch.setVisible(switch)
        self.import_button.setVisible(switch)
        self.import_button.setText(self.tr("Import…") if self._small else self.tr("Import spam…"))
        for action, button in self._buttons.items():
            button.setVisible(action in look.actions)
        theme.set_kind(self._buttons[Action.START], "on-red-primary" if lost else "primary")
        if switch:
            self.switch.show_state(self._state)
        (self._tick.start if lost else self._tick.stop)()
        self._paint_again()
        self._ink(lost=lost)
        self.setAccessibleName(f"{self._title.text()}. {self._sentence.text()}")
        self.update()

    def _height(self, *, lost: bool) -> int:
        text = self._title.sizeHint().height() + self._sentence.sizeHint().height() + 20
        if lost:
            return max(HEADER_LOST, text + self._again.sizeHint().height())
        return max(HEADER_SMALL, self._title.sizeHint().height() + 20) if self._small else max(HEADER, text)

    def _words(self) -> str:
        if self._trouble and self._ended:
            return self.tr("It ended, and nobody had asked it to. No mail comes in through it.")
        if self._trouble:
            return self.tr("It could not be started. The reason is below.")
        words = sentence(self._state, self._sessions, self._status)
        if self._state is LinkState.LOST and self._last_word is not None and not self._small:
            when = clock(self._last_word.isoformat())
            told = filled(self.tr("Last word from it: %1, %2."), when, self._ago(self._last_word))
            return f"{told} {words}"
        return words

    def _ago(self, when: datetime) -> str:
        minutes = int((datetime.now().astimezone() - when).total_seconds() // 60)
        if minutes < 1:
            return self.tr("just now")
        return counts.minutes_ago(minutes) if minutes < 120 else counts.hours_ago(minutes // 60)

    def _count_down(self) -> None:
        self._sentence.setText(self._words())
        if self._seconds is not None:
            self._seconds = max(0, self._seconds - 1)
        self._paint_again()

    def _paint_again(self) -> None:
        if self._seconds is None or self._seconds < 1:
            self._again.setText(self.tr("Trying again…"))
        else:
            self._again.setText(counts.seconds_to_try(self._seconds))

    def _ink(self, *, lost: bool) -> None:
        for label in (self._sentence, self._again):
            theme.set_kind(label, "" if lost else "muted")
        for label in (self._title, self._sentence, self._again):
            palette = self.palette()
            if lost:
                palette.setColor(label.foregroundRole(), theme.tokens().white)
            elif label is not self._title:
                palette.setColor(label.foregroundRole(), theme.tokens().muted)
            label.setPalette(palette)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._ink(lost=self._state is LinkState.LOST)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t, look = theme.tokens(), LOOKS[self._state]
        painter = QPainter(self)
        painter.fillRect(self.rect(), t.lost_fill if self._state is LinkState.LOST else getattr(t, look.tint))
        painter.fillRect(0, self.height() - 1, self.width(), 1, t.hairline)
