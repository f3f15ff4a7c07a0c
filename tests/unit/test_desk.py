"""What an owner can ask for, and what is refused."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gate.desk import ConfigView, DeskError
from gate.errors import Fault
from gate.forms import (
    ApplyImport,
    EditEntry,
    EntryQuery,
    ForgetEntries,
    ImportItem,
    ListQuery,
    ListsChanged,
    LogQuery,
    Nothing,
    OneAccount,
    RemoveEntries,
    SetAccount,
    StageImport,
)
from gate.rules.pattern import PatternError
from gate.rules.ruleset import RulesetError
from tests.unit.open_desk import OpenDesk, open_desk

ANNA = "anna@own.example"
REAL = ConfigView(domains=["own.example"], built_in=False)


@pytest.fixture
def opened(tmp_path: Path) -> Any:
    with open_desk(tmp_path) as it:
        it.add(ANNA, aliases=["ann@own.example"])
        yield it


def refused(code: str, act: Any) -> str:
    with pytest.raises(Fault) as error:
        act()
    assert error.value.code == code
    assert "\n" not in str(error.value)
    return str(error.value)


def test_the_mission(tmp_path: Path) -> None:
    with open_desk(tmp_path) as opened:
        opened.add("user2@localhost")
        assert opened.check("user1@localhost", "user2@localhost").verdict == "accept"
        told = opened.deny("user2@localhost", "user1@localhost")
        assert told.change is not None
        assert told.change.text == "Deny user1@localhost for user2@localhost"
        found = opened.check("user1@localhost", "user2@localhost")
        assert (found.verdict, found.because) == ("refuse", "entry")
        assert found.entry is not None
        assert (found.entry.scope, found.entry.list, found.entry.pattern) == (
            "user2@localhost", "deny", "user1@localhost",
        )  # fmt: skip
        assert opened.check("user3@localhost", "user2@localhost").verdict == "accept"
        assert len(opened.published) == 3


def test_adding_again_is_no_change(opened: OpenDesk) -> None:
    assert opened.deny(ANNA, "X@Bad.example").change is not None
    assert opened.deny(ANNA, "x@bad.example", "<x@bad.example>").change is None
    assert [row.pattern for row in opened.entries(ANNA)] == ["x@bad.example"]


def test_a_note_given_again_is_taken_and_taken_back(opened: OpenDesk) -> None:
    opened.deny(ANNA, "x@bad.example", note="first")
    (before,) = opened.entries(ANNA)
    assert opened.deny(ANNA, "x@bad.example", note="second").change is not None
    (after,) = opened.entries(ANNA)
    assert (after.id, after.note) == (before.id, "second")
    assert opened.deny(ANNA, "x@bad.example", note="second").change is None
    opened.undo()
    assert opened.entries(ANNA) == [before]


def test_one_list_takes_from_the_other_in_the_same_undo(opened: OpenDesk) -> None:
    opened.deny(ANNA, "x@bad.example", note="first")
    before = opened.rows()
    opened.allow(ANNA, "x@bad.example")
    assert [(row.list, row.note) for row in opened.entries(ANNA)] == [("allow", "")]
    opened.undo()
    assert opened.rows() == before


def test_an_alias_means_its_account(opened: OpenDesk) -> None:
    opened.deny("ANN@own.example", "@bad.example")
    assert [row.scope for row in opened.entries(ANNA)] == [ANNA]
    assert opened.desk.accounts.show(OneAccount(address="ann@own.example"), "cli").denied == 1


def test_scopes(opened: OpenDesk) -> None:
    text = refused("account.unknown", lambda: opened.deny("nobody@own.example", "@bad.example"))
    assert "account add nobody@own.example" in text
    refused("scope.foreign_domain", lambda: opened.deny("@foreign.example", "@bad.example"))
    assert opened.deny("*", "@bad.example").change.text == "Deny @bad.example for everyone"  # type: ignore[union-attr]
    assert opened.deny("@OWN.example", "@bad.example").change is not None
    assert opened.check("x@bad.example", "who@own.example").verdict == "refuse"


def test_all_patterns_or_none(opened: OpenDesk) -> None:
    with pytest.raises(PatternError, match="casino"):
        opened.deny(ANNA, "x@bad.example", "casino", "@worse.example")
    assert opened.entries(ANNA) == []
    refused("entry.no_patterns", lambda: opened.deny(ANNA))


def test_what_cannot_be_compiled_changes_nothing(opened: OpenDesk) -> None:
    before = opened.rows()
    with pytest.raises(RulesetError):
        opened.deny(ANNA, *(f"keyword:word{number}" for number in range(5001)))
    assert opened.rows() == before
    assert opened.desk.journal.heads()[0].text == f"Add account {ANNA}"  # type: ignore[union-attr]
    assert opened.deny(ANNA, "keyword:casino").change is not None


def test_forget(opened: OpenDesk) -> None:
    opened.deny(ANNA, "x@bad.example", "@bad.example")
    before = opened.rows()

    def forget(*patterns: str, **fields: Any) -> Any:
        wanted = ForgetEntries(scope=ANNA, patterns=list(patterns), **fields)
        return opened.desk.entries.forget(wanted, "cli")

    refused("entry.not_there", lambda: forget("x@bad.example", "y@bad.example"))
    refused("entry.not_on_list", lambda: forget("x@bad.example", list="allow"))
    assert opened.rows() == before
    assert forget("bad.example").change.text == f"Forget @bad.example for {ANNA}"
    refused("entry.not_there", lambda: forget("bad.example"))


def test_edit_and_remove_by_id(opened: OpenDesk) -> None:
    opened.deny(ANNA, "x@bad.example", "y@bad.example", note="n")
    one, two = opened.entries(ANNA)

    def edit(**fields: Any) -> Any:
        return opened.desk.entries.edit(EditEntry(id=one.id, **fields), "app")

    assert edit(note="n").change is None
    assert edit(pattern="z@bad.example").change.text == f"Edit x@bad.example to z@bad.example for {ANNA}"
    refused("entry.exists", lambda: edit(pattern="y@bad.example"))
    edit(list="allow")
    edit(pattern="y@bad.example")  # from the other list it is taken, as when it is added
    (left,) = opened.entries(ANNA)
    assert (left.id, left.list, left.pattern, left.added, left.note) == (
        one.id, "allow", "y@bad.example", one.added, "n",
    )  # fmt: skip
    opened.undo()
    assert {row.id for row in opened.entries(ANNA)} == {one.id, two.id}
    opened.desk.entries.remove(RemoveEntries(ids=[one.id, two.id]), "app")
    refused("entry.unknown", lambda: opened.desk.entries.remove(RemoveEntries(ids=[one.id]), "app"))
    opened.undo()
    assert {row.id for row in opened.entries(ANNA)} == {one.id, two.id}


def test_a_number_is_never_given_to_another_entry(opened: OpenDesk) -> None:
    opened.deny(ANNA, "x@bad.example")
    (gone,) = opened.entries(ANNA)
    opened.undo()
    opened.deny(ANNA, "y@bad.example")
    assert opened.entries(ANNA)[0].id != gone.id


def test_own_senders_are_a_warning_only(opened: OpenDesk) -> None:
    told = opened.deny(ANNA, "@own.example")
    assert told.change is not None
    assert [warning.code for warning in told.warnings] == ["pattern.own_domain"]


def test_a_click_means_the_very_address(opened: OpenDesk) -> None:
    opened.deny(ANNA, "a*b@bad.example", source="click")
    assert [(row.kind, row.source) for row in opened.entries(ANNA)] == [("address", "click")]
    assert opened.check("axb@bad.example", ANNA).verdict == "accept"
    assert opened.check("a*b@bad.example", ANNA).verdict == "refuse"


def test_accounts_and_aliases_collide(opened: OpenDesk) -> None:
    refused("account.exists", lambda: opened.add("Anna@Own.example"))
    refused("account.is_alias", lambda: opened.add("ann@own.example"))
    refused("account.alias_is_account", lambda: opened.add("bob@own.example", aliases=[ANNA]))
    refused("account.is_alias", lambda: opened.add("bob@own.example", aliases=["ann@own.example"]))
    refused("account.alias_itself", lambda: opened.add("bob@own.example", aliases=["bob@own.example"]))
    refused("account.no_address", lambda: opened.add("<>"))
    refused("account.no_address", lambda: opened.add("postmaster"))
    refused("entry.expect_pattern", lambda: opened.add("bob@own.example", expect=["casino"]))
    assert opened.desk.accounts.list(ListQuery(), "cli").total == 1


@pytest.mark.parametrize("domain", ["-bad-.example", "bad-.example", "x.-bad.example"])
def test_an_own_domain_keeps_the_rule_of_host_names(opened: OpenDesk, domain: str) -> None:
    """A sender may claim any domain, and it can be denied."""
    refused("address.domain", lambda: opened.add(f"you@{domain}"))
    refused("address.domain", lambda: opened.add("bob@own.example", aliases=[f"you@{domain}"]))
    opened.deny(ANNA, f"you@{domain}")


def test_a_real_server_has_its_domains(tmp_path: Path) -> None:
    with open_desk(tmp_path, REAL) as opened:
        opened.add(ANNA)
        text = refused("account.foreign_domain", lambda: opened.add("a@foreign.example"))
        assert "gate.toml: [gate] domains" in text
        refused("account.foreign_domain", lambda: opened.add("b@own.example", aliases=["b@foreign.example"]))
        item = ImportItem(scope="a@foreign.example", patterns=["x@bad.example"])
        refused(
            "account.foreign_domain",
            lambda: opened.desk.importing.apply(ApplyImport(label="x", items=[item]), "cli"),
        )
        assert opened.check("x@bad.example", "a@foreign.example").because == "relay"
        opened.desk.configure(ConfigView(domains=["own.example", "FOREIGN.example."], built_in=False))
        opened.add("a@foreign.example")


def test_set_changes_what_is_set(opened: OpenDesk) -> None:
    def change(**fields: Any) -> Any:
        return opened.desk.accounts.set(SetAccount(address=ANNA, **fields), "cli")

    told = change(mode="allow", watch=True, given_to=" the  shop ", expect=["shop.example", ""])
    assert (told.mode, told.watch, told.given_to, told.expect) == ("allow", True, "the shop", ["@shop.example"])
    assert told.aliases == ["ann@own.example"]
    assert change(given_to="", expect=[], aliases=["a@own.example"]).given_to is None
    assert opened.desk.accounts.show(OneAccount(address="a@own.example"), "cli").expect == []
    refused("account.unknown", lambda: opened.desk.accounts.show(OneAccount(address="ann@own.example"), "cli"))
    lines = [change.text for change in opened.desk.journal.history(ListQuery(), "cli").rows]
    assert lines[:2] == [
        f"Set given to nobody, expected senders, aliases of {ANNA}",
        f"Set mode allow, watch, given to the shop, expected senders of {ANNA}",
    ]
    count = len(lines)
    change(mode="allow")
    assert len(opened.desk.journal.history(ListQuery(), "cli").rows) == count


def test_remove_and_undo_restores_all(opened: OpenDesk) -> None:
    opened.deny(ANNA, "x@bad.example", note="why")
    opened.allow(ANNA, "y@fine.example")
    before = opened.rows()
    told = opened.desk.accounts.remove(OneAccount(address="ann@own.example"), "cli")
    assert told.change is not None
    assert told.change.text == f"Remove account {ANNA}"
    assert not any(opened.rows().values())
    opened.undo()
    assert opened.rows() == before


def test_undo_is_refused_where_a_later_change_stands_on_it(opened: OpenDesk) -> None:
    opened.deny(ANNA, "x@bad.example")
    text = refused("journal.touched_later", lambda: opened.undo(1))
    assert "Deny x@bad.example" in text
    opened.deny(ANNA, "y@bad.example")
    opened.undo(2)  # that change alone
    assert [row.pattern for row in opened.entries(ANNA)] == ["y@bad.example"]
    refused("journal.already_undone", lambda: opened.undo(2))
    refused("journal.unknown", lambda: opened.undo(99))
    opened.redo()
    refused("journal.nothing_to_redo", opened.redo)
    opened.undo()
    opened.deny(ANNA, "z@bad.example")
    refused("journal.nothing_to_redo", opened.redo)  # a new change ends it
    assert [change.undone for change in opened.desk.journal.history(ListQuery(), "cli").rows] == [
        False, True, False, False,
    ]  # fmt: skip


def test_events_say_what_changed_and_what_undo_would_do(opened: OpenDesk) -> None:
    opened.told.clear()
    change = opened.deny(ANNA, "x@bad.example").change
    opened.undo()
    assert opened.told == [
        ("lists", ListsChanged(scopes=[ANNA], undo=change, redo=None)),
        ("lists", ListsChanged(scopes=[ANNA], undo=opened.desk.journal.heads()[0],
                               redo=opened.desk.journal.heads()[1])),
    ]  # fmt: skip
    assert opened.desk.journal.heads()[1].id == change.id  # type: ignore[union-attr]


def test_import_makes_accounts_in_one_undo(opened: OpenDesk) -> None:
    before = opened.rows()
    items = [
        ImportItem(scope="bob@own.example", patterns=["x@bad.example", "X@bad.example"], close=True),
        ImportItem(scope="ann@own.example", patterns=["x@bad.example"], refuse_bounces=True),
        ImportItem(scope="*", patterns=["@worse.example"]),
    ]
    stage = opened.desk.importing.stage(StageImport(items=items[:1]), "app").stage
    opened.desk.importing.stage(StageImport(stage=stage, items=items[1:2]), "app")
    assert opened.rows() == before
    told = opened.desk.importing.apply(ApplyImport(label="junk.mbox", stage=stage, items=items[2:]), "app")
    assert told.applied == 3
    assert told.accounts_made == ["bob@own.example"]
    assert told.change is not None
    assert told.change.text == "3 entries, 1 new account, bob@own.example closed from junk.mbox"
    assert opened.desk.accounts.show(OneAccount(address=ANNA), "cli").refuse_bounces
    assert opened.entries(ANNA)[0].origin == "junk.mbox"
    refused("import.stage_unknown", lambda: opened.desk.importing.apply(ApplyImport(label="x", stage=stage), "app"))
    again = opened.desk.importing.apply(ApplyImport(label="junk.mbox", items=items), "app")
    assert (again.applied, again.change) == (0, None)
    opened.undo()
    assert opened.rows() == before


def test_import_is_all_or_nothing(opened: OpenDesk) -> None:
    before = opened.rows()
    items = [ImportItem(scope="bob@own.example", patterns=["x@bad.example"]), ImportItem(scope=ANNA, patterns=["oops"])]
    refused("pattern.word", lambda: opened.desk.importing.apply(ApplyImport(label="x", items=items), "app"))
    closing = [ImportItem(scope="*", close=True)]
    refused("scope.not_an_account", lambda: opened.desk.importing.apply(ApplyImport(label="x", items=closing), "app"))
    refused("import.nothing", lambda: opened.desk.importing.apply(ApplyImport(label="x"), "app"))
    assert opened.rows() == before


def test_stages_are_few(opened: OpenDesk) -> None:
    item = ImportItem(scope=ANNA, patterns=["x@bad.example"])
    names = [opened.desk.importing.stage(StageImport(items=[item]), "app").stage for _ in range(9)]
    refused("import.stage_unknown", lambda: opened.desk.importing.stage(StageImport(stage=names[0], items=[]), "app"))
    assert opened.desk.importing.stage(StageImport(stage=names[-1], items=[]), "app").stage == names[-1]


def test_stages_go_stale(opened: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = opened.desk.importing.stage(StageImport(items=[ImportItem(scope=ANNA)]), "app").stage
    monkeypatch.setattr("gate.desk.importing.STALE_SECONDS", -1.0)
    refused("import.stage_unknown", lambda: opened.desk.importing.stage(StageImport(stage=stage, items=[]), "app"))


def test_calls_from_many_threads(opened: OpenDesk) -> None:
    def work(number: int) -> None:
        for each in range(20):
            opened.deny("*" if each % 2 else ANNA, f"x{each}@bad{number}.example", "@both.example")
            opened.check(f"x{each}@bad{number}.example", ANNA)
            opened.entries(ANNA)
            opened.desk.importing.context(Nothing(), "cli")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(opened.entries(ANNA)) == len(opened.entries("*")) == 81
    history = opened.desk.journal.history(ListQuery(), "cli").rows
    assert len(history) == 161
    for _ in history[:-1]:
        opened.undo()
    assert opened.entries("*") == opened.entries(ANNA) == []


def test_survey_context(opened: OpenDesk) -> None:
    opened.allow("*", "@friend.example")
    opened.desk.accounts.set(SetAccount(address=ANNA, expect=["@shop.example"]), "cli")
    told = opened.desk.importing.context(Nothing(), "cli")
    assert told.accounts == [ANNA, "ann@own.example"]
    assert told.domains == ["own.example"]
    assert told.allowed == ["@friend.example"]
    assert told.expected == {ANNA: ["@shop.example"]}
    assert told.aliases == {"ann@own.example": ANNA}
    assert told.any_domain


def test_pages_by_key(opened: OpenDesk) -> None:
    opened.deny(ANNA, *(f"x{number:02}@bad.example" for number in range(25)))

    def page(**fields: Any) -> Any:
        return opened.desk.entries.list(EntryQuery(scope=ANNA, **fields), "cli")

    found, after = [], None
    while True:
        rows = page(limit=10, after=after)
        assert rows.total == 25
        found += [row.pattern for row in rows.rows]
        after = rows.next
        if after is None:
            break
    assert found == [f"x{number:02}@bad.example" for number in range(25)]
    assert [row.pattern for row in page(filter="X1", limit=3, sort="pattern", after="x11@bad.example").rows] == [
        "x12@bad.example", "x13@bad.example", "x14@bad.example",
    ]  # fmt: skip
    assert page(filter="%").total == 0
    opened.deny(ANNA, "@bücher.example")
    assert [row.pattern for row in page(filter=" BÜCH").rows] == ["@bücher.example"]
    opened.undo()
    refused("query.after", lambda: page(after="x"))
    refused("query.limit", lambda: page(limit=0))
    for name in ("bob", "cat", "dan"):
        opened.add(f"{name}@own.example")
    accounts = opened.desk.accounts.list(ListQuery(limit=2), "cli")
    assert (accounts.next, accounts.total) == ("bob@own.example", 4)
    rest = opened.desk.accounts.list(ListQuery(limit=2, after=accounts.next), "cli")
    assert ([row.address for row in rest.rows], rest.next) == (["cat@own.example", "dan@own.example"], None)
    assert [row.address for row in opened.desk.accounts.list(ListQuery(filter="ann@"), "cli").rows] == [ANNA]
    history = opened.desk.journal.history(ListQuery(limit=2), "cli")
    assert [change.id for change in history.rows] == [6, 5]
    assert [row.id for row in opened.desk.journal.history(ListQuery(after=history.next), "cli").rows] == [4, 3, 2, 1]


def test_log_times(opened: OpenDesk) -> None:
    refused("query.time", lambda: opened.desk.activity.log(LogQuery(since="yesterday"), "cli"))
    assert opened.desk.activity.log(LogQuery(since="2026-11-24T08:00:00+09:00", limit=5000), "cli").rows == []
    refused("check.recipient", lambda: opened.check("x@bad.example", "<>"))
    assert opened.check("", ANNA).because == "exempt"


def test_a_hundred_thousand_entries(opened: OpenDesk) -> None:
    """What went through all of them for each, or for each account, would not be done within the time of any test."""
    items = [
        ImportItem(scope=f"a{number}@own.example", patterns=[f"s{each}@bad{number}.example" for each in range(1000)])
        for number in range(100)
    ]
    told = opened.desk.importing.apply(ApplyImport(label="all.mbox", items=items), "app")
    assert told.applied == 100_000
    opened.deny("a7@own.example", "x@bad.example")
    assert opened.check("x@bad.example", "a7@own.example").verdict == "refuse"
    with pytest.raises(DeskError):
        opened.undo(told.change.id)  # type: ignore[union-attr]
    opened.undo()
    opened.undo()
    assert opened.desk.accounts.list(ListQuery(), "cli").total == 1


def test_a_click_makes_the_account_too_in_one_undo(opened: OpenDesk) -> None:
    before = opened.rows()
    new = "Bob@own.example"
    refused("account.unknown", lambda: opened.deny(new, "spam@bad.example"))
    told = opened.deny(new, "spam@bad.example", source="click", make_account=True)
    assert told.change is not None
    assert told.change.text == "Deny spam@bad.example for new account bob@own.example"
    assert told.change.params["made"]
    assert opened.check("spam@bad.example", "bob@own.example").verdict == "refuse"
    opened.deny("ann@own.example", "spam@bad.example", make_account=True)
    assert [row.scope for row in opened.entries(ANNA)] == [ANNA], "an alias is an account already"
    opened.undo()
    opened.undo()
    assert opened.rows() == before


def test_no_account_is_made_of_a_foreign_address(tmp_path: Path) -> None:
    with open_desk(tmp_path, REAL) as opened:
        new = {"make_account": True}
        refused("account.foreign_domain", lambda: opened.deny("bob@else.example", "spam@bad.example", **new))
        refused("scope.foreign_domain", lambda: opened.deny("@else.example", "spam@bad.example", **new))


def test_wider_scopes_are_counted_however_long_they_are(opened: OpenDesk) -> None:
    opened.deny("*", *(f"spam{number}@bad.example" for number in range(1200)))
    opened.allow("*", *(f"kate{number}@good.example" for number in range(1100)))
    page = opened.desk.accounts.list(ListQuery(limit=1), "cli")
    assert [(each.scope, each.denied, each.allowed) for each in page.scopes] == [
        ("*", 1200, 1100), ("@own.example", 0, 0),
    ]  # fmt: skip
    assert opened.desk.accounts.list(ListQuery(after=ANNA), "cli").scopes == []


def test_an_import_may_say_who_is_expected(opened: OpenDesk) -> None:
    before = opened.rows()
    opened.desk.accounts.set(SetAccount(address=ANNA, expect=["@shop.example"]), "cli")
    item = ImportItem(
        scope="ann@own.example", patterns=["x@bad.example"], expect=["kate@shop.example", "@SHOP.example"]
    )
    told = opened.desk.importing.apply(ApplyImport(label="shop.mbox", items=[item]), "app")
    assert told.applied == 1
    account = opened.desk.accounts.show(OneAccount(address=ANNA), "cli")
    assert account.expect == ["@shop.example", "kate@shop.example"]
    wide = [ImportItem(scope="*", patterns=["x@bad.example"], expect=["@shop.example"])]
    refused("scope.not_an_account", lambda: opened.desk.importing.apply(ApplyImport(label="x", items=wide), "app"))
    opened.undo()
    opened.undo()
    assert opened.rows() == before
