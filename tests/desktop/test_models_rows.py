"""The sorting, filtering ground of the models: no lost selection, Qt's contract kept, 100,000 rows sorted in place."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QAbstractItemModel, QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

from app.models.rows import Column, SortedRows
from app.widgets.table import Table


class Thing(msgspec.Struct, frozen=True):
    id: int
    name: str
    hits: int = 0


COLUMNS = (
    Column[Thing](lambda: "Name", lambda t: t.name, lambda t: t.name),
    Column[Thing](lambda: "Hits", lambda t: str(t.hits), lambda t: t.hits, number=True),
)


class Things(SortedRows[Thing]):
    def __init__(self) -> None:
        super().__init__(COLUMNS)

    def identity(self, row: Thing) -> object:
        return row.id

    def admits(self, row: Thing, text: str) -> bool:
        return text in row.name


@pytest.fixture
def things(qapp: QApplication) -> Iterator[Things]:
    model = Things()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    yield model
    tester.deleteLater()


def names(model: QAbstractItemModel) -> list[str]:
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_sorts_and_seeks(things: Things) -> None:
    things.put([Thing(1, "b", 5), Thing(2, "a", 7), Thing(3, "ab", 6)])
    assert names(things) == ["b", "a", "ab"]
    things.sort(0)
    assert names(things) == ["a", "ab", "b"]
    things.sort(1, Qt.SortOrder.DescendingOrder)
    assert names(things) == ["a", "ab", "b"]
    things.seek("B")
    assert names(things) == ["ab", "b"]
    things.put([Thing(3, "ab", 1), Thing(4, "zb", 2), Thing(5, "c", 3)])
    assert names(things) == ["zb", "ab"]
    things.seek("")
    assert names(things) == ["c", "zb", "ab"]


def test_the_selection_stays_with_its_rows(things: Things, qapp: QApplication) -> None:
    things.put([Thing(n, f"n{n:03}", n) for n in range(50)])
    table = Table("Things")
    table.setModel(things)
    for row in (3, 30):
        table.selectionModel().select(
            things.index(row, 0), QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        )
    things.sort(1, Qt.SortOrder.DescendingOrder)
    assert [things.shown[row].id for row in table.chosen_rows()] == [30, 3]
    things.put([Thing(n, f"n{n:03}", n) for n in range(20, 80)])
    assert [things.shown[row].id for row in table.chosen_rows()] == [30]
    table.deleteLater()


def test_swapped_rows_stay_where_they_are(things: Things) -> None:
    things.put([Thing(1, "b"), Thing(2, "a")])
    things.sort(0)
    things.swap({1: Thing(1, "b", 9)})
    assert things.index(1, 1).data() == "9"


def test_a_changed_row_is_told_alone(things: Things) -> None:
    things.put([Thing(n, f"n{n:03}") for n in range(50)])
    things.sort(0, Qt.SortOrder.DescendingOrder)
    things.seek("n01")
    told: list[tuple[int, int]] = []
    things.dataChanged.connect(lambda first, last: told.append((first.row(), last.row())))
    things.swap({12: Thing(12, "n012", 9), 40: Thing(40, "n040", 9), 99: Thing(99, "gone", 9)})
    assert told == [(7, 7)]
    assert things.find_row(40) == Thing(40, "n040", 9), "hidden by the filter, and yet kept"
    assert (things.position(12), things.position(40), things.find_row(99)) == (7, -1, None)
    things.seek("")
    assert things.position(40) == 9


rows = st.lists(st.builds(Thing, st.integers(0, 30), st.text("abc", max_size=3), st.integers(0, 5)), max_size=30)
steps = st.lists(
    st.one_of(
        rows.map(lambda r: ("put", list({t.id: t for t in r}.values()))),
        st.tuples(st.just("seek"), st.text("abc", max_size=1)),
        st.tuples(st.just("sort"), st.integers(0, 1), st.booleans()),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(steps)
def test_it_always_shows_what_it_holds(qapp: QApplication, steps: list[tuple[object, ...]]) -> None:
    """Whatever came before: the filter's rows, in the order of the last sort; and Qt's tester has no complaint."""
    model = Things()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    held: list[Thing] = []
    sought, order = "", None
    for step in steps:
        match step:
            case ("put", list() as every):
                held = every
                model.put(every)
            case ("seek", str() as text):
                sought = text
                model.seek(text)
            case ("sort", int() as column, bool() as down):
                order = (column, down)
                model.sort(column, Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder)
        expected = [thing for thing in held if sought in thing.name]
        if order is not None:
            expected.sort(key=COLUMNS[order[0]].key, reverse=order[1])
        assert list(model.shown) == expected
        assert [model.position(thing.id) for thing in expected] == list(range(len(expected)))
    tester.deleteLater()
    model.deleteLater()


class Asked(Things):
    """Counts how often Qt asks for a cell: a proxy, or what sorts in the view, asks for all again and again."""

    asked = 0

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        self.asked += 1
        return super().data(index, role)


def test_100_000_rows_are_sorted_and_sought_where_they_are(qapp: QApplication) -> None:
    model = Asked()
    table = Table("Things")
    table.setModel(model)
    assert table.model() is model
    many = [Thing(n, f"spam{n * 7919 % 100_000}@bad{n % 977}.example", n % 13) for n in range(100_000)]
    model.put(many)
    model.sort(0)
    model.sort(1, Qt.SortOrder.DescendingOrder)
    assert [row.hits for row in model.shown] == sorted((row.hits for row in many), reverse=True)
    model.seek("spam99")
    assert model.rowCount() == sum("spam99" in row.name for row in many)
    model.seek("")
    model.put(list(many))
    for number in range(100):
        model.swap({number: Thing(number, many[number].name, 99)})
    assert sum(row.hits == 99 for row in model.shown) == 100
    assert model.asked < 10_000
    table.deleteLater()
