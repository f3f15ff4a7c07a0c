"""Lists too long to be read before the mail flows: asked in the file, brought into memory, changed meanwhile."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate.desk import ledger
from gate.forms import Check
from gate.rules.ruleset import Ruleset, RulesetError
from gate.store import StoreError, journal, opening
from tests.unit.open_desk import OpenDesk, open_desk

ME = "me@localhost"
PATTERNS = ["spam@bad.example", "@bad.example", "@.bad.example", '"what?"@bad.example', "jürgen@bücher.example"]
PATTERNS += ["keyword:casino", "b*@worse.example", "/^promo/"]
SENDERS = [
    "spam@bad.example",
    "x@bad.example",
    "x@s.bad.example",
    '"what?"@bad.example',
    "jürgen@xn--bcher-kva.example",
]
SENDERS += [
    "casino@y.example",
    "bulk@worse.example",
    "promo@y.example",
    "prvs=0123456789=spam@bad.example",
    "friend@y.example",
]


@pytest.fixture(autouse=True)
def _all_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "AT_ONCE", 0)


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Path]:
    with open_desk(tmp_path) as opened:
        opened.add(ME)
        opened.deny(ME, *PATTERNS)
        opened.deny("*", "@everywhere.example")
        opened.allow("@localhost", "keyword:friend")
    yield tmp_path


def verdicts(opened: OpenDesk) -> list[Check]:
    return [opened.check(sender, to) for sender in SENDERS for to in (ME, "me+tag@localhost", "you@localhost")]


def bring_in(opened: OpenDesk) -> None:
    loading = opened.desk.bring_in()
    assert loading is not None
    assert loading.done.wait(30)
    loading.end()


def is_lent(rules: Ruleset) -> bool:
    return any(not hasattr(each.plain._base, "put") for each in rules._scopes.values())


def test_every_way_to_hold_them_decides_alike(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_desk(filled) as opened:
        assert is_lent(opened.desk.ruleset)
        lent = verdicts(opened)
        bring_in(opened)
        assert not is_lent(opened.desk.ruleset)
        assert opened.desk.bring_in() is None
        assert verdicts(opened) == lent
    monkeypatch.setattr(ledger, "AT_ONCE", 1_000)
    with open_desk(filled) as opened:
        assert not is_lent(opened.desk.ruleset)
        assert verdicts(opened) == lent
        assert [check.verdict for check in lent[::3]] == ["refuse"] * 9 + ["accept"]
        assert lent[0].entry is not None
        assert (lent[0].entry.pattern, lent[9].entry and lent[9].entry.pattern) == (PATTERNS[0], PATTERNS[3])


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["deny", "allow", "undo", "bring in", "account"]),
        st.sampled_from([ME, "*", "@localhost"]),
        st.sampled_from(PATTERNS),
    ),
    max_size=6,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
def test_changes_meanwhile(tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, str, str]]) -> None:
    """In force is what a fresh start would read, whenever the loading comes to its end."""
    folder = tmp_path_factory.mktemp("lists")
    with open_desk(folder) as opened:
        opened.add(ME)
        opened.deny(ME, *PATTERNS[:-2])
        opened.allow("*", "x@s.bad.example")
    with open_desk(folder) as opened, open_desk(folder) as other:
        for number, (what, scope, pattern) in enumerate(changes):
            if what == "bring in":
                if is_lent(opened.desk.ruleset):
                    bring_in(opened)
            elif what == "undo":
                opened.deny(scope, f"x{number}@s.bad.example", pattern)
                opened.undo()
            elif what == "account":
                opened.add(f"a{number}@localhost", mode="allow", aliases=[f"you{number}@localhost"])
            else:
                getattr(opened, what)(scope, pattern)
            other.desk._ledger.publish()
            assert verdicts(opened) == verdicts(other)
        assert opened.published[-1] is opened.desk.ruleset


def test_a_refused_change_leaves_them_as_they_are(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_desk(filled) as opened:
        before, rows = verdicts(opened), opened.rows()
        with pytest.raises(RulesetError):
            opened.deny("*", *(f"keyword:w{number}x" for number in range(5_001)))
        with monkeypatch.context() as broken, pytest.raises(StoreError):
            broken.setattr(journal, "next_undo", _fails)  # the transaction fails after the rules were made
            opened.deny(ME, "friend@y.example")
        bring_in(opened)
        assert (verdicts(opened), opened.rows()) == (before, rows)


def _fails(*_: object) -> None:
    raise StoreError("store.full", file="lists.db")


def test_leaving_before_they_are_in_memory(filled: Path) -> None:
    with open_desk(filled) as opened:
        loading = opened.desk.bring_in()
        assert loading is not None
        loading.end()
        loading.end()


def test_a_large_file_is_looked_through_beside_the_mail(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_desk(filled) as opened:
        opened.lists.check()
    monkeypatch.setattr(opening, "CHECKED_AT_ONCE", 0)
    path = filled / "lists.db"
    with path.open("r+b") as file:
        file.seek(-3 * 4096, 2)
        file.write(b"\xff" * 4096)
    with open_desk(filled) as opened, pytest.raises(StoreError) as found:
        opened.lists.check()
    assert found.value.code == "store.corrupt"
    assert str(path) in str(found.value)
