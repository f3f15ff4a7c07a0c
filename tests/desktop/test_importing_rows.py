"""The rows of a review and its model: groups, ticks, filter, parts, and a hundred thousand of them."""

import pytest
from PySide6.QtCore import QDate, QLocale, Qt
from pytestqt.qtbot import QtBot

from app.importing import words
from app.importing.model import GROUP_ROLE, SENDER, WHY, ReviewModel
from app.importing.rows import Group, add_rows, chosen, leaked_rows, parts
from gate.control.messages import Candidate, ImportItem, Member
from gate.savedmail import reasons

ANNA, BOB = "anna@example.org", "bob@example.org"


def candidate(text: str, account: str | None = ANNA, messages: int = 1, **more: object) -> Candidate:
    kind = "bounces" if text == "<>" else "subdomains" if text.startswith("@.") else "address"
    given = {"suggested": text != "<>", "why": "address", "senders": 1, **more}
    return Candidate(pattern=text, kind=kind, messages=messages, account=account, **given)  # type: ignore[arg-type]


def grouped(*candidates: Candidate) -> list[Group]:
    groups: dict[str | None, Group] = {}
    add_rows(groups, candidates)
    return list(groups.values())


@pytest.fixture
def model(qtbot: QtBot) -> ReviewModel:
    model = ReviewModel()
    model.put(
        grouped(
            candidate("@.lotto.example", messages=64),
            candidate("win@deal.example", messages=3),
            candidate("<>", messages=9, why="bounces"),
            candidate("@.parcel.example", BOB, messages=27),
            candidate("x@unclear.example", None),
        )
    )
    return model


def texts(model: ReviewModel, column: int = SENDER) -> list[str]:
    return [str(model.index(row, column).data()) for row in range(model.rowCount())]


def check(model: ReviewModel, row: int) -> Qt.CheckState:
    return Qt.CheckState(model.index(row, SENDER).data(Qt.ItemDataRole.CheckStateRole))


def test_groups_and_counts(model: ReviewModel) -> None:
    assert texts(model) == [
        ANNA, "@.lotto.example", "<> (bounces)", "win@deal.example",
        BOB, "@.parcel.example", "To whom is unclear", "x@unclear.example",
    ]  # fmt: skip
    assert texts(model, WHY)[0] == "2 of 3 ticked"
    assert texts(model, WHY)[4] == "all 1 ticked"
    assert model.counts() == (5, 3)
    assert check(model, 0) is Qt.CheckState.PartiallyChecked
    assert check(model, 4) is Qt.CheckState.Checked
    assert check(model, 7) is Qt.CheckState.Unchecked, "nothing counts before its account is said"
    assert model.index(0, 0).data(GROUP_ROLE)


def test_ticks(model: ReviewModel) -> None:
    model.toggle([1])
    assert model.counts() == (5, 2)
    model.toggle([0])
    assert check(model, 0) is Qt.CheckState.Checked
    model.toggle([0])
    assert check(model, 0) is Qt.CheckState.Unchecked
    model.toggle([7])
    assert check(model, 7) is Qt.CheckState.Unchecked
    model.tick_all(True)
    assert model.counts() == (5, 4)


def test_an_account_ticks_only_what_is_shown(model: ReviewModel) -> None:
    model.seek("deal")
    assert texts(model) == [ANNA, "win@deal.example"]
    model.toggle([0])
    model.seek("")
    ticked = {row.text for row in model.shown_rows if row.ticked}
    assert ticked == {"@.lotto.example", "@.parcel.example", "x@unclear.example"}


def test_parts_and_nothing_jumps(model: ReviewModel) -> None:
    model.show_part("ticked")
    before = texts(model)
    assert "<> (bounces)" not in before
    model.toggle([1])
    assert texts(model) == before
    model.show_part("rest")
    assert texts(model)[:3] == [ANNA, "@.lotto.example", "<> (bounces)"]


