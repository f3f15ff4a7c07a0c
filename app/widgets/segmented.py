"""A choice of few, side by side in one frame; the base of the gate's switch too.

Paints itself. Keyboard: Left and Right move, Space or Enter choose. When there is too little room, segments that are
not current keep the icon only, with a tooltip; each segment's word stays in the accessible text.
"""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import theme
from app.widgets.labels import plain_tip

_PAD = 12
_KEYS = (
    Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason,
    Qt.FocusReason.OtherFocusReason,
)  # fmt: skip
_ICON = 16
_GAP = 8


def by_keyboard(event: QFocusEvent) -> bool:
    """Whether the focus came in a way that needs a ring to be found again; a window that opens needs none."""
    return event.reason() in _KEYS


@dataclass(frozen=True, slots=True)
class Choice:
    """One segment. `fill`: the token under white text when it is current; none: tint and accent text."""

    key: str
    text: str
    icon: str = ""
    fill: str = ""


class Segmented(QWidget):
    """Signal `chosen(str)`: the owner clicked a segment; its key. The current one is only ever set by `set_current`,
    or at once when `follows` (the usual case)."""

    chosen = Signal(str)

    def __init__(
        self, choices: list[Choice], name: str, *, follows: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._choices = choices
        self._follows = follows
        self._current: str | None = choices[0].key if follows and choices else None
        self._waiting: str | None = None
        self._aimed = 0
        self._ringed = False
        self.setAccessibleName(name)
        self.setFont(theme.font())
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._describe()

    def current(self) -> str | None:
        """Key of the current segment."""
        return self._current

    def set_current(self, key: str | None) -> None:
        """Mark a segment, or none. Sends no signal."""
        self._current = key
        self._aimed = next((i for i, c in enumerate(self._choices) if c.key == key), self._aimed)
        self._describe()

    def set_text(self, key: str, text: str) -> None:
        """Say something else in a segment, such as its new count."""
        self._choices = [Choice(c.key, text, c.icon, c.fill) if c.key == key else c for c in self._choices]
        self._describe()

    def set_waiting(self, key: str | None) -> None:
        """Show "…" in a segment, until None is set."""
        self._waiting = key
        self.update()

    def waiting(self) -> str | None:
        """The segment that shows "…"."""
        return self._waiting

    def segment_rect(self, key: str) -> QRectF:
        """Where a segment is, in this widget's coordinates."""
        return next(rect for choice, rect in self._laid_out() if choice.key == key)

    def choose(self, key: str) -> None:
        """As if the owner had clicked it."""
        if self._follows:
            self.set_current(key)
        self.chosen.emit(key)

    # ------------------------------------------------------------ size and place

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(theme.font(bold=True))

    def _width(self, choice: Choice, *, short: bool) -> int:
        icon = _ICON if choice.icon else 0
        if short and choice.icon:
            return icon + 2 * _PAD
        return self._metrics().horizontalAdvance(choice.text) + 2 * _PAD + (icon + _GAP if icon else 0)

    def _widths(self, room: int) -> list[int]:
        """Of each segment; as many as must, from the last, keep their icon only."""
        widths = [self._width(c, short=False) for c in self._choices]
        for index in range(len(widths) - 1, -1, -1):
            if sum(widths) + 2 > room and self._choices[index].key != self._current:
                widths[index] = self._width(self._choices[index], short=True)
        return widths

    def sizeHint(self) -> QSize:
        width = sum(self._width(c, short=False) for c in self._choices) + 2
        return QSize(width, max(32, self._metrics().height() + 12))

    def minimumSizeHint(self) -> QSize:
        return QSize(sum(self._widths(0)) + 2, self.sizeHint().height())

    def _laid_out(self) -> list[tuple[Choice, QRectF]]:
        left, laid = 1.0, []
        for choice, width in zip(self._choices, self._widths(self.width()), strict=True):
            laid.append((choice, QRectF(left, 1, width, self.height() - 2)))
            left += width
        return laid

    def _at(self, point: QPoint) -> Choice | None:
        return next((c for c, rect in self._laid_out() if rect.contains(QPointF(point))), None)

    # ------------------------------------------------------------ the owner

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        hit = self._at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and hit is not None:
            self._aimed = self._choices.index(hit)
            self.choose(hit.key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step:
            self._aimed = (self._aimed + step) % len(self._choices)
            self.update()
            self._describe()
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.choose(self._choices[self._aimed].key)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ringed = by_keyboard(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ringed = False
        self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            hit = self._at(event.pos())
            QToolTip.showText(event.globalPos(), plain_tip(hit.text) if hit else "", self)
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def _describe(self) -> None:
        words = [f"[{c.text}]" if c.key == self._current else c.text for c in self._choices]
        self.setAccessibleDescription(", ".join(words))
        self.updateGeometry()
        self.update()

    # ------------------------------------------------------------ paint

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.tokens_for(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(t.border if t.high_contrast else t.hairline.darker(108 if not t.dark else 80), 1))
        painter.setBrush(t.base)
        laid = self._laid_out()
        frame = QRectF(0.5, 0.5, laid[-1][1].right() + 0.5, self.height() - 1)
        painter.drawRoundedRect(frame, 6, 6)
        for index, (choice, rect) in enumerate(laid):
            self._paint_segment(painter, choice, rect)
            after = laid[index + 1][0] if index + 1 < len(laid) else None
            if after is not None and self._current not in (choice.key, after.key):
                painter.setPen(QPen(t.hairline, 1))
                painter.drawLine(rect.topRight() + QPointF(0, 7), rect.bottomRight() - QPointF(0, 7))
            if self._ringed and index == self._aimed:
                painter.setPen(QPen(t.white if choice.key == self._current and choice.fill else t.accent, 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(rect.adjusted(2, 2, -2, -2), 4, 4)

    def _paint_segment(self, painter: QPainter, choice: Choice, rect: QRectF) -> None:
        t = theme.tokens_for(self)
        current = choice.key == self._current
        ink = t.text if self.isEnabled() else t.muted
        if current:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(getattr(t, choice.fill) if choice.fill and not t.stale else t.selection)
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 5, 5)
            ink = t.white if choice.fill and not t.stale else t.accent
        font = theme.font(bold=current)
        text = "…" if choice.key == self._waiting else choice.text
        if rect.width() < self._width(choice, short=False) and choice.key != self._waiting:
            text = ""
        icon = choice.icon and choice.key != self._waiting
        words = QFontMetrics(font).horizontalAdvance(text)
        used = words + (_ICON + (_GAP if text else 0) if icon else 0)
        left = rect.left() + (rect.width() - used) / 2
        if icon:
            spot = QRectF(left, rect.center().y() - _ICON / 2, _ICON, _ICON)
            theme.paint_icon(painter, choice.icon, spot, ink)
            left += _ICON + _GAP
        painter.setFont(font)
        painter.setPen(ink)
        painter.drawText(QRectF(left, rect.top(), words + 4, rect.height()), Qt.AlignmentFlag.AlignVCenter, text)
