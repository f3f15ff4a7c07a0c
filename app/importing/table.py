"""The table of the review: rows with a box to tick, accounts tinted, reasons in their own ink."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

from app import theme
from app.importing import words
from app.importing.model import GROUP_ROLE, INK_ROLE, MAILS, SEEN, SENDER, WHY, ReviewModel
from app.models.rows import ADDRESS_ROLE, ICON_ROLE, QUIET_ROLE, STRONG_ROLE
from app.widgets.labels import elide_address
from app.widgets.table import ICON, PAD
from app.widgets.ticks import BOX, TickDelegate, TickTable, paint_box

Index = QModelIndex | QPersistentModelIndex
_WHY_SMALL, _WHY_WIDE = 200, 320


class ReviewDelegate(TickDelegate):
    """Adds to a row: the tint of an account, the ink of a reason."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        if index.data(GROUP_ROLE):
            t = theme.tokens_for(option.widget)
            painter.fillRect(option.rect, _between(t.base, t.stopped_tint, 0.6))
        super().paint(painter, option, index)

    def _paint_content(self, painter: QPainter, view: QWidget, rect: QRect, index: Index) -> None:
        t, live = theme.tokens_for(view), view.isEnabled()
        left = rect.left() + (self.margin if index.column() == SENDER else PAD)
        if index.column() == SENDER:
            state = Qt.CheckState(index.data(Qt.ItemDataRole.CheckStateRole))
            paint_box(painter, self.box(rect), state if live else Qt.CheckState.Unchecked, t)
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


def _between(a: QColor, b: QColor, share: float) -> QColor:
    pairs = ((a.redF(), b.redF()), (a.greenF(), b.greenF()), (a.blueF(), b.blueF()))
    return QColor.fromRgbF(*(x + (y - x) * share for x, y in pairs))


class ReviewTable(TickTable):
    """The table."""

    def __init__(self, model: ReviewModel, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, model, ReviewDelegate, parent)
        self._model = model
        self._small = False
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
