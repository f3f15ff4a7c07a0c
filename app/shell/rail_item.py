"""One item of the rail: a page, or Undo. Paints itself, wide and small."""

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QFocusEvent, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app import theme
from app.theme.tokens import RAIL, RAIL_ITEM, RAIL_SMALL
from app.widgets.buttons import clicked_by_enter
from app.widgets.labels import elide_address, plain_tip
from app.widgets.segmented import by_keyboard


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

    def set_lines(self, lines: str, whole: str = "") -> None:
        """The words below, two lines at most; `whole` is what the tooltip says where they are shortened."""
        self._lines = lines
        self.setAccessibleDescription(whole or lines)
        self.setToolTip(plain_tip(whole or lines))
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

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not clicked_by_enter(self, event):
            super().keyPressEvent(event)

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
            for line in two_lines(self._lines, painter.fontMetrics(), self.width() - 44):
                painter.drawText(QRect(44, top, self.width() - 44, 20), int(Qt.AlignmentFlag.AlignTop), line)
                top += painter.fontMetrics().height()

    def _paint_small(self, painter: QPainter, ink: QColor) -> None:
        theme.paint_icon(painter, self._icon, QRectF(self.width() / 2 - 10, 8, 20, 20), ink)
        painter.setFont(theme.font("caption", bold=self.isChecked()))
        painter.setPen(ink)
        room = QRect(0, 30, self.width(), self.height() - 32)
        word = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter), word)


def two_lines(text: str, metrics: QFontMetrics, width: int) -> list[str]:
    """The text broken between words into two lines at most, where the fewest are cut, the least is lost and they are
    most alike. In a line that is too long an address loses its local part first, and any other word its middle."""
    words = text.split(" ")
    if metrics.horizontalAdvance(text) <= width:
        return [text]
    ways = [(words[:at], words[at:]) for at in range(1, len(words))] or [(words, [])]

    def cost(way: tuple[list[str], list[str]]) -> tuple[int, int, int]:
        wide = [metrics.horizontalAdvance(" ".join(line)) for line in way]
        return sum(each > width for each in wide), sum(max(0, each - width) for each in wide), max(wide)

    return [_fitted(line, metrics, width) for line in min(ways, key=cost) if line]


def _fitted(words: list[str], metrics: QFontMetrics, width: int) -> str:
    """The words in one line, the longest cut."""
    line = " ".join(words)
    over = metrics.horizontalAdvance(line) - width
    if over <= 0:
        return line
    longest = max(words, key=metrics.horizontalAdvance)
    room = metrics.horizontalAdvance(longest) - over
    if room < metrics.horizontalAdvance("…"):
        return metrics.elidedText(line, Qt.TextElideMode.ElideRight, width)
    short = (
        elide_address(longest, metrics, room)
        if "@" in longest
        else metrics.elidedText(longest, Qt.TextElideMode.ElideMiddle, room)
    )
    at = words.index(longest)
    return " ".join([*words[:at], short, *words[at + 1 :]])
