"""The rail on the left: which gate, the pages, and at its foot Undo with the name of the last change."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app import theme
from app.language import filled
from app.link.changes import change_in_brief
from app.link.words import change_in_words
from app.shell.pages import PageSpec, page_word
from app.shell.rail_item import RailItem
from app.theme.tokens import RAIL, RAIL_SMALL
from app.widgets.buttons import IconButton, clicked_by_enter
from app.widgets.frames import Ground, Hairline
from app.widgets.labels import ElidedLabel, Label
from gate.control.messages import Change


class _Logo(QAbstractButton):
    """In the small form the button of the gate's menu. Signal `menuAsked(QPoint)`: its menu is wanted, at this point of
    the screen."""

    menuAsked = Signal(QPoint)

    def __init__(self, words: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._words = words
        self.setAccessibleName(words)
        self.offer(small=False)
        self.clicked.connect(lambda _checked=False: self.menuAsked.emit(self.mapToGlobal(self.rect().bottomLeft())))

    def offer(self, *, small: bool) -> None:
        """Whether it is the only way to the menu: then the keyboard finds it, and three dots show that there is one."""
        self._small = small
        self.setFixedSize(32, 46 if small else 32)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if small else Qt.FocusPolicy.NoFocus)
        self.setToolTip(self._words if small else "")
        self.setCursor(Qt.CursorShape.PointingHandCursor if small else Qt.CursorShape.ArrowCursor)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t, painter = theme.tokens(), QPainter(self)
        ringed = self.hasFocus()  # its ring needs a ground that is not the logo's own blue
        theme.paint_icon(painter, "irusu", QRectF(4, 4, 24, 24) if ringed else QRectF(0, 0, 32, 32), t.white)
        if self._small:
            theme.paint_icon(painter, "more", QRectF(8, 30, 16, 16), t.text)
        if ringed:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(t.accent, 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not clicked_by_enter(self, event):
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menuAsked.emit(event.globalPos())


class Rail(Ground):
    """Signals: `chosen(str)` a page's key; `undoAsked()`, `redoAsked()`; `moreAsked(QPoint)` the menu of the gate that
    answers, at this point of the screen."""

    chosen = Signal(str)
    moreAsked = Signal(QPoint)
    undoAsked = Signal()
    redoAsked = Signal()

    def __init__(self, pages: Sequence[PageSpec], parent: QWidget | None = None) -> None:
        super().__init__("rail", parent)
        self._items = {spec.key: RailItem(spec.icon, page_word(spec), parent=self) for spec in pages}
        self._name = Label(self.tr("Irusu"), "section", parent=self)
        self._gate = ElidedLabel(self.tr("This computer"), "small", "muted", parent=self)
        self._undo = RailItem("undo", self.tr("Undo"), page=False, parent=self)
        self._redo = IconButton("redo", self.tr("Redo"), parent=self)
        self._redo.setFixedSize(40, 40)
        self._logo = _Logo(self.tr("More about this gate"), self)
        self.more = IconButton("more", self.tr("More about this gate"), self._ask_more, size=16, parent=self)
        self.more.setGeometry(RAIL - 40, 10, 32, 32)  # beside the name, above the line that it would cut
        self._offered = False
        self._rows: list[QHBoxLayout] = []
        self._build()
        self.set_small(False)
        self.show_changes(None, None)
        for key, item in self._items.items():
            item.clicked.connect(lambda _checked=False, key=key: self.chosen.emit(key))
        self._undo.clicked.connect(lambda _checked=False: self.undoAsked.emit())
        self._logo.menuAsked.connect(lambda spot: self.moreAsked.emit(spot) if self._offered else None)
        self._redo.clicked.connect(lambda _checked=False: self.redoAsked.emit())

    def _build(self) -> None:
        self.setAccessibleName(self.tr("Pages"))
        group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(4)
        top = QHBoxLayout()
        top.setContentsMargins(20, 16, 8, 16)
        top.addWidget(self._logo, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._name)
        words.addWidget(self._gate)
        top.addLayout(words, 1)
        top.setSpacing(12)
        column.addLayout(top)
        self._top = top
        for item in self._items.values():
            group.addButton(item)
            self._rows.append(_inset(item))
            column.addLayout(self._rows[-1])
        column.addStretch(1)
        line = Hairline(parent=self)
        column.addLayout(_inset(line))
        foot = QGridLayout()
        foot.setSpacing(0)
        foot.addWidget(self._undo, 0, 0)
        self._foot = foot
        column.addLayout(foot)
        self._line = line

    def set_small(self, small: bool) -> None:
        """72 wide with the icon over the word, or 184."""
        self.setFixedWidth(RAIL_SMALL if small else RAIL)
        self._name.setVisible(not small)
        self._gate.setVisible(not small)
        for item in (*self._items.values(), self._undo):
            item.set_small(small)
        side = 4 if small else 8
        for row in self._rows:
            row.setContentsMargins(side, 0, side, 0)
        self._foot.setContentsMargins(side, 0, side if small else 2, 0)  # room for a sender's name
        self.show_more(offered=self._offered)
        corner = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight
        self._foot.removeWidget(self._redo)
        self._foot.addWidget(self._redo, int(small), 0, Qt.AlignmentFlag.AlignHCenter if small else corner)
        self._redo.raise_()

    def show_more(self, *, offered: bool) -> None:
        """Whether a gate answers, which can be ended. In the small form the logo is the way to its menu."""
        small = self._name.isHidden()
        self._offered = offered
        self.more.setVisible(offered and not small)
        self._logo.offer(small=offered and small)

    def _ask_more(self) -> None:
        self.moreAsked.emit(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def show_page(self, key: str | None) -> None:
        """Mark the page that is shown; none while the import has the content area."""
        for name, item in self._items.items():
            group = item.group()
            group.setExclusive(False)
            item.setChecked(name == key)
            group.setExclusive(True)

    def show_gate(self, words: str, *, lost: bool, tip: str = "") -> None:
        """Which gate this is, or in red that there is none."""
        self._gate.setText(words)
        theme.set_kind(self._gate, "error" if lost else "muted")
        self._gate.setFont(theme.font("small", bold=lost))
        self._gate.setToolTip(tip)

    def show_changes(self, undo: Change | None, redo: Change | None, *, live: bool = True) -> None:
        """What Undo and Redo would take."""
        shown = undo is not None or redo is not None
        self._line.setVisible(shown)
        self._undo.setVisible(shown)
        self._undo.setEnabled(undo is not None and live)
        if undo is not None:
            self._undo.set_lines(change_in_brief(undo), change_in_words(undo))
        else:
            self._undo.set_lines("")
        self._redo.setVisible(redo is not None)
        self._redo.setEnabled(live)
        name = change_in_words(redo) if redo is not None else ""
        keys = QKeySequence(QKeySequence.StandardKey.Redo).toString(QKeySequence.SequenceFormat.NativeText)
        self._redo.rename(filled(self.tr("Redo: %1 (%2)"), name, keys))


def _inset(widget: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(8, 0, 8, 0)
    row.addWidget(widget)
    return row
