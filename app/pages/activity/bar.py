"""The bar above the activity: what to look for, and whether it is live."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QActionGroup, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QSizePolicy, QWidget

from app import theme
from app.models.accounts import AccountsModel
from app.models.counts import counts
from app.models.words import since_days
from app.widgets.buttons import Button, IconButton
from app.widgets.choices import Choices
from app.widgets.fields import SearchField
from app.widgets.frames import Ground
from app.widgets.segmented import Choice, Segmented
from gate.control.messages import VerdictName

PERIODS = (0, 6, 29, -1)
"""Days before today that are shown too; -1: all."""


_VERDICTS: dict[str, VerdictName] = {"refuse": "refuse", "accept": "accept"}


class LiveMark(QWidget):
    """A dot and a word: whether what happens is shown as it happens."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._ink = "guard"
        self.setFont(theme.font("small", bold=True))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def tell(self, text: str, ink: str) -> None:
        self._text, self._ink = text, ink
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def text(self) -> str:
        return self._text

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._text) + 18, 32)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        ink = getattr(theme.tokens_for(self), self._ink)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(ink)
        painter.setBrush(ink if self._ink == "guard" else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QRectF(1, self.height() / 2 - 3.5, 7, 7))
        painter.drawText(QRectF(14, 0, self.width() - 14, self.height()), Qt.AlignmentFlag.AlignVCenter, self._text)


class ActivityBar(Ground):
    """Signals: `asked()` when another question is asked; `pause_wanted(on)`; `newest_wanted()` to go to the top.

    Attributes:
        paused: the owner pressed Pause.
    """

    asked = Signal()
    pause_wanted = Signal(bool)
    newest_wanted = Signal()

    def __init__(self, accounts: AccountsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._accounts = accounts
        self._live = True
        self._held = 0
        self.paused = False
        self.search = SearchField(self.tr("Search the activity"))
        self.verdict = Segmented(
            [Choice("", self.tr("All")), Choice("refuse", self.tr("Refused")), Choice("accept", self.tr("Accepted"))],
            self.tr("Verdict"),
        )
        self.account = Choices()
        self.account.setAccessibleName(self.tr("Account"))
        self.account.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.account.setMinimumContentsLength(9)
        self.period = Choices()
        self.period.setAccessibleName(self.tr("Period"))
        for days, words in zip(
            PERIODS, (self.tr("Today"), self.tr("7 days"), self.tr("30 days"), self.tr("All time")), strict=True
        ):
            self.period.addItem(words, days)
        self.period.setCurrentIndex(len(PERIODS) - 1)
        self.filter = IconButton("filter", self.tr("Account and period"), self._show_menu)
        self.mark = LiveMark()
        self.newest = Button("", kind="link", do=self.newest_wanted.emit)
        self.pause = Button(self.tr("Pause"), "pause", do=self._pause)
        self.pause_small = IconButton("pause", self.tr("Pause"), self._pause)
        self._build()
        self._connect_signals()
        self.show_accounts()
        self._show()

    def _build(self) -> None:
        row = self._row = QHBoxLayout(self)
        row.setSpacing(8)
        self.search.setMinimumWidth(120)
        self.search.setMaximumWidth(400)
        row.addWidget(self.search, 3)
        for part in (self.verdict, self.account, self.period, self.filter):
            row.addWidget(part)
        row.addStretch(1)
        for mark in (self.newest, self.mark, self.pause, self.pause_small):
            row.addWidget(mark)
        self.set_small(False)

    def _connect_signals(self) -> None:
        self.search.textChanged.connect(self.asked)
        self.verdict.chosen.connect(self.asked)
        self.account.activated.connect(self.asked)
        self.period.activated.connect(self.asked)
        self._accounts.changed.connect(self.show_accounts)

    # ------------------------------------------------ the question

    def verdict_asked(self) -> VerdictName | None:
        """None: both."""
        return _VERDICTS.get(self.verdict.current() or "")

    def account_asked(self) -> str | None:
        """None: all."""
        return self.account.currentData() or None

    def since_asked(self) -> str | None:
        """None: since the log began."""
        days = int(self.period.currentData())
        return None if days < 0 else since_days(days)

    def is_narrow(self) -> bool:
        """Whether anything but all is asked for."""
        return bool(self.search.text().strip() or self.verdict_asked() or self.account_asked() or self.since_asked())

    def widen(self) -> None:
        """Ask for all again."""
        self.ask_for()

    def ask_for(self, text: str = "", account: str | None = None) -> None:
        """Ask for a sender or an account, from whatever was asked before."""
        self.search.blockSignals(True)
        self.search.setText(text)
        self.search.blockSignals(False)
        self.verdict.set_current("")
        self.account.setCurrentIndex(max(0, self.account.findData(account or "")))
        self.period.setCurrentIndex(len(PERIODS) - 1)
        self.asked.emit()

    # ------------------------------------------------ painting

    def show_accounts(self) -> None:
        """The accounts to choose from, as they are now."""
        asked = self.account.currentData() or ""
        names = [account.address for account in self._accounts.accounts]
        if [self.account.itemData(i) for i in range(1, self.account.count())] == sorted(names) and self.account.count():
            return
        self.account.clear()
        self.account.addItem(self.tr("All accounts"), "")
        for name in sorted(names):
            self.account.addItem(name, name)
        place = self.account.findData(asked)
        self.account.setCurrentIndex(max(0, place))
        if asked and place < 0:
            self.asked.emit()

    def set_small(self, small: bool) -> None:
        self._row.setContentsMargins(*((16, 8, 16, 8) if small else (16, 12, 16, 12)))
        self.account.setVisible(not small)
        self.period.setVisible(not small)
        self.pause.setVisible(not small)
        self.filter.setVisible(small)
        self.pause_small.setVisible(small)

    def set_live(self, live: bool) -> None:
        self._live = live
        self._show()

    def show_held(self, count: int) -> None:
        """So many rows wait above."""
        self._held = count
        self._show()

    def set_paused(self, paused: bool) -> None:
        self.paused = paused
        self._show()

    def _show(self) -> None:
        following = self._live and not self.paused and not self._held
        if not self._live:
            self.mark.tell(self.tr("Not live"), "muted")
        else:
            self.mark.tell(self.tr("Live") if following else self.tr("Paused"), "guard" if following else "muted")
        self.newest.setText(counts.new(self._held))
        self.newest.setVisible(self._held > 0)
        words, icon = (self.tr("Follow"), "play") if self.paused else (self.tr("Pause"), "pause")
        self.pause.setText(words)
        self.pause.show_icon(icon)
        self.pause_small.rename(words)
        theme.set_icon(self.pause_small, icon, 20)

    def _pause(self) -> None:
        self.pause_wanted.emit(not self.paused)

    def menu(self) -> QMenu:
        """Account and period, for the small form."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for box in (self.account, self.period):
            group = QActionGroup(menu)
            for place in range(box.count()):
                action = menu.addAction(box.itemText(place).replace("&", "&&"))
                action.setCheckable(True)
                action.setChecked(place == box.currentIndex())
                group.addAction(action)
                action.triggered.connect(lambda _on=False, box=box, place=place: self._pick(box, place))
            menu.addSeparator()
        return menu

    def _pick(self, box: QComboBox, place: int) -> None:
        box.setCurrentIndex(place)
        self.asked.emit()

    def _show_menu(self) -> None:
        self.menu().popup(self.filter.mapToGlobal(self.filter.rect().bottomLeft()))
