"""The table of the review: rows with a box to tick, accounts tinted, reasons in their own ink."""

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

from app import theme
from app.importing import words
from app.importing.model import GROUP_ROLE, INK_ROLE, MAILS, SEEN, SENDER, WHY, ReviewModel
from app.models.rows import ADDRESS_ROLE, ICON_ROLE, QUIET_ROLE, STRONG_ROLE
from app.widgets.labels import elide_address
from app.widgets.table import ICON, PAD, RowDelegate, Table

Index = QModelIndex | QPersistentModelIndex
BOX = 16
_WHY_SMALL, _WHY_WIDE = 200, 320


class ReviewDelegate(RowDelegate):
    """Adds to a row: the box, the tint of an account, the ink of a reason."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        if index.data(GROUP_ROLE):
            t = theme.tokens_for(option.widget)
            painter.fillRect(option.rect, _between(t.base, t.stopped_tint, 0.6))
        super().paint(painter, option, index)

    def box(self, rect: QRect) -> QRectF:
        """Where the box of a row is."""
        return QRectF(rect.left() + self.margin, rect.center().y() - BOX / 2 + 0.5, BOX, BOX)

    def _paint_content(self, painter: QPainter, view: QWidget, rect: QRect, index: Index) -> None:
        t, live = theme.tokens_for(view), view.isEnabled()
        left = rect.left() + (self.margin if index.column() == SENDER else PAD)
        if index.column() == SENDER:
            state = Qt.CheckState(index.data(Qt.ItemDataRole.CheckStateRole))
            _paint_box(painter, self.box(rect), state if live else Qt.CheckState.Unchecked, t)
            left += BOX + 8
        mark = index.data(ICON_ROLE)
        if mark is not None:
            spot = QRectF(left, rect.center().y() - ICON / 2 + 0.5, ICON, ICON)
            theme.paint_icon(painter, mark[0], spot, getattr(t, mark[1]) if live else t.muted)
            left += ICON + 8
        room = QRect(left, rect.top(), rect.right() - PAD - left, rect.height() - 1)
        painter.setFont(theme.font(bold=bool(index.data(STRONG_ROLE))))
        ink = index.data(INK_ROLE) if live else "muted"
        painter.setPen(getattr(t, ink) if ink else t.muted if index.data(QUIET_ROLE) else t.text)
        text, metrics = str(index.data() or ""), painter.fontMetrics()
        if index.data(ADDRESS_ROLE):
            text = elide_address(text, metrics, room.width())
        else:
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        flags = Qt.AlignmentFlag(index.data(Qt.ItemDataRole.TextAlignmentRole))
        painter.drawText(room, int(flags | Qt.TextFlag.TextSingleLine), text)

    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        """A click on the box ticks the row; a double click anywhere on it too."""
        if not isinstance(event, QMouseEvent) or event.button() != Qt.MouseButton.LeftButton:
            return False
        reach = self.box(option.rect).adjusted(-8, -8, 8, 8)
        on_box = index.column() == SENDER and reach.contains(event.position())
        released = event.type() == QEvent.Type.MouseButtonRelease and on_box
        double = event.type() == QEvent.Type.MouseButtonDblClick
        if isinstance(model, ReviewModel) and (released or (double and not on_box)):
            model.toggle([index.row()])
            return True
        return on_box and event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)


def _paint_box(painter: QPainter, box: QRectF, state: Qt.CheckState, t: theme.Tokens) -> None:
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


def _between(a: QColor, b: QColor, share: float) -> QColor:
    pairs = ((a.redF(), b.redF()), (a.greenF(), b.greenF()), (a.blueF(), b.blueF()))
    return QColor.fromRgbF(*(x + (y - x) * share for x, y in pairs))


class ReviewTable(Table):
    """Space ticks what is selected."""

    def __init__(self, model: ReviewModel, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent=parent)
        delegate = ReviewDelegate(self)
        delegate.margin = self._delegate.margin
        self._delegate = delegate
        self.setItemDelegate(delegate)
        self._model = model
        self._small = False
        self.setModel(model)
        self.horizontalHeader().setSortIndicator(MAILS, Qt.SortOrder.DescendingOrder)
        self.set_small(False)

    def set_small(self, small: bool) -> None:
        """In little room, no dates and a narrower reason."""
        self._small = small
        self.setColumnHidden(SEEN, small)
        self.fit()

    def fit(self) -> None:
        """Reasons get what they need, senders the rest."""
        mails = max(self.column_width_for(self._title(MAILS)) + 28, self.column_width_for("88,888"))
        seen = self.column_width_for("88 Mmm – 88 Mmm")
        told = {row.why for group in self._model.groups for row in group.rows}
        need = [self.column_width_for(words.why(code).text, icon=True) for code in told]
        need += [self.column_width_for(text) for text in self._model.group_lines()]
        why = min(max([_WHY_SMALL, *need]), _WHY_SMALL if self._small else _WHY_WIDE)
        self.set_widths({WHY: why, MAILS: mails, SEEN: max(seen, 152)})

    def _title(self, column: int) -> str:
        return str(self._model.headerData(column, Qt.Orientation.Horizontal))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            places = self.chosen_rows() or ([self.currentIndex().row()] if self.currentIndex().isValid() else [])
            self._model.toggle(places)
        else:
            super().keyPressEvent(event)