def test_the_unclear_get_their_account(model: ReviewModel) -> None:
    unclear = model.groups[2]
    assert [item.scope for item in chosen(model.groups)] == [ANNA, BOB]
    model.set_target(unclear, BOB)
    assert model.counts() == (5, 4)
    items = {item.scope: item.patterns for item in chosen(model.groups)}
    assert items == {ANNA: ["@.lotto.example", "win@deal.example"], BOB: ["@.parcel.example", "x@unclear.example"]}


def test_ticked_bounces_are_a_setting(model: ReviewModel) -> None:
    model.tick([2], True)
    first = chosen(model.groups)[0]
    assert first.refuse_bounces
    assert "<>" not in first.patterns


def test_leaked() -> None:
    members = [Member(address="a@shop.example", messages=3), Member(address="b@shop.example", messages=1)]
    found = [
        candidate("@.shop.example", members=members, why="domain"),
        candidate("kate@friends.example", suggested=False, why="known"),
        candidate("list-bounces@lists.example", suggested=False, why="list"),
        candidate("<>", why="bounces"),
    ]
    leaked = leaked_rows(Group(ANNA), found, ["a@shop.example"])
    assert [(row.text, row.ticked, row.why) for row in leaked.rows] == [
        ("a@shop.example", False, "expected"),
        ("b@shop.example", True, "stranger"),
        ("kate@friends.example", False, "known"),
        ("list-bounces@lists.example", True, "stranger"),
        ("<>", False, "bounces"),
    ]
    (item,) = chosen([leaked], "*")
    assert (item.scope, item.patterns) == ("*", ["b@shop.example", "list-bounces@lists.example"])


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_parts(limit: int) -> None:
    items = [
        ImportItem(scope=ANNA, patterns=["a@x.example", "b@x.example", "c@x.example"], refuse_bounces=True),
        ImportItem(scope=BOB, close=True),
        ImportItem(scope=BOB, patterns=["d@x.example"]),
    ]
    cut = list(parts(items, limit))
    assert all(sum(len(item.patterns) for item in part) <= limit for part in cut)
    flat = [item for part in cut for item in part]
    assert [text for item in flat for text in item.patterns] == [text for item in items for text in item.patterns]
    assert sum(item.refuse_bounces for item in flat) == 1
    assert sum(item.close for item in flat) == 1


def test_a_hundred_thousand_are_sought_sorted_and_ticked_like_few(qtbot: QtBot) -> None:
    """What took more than one pass over them for each would not be done within the time of any test."""
    model = ReviewModel()
    model.put(grouped(*(candidate(f"{n}@{n % 977}.example", messages=n % 50) for n in range(100_000))))
    whole = model.rowCount()
    model.seek("77")
    assert 0 < model.rowCount() < whole
    model.seek("")
    assert model.rowCount() == whole
    model.sort(SENDER)
    model.tick_all(False)
    assert model.counts() == (100_000, 0)
    model.toggle([0])
    assert model.counts() == (100_000, 100_000)


def test_words_know_every_code(qtbot: QtBot) -> None:
    assert reasons.WHY.keys() <= words.WHY.keys()
    assert reasons.UNREADABLE.keys() == words.UNREADABLE.keys()
    assert words.why("new").text == "new"


def test_seen(qtbot: QtBot) -> None:
    QLocale.setDefault(QLocale("en_GB"))
    today = QDate(2026, 11, 24)
    assert words.seen("2026-11-19T10:00:00Z", "2026-11-23T10:00:00Z", today) == "19 Nov – 23 Nov"
    assert words.seen("2026-11-21T10:00:00Z", "2026-11-21T12:00:00Z", today) == "21 Nov"
    assert words.seen("2024-03-21T10:00:00Z", "2026-11-21T12:00:00Z", today) == "Mar 24 – Nov 26"
    assert words.seen(None, None) == ""
    assert words.seen("nonsense", "nonsense") == ""
