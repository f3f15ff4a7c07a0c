"""The left side of the accounts page: everyone, the own domains, and the accounts, to choose a scope from."""

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.models.accounts import LINE_ROLE, AccountsModel
from app.models.rows import ICON_ROLE, ROW_ROLE
from app.theme.tokens import LIST_ROW
from app.widgets.buttons import IconButton
from app.widgets.fields import SearchField
from app.widgets.frames import Ground, Hairline
from app.widgets.labels import elide_address, plain_tip

Index = QModelIndex | QPersistentModelIndex
LEFT, TEXT_LEFT, RIGHT = 12, 44, 14
GAP = 17
"""Between the wide scopes and the accounts, with a hairline in it."""


def _ends_wide(index: Index) -> bool:
    """Whether the accounts begin below this row."""
    row = index.data(ROW_ROLE)
    below = index.model().index(index.row() + 1, 0)
    return row.account is None and below.isValid() and below.data(ROW_ROLE).account is not None


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(160, LIST_ROW + (GAP if _ends_wide(index) else 0))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view: QWidget = option.widget
        state = option.state
        whole: QRect = option.rect
        t = theme.tokens_for(view)
        rect = QRect(whole.left(), whole.top(), whole.width(), LIST_ROW)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        if chosen:
            painter.fillRect(rect, t.selection)
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), t.accent)
        if whole.height() > LIST_ROW:
            painter.setPen(QPen(t.hairline, 1))
            line = rect.bottom() + GAP // 2
            painter.drawLine(whole.left() + LEFT, line, whole.right() - LEFT, line)
        icon, _ink = index.data(ICON_ROLE)
        spot = QRectF(rect.left() + LEFT, rect.top() + 9, 20, 20)
        theme.paint_icon(painter, icon, spot, t.accent if chosen else t.muted)
        room = QRect(rect.left() + TEXT_LEFT, rect.top(), rect.width() - TEXT_LEFT - RIGHT, rect.height())
        painter.setFont(theme.font(bold=True))
        painter.setPen(t.text)
        title = elide_address(str(index.data()), painter.fontMetrics(), room.width())
        painter.drawText(room.adjusted(0, 8, 0, 0), int(Qt.AlignmentFlag.AlignTop), title)
        painter.setFont(theme.font("small"))
        painter.setPen(t.muted)
        line_text = painter.fontMetrics().elidedText(
            str(index.data(LINE_ROLE)), Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room.adjusted(0, 0, 0, -8), int(Qt.AlignmentFlag.AlignBottom), line_text)
        if bool(state & QStyle.StateFlag.State_HasFocus) and view.hasFocus():
            painter.setPen(QPen(t.accent, 2))
            painter.drawRect(rect.adjusted(1, 1, -1, -1))
        painter.restore()

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        """A row whose text is cut shows all of it."""
        if event.type() != QEvent.Type.ToolTip or not index.isValid():
            return super().helpEvent(event, view, option, index)
        room = view.visualRect(index).width() - TEXT_LEFT - RIGHT
        title, line = str(index.data()), str(index.data(LINE_ROLE))
        cut = QFontMetrics(theme.font(bold=True)).horizontalAdvance(title) > room
        cut = cut or QFontMetrics(theme.font("small")).horizontalAdvance(line) > room
        QToolTip.showText(event.globalPos(), plain_tip(f"{title}\n{line}") if cut else "", view)
        return True


class AccountList(Ground):
    """Signals: `chosen(scope)` by the owner; `opened(scope)` by Enter or a click: go to it; `add_wanted()`."""

    chosen = Signal(str)
    opened = Signal(str)
    add_wanted = Signal()

    def __init__(self, model: AccountsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._model = model
        self.search = SearchField(self.tr("Search accounts"))
        self.add = IconButton("add", self.tr("Add an account (Ctrl+N)"), self.add_wanted.emit)
        self.view = QListView(self)
        self.view.setModel(model)
        self.view.setItemDelegate(_Delegate(self.view))
        self.view.setAccessibleName(self.tr("Accounts"))
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setResizeMode(QListView.ResizeMode.Adjust)
        bar = QHBoxLayout()
        bar.setContentsMargins(12, 13, 12, 13)
        bar.setSpacing(4)
        bar.addWidget(self.search, 1)
        bar.addWidget(self.add)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(Hairline())
        column.addWidget(self.view, 1)
        self._connect_signals()

    def _connect_signals(self) -> None:
        self.search.textChanged.connect(self._model.seek)
        self.search.returnPressed.connect(self._choose_first)
        self.view.selectionModel().currentChanged.connect(self._current_changed)
        self.view.clicked.connect(lambda index: self.opened.emit(index.data(ROW_ROLE).address))
        self.view.activated.connect(lambda index: self.opened.emit(index.data(ROW_ROLE).address))
        self._model.layoutChanged.connect(self.view.scheduleDelayedItemsLayout)

    def show_scope(self, scope: str | None) -> None:
        """Mark a scope; sends no signal."""
        place = self._model.position(scope) if scope is not None else -1
        selection = self.view.selectionModel()
        if place < 0:
            selection.clear()
            return
        index = self._model.index(place, 0)
        if not selection.isSelected(index):
            selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.view.scrollTo(index)

    def _current_changed(self, index: QModelIndex, _before: QModelIndex) -> None:
        if index.isValid() and self.view.hasFocus():
            self.chosen.emit(index.data(ROW_ROLE).address)

    def _choose_first(self) -> None:
        found = next((row for row in self._model.shown if row.account is not None), None)
        if found is not None:
            self.opened.emit(found.address)
