"""The rail on the left: which gate, the pages, and at its foot Undo with the name of the last change."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QFocusEvent, QFontMetrics, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app import theme
from app.link.words import change_in_words
from app.shell.pages import PageSpec, page_word
from app.theme.tokens import RAIL, RAIL_ITEM, RAIL_SMALL
from app.widgets.buttons import IconButton
from app.widgets.frames import Ground, Hairline
from app.widgets.labels import ElidedLabel, Label, plain_tip
from app.widgets.segmented import by_keyboard
from gate.control.messages import Change


class RailItem(QAbstractButton):
    """One page, or Undo: icon and word side by side, in the small form the icon over the word. `lines`: more words
    below, in small."""

    def __init__(self, icon: str, word: str, *, page: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        self._small = False
        self._ringed = False
        self._lines = ""
        self._page = page
        self.setText(word)
        self.setAccessibleName(word)
        self.setCheckable(page)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_small(self, small: bool) -> None:
        """Take or leave the small form."""
        self._small = small
        self.updateGeometry()
        self.update()

    def set_lines(self, lines: str) -> None:
        """The words below, two lines at most."""
        self._lines = lines
        self.setAccessibleDescription(lines)
        self.setToolTip(plain_tip(lines))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        word = QFontMetrics(theme.font()).height()
        if self._small:
            return QSize(RAIL_SMALL - 8, max(56, word + 38))
        more = 2 * QFontMetrics(theme.font("small")).height() + 4 if self._lines else 0
        return QSize(RAIL - 16, max(RAIL_ITEM, word + 12) + more)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ringed = by_keyboard(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ringed = False
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect())
        if self.isChecked() or (self.underMouse() and self.isEnabled()):
            painter.setPen(t.border if t.high_contrast else Qt.PenStyle.NoPen)
            painter.setBrush(t.base if self.isChecked() else t.hairline)
            painter.drawRoundedRect(frame, 6, 6)
        if self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(t.accent)
            painter.drawRoundedRect(QRectF(0, 8, 3, self.height() - 16), 1.5, 1.5)
        ink = t.accent if self.isChecked() else t.text if self.isEnabled() else t.muted
        (self._paint_small if self._small else self._paint_wide)(painter, ink)
        if self._ringed:
            painter.setPen(QPen(t.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(frame.adjusted(1, 1, -1, -1), 5, 5)

    def _paint_wide(self, painter: QPainter, ink: QColor) -> None:
        t = theme.tokens()
        first = max(RAIL_ITEM, QFontMetrics(theme.font()).height() + 12)
        theme.paint_icon(painter, self._icon, QRectF(12, first / 2 - 10, 20, 20), ink)
        painter.setFont(theme.font(bold=self.isChecked()))
        painter.setPen(ink)
        room = QRect(44, 0, self.width() - 48, first)
        word = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), word)
        if self._lines:
            painter.setFont(theme.font("small"))
            painter.setPen(t.muted)
            top = first - 8
            for line in _two_lines(self._lines, painter.fontMetrics(), self.width() - 48):
                painter.drawText(QRect(44, top, self.width() - 44, 20), int(Qt.AlignmentFlag.AlignTop), line)
                top += painter.fontMetrics().height()

    def _paint_small(self, painter: QPainter, ink: QColor) -> None:
        theme.paint_icon(painter, self._icon, QRectF(self.width() / 2 - 10, 8, 20, 20), ink)
        painter.setFont(theme.font("caption", bold=self.isChecked()))
        painter.setPen(ink)
        room = QRect(0, 30, self.width(), self.height() - 32)
        word = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter), word)


def _two_lines(text: str, metrics: QFontMetrics, width: int) -> list[str]:
    """The text broken between words into two lines at most; the second is cut."""
    words = text.split(" ")
    first = words.pop(0)
    while words and metrics.horizontalAdvance(f"{first} {words[0]}") <= width:
        first = f"{first} {words.pop(0)}"
    lines = [metrics.elidedText(first, Qt.TextElideMode.ElideRight, width)]
    if words:
        lines.append(metrics.elidedText(" ".join(words), Qt.TextElideMode.ElideRight, width))
    return lines


class _Logo(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(32, 32)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme.paint_icon(QPainter(self), "irusu", QRectF(0, 0, 32, 32), theme.tokens().white)


class Rail(Ground):
    """Signals: `chosen(str)` a page's key; `undoAsked()`, `redoAsked()`."""

    chosen = Signal(str)
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
        self._rows: list[QHBoxLayout] = []
        self._build()
        self.set_small(False)
        self.show_changes(None, None)
        for key, item in self._items.items():
            item.clicked.connect(lambda _checked=False, key=key: self.chosen.emit(key))
        self._undo.clicked.connect(lambda _checked=False: self.undoAsked.emit())
        self._redo.clicked.connect(lambda _checked=False: self.redoAsked.emit())

    def _build(self) -> None:
        self.setAccessibleName(self.tr("Pages"))
        group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(4)
        top = QHBoxLayout()
        top.setContentsMargins(20, 16, 8, 16)
        top.setSpacing(12)
        top.addWidget(_Logo(self), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._name)
        words.addWidget(self._gate)
        top.addLayout(words, 1)
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
        self._foot.setContentsMargins(side, 0, side, 0)
        corner = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight
        self._foot.removeWidget(self._redo)
        self._foot.addWidget(self._redo, int(small), 0, Qt.AlignmentFlag.AlignHCenter if small else corner)
        self._redo.raise_()

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
        if tip:
            self._gate.setToolTip(tip)

    def show_changes(self, undo: Change | None, redo: Change | None, *, live: bool = True) -> None:
        """What Undo and Redo would take."""
        shown = undo is not None or redo is not None
        self._line.setVisible(shown)
        self._undo.setVisible(shown)
        self._undo.setEnabled(undo is not None and live)
        self._undo.set_lines(change_in_words(undo) if undo is not None else "")
        self._redo.setVisible(redo is not None)
        self._redo.setEnabled(live)
        name = change_in_words(redo) if redo is not None else ""
        keys = QKeySequence(QKeySequence.StandardKey.Redo).toString(QKeySequence.SequenceFormat.NativeText)
        self._redo.rename(self.tr("Redo: %1 (%2)").replace("%1", name).replace("%2", keys))


def _inset(widget: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(8, 0, 8, 0)
    row.addWidget(widget)
    return row
