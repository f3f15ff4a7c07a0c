"""The models of entries and accounts against a real gate: lists of several pages, followed while they change."""

from collections.abc import Callable

import pytest
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.application import Desktop
from app.link.calls import CallFailed, failure
from app.link.words import change_in_words
from app.models.accounts import LINE_ROLE
from app.models.entries import HITS, EntriesModel
from app.models.rows import QUIET_ROLE
from app.models.words import counts
from gate.control.messages import AddAccount, AddEntries, Changed, EditEntry, SetAccount, UndoQuery
from tests.desktop.seeing import Seen, knock
from tests.wire.gate_process import Gate, Home

ANNA = "anna@example.org"


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


def test_what_is_as_it_was_does_not_stay_muted(see: Seen, model: EntriesModel) -> None:
    see.call("deny", AddEntries(scope=ANNA, patterns=["one@bad.example"]))
    model.set_scope(ANNA)
    see.until(lambda: model.loaded)
    (entry,) = model.rows
    told: list[Changed] = []
    model.edit(EditEntry(id=entry.id, pattern=entry.pattern, list=entry.list, note=entry.note), told.append)
    assert model.index(0, 0).data(QUIET_ROLE)
    see.until(lambda: told)
    assert told[0].change is None
    assert not model.index(0, 0).data(QUIET_ROLE)


def test_removing_twice_asks_once(see: Seen, model: EntriesModel) -> None:
    see.call("deny", AddEntries(scope=ANNA, patterns=[f"spam{n}@bad.example" for n in range(3)]))
    model.set_scope(ANNA)
    see.until(lambda: model.loaded)
    first, second, third = (entry.id for entry in model.rows)
    told: list[object] = []
    model.remove([first], told.append, told.append)
    model.remove([first], told.append, told.append)
    model.remove([first, second], told.append, told.append)
    see.until(lambda: [entry.id for entry in model.rows] == [third])
    see.until(lambda: len(told) == 2)
    assert all(isinstance(each, Changed) for each in told)
    see.call("undo", UndoQuery())
    see.until(lambda: len(model.rows) == 2)
    model.remove([second], told.append, told.append)
    see.until(lambda: len(told) == 3)
    assert isinstance(told[2], Changed)


def test_a_scope_that_cannot_be_read_is_told_until_it_can(see: Seen, model: EntriesModel) -> None:
    told: list[CallFailed | None] = []
    model.unread.connect(told.append)
    model.set_scope("bob@example.org")
    see.until(lambda: told[-1:] != [None] and told)
    assert told[-1] is not None and told[-1].code == "account.unknown"
    assert not model.loaded
    see.call("account.add", AddAccount(address="bob@example.org"))
    see.until(lambda: model.loaded)
    assert told[-1] is None


def test_the_gates_own_faults_and_long_waits_are_told_a_lost_gate_is_not(see: Seen, model: EntriesModel) -> None:
    """The window tells a lost gate, and all is read again when it is back."""
    decisions = see.activity._decisions
    for reader in (model, see.accounts._accounts, decisions):
        told: list[CallFailed | None] = []
        reader.unread.connect(told.append)
        for code in ("link.lost", "link.timeout", "link.internal"):
            reader._not_got(failure(code, {"text": "ref 12"}))
        assert [fault.code for fault in told if fault is not None] == ["link.timeout", "link.internal"]


def test_wide_scopes_are_counted_whole(see: Seen) -> None:
    see.call("deny", AddEntries(scope="*", patterns=[f"spam{n}@bad.example" for n in range(1200)]))
    see.call("allow", AddEntries(scope="*", patterns=[f"kate{n}@good.example" for n in range(1100)]))
    accounts = see.accounts._accounts
    see.until(lambda: accounts.index(0, 0).data(LINE_ROLE) == counts(1200, 1100))


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
