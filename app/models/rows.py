"""A table model that sorts and filters itself: the ground of the models of accounts and entries.

It holds the gate's own structs in two lists (all, and those shown) and no object a row beside them. A sort is one
`list.sort`; a proxy over a Python model takes a hundred times as long. Selection, current row and scroll position
survive every change, because rows are moved, removed and added as Qt's contract asks.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole

ROW_ROLE = Role.UserRole + 1
"""The row's struct itself, whatever the column."""
ICON_ROLE = Role.UserRole + 2
"""`(icon name, token name)` of what is drawn before the text, or None."""
QUIET_ROLE = Role.UserRole + 3
"""True where a cell is drawn muted: it tells least, or its call is under way."""
ADDRESS_ROLE = Role.UserRole + 4
"""True where a text too long loses its beginning (an address its local part, never its domain)."""
STRONG_ROLE = Role.UserRole + 5
"""True where a cell is drawn bold."""

ROOT = QModelIndex()
FEW = 100
"""Changed rows that are told one by one."""
RUNS = 20
"""Runs of rows that are removed one by one; each costs the view a pass."""


@dataclass(frozen=True)
class Column(Generic[Row]):
    """A column: its title, the text of a cell and the key it sorts by.

    `number` sets it right and sorts the greatest first; `address` elides the beginning.
    """

    title: Callable[[], str]
    text: Callable[[Row], str]
    key: Callable[[Row], Any]
    number: bool = False
    address: bool = False
    newest_first: bool = False


class SortedRows(QAbstractTableModel, Generic[Row]):
    """Signals: `countChanged(shown, all)`."""

    countChanged = Signal(int, int)

    def __init__(self, columns: Sequence[Column[Row]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = columns
        self._all: list[Row] = []
        self._shown: list[Row] = []
        self._sort: tuple[int, bool] | None = None
        self._filter = ""
        self._places: tuple[dict[object, int], dict[object, int]] | None = None

    # ------------------------------------------------ what a subclass says

    def identity(self, row: Row) -> object:
        """What stays the same when a row changes."""
        raise NotImplementedError

    def admits(self, row: Row, text: str) -> bool:
        """Whether a row is shown while `text` (lower case, not empty) is sought."""
        raise NotImplementedError

    # ------------------------------------------------ Qt's side

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        if role == Role.DisplayRole:
            return self.columns[section].title()
        if role == Role.TextAlignmentRole:
            return self._alignment(section)
        if role == Role.InitialSortOrderRole:
            column = self.columns[section]
            backwards = column.number or column.newest_first
            return (Qt.SortOrder.DescendingOrder if backwards else Qt.SortOrder.AscendingOrder).value
        return None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self._shown[index.row()], self.columns[index.column()]
        if role in (Role.DisplayRole, Role.AccessibleTextRole):
            return column.text(row)
        if role == ROW_ROLE:
            return row
        if role == Role.TextAlignmentRole:
            return self._alignment(index.column())
        if role == ADDRESS_ROLE:
            return column.address
        return None

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignRight if self.columns[column].number else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if not 0 <= column < len(self.columns):
            return
        self._sort = (column, order == Qt.SortOrder.DescendingOrder)
        self._arrange()

    # ------------------------------------------------ rows

    @property
    def rows(self) -> Sequence[Row]:
        """All rows, those that the filter hides too. Not to be changed."""
        return self._all

    @property
    def shown(self) -> Sequence[Row]:
        """The rows on screen, in their order. Not to be changed."""
        return self._shown

    def find_row(self, identity: object) -> Row | None:
        """The row of an identity, whether the filter hides it or not."""
        place = self._places_now()[0].get(identity)
        return self._all[place] if place is not None else None

    def position(self, identity: object) -> int:
        """The place on screen of a row, or -1."""
        return self._places_now()[1].get(identity, -1)

    def _places_now(self) -> tuple[dict[object, int], dict[object, int]]:
        """Where rows stand, of all and of those shown: made when it is asked for, and kept until rows move."""
        if self._places is None:
            every, shown = (
                {self.identity(row): place for place, row in enumerate(rows)} for rows in (self._all, self._shown)
            )
            self._places = (every, shown)
        return self._places

    def seek(self, text: str) -> None:
        """Show only rows that hold `text`, ignoring case."""
        text = text.strip().casefold()
        if text != self._filter:
            self._filter = text
            self._arrange()

    @property
    def sought(self) -> str:
        return self._filter

    def put(self, rows: Iterable[Row]) -> None:
        """All rows anew; those that were there keep selection and place."""
        self._all = list(rows)
        self._places = None
        self._arrange()

    def swap(self, changed: Mapping[object, Row]) -> None:
        """Rows by identity that changed in what they show but not in what they sort by: in place, nothing moves."""
        every, shown = self._places_now()
        last = len(self.columns) - 1
        for identity, row in changed.items():
            if (place := every.get(identity)) is not None:
                self._all[place] = row
            if (place := shown.get(identity)) is not None:
                self._shown[place] = row
                if len(changed) <= FEW:
                    self.dataChanged.emit(self.index(place, 0), self.index(place, last))
        if len(changed) > FEW:
            self.repaint_all()

    def repaint_all(self) -> None:
        """Say that any cell may look different."""
        if self._shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._shown) - 1, len(self.columns) - 1))

    def _arrange(self) -> None:
        rows = [row for row in self._all if self.admits(row, self._filter)] if self._filter else list(self._all)
        if self._sort is not None:
            column, backwards = self._sort
            rows.sort(key=self.columns[column].key, reverse=backwards)
        self._places = None
        self._show(rows)
        self._places = None
        self.countChanged.emit(len(self._shown), len(self._all))

    def _show(self, rows: list[Row]) -> None:
        if not self._shown or not rows:
            self.beginResetModel()
            self._shown = rows
            self.endResetModel()
            return
        identity = self.identity
        coming = {identity(row) for row in rows}
        self._drop([place for place, row in enumerate(self._shown) if identity(row) not in coming])
        staying = self._shown
        if len(rows) > len(staying):
            there = {identity(row) for row in staying}
            self.beginInsertRows(ROOT, len(staying), len(rows) - 1)
            self._shown.extend(row for row in rows if identity(row) not in there)
            self.endInsertRows()
        self._reorder(rows)

    def _drop(self, places: list[int]) -> None:
        """Remove rows where they stand, so that the next one becomes the current; many scattered ones at the end."""
        runs: list[list[int]] = []
        for place in places:
            if runs and runs[-1][1] == place - 1:
                runs[-1][1] = place
            else:
                runs.append([place, place])
        if len(runs) > RUNS:
            gone = set(places)
            staying = [row for place, row in enumerate(self._shown) if place not in gone]
            self._reorder(staying + [self._shown[place] for place in places])
            runs = [[len(staying), len(self._shown) - 1]]
        for first, last in reversed(runs):
            self.beginRemoveRows(ROOT, first, last)
            del self._shown[first : last + 1]
            self.endRemoveRows()

    def _reorder(self, rows: list[Row]) -> None:
        """The same identities in another order (or the same, with newer structs)."""
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        names = [(self.identity(self._shown[index.row()]), index.column()) for index in before]
        self._shown = rows
        if before:
            place = {self.identity(row): number for number, row in enumerate(rows)}
            self.changePersistentIndexList(before, [self.index(place[name], column) for name, column in names])
        self.layoutChanged.emit()
