"""The entries of a scope as a table: sort, seek, edit, remove, copy and paste, by mouse and by keyboard alike."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from app import theme
from app.language import filled
from app.models.counts import counts
from app.models.entries import HITS, LAST_HIT, LIST, ORIGIN, PATTERN, EntriesModel
from app.models.words import day_and_time, list_word, number
from app.pages.unread import Unread
from app.widgets.buttons import Button, IconButton
from app.widgets.fields import SearchField
from app.widgets.frames import Ground
from app.widgets.labels import Label
from app.widgets.table import Table
from gate.control.messages import Entry


class EntriesPane(Ground):
    """Signals: `edit_wanted(Entry)`, `remove_wanted(list of Entry)`, `move_wanted(Entry)` to the other list,
    `paste_wanted(text)`, `import_wanted()`.
    """

    edit_wanted = Signal(object)
    remove_wanted = Signal(object)
    move_wanted = Signal(object)
    paste_wanted = Signal(str)
    import_wanted = Signal()

    def __init__(self, model: EntriesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._model = model
        self._live = True
        self._small = False
        self.title = Label(self.tr("Entries"), "section")
        self.count = Label("", kind="muted")
        self.filter = SearchField(self.tr("Filter entries"))
        self.filter.setFixedWidth(168)
        self.remove_many = Button("", "remove", do=self._remove)
        self.remove_many.hide()
        self.importing = IconButton("import", self.tr("Import spam for this account"), self.import_wanted.emit)
        self.table = Table(self.tr("Entries"), margin=24)
        self.table.setModel(model)
        self.nothing = Label("", kind="muted", wrap=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.nothing.setContentsMargins(24, 40, 24, 24)
        self.unread = Unread(model.refresh)
        self._make_actions()
        self._build()
        self._connect_signals()
        self._set_widths()
        self.table.sortByColumn(HITS, Qt.SortOrder.DescendingOrder)
        self._show_count()

    def _make_actions(self) -> None:
        key = QKeySequence.StandardKey
        self.edit = self._action(self.tr("Edit…"), "edit", ["F2", "Return", "Enter"], self._edit)
        self.shift = self._action("", "", [], self._move)
        self.copy = self._action(self.tr("Copy"), "copy", [key.Copy], self.copy_chosen)
        self.paste = self._action(self.tr("Paste…"), "add", [key.Paste], self._paste)
        self.remove = self._action(self.tr("Remove"), "remove", [key.Delete, "Backspace"], self._remove)

    def _action(
        self, words: str, icon: str, keys: list[QKeySequence.StandardKey | str], do: Callable[[], None]
    ) -> QAction:
        action = QAction(words, self.table)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        if icon:
            theme.set_icon(action, icon)
        action.triggered.connect(lambda _checked=False: do())
        self.table.addAction(action)
        return action

    def _build(self) -> None:
        self._bar = QWidget()
        bar = self._bar_row = QHBoxLayout(self._bar)
        bar.setContentsMargins(24, 9, 24, 9)
        bar.setSpacing(8)
        bar.addWidget(self.title)
        bar.addWidget(self.count)
        bar.addStretch(1)
        bar.addWidget(self.remove_many)
        bar.addWidget(self.filter)
        bar.addWidget(self.importing)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.table)
        self.stack.addWidget(self.nothing)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._bar)
        column.addWidget(self.unread)
        column.addWidget(self.stack, 1)

    def _connect_signals(self) -> None:
        self.filter.textChanged.connect(self._filter_changed)
        self._model.countChanged.connect(self._show_count)
        self._model.loading.connect(self._show_count)
        self._model.unread.connect(self.unread.tell)
        self._model.rowsRemoved.connect(self._choose_next)
        self._model.countChanged.connect(self._show_remove)
        self.table.selectionModel().selectionChanged.connect(self._show_remove)
        self.table.doubleClicked.connect(self._edit)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._show_menu)

    # ------------------------------------------------ painting

    def _set_widths(self) -> None:
        wide, title = self.table.column_width_for, self.table.title_width
        now = day_and_time(datetime.now(UTC).isoformat())
        self.table.set_widths(
            {
                LIST: max(wide(list_word("deny"), icon=True), wide(list_word("allow"), icon=True), title(LIST), 112),
                HITS: max(title(HITS), 64),
                LAST_HIT: max(wide(now), title(LAST_HIT), 100),
                ORIGIN: 112,
            },
            stretch=PATTERN,
        )

    def set_small(self, small: bool) -> None:
        self.table.setColumnHidden(ORIGIN, small)
        self.table.set_margin(16 if small else 24)
        self._bar_row.setContentsMargins(*((16, 4, 16, 4) if small else (24, 9, 24, 9)))
        self._small = small
        self._show_bar()

    def _show_bar(self) -> None:
        self._bar.setVisible(not self._small or bool(self.filter.text()) or not self.remove_many.isHidden())

    def _show_remove(self, *_ignored: object) -> None:
        """What Del would do with several rows, as a button."""
        count = len(self.table.chosen_rows())
        self.remove_many.setText(counts.remove(count))
        self.remove_many.setVisible(count > 1)
        self._show_bar()

    def set_live(self, live: bool) -> None:
        self._live = live
        self.importing.setEnabled(live)
        self.remove_many.setEnabled(live)
        for action in (self.edit, self.shift, self.paste, self.remove):
            action.setEnabled(live)

    def seek(self) -> None:
        """Put the cursor into the filter."""
        self._bar.setVisible(True)
        self.filter.setFocus()
        self.filter.selectAll()

    def _filter_changed(self, text: str) -> None:
        self._model.seek(text)

    def _show_count(self, *_ignored: object) -> None:
        shown, every = len(self._model.shown), len(self._model.rows)
        text = filled(self.tr("%1 of %2"), number(shown), number(every)) if shown != every else number(shown)
        self.count.setText(text if every else "")
        if shown or not self._model.loaded:
            self.stack.setCurrentWidget(self.table)
            return
        self.nothing.setText(
            self.tr("No entry holds what you look for.")
            if every
            else self.tr("No entries yet. Type a sender above, paste a list with Ctrl+V, or import spam you have kept.")
        )
        self.stack.setCurrentWidget(self.nothing)

    # ------------------------------------------------ what is chosen

    def chosen(self) -> list[Entry]:
        """The selected entries, from the top."""
        return [self._model.shown[row] for row in self.table.chosen_rows()]

    def show_pattern(self, pattern: str) -> bool:
        """Select the entry with this pattern, if it is there."""
        self.filter.clear()
        for row, entry in enumerate(self._model.shown):
            if entry.pattern == pattern:
                self.table.selectRow(row)
                self.table.scrollTo(self._model.index(row, 0), Table.ScrollHint.PositionAtCenter)
                self.table.setFocus()
                return True
        return False

    def _choose_next(self) -> None:
        """After a removal by keyboard the next row is chosen, so that Del can be pressed again."""
        current = self.table.currentIndex()
        if self.table.hasFocus() and current.isValid() and not self.table.selectionModel().hasSelection():
            self.table.selectRow(current.row())

    # ------------------------------------------------ what the owner does

    def _edit(self) -> None:
        current = self.table.currentIndex()
        if current.isValid() and self._live:
            self.edit_wanted.emit(self._model.shown[current.row()])

    def _move(self) -> None:
        current = self.table.currentIndex()
        if current.isValid():
            self.move_wanted.emit(self._model.shown[current.row()])

    def _remove(self) -> None:
        entries = self.chosen()
        if entries:
            self.remove_wanted.emit(entries)

    def copy_chosen(self) -> None:
        """Patterns of the chosen rows, one a line, as they can be pasted again."""
        self._copy(self.chosen())

    def copy_all(self) -> None:
        """All that is shown."""
        self._copy(self._model.shown)

    @staticmethod
    def _copy(entries: Sequence[Entry]) -> None:
        if entries:
            QGuiApplication.clipboard().setText("\n".join(entry.pattern for entry in entries) + "\n")

    def _paste(self) -> None:
        text = QGuiApplication.clipboard().text()
        if text.strip():
            self.paste_wanted.emit(text)

    def menu(self) -> QMenu:
        """What can be done with the chosen rows."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        entries = self.chosen()
        if len(entries) == 1:
            denied = entries[0].list == "deny"
            self.shift.setText(self.tr("Allow instead") if denied else self.tr("Deny instead"))
            theme.set_icon(self.shift, "accepted" if denied else "refused")
            menu.addAction(self.edit)
            menu.addAction(self.shift)
        if entries:
            menu.addAction(self.copy)
        menu.addAction(self.paste)
        if entries:
            menu.addSeparator()
            count = len(entries)
            self.remove.setText(counts.remove(count) if count > 1 else self.tr("Remove"))
            menu.addAction(self.remove)
        menu.addSeparator()
        menu.addMenu(self._sort_menu(menu))
        return menu

    def _sort_menu(self, parent: QMenu) -> QMenu:
        """The columns, to sort by without a mouse; the sorted one turns round."""
        menu = QMenu(self.tr("Sort by"), parent)
        header = self.table.horizontalHeader()
        for section, column in enumerate(self._model.columns):
            action = menu.addAction(column.title())
            action.setCheckable(True)
            is_sorted = header.sortIndicatorSection() == section
            action.setChecked(is_sorted)
            down = column.number or column.newest_first
            if is_sorted:
                down = header.sortIndicatorOrder() == Qt.SortOrder.AscendingOrder
            order = Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder
            action.triggered.connect(
                lambda _on=False, section=section, order=order: self.table.sortByColumn(section, order)
            )
        return menu

    def _show_menu(self, place: QPoint) -> None:
        self.menu().popup(self.table.viewport().mapToGlobal(place))
