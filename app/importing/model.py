"""The model of the review: accounts and below each its senders, in one flat table that sorts and filters itself.

Rows are `rows.Group` and `rows.Row` objects. Sorting keeps the groups together. A row that is ticked or unticked stays
where it is until the owner filters anew: nothing jumps under the pointer.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from app.importing import words
from app.importing.counts import counts
from app.importing.rows import BOUNCES, LISTED, Group, Row
from app.language import filled
from app.models.rows import ADDRESS_ROLE, ICON_ROLE, QUIET_ROLE, ROOT, ROW_ROLE, STRONG_ROLE
from app.models.words import number
from app.widgets.kinds import kind_icon
from app.widgets.labels import visible

translate = QCoreApplication.translate

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
Part = Literal["all", "ticked", "rest"]
Deed = Literal["here", "everywhere", "close"]

GROUP_ROLE = Role.UserRole + 20
"""True on the row of an account."""
INK_ROLE = Role.UserRole + 21
"""Token of a cell's text, or None."""

SENDER, WHY, MAILS, SEEN = range(4)
_LEFT = ("unusable", LISTED)
"""Reasons of rows that are not ticked with all others."""


class ReviewModel(QAbstractTableModel):
    """Signals: `counted(all, ticked)` after every change of ticks or rows.

    Attributes:
        touched: the owner has changed a tick or said an account.
    """

    counted = Signal(int, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.touched = False
        self._groups: list[Group] = []
        self._shown: list[Group | Row] = []
        self._deed: Deed = "here"
        self._filter = ""
        self._part: Part = "all"
        self._sort: tuple[int, bool] = (MAILS, True)
        self._titles = (self.tr("Sender"), self.tr("Why"), self.tr("Mails"), self.tr("Seen"))

    # ------------------------------------------------ for the page

    @property
    def groups(self) -> Sequence[Group]:
        return self._groups

    @property
    def shown_rows(self) -> list[Row]:
        """The senders on screen, in their order."""
        return [row for row in self._shown if isinstance(row, Row)]

    def put(self, groups: Sequence[Group]) -> None:
        """Other groups; filter, part and sort stay."""
        self._groups = list(groups)
        self._arrange()

    def set_deed(self, deed: Deed) -> None:
        """What the ticks are for. Everywhere makes no account; closing one counts no tick and lets nobody in."""
        self._deed = deed
        self.repaint()

    def seek(self, text: str) -> None:
        """Show only senders that hold `text`, or the accounts that do, ignoring case."""
        self._filter = text.strip().casefold()
        self._arrange()

    def show_part(self, part: Part) -> None:
        """All, the ticked, or those that are not ticked."""
        self._part = part
        self._arrange()

    def set_target(self, group: Group, account: str | None) -> None:
        """Say for which account the mail of an unclear group was."""
        group.target = account
        self.touched = True
        self.repaint()

    def tick_all(self, ticked: bool) -> None:
        """Tick or untick what is shown; what cannot be an entry stays unticked."""
        for row in self._shown:
            if isinstance(row, Row) and row.why not in _LEFT:
                row.ticked = ticked
        self.touched = True
        self.repaint()

    def group_lines(self) -> list[str]:
        """What stands beside the accounts."""
        return [_group_line(group, self._deed) for group in self._groups]

    def counts(self) -> tuple[int, int]:
        """All senders, and those whose tick counts."""
        return sum(len(group.rows) for group in self._groups), sum(group.ticked() for group in self._groups)

    # ------------------------------------------------ Qt's side

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else 4

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < 4:
            return None
        if role == Role.DisplayRole:
            return self._titles[section]
        return _alignment(section) if role == Role.TextAlignmentRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == SENDER else flags

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self._shown[index.row()], index.column()
        if role == ROW_ROLE:
            return row
        if role == Role.TextAlignmentRole:
            return _alignment(column)
        if role == ADDRESS_ROLE:
            return column == SENDER
        if role == Role.CheckStateRole and column == SENDER:
            return Qt.CheckState.Unchecked if self._deed == "close" else _check(row)
        if isinstance(row, Group):
            return _group_data(row, column, role, self._deed)
        why = "closed" if self._deed == "close" and row.why == "expected" else row.why
        return _row_data(row, column, role, why)

    def setData(self, index: Index, value: Any, role: int = Role.EditRole) -> bool:
        if role != Role.CheckStateRole or not index.isValid():
            return False
        self.tick([index.row()], Qt.CheckState(value) is Qt.CheckState.Checked)
        return True

    def toggle(self, places: Sequence[int]) -> None:
        """Turn the ticks of these rows round, all to what the first one becomes."""
        if places:
            self.tick(places, not all(row.ticked and row.group.live for row in self._targets(places[0])))

    def tick(self, places: Sequence[int], ticked: bool) -> None:
        """Tick or untick rows; an account's row stands for those of its senders that are shown."""
        for place in places:
            for target in self._targets(place):
                if target.group.live and target.why != "unusable":
                    target.ticked = ticked
        self.touched = True
        self.repaint()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if 0 <= column < 4:
            self._sort = (column, order == Qt.SortOrder.DescendingOrder)
            self._arrange()

    # ------------------------------------------------ inside

    def _targets(self, place: int) -> list[Row]:
        """The sender there, or those shown of the account there."""
        row = self._shown[place]
        if isinstance(row, Row):
            return [row]
        below = self._shown[place + 1 : place + 1 + len(row.rows)]
        return [each for each in below if isinstance(each, Row) and each.group is row and each.why not in _LEFT]

    def _arrange(self) -> None:
        column, backwards = self._sort
        key = _KEYS[column]
        shown: list[Group | Row] = []
        for group in self._groups:
            rows = self._admitted(group)
            if rows or (not self._filter and self._part == "all"):
                rows.sort(key=key, reverse=backwards)
                shown.append(group)
                shown.extend(rows)
        self.beginResetModel()
        self._shown = shown
        self.endResetModel()
        self.counted.emit(*self.counts())

    def _admitted(self, group: Group) -> list[Row]:
        rows = group.rows
        if self._filter and self._filter not in (group.account or "").casefold():
            rows = [row for row in rows if self._filter in row.key]
        if self._part == "all":
            return list(rows)
        wanted = self._part == "ticked"
        return [row for row in rows if (row.ticked and group.live) == wanted]

    def repaint(self) -> None:
        """Rows were ticked or marked."""
        if self._shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._shown) - 1, 3))
        self.counted.emit(*self.counts())


