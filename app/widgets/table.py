"""Tables and lists of rows: no grid, hairlines, a bar and a tint for what is selected.

They paint what a model tells by the roles of `app.models.rows`; text is never taken for rich text. A column that holds
addresses loses their beginning first.
"""

from typing import cast

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolTip,
    QWidget,
)

from app import theme
from app.models.rows import ADDRESS_ROLE, ICON_ROLE, QUIET_ROLE, STRONG_ROLE
from app.theme.tokens import ROW
from app.widgets.labels import elide_address, plain_tip

Index = QModelIndex | QPersistentModelIndex
PAD = 8
ICON = 16


class RowDelegate(QStyledItemDelegate):
    """Paints one cell: icon, text, hairline; selection and focus for the whole row."""

    margin = 16
    """Space before the first column's text: the page's margin."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(80, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view = option.widget
        t = theme.tokens_for(view)
        rect: QRect = option.rect
        state = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        if chosen:
            painter.fillRect(rect, t.selection)
        painter.setPen(QPen(t.hairline, 1))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        if chosen and index.column() == 0:
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), t.accent)
        self._paint_content(painter, view, rect, index)
        if view.hasFocus() and cast(QTableView, view).currentIndex().row() == index.row():
            self._paint_focus(painter, view, index)
        painter.restore()

    def _paint_content(self, painter: QPainter, view: QWidget, rect: QRect, index: Index) -> None:
        t = theme.tokens_for(view)
        left = rect.left() + (self.margin if index.column() == 0 else PAD)
        mark = index.data(ICON_ROLE)
        if mark is not None:
            name, colour = mark
            spot = QRectF(left, rect.center().y() - ICON / 2 + 0.5, ICON, ICON)
            theme.paint_icon(painter, name, spot, getattr(t, colour))
            left += ICON + 8
        room = QRect(left, rect.top(), rect.right() - PAD - left, rect.height() - 1)
        painter.setFont(theme.font(bold=bool(index.data(STRONG_ROLE))))
        painter.setPen(t.muted if index.data(QUIET_ROLE) or not view.isEnabled() else t.text)
        text = str(index.data(Qt.ItemDataRole.DisplayRole) or "")
        metrics = painter.fontMetrics()
        if index.data(ADDRESS_ROLE):
            text = elide_address(text, metrics, room.width())
        else:
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        flags = Qt.AlignmentFlag(index.data(Qt.ItemDataRole.TextAlignmentRole) or Qt.AlignmentFlag.AlignLeft)
        painter.drawText(room, int(flags | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine), text)

    def _paint_focus(self, painter: QPainter, view: QWidget, index: Index) -> None:
        """This cell's part of a frame, two pixels inside the edge, round the whole row."""
        rect, column = cast(QTableView, view).visualRect(index), index.column()
        header = cast(QTableView, view).horizontalHeader()
        shown = [c for c in range(header.count()) if not header.isSectionHidden(c)]
        ink = theme.tokens_for(view).accent
        painter.fillRect(QRect(rect.left(), rect.top(), rect.width(), 2), ink)
        painter.fillRect(QRect(rect.left(), rect.bottom() - 2, rect.width(), 2), ink)
        if column == shown[0]:
            painter.fillRect(QRect(rect.left(), rect.top(), 2, rect.height() - 1), ink)
        if column == shown[-1]:
            painter.fillRect(QRect(rect.right() - 1, rect.top(), 2, rect.height() - 1), ink)

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        """A cell whose text is cut shows all of it."""
        if event.type() != QEvent.Type.ToolTip or not index.isValid():
            return super().helpEvent(event, view, option, index)
        text = index.data(Qt.ItemDataRole.ToolTipRole) or ""
        words = str(index.data(Qt.ItemDataRole.DisplayRole) or "")
        taken = (self.margin if index.column() == 0 else PAD) + PAD + (ICON + 8 if index.data(ICON_ROLE) else 0)
        if view.fontMetrics().horizontalAdvance(words) > view.visualRect(index).width() - taken:
            text = f"{words}\n{text}" if text else words
        QToolTip.showText(event.globalPos(), plain_tip(text), view)
        return True


