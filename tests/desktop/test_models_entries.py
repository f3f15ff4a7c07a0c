"""The models of entries and accounts against a real gate: lists of several pages, followed while they change."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.application import Desktop
from app.link.words import change_in_words
from app.models.entries import HITS, EntriesModel
from gate.control.messages import AddAccount, AddEntries, EditEntry, SetAccount, UndoQuery
from tests.desktop.seeing import Seen, knock
from tests.wire.gate_process import Gate, Home

ANNA = "anna@example.org"


@pytest.fixture
def gate(home: Home) -> Iterator[Gate]:
    with home.gate("--state", "guarding") as running:
        yield running


@pytest.fixture
def see(gate: Gate, start_app: Callable[..., Desktop], qtbot: QtBot) -> Seen:
    seen = Seen(qtbot, start_app())
    seen.until(lambda: seen.accounts._accounts.loaded)
    seen.call("account.add", AddAccount(address=ANNA))
    return seen


@pytest.fixture
def model(see: Seen) -> EntriesModel:
    model = EntriesModel(see.client, see.client)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    return model


def test_lists_of_several_pages_come_whole(see: Seen, model: EntriesModel) -> None:
    patterns = [f"spam{n}@bad.example" for n in range(3300)]
    see.call("deny", AddEntries(scope=ANNA, patterns=patterns))
    grew: list[int] = []
    model.countChanged.connect(lambda _shown, every: grew.append(every))
    model.set_scope(ANNA)
    see.until(lambda: model.loaded)
    assert {entry.pattern for entry in model.rows} == set(patterns)
    assert grew == [0, 1000, 2000, 3300]
    removed = [entry.id for entry in model.rows[:1500]]
    model.remove(removed)
    see.until(lambda: len(model.rows) == 1800)
    assert not {entry.id for entry in model.rows} & set(removed)
    see.call("undo", UndoQuery())
    see.until(lambda: len(model.rows) == 3300)


def test_a_change_while_the_list_is_being_read_is_not_missed(see: Seen, model: EntriesModel, home: Home) -> None:
    see.call("deny", AddEntries(scope=ANNA, patterns=[f"spam{n}@bad.example" for n in range(2500)]))
    model.set_scope(ANNA)
    see.call("deny", AddEntries(scope=ANNA, patterns=["aaa@first.example"]))
    see.until(lambda: len(model.rows) == 2501)


def test_hits_are_counted_as_they_happen(see: Seen, model: EntriesModel, gate: Gate) -> None:
    see.call("deny", AddEntries(scope=ANNA, patterns=["@bad.example", "spam@bad.example"]))
    model.set_scope(ANNA)
    see.until(lambda: model.loaded and len(model.rows) == 2)
    knock(gate, "spam@bad.example", ANNA)
    knock(gate, "spam@bad.example", ANNA)
    hits = {entry.pattern: entry for entry in model.rows}
    see.until(lambda: {e.pattern: e.hits for e in model.rows} == {"@bad.example": 0, "spam@bad.example": 2})
    hits = {entry.pattern: entry for entry in model.rows}
    assert hits["spam@bad.example"].last_hit
    place = model.position(hits["spam@bad.example"].id)
    assert model.index(place, HITS).data() == "2"
    model.refresh()
    see.until(lambda: not model._pager.reading)
    assert {e.pattern: e.hits for e in model.rows} == {"@bad.example": 0, "spam@bad.example": 2}
    accounts = see.accounts._accounts
    see.until(lambda: accounts.find(ANNA).refused_7_days == 2)


def test_another_scope_makes_the_first_silent(see: Seen, model: EntriesModel) -> None:
    see.call("deny", AddEntries(scope=ANNA, patterns=[f"spam{n}@bad.example" for n in range(2500)]))
    see.call("deny", AddEntries(scope="*", patterns=["one@bad.example"]))
    model.set_scope(ANNA)
    model.set_scope("*")
    see.until(lambda: model.loaded)
    assert [entry.pattern for entry in model.rows] == ["one@bad.example"]


def test_a_refused_edit_is_told_and_nothing_stays_pending(see: Seen, model: EntriesModel) -> None:
    see.call("deny", AddEntries(scope=ANNA, patterns=["one@bad.example"]))
    model.set_scope(ANNA)
    see.until(lambda: model.loaded)
    failed: list[str] = []
    model.edit(EditEntry(id=model.rows[0].id, pattern="casino"), None, lambda fault: failed.append(fault.text))
    assert model._pending
    see.until(lambda: failed)
    assert "keyword:casino" in failed[0]
    assert not model._pending


def test_changes_are_named(see: Seen) -> None:
    """The app's names of changes fit what the real gate tells."""

    def named() -> str:
        assert see.client.undo is not None
        return change_in_words(see.client.undo)

    assert named() == f"Add account {ANNA}"
    see.call("account.set", SetAccount(address=ANNA, mode="allow", given_to="Acme"))
    assert named() == f"Set who may write, given to of {ANNA}"
    see.call("allow", AddEntries(scope="*", patterns=["kate@friends.example"]))
    assert named() == "Allow kate@friends.example for everyone"
    changed = see.call("deny", AddEntries(scope=ANNA, patterns=["a@bad.example", "b@bad.example"]))
    assert change_in_words(changed.change) == f"Deny 2 senders for {ANNA}"