_KEYS: tuple[Callable[[Row], Any], ...] = (
    lambda row: (row.key.rpartition("@")[2].removeprefix("."), row.key),
    lambda row: (row.why, row.key),
    lambda row: row.messages,
    lambda row: row.last or "",
)


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column == MAILS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _check(row: Group | Row) -> Qt.CheckState:
    if isinstance(row, Row):
        return Qt.CheckState.Checked if row.ticked and row.group.live else Qt.CheckState.Unchecked
    ticked = row.ticked()
    if not ticked:
        return Qt.CheckState.Unchecked
    return Qt.CheckState.Checked if ticked == len(row.rows) else Qt.CheckState.PartiallyChecked


def _group_data(group: Group, column: int, role: int, deed: Deed) -> Any:
    if role == GROUP_ROLE:
        return True
    if role == STRONG_ROLE:
        return column == SENDER
    if role == QUIET_ROLE:
        return column != SENDER
    if role == ICON_ROLE and column == SENDER:
        there = group.made or deed == "everywhere"
        return ("info", "open") if not group.live else ("accounts" if there else "add", "muted")
    if role in (Role.DisplayRole, Role.AccessibleTextRole):
        if column == SENDER:
            return visible(group.target) if group.target else translate("Import", "To whom is unclear")
        return _group_line(group, deed) if column == WHY else ""
    return None


def _group_line(group: Group, deed: Deed) -> str:
    if not group.live:
        return translate("Import", "Say above for which account")
    if deed == "close":
        return "" if group.made else translate("Import", "Not yet an account")
    ticked, rows = group.ticked(), len(group.rows)
    if ticked == rows:
        text = counts.ticked(rows)
    else:
        text = filled(counts.ticked_of(rows), number(ticked))
    return text if group.made or deed == "everywhere" else filled(translate("Import", "%1; not yet an account"), text)


def _row_data(row: Row, column: int, role: int, why: str) -> Any:
    if role in (Role.DisplayRole, Role.AccessibleTextRole):
        return _row_text(row, column, why)
    if role == ICON_ROLE:
        if column == SENDER:
            return ("undo" if row.kind == BOUNCES else kind_icon(row.kind), "muted")
        reason = words.why(why)
        return (reason.icon, reason.ink) if column == WHY and reason.icon else None
    if role == INK_ROLE:
        reason = words.why(why)
        return reason.ink if column == WHY and reason.icon else None
    if role == QUIET_ROLE:
        return column in (WHY, SEEN) or not (row.ticked and row.group.live)
    return None


def _row_text(row: Row, column: int, why: str) -> str:
    if column == SENDER:
        return translate("Import", "<> (bounces)") if row.kind == BOUNCES else visible(row.text)
    if column == WHY:
        return words.why(why).text
    return number(row.messages) if column == MAILS else words.seen(row.first, row.last)
