"""Rows with a box to tick: how the box is drawn, and how mouse and keyboard tick it.

The model tells `CheckStateRole` of its first column and has `toggle(rows)`: the rows on screen, by their places.
"""

from collections.abc import Sequence
from typing import Protocol, cast

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

from app import theme
from app.widgets.table import RowDelegate, Table

Index = QModelIndex | QPersistentModelIndex
BOX = 16


class Tickable(Protocol):
    """What a model must do."""

    def toggle(self, places: Sequence[int]) -> None: ...


class TickDelegate(RowDelegate):
    """Adds the box before the first column's text."""

    def box(self, rect: QRect) -> QRectF:
        """Where the box of a row is."""
        return QRectF(rect.left() + self.margin, rect.center().y() - BOX / 2 + 0.5, BOX, BOX)

    def _paint_content(self, painter: QPainter, view: QWidget, rect: QRect, index: Index) -> None:
        if index.column() == 0:
            state = Qt.CheckState(index.data(Qt.ItemDataRole.CheckStateRole))
            shown = state if view.isEnabled() else Qt.CheckState.Unchecked
            paint_box(painter, self.box(rect), shown, theme.tokens_for(view))
            rect = rect.adjusted(BOX + 8, 0, 0, 0)
        super()._paint_content(painter, view, rect, index)

    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        """A click on the box ticks the row; a double click anywhere on it too."""
        if not isinstance(event, QMouseEvent) or event.button() != Qt.MouseButton.LeftButton:
            return False
        reach = self.box(option.rect).adjusted(-8, -8, 8, 8)
        on_box = index.column() == 0 and reach.contains(event.position())
        released = event.type() == QEvent.Type.MouseButtonRelease and on_box
        double = event.type() == QEvent.Type.MouseButtonDblClick
        if released or (double and not on_box):
            cast(Tickable, model).toggle([index.row()])
            return True
        return on_box and event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)


def paint_box(painter: QPainter, box: QRectF, state: Qt.CheckState, t: theme.Tokens) -> None:
    """One box: empty, ticked, or partly so."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if state is Qt.CheckState.Unchecked:
        painter.setPen(QPen(t.border, 1.5))
        painter.setBrush(t.base)
        painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 3, 3)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(t.muted if t.stale else t.primary)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3.5, 3.5)
        pen = QPen(t.white, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        x, y = box.left(), box.top()
        partly = state is Qt.CheckState.PartiallyChecked
        line = ((4.5, 8), (11.5, 8)) if partly else ((4.2, 8.3), (6.8, 10.9), (11.8, 5.3))
        painter.drawPolyline([QPointF(x + dx, y + dy) for dx, dy in line])
    painter.restore()


class TickTable(Table):
    """A table whose rows are ticked; Space ticks what is selected."""

    def __init__(
        self, name: str, model: QAbstractItemModel, draws: type[TickDelegate] = TickDelegate,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name, parent=parent)
        delegate = draws(self)
        delegate.margin = self._delegate.margin
        self._delegate = delegate
        self.setItemDelegate(delegate)
        self.setModel(model)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            places = self.chosen_rows() or ([self.currentIndex().row()] if self.currentIndex().isValid() else [])
            cast(Tickable, self.model()).toggle(places)
        else:
            super().keyPressEvent(event)
