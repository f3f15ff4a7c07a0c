"""The law of the journal: whatever was done, undoing all of it gives what was, redoing all of it what came of it."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate.desk import DeskError
from gate.errors import Fault
from gate.forms import (
    ApplyImport,
    EditEntry,
    ForgetEntries,
    ImportItem,
    ListQuery,
    OneAccount,
    RemoveEntries,
    SetAccount,
)
from tests.unit.open_desk import OpenDesk, open_desk

ADDRESSES = ["a@own.example", "b@own.example"]
PATTERNS = ["x@bad.example", "keyword:casino"]
SCOPES = [*ADDRESSES, "@own.example"]

address, pattern, scope = st.sampled_from(ADDRESSES), st.sampled_from(PATTERNS), st.sampled_from(SCOPES)
several = st.lists(pattern, min_size=1, max_size=3)
Step = Callable[[OpenDesk], Any]


def _edit(opened: OpenDesk, where: str, index: int, **fields: Any) -> None:
    rows = opened.entries(where)
    if rows:
        opened.desk.entries.edit(EditEntry(id=rows[index % len(rows)].id, **fields), "app")


def _remove(opened: OpenDesk, where: str) -> None:
    ids = [row.id for row in opened.entries(where)][:2]
    opened.desk.entries.remove(RemoveEntries(ids=ids), "app")


def _import(opened: OpenDesk, where: str, wanted: list[str], close: bool) -> None:
    items = [ImportItem(scope=where, patterns=wanted, close=close)]
    opened.desk.importing.apply(ApplyImport(label="junk.mbox", items=items), "app")


changes: st.SearchStrategy[Step] = st.one_of(
    st.builds(lambda a, m, al: lambda d: d.add(a, mode=m, aliases=al, expect=["@shop.example"]),
              address, st.sampled_from(["deny", "allow"]), st.lists(address, max_size=1)),
    st.builds(lambda a, m, al: lambda d: d.desk.accounts.set(SetAccount(address=a, mode=m, aliases=al), "app"),
              address, st.sampled_from(["deny", "closed"]), st.lists(address, max_size=2)),
    st.builds(lambda a: lambda d: d.desk.accounts.remove(OneAccount(address=a), "app"), address),
    st.builds(lambda s, p: lambda d: d.deny(s, *p), scope, several),
    st.builds(lambda s, p: lambda d: d.allow(s, *p), scope, several),
    st.builds(lambda s, p: lambda d: d.desk.entries.forget(ForgetEntries(scope=s, patterns=p), "cli"), scope, several),
    st.builds(lambda s, i, p: lambda d: _edit(d, s, i, pattern=p), scope, st.integers(0, 3), pattern),
    st.builds(lambda s, i: lambda d: _edit(d, s, i, list="allow", note="n"), scope, st.integers(0, 3)),
    st.builds(lambda s: lambda d: _remove(d, s), scope),
    st.builds(lambda s, p, c: lambda d: _import(d, s, p, c), scope, several, st.booleans()),
)  # fmt: skip
ways_back: st.SearchStrategy[Step] = st.one_of(
    st.just(lambda d: d.undo()),
    st.just(lambda d: d.redo()),
    st.builds(lambda n: lambda d: d.undo(n), st.integers(1, 6)),
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    with open_desk(folder):
        pass
    return folder


def _do(opened: OpenDesk, steps: list[Step]) -> None:
    for step in steps:
        before = opened.rows()
        try:
            step(opened)
        except Fault:
            assert opened.rows() == before  # what is refused changes nothing


def _until_refused(act: Callable[[], Any], code: str) -> None:
    with pytest.raises(DeskError) as refused:
        while True:
            act()
    assert refused.value.code == code


def _verdicts(opened: OpenDesk) -> list[Any]:
    senders = ["x@bad.example", "casino@fine.example", "z@worse.example", ""]
    return [opened.check(sender, recipient) for sender in senders for recipient in ADDRESSES]


LAW = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@LAW
@given(steps=st.lists(changes, max_size=10))
def test_all_undone_is_the_beginning_and_all_redone_the_end(empty: Path, steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(shutil.copytree(empty, Path(place) / "data"))
        with open_desk(folder) as opened:
            first = opened.rows()
            _do(opened, steps)
            last = opened.rows()
        with open_desk(folder) as opened:  # after a restart too
            _until_refused(opened.undo, "journal.nothing_to_undo")
            assert opened.rows() == first
            _until_refused(opened.redo, "journal.nothing_to_redo")
            assert opened.rows() == last


@LAW
@given(steps=st.lists(st.one_of(changes, ways_back), min_size=4, max_size=14))
def test_undo_of_any_change_in_any_order_leaves_whole_lists(empty: Path, steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(shutil.copytree(empty, Path(place) / "data"))
        with open_desk(folder) as opened:
            opened.add("a@own.example", aliases=["alias@own.example"])
            opened.deny("a@own.example", "x@bad.example")
            _do(opened, steps)
            verdicts = _verdicts(opened)
            _no_orphans(opened)
        with open_desk(folder) as opened:  # the rules followed every step: read anew they are the same
            assert _verdicts(opened) == verdicts
            _until_refused(opened.undo, "journal.nothing_to_undo")
            assert not any(opened.rows().values())
            assert all(change.undone for change in opened.desk.journal.history(ListQuery(), "cli").rows)


def _no_orphans(opened: OpenDesk) -> None:
    rows = opened.rows()
    accounts = {row[0] for row in rows["account"]}
    scopes = {row[1] for row in rows["entry"]} - {"*"}
    assert {scope for scope in scopes if not scope.startswith("@")} <= accounts
    assert {row[0] for row in rows["name"] if row[2] == 0} == accounts
