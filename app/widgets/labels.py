"""Labels that show text from anywhere as it is: always plain, never longer than their room.

Text from a peer may hold markup; every label of the app is one of these, so that none of it is ever taken for rich
text. An address loses its local part first, never its domain.
"""

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent, QTextLayout
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app import theme
from gate.rules.visible import escape


def visible(text: str) -> str:
    """Text from a peer with what cannot be seen shown as `\\x07` or `\\u202e`, so that it cannot disguise itself: the
    gate's own rule."""
    return escape(text)


def elide_address(text: str, metrics: QFontMetrics, width: int) -> str:
    """An address or pattern cut to `width` pixels: the local part goes first and the domain stays whole as long as
    it fits; then the domain keeps its end. What is cut always shows "…": "@domain" alone would be another pattern."""
    if metrics.horizontalAdvance(text) <= width:
        return text
    local, at, domain = text.rpartition("@")
    if not at:
        return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
    rest = width - metrics.horizontalAdvance(at + domain)
    shortened = metrics.elidedText(local, Qt.TextElideMode.ElideRight, rest) if rest > 0 and local else ""
    if shortened and metrics.horizontalAdvance(shortened + at + domain) <= width:
        return shortened + at + domain
    if local and metrics.horizontalAdvance("…" + at + domain) <= width:
        return "…" + at + domain
    return metrics.elidedText(text, Qt.TextElideMode.ElideLeft, width)


class Label(QLabel):
    """A plain-text label. `step` is a step of `theme.font`, `kind` a role: muted, warning, error."""

    def __init__(
        self, text: str = "", step: str = "body", kind: str = "", *, bold: bool | None = None, wrap: bool = False,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(theme.font(step, bold=bold))
        self.setWordWrap(wrap)
        self.setText(text)
        if kind:
            theme.set_kind(self, kind)

    def setText(self, text: str) -> None:
        super().setText(visible(text))

    def set_lines(self, lines: Iterable[str]) -> None:
        """Several lines, each as it is: a line break inside one is shown as what it is."""
        super().setText("\n".join(map(visible, lines)))

    def setToolTip(self, text: str) -> None:
        super().setToolTip(plain_tip(text))


def plain_tip(text: str) -> str:
    """Text for `setToolTip`, which would guess rich text: escaped inside one paragraph, shown as it is."""
    if not text:
        return ""
    escaped = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<p style='white-space:pre-wrap'>{escaped}</p>"


class ElidedLabel(Label):
    """A label of one line that gives way: it ends in "…" and shows the whole in its tooltip, over what that says
    anyway."""

    def __init__(
        self, text: str = "", step: str = "body", kind: str = "", *, bold: bool | None = None,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        self._more = ""
        super().__init__(text, step, kind, bold=bold, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(24)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def elided(self, width: int) -> str:
        """What is shown in `width` pixels."""
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, width)

    def setText(self, text: str) -> None:
        super().setText(text)
        self._tip()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tip()

    def setToolTip(self, text: str) -> None:
        self._more = text
        self._tip()

    def _tip(self) -> None:
        super().setToolTip("\n".join(each for each in (self.text() if self._is_cut() else "", self._more) if each))

    def _is_cut(self) -> bool:
        return self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()

    def _flags(self) -> int:
        return int(self.alignment() | Qt.TextFlag.TextSingleLine)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(self.palette().color(self.foregroundRole()))
        room = self.contentsRect()
        painter.drawText(room, self._flags(), self.elided(room.width()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()


class TwoLineLabel(ElidedLabel):
    """A label that takes a second line before it gives way."""

    def __init__(self, text: str = "", step: str = "body", kind: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, step, kind, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def lines(self, width: int) -> list[str]:
        """What stands in one line or two."""
        metrics = self.fontMetrics()
        if metrics.horizontalAdvance(self.text()) <= width:
            return [self.text()]
        layout = QTextLayout(self.text(), self.font())
        layout.beginLayout()
        line = layout.createLine()
        line.setLineWidth(max(width, 1))
        end = line.textLength()
        layout.endLayout()
        return [self.text()[:end].rstrip(), metrics.elidedText(self.text()[end:], Qt.TextElideMode.ElideRight, width)]

    def hasHeightForWidth(self) -> bool:
        return True  # a QLabel without word wrap takes it out of its size policy

    def heightForWidth(self, width: int) -> int:
        return len(self.lines(width)) * self.fontMetrics().height()

    def elided(self, width: int) -> str:
        return "\n".join(self.lines(width))

    def _is_cut(self) -> bool:
        width = self.contentsRect().width()
        return "".join(self.lines(width)).replace(" ", "") != self.text().replace(" ", "")

    def _flags(self) -> int:
        return int(self.alignment())


class AddressLabel(ElidedLabel):
    """A label for an address or a pattern: the local part gives way, the domain stays."""

    def elided(self, width: int) -> str:
        return elide_address(self.text(), self.fontMetrics(), width)
