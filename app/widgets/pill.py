"""A pill: a tint with a bold word, and an icon if it helps. For states and kinds only, never a button."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme

_TONES = {
    "accent": ("accent", "selection"),
    "guard": ("guard", "guard_tint"),
    "open": ("open", "open_tint"),
    "stopped": ("stopped", "stopped_tint"),
    "lost": ("lost", "lost_tint"),
}


class Pill(QWidget):
    """`tone`: accent (refused, kinds), guard, open (warning, watched), stopped (closed), lost (error)."""

    def __init__(self, text: str = "", tone: str = "accent", icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFont(theme.font("small", bold=True))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._text, self._tone, self._icon = text, tone, icon
        self.tell(text, tone, icon)

    def text(self) -> str:
        """The word in it."""
        return self._text

    def tell(self, text: str, tone: str = "", icon: str = "") -> None:
        """Say something else, in another tone if one is given."""
        self._text, self._tone, self._icon = text, tone or self._tone, icon
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        extra = 20 if self._icon else 0
        height = max(24 if self._icon else 22, self.fontMetrics().height() + 6)
        return QSize(self.fontMetrics().horizontalAdvance(self._text) + 20 + extra, height)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.tokens_for(self)
        ink, tint = (getattr(t, name) for name in _TONES[self._tone])
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(ink if t.high_contrast else Qt.PenStyle.NoPen)
        painter.setBrush(tint)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, frame.height() / 2, frame.height() / 2)
        left = 10.0
        if self._icon:
            theme.paint_icon(painter, self._icon, QRectF(8, (self.height() - 16) / 2, 16, 16), ink)
            left = 30.0
        painter.setPen(ink)
        painter.drawText(QRectF(left, 0, self.width() - left, self.height()), Qt.AlignmentFlag.AlignVCenter, self._text)