class Header(QHeaderView):
    """Column titles: the sorted one bold with an arrow, numbers on the right."""

    def __init__(self, margin: int, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.margin = margin
        self.setHighlightSections(False)
        self.setFixedHeight(ROW)
        self.setMinimumSectionSize(40)
        self.setStretchLastSection(False)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        t = theme.tokens_for(self)
        model = self.model()
        title = str(model.headerData(section, Qt.Orientation.Horizontal) or "")
        flags = model.headerData(section, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole)
        right = bool(flags is not None and Qt.AlignmentFlag(flags) & Qt.AlignmentFlag.AlignRight)
        is_sorted = self.isSortIndicatorShown() and self.sortIndicatorSection() == section
        painter.save()
        painter.fillRect(rect, t.base)
        painter.setFont(theme.font("small", bold=is_sorted))
        painter.setPen(t.text if is_sorted else t.muted)
        room = rect.adjusted(self.margin if section == 0 else PAD, 0, -PAD, -1)
        words = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, room.width() - 20 * is_sorted)
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(room, int(side | Qt.AlignmentFlag.AlignVCenter), words)
        if is_sorted:
            wide = painter.fontMetrics().horizontalAdvance(words)
            left = room.right() - wide - 20 if right else room.left() + wide + 6
            down = self.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
            self._paint_arrow(painter, QRectF(left, rect.center().y() - 5, 12, 12), down=down)
        painter.setPen(QPen(t.hairline, 1))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        painter.restore()

    def _paint_arrow(self, painter: QPainter, spot: QRectF, *, down: bool) -> None:
        painter.save()
        if not down:
            painter.translate(spot.center())
            painter.rotate(180)
            painter.translate(-spot.center())
        theme.paint_icon(painter, "down", spot, theme.tokens_for(self).text)
        painter.restore()


class Table(QTableView):
    """A table of rows. `name` is its accessible name; `margin` the space before its first column.

    The first column takes what room there is, the others the width set by `set_widths`.
    """

    def __init__(self, name: str, margin: int = 16, *, sortable: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._delegate = RowDelegate(self)
        self.setItemDelegate(self._delegate)
        self.setHorizontalHeader(Header(margin, self))
        self.set_margin(margin)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setMinimumSectionSize(ROW)
        self.verticalHeader().setDefaultSectionSize(ROW)
        self.horizontalHeader().setSectionsClickable(sortable)
        if sortable:
            self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
            self.setSortingEnabled(True)
        theme.notifier().changed.connect(self.viewport().update)

    def set_margin(self, margin: int) -> None:
        """Another space before the first column: the page's, which is less in the small form."""
        self._delegate.margin = margin
        header = cast(Header, self.horizontalHeader())
        header.margin = margin
        header.viewport().update()
        self.viewport().update()

    def set_widths(self, widths: dict[int, int], stretch: int = 0) -> None:
        """Widths of columns in pixels; `stretch` is the one that takes what is left."""
        header = self.horizontalHeader()
        for column in range(header.count()):
            if column == stretch:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
            else:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
                header.resizeSection(column, widths.get(column, 96))

    def column_width_for(self, text: str, *, icon: bool = False, first: bool = False) -> int:
        """How wide a column must be for `text`."""
        edge = (self._delegate.margin if first else PAD) + PAD + (ICON + 8 if icon else 0)
        return self.fontMetrics().horizontalAdvance(text) + edge + 4

    def title_width(self, column: int, *, first: bool = False) -> int:
        """How wide a column must be for its title, with the arrow of a sorted one."""
        title = str(self.model().headerData(column, Qt.Orientation.Horizontal) or "")
        arrow = 20 if self.isSortingEnabled() else 0
        metrics = QFontMetrics(theme.font("small", bold=True))
        return metrics.horizontalAdvance(title) + arrow + (self._delegate.margin if first else PAD) + PAD + 4

    def currentChanged(self, current: Index, previous: Index) -> None:
        """The focus frame spans the row, but Qt draws anew the one cell only."""
        super().currentChanged(current, previous)
        if current.row() != previous.row():
            self.viewport().update()

    def chosen_rows(self) -> list[int]:
        """The selected rows, in their order."""
        parts = self.selectionModel().selection().toList()
        return sorted({row for part in parts for row in range(part.top(), part.bottom() + 1)})

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus() and not self.currentIndex().isValid():
            painter = QPainter(self.viewport())
            painter.setPen(QPen(theme.tokens_for(self).accent, 2))
            painter.drawRect(self.viewport().rect().adjusted(1, 1, -1, -1))
