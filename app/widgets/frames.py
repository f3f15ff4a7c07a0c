"""What holds other widgets: card, hairline, the empty page."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app import theme
from app.widgets.labels import Label


class Card(QWidget):
    """A rounded frame on the base colour. Put a layout in; `margin` is kept free inside the edge."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setContentsMargins(1, 1, 1, 1)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.tokens_for(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(t.hairline, 1))
        painter.setBrush(t.base)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)


class Ground(QWidget):
    """A plain area in a token's colour, `base` unless said otherwise."""

    def __init__(self, colour: str = "base", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour = colour

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), getattr(theme.tokens_for(self), self._colour))


class Hairline(QWidget):
    """A line of one pixel, across or down."""

    def __init__(self, *, down: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        fixed, wide = QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding
        self.setSizePolicy(fixed if down else wide, wide if down else fixed)
        if down:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.tokens_for(self).hairline)


class Disc(QWidget):
    """An icon in a filled circle."""

    def __init__(self, icon: str, size: int = 88, ink: str = "accent", fill: str = "selection",
                 parent: QWidget | None = None) -> None:  # fmt: skip
        super().__init__(parent)
        self.setFixedSize(size, size)
        self._icon, self._ink, self._fill = icon, ink, fill

    def show_icon(self, icon: str, ink: str, fill: str) -> None:
        """Show another icon in other colours."""
        self._icon, self._ink, self._fill = icon, ink, fill
        self.update()

    def sizeHint(self) -> QSize:
        return self.size()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.tokens_for(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(getattr(t, self._fill))
        painter.drawEllipse(QRectF(self.rect()))
        side = self.width() * (0.46 if self.width() > 60 else 0.5)
        spot = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        theme.paint_icon(painter, self._icon, spot, getattr(t, self._ink), getattr(t, self._fill))


class EmptyPage(QWidget):
    """What a page shows when it has nothing yet: icon, a question, one sentence, buttons (primary first), a second way.

    `below` widgets stand under all of it; in little height all but the last of them give way, after the icon. `brief`
    stands there in place of the first that gave way, if there is room.
    """

    def __init__(
        self, icon: str, question: str, sentence: str, *, buttons: Sequence[QWidget] = (), second_way: str = "",
        below: Sequence[QWidget] = (), brief: QWidget | None = None, parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        centre = Qt.AlignmentFlag.AlignHCenter
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(0)
        self._disc = Disc(icon, parent=self)
        column.addStretch(1)
        column.addWidget(self._disc, 0, centre)
        column.addSpacing(16)
        column.addWidget(self._text(Label(question, "title", wrap=True)))
        column.addSpacing(8)
        column.addWidget(self._text(Label(sentence, kind="muted", wrap=True)))
        if buttons:
            row = QHBoxLayout()
            row.setSpacing(8)
            row.addStretch(1)
            for button in buttons:
                row.addWidget(button)
            row.addStretch(1)
            column.addSpacing(24)
            column.addLayout(row)
        if second_way:
            column.addSpacing(16)
            column.addWidget(self._text(Label(second_way, kind="muted", wrap=True)))
        parts = [_set_off(widget) for widget in below]
        self._brief = _set_off(brief) if brief is not None else None
        for part in [*parts[:1], *([self._brief] if self._brief is not None else []), *parts[1:]]:
            column.addWidget(part, 0, centre)
        column.addStretch(1)
        self._gives_way = [self._disc, *parts[:-1]]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In little height the icon goes first."""
        super().resizeEvent(event)
        hidden = [each for each in self._gives_way if not each.isVisibleTo(self)]
        if self._brief is not None:
            self._brief.hide()
        needs = self.heightForWidth(self.width()) + sum(each.sizeHint().height() for each in hidden)
        for each in self._gives_way:
            each.setVisible(self.height() >= needs)
            needs -= 0 if each.isVisibleTo(self) else each.sizeHint().height()
        if self._brief is not None and not self._gives_way[-1].isVisibleTo(self):
            wants = self._brief.sizeHint()
            self._brief.setVisible(self.height() >= needs + wants.height() and self.width() >= wants.width() + 48)

    @staticmethod
    def _text(label: Label) -> Label:
        label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        return label


def _set_off(widget: QWidget) -> QWidget:
    """The widget with room above it, which goes when it is hidden."""
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 24, 0, 0)
    column.addWidget(widget)
    return whole
