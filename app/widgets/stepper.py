"""The steps of something that goes on in steps: done, current, to come."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.language import filled


class Stepper(QWidget):
    """`steps` are its words; `go(n)` makes step n (from 0) the current one. In little room only the current word."""

    def __init__(self, steps: list[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps = steps
        self._at = 0
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.go(0)

    def go(self, step: int) -> None:
        """Make this step the current one; those before it are done."""
        self._at = step
        text = self.tr("Step %1 of %2: %3")
        self.setAccessibleName(filled(text, str(step + 1), str(len(self._steps)), self._steps[step]))
        self.updateGeometry()
        self.update()

    def _width(self, *, short: bool) -> int:
        metrics = QFontMetrics(theme.font(bold=True))
        words = [w if not short or i == self._at else "" for i, w in enumerate(self._steps)]
        text = sum(metrics.horizontalAdvance(w) + 8 for w in words if w)
        return text + 24 * len(words) + (len(words) - 1) * (48 if not short else 24)

    def sizeHint(self) -> QSize:
        return QSize(self._width(short=False), max(32, QFontMetrics(theme.font()).height() + 8))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._width(short=True), self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.tokens_for(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        short = self.width() < self._width(short=False)
        gap = 24 if short else 48
        middle = self.height() / 2
        left = float(self.width() - self._width(short=short))
        for index, word in enumerate(self._steps):
            disc = QRectF(left, middle - 11, 22, 22)
            self._paint_disc(painter, disc, index, t)
            left += 24
            if not short or index == self._at:
                font = theme.font(bold=index == self._at)
                width = QFontMetrics(theme.font(bold=True)).horizontalAdvance(word)
                painter.setFont(font)
                painter.setPen(t.text if index <= self._at else t.muted)
                spot = QRectF(left + 8, 0, width + 2, self.height())
                painter.drawText(spot, Qt.AlignmentFlag.AlignVCenter, word)
                left += width + 8
            if index + 1 < len(self._steps):
                painter.setPen(QPen(t.border if t.high_contrast else t.hairline.darker(115), 1))
                painter.drawLine(round(left + 8), round(middle), round(left + gap - 8), round(middle))
                left += gap

    def _paint_disc(self, painter: QPainter, disc: QRectF, index: int, t: theme.Tokens) -> None:
        current, done = index == self._at, index < self._at
        painter.setPen(QPen(t.border, 1.5) if not current and not done else QPen(Qt.PenStyle.NoPen))
        painter.setBrush(t.primary if current else t.selection if done else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(disc.adjusted(0.75, 0.75, -0.75, -0.75))
        if done:
            pen = QPen(t.accent, 1.5)
            painter.setPen(pen)
            x, y = disc.left(), disc.top()
            painter.drawPolyline([QPointF(x + dx, y + dy) for dx, dy in ((6.5, 11.5), (9.5, 14.5), (15.5, 8))])
            return
        painter.setFont(theme.font("small", bold=True))
        painter.setPen(t.white if current else t.muted)
        painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, str(index + 1))
