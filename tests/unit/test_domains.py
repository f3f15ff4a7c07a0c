"""Listed domains at the desk: what they are, what would vanish, and one change of accounts, file and history."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gate.backend.asking import UnknownUser
from gate.backend.reply import Reply
from gate.backend.wording import Wording
from gate.config import load
from gate.desk import ConfigView
from gate.errors import Fault
from gate.forms import Decision, ListOnly, Nothing, OwnDomain, VanishingPage, VanishingQuery
from gate.service.domains import GateToml
from gate.store import StoreError, Transaction
from tests.unit.open_desk import OpenDesk, open_desk
from tests.unit.somebody import not_root

SHOP, OTHER = "shop.example", "other.example"
FILE = """# mine
[gate]
domains = ["Shop.Example", "other.example"]
listed = []   # of these
"""


class Owner:
    """A desk, and the gate.toml that it writes to."""

    def __init__(self, desk: OpenDesk, toml: GateToml, file: Path) -> None:
        self.desk = desk
        self.toml = toml
        self.file = file
        self.told: list[str] = []
        toml.changed = lambda: self.told.append(self.file.read_text())

    def list_only(self, domain: str = SHOP, *, listed: bool = True, keep: tuple[str, ...] = ()) -> str | None:
        form = ListOnly(domain=domain, listed=listed, keep=list(keep))
        change = self.desk.desk.domains.list_only(form, "cli").change
        return None if change is None else change.text

    def domain(self, name: str = SHOP) -> OwnDomain:
        return next(row for row in self.desk.desk.domains.list(Nothing(), "cli").rows if row.name == name)

    def vanishing(self, **fields: object) -> VanishingPage:
        return self.desk.desk.domains.vanishing(VanishingQuery(domain=SHOP, **fields), "cli")  # type: ignore[arg-type]

    def because(self, recipient: str) -> str:
        return self.desk.check("a@b.example", recipient).because

    def unchanged(self, code: str, *arguments: object, **fields: object) -> None:
        rows, text, history = self.desk.rows(), self.file.read_text(), self.desk.desk.journal.heads()
        with pytest.raises(Fault) as caught:
            self.list_only(*arguments, **fields)  # type: ignore[arg-type]
        assert caught.value.code == code and "\n" not in str(caught.value)
        assert (self.desk.rows(), self.file.read_text(), self.desk.desk.journal.heads()) == (rows, text, history)
        assert self.because(f"nobody@{SHOP}") == "none"


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Owner]:
    file = tmp_path / "gate.toml"
    file.write_text(FILE)
    toml = GateToml(file, {})
    view = ConfigView(domains=["Shop.Example", "other.example"], built_in=False)
    with open_desk(tmp_path, view, toml) as desk:
        yield Owner(desk, toml, file)


def received(owner: Owner, *recipients: str, **fields: object) -> None:
    first = owner.desk.log.last_id() + 1
    owner.desk.log.append(
        [
            Decision(
                **{  # type: ignore[arg-type]
                    "id": first + place, "time": f"2999-11-24T08:00:{place:02}.000Z", "front": "smtp",
                    "client": "192.0.2.1", "helo": "x", "sender": "a@b.example", "recipient": recipient,
                    "verdict": "accept", "because": "none", "reply": "250 2.1.5 Ok", **fields,
                }
            )
            for place, recipient in enumerate(recipients)
        ]
    )  # fmt: skip


def test_accounts_file_and_history_change_together(owner: Owner) -> None:
    told = owner.list_only(keep=("sales@shop.example", "Sales@SHOP.example", "info@shop.example"))
    assert told == "Let only addresses made in Irusu exist in shop.example, with 2 new accounts"
    assert owner.file.read_text() == FILE.replace("listed = []", 'listed = ["Shop.Example"]')
    assert owner.told == [owner.file.read_text()]
    assert owner.because("nobody@shop.example") == "unlisted"
    for name in ("sales", "info", "info+tag", "postmaster", "abuse"):
        assert owner.because(f"{name}@shop.example") in ("none", "exempt")
    assert owner.because("nobody@other.example") == "none"
    assert owner.domain() == OwnDomain(name=SHOP, listed=True, accounts=2)
    assert owner.list_only(keep=("sales@shop.example",)) is None, "all was so already"


def test_undo_and_redo_take_the_file_with_them(owner: Owner) -> None:
    owner.list_only(keep=("sales@shop.example",))
    owner.desk.undo()
    assert owner.file.read_text() == FILE
    assert owner.because("nobody@shop.example") == "none" and owner.domain().accounts == 0
    owner.desk.redo()
    assert owner.because("nobody@shop.example") == "unlisted" and load(owner.file).gate.listed == ["Shop.Example"]
    assert owner.list_only(listed=False) == "Let the mail server decide which addresses exist in shop.example"
    assert owner.file.read_text() == FILE and owner.domain().accounts == 1
    owner.desk.undo()
    assert owner.because("nobody@shop.example") == "unlisted"


def test_what_cannot_be_is_one_line_and_nothing_changes(owner: Owner) -> None:
    keep = ("sales@shop.example",)
    owner.unchanged("scope.foreign_domain", "nowhere.example", keep=keep)
    owner.unchanged("domain.keep_elsewhere", keep=("sales@other.example",))
    owner.unchanged("address.no_domain", keep=("sales",))
    owner.file.write_text("[gate\n")
    owner.unchanged("config.syntax", keep=keep)
    owner.file.write_text('[gate]\ndomains = ["other.example"]\n')
    owner.unchanged("config.value", keep=keep)
    owner.file.unlink()
    owner.file.symlink_to("/dev/null")
    owner.unchanged("config.unreadable", keep=keep)


def test_a_folder_that_cannot_be_written_keeps_all_as_it_was() -> None:
    with tempfile.TemporaryDirectory(prefix="irusu-test-") as name:
        folder = Path(name)
        (folder / "data").mkdir()
        file = folder / "config" / "gate.toml"
        file.parent.mkdir()
        file.write_text(FILE)
        toml = GateToml(file, {})
        with open_desk(folder / "data", ConfigView(domains=["Shop.Example"], built_in=False), toml) as desk:
            file.parent.chmod(0o500)
            with not_root(folder):
                Owner(desk, toml, file).unchanged("config.unwritable", keep=("sales@shop.example",))
            file.parent.chmod(0o700)


def test_where_the_accounts_cannot_be_kept_the_file_is_as_it_was(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full is noticed at the commit, when the file is written already."""
    writing = owner.desk.lists.writing

    @contextmanager
    def full() -> Iterator[Transaction]:
        with writing() as tx:
            yield tx
            raise StoreError("store.full", file="lists.db")

    monkeypatch.setattr(owner.desk.lists, "writing", full)
    owner.unchanged("store.full", keep=("sales@shop.example",))
    assert len(owner.told) == 2, "who lives by the file reads it once more"


def test_domains_of_the_command_line_are_not_written(owner: Owner) -> None:
    owner.toml._given = {"domains": [SHOP]}
    owner.unchanged("domain.by_option", keep=("sales@shop.example",))
    assert not owner.domain().changeable


def test_a_domain_of_an_account_alone_is_closed_already(tmp_path: Path) -> None:
    file = tmp_path / "gate.toml"
    file.write_text("")
    with open_desk(tmp_path, None, GateToml(file, {})) as desk:
        desk.add("anna@own.example")
        owner = Owner(desk, GateToml(file, {}), file)
        row = owner.domain("own.example")
        assert (row.source, row.changeable, row.accounts) == ("account", False, 1)
        with pytest.raises(Fault, match="only accounts exist already"):
            owner.list_only("own.example")


def test_what_the_server_says_is_told_where_it_is_known(owner: Owner) -> None:
    assert owner.domain().catch_all is None and owner.domain().reply is None
    for code, told in (
        (b"550", (False, False, "550 5.1.1 no such user")),
        (b"250", (True, False, None)),
        (b"450", (False, True, "450 5.1.1 no such user")),
    ):
        reply = Reply.of(code + b" 5.1.1 no such user")
        users = {SHOP: UnknownUser(SHOP, Wording(reply, b"x@shop.example"))}
        owner.toml.unknown_users = lambda users=users: users  # type: ignore[misc]
        row = owner.domain()
        assert (row.catch_all, row.only_temporary, row.reply) == told


def test_what_received_mail_and_would_vanish(owner: Owner) -> None:
    owner.desk.add("anna@shop.example", aliases=["ann@shop.example"])
    names = ["anna", "ann", "anna+tag", "postmaster", "abuse", "new+a", "old", "new+b", "new"]
    received(owner, *(f"{name}@shop.example" for name in names), "x@other.example", "y@xshop.example")
    received(owner, "long@shop.example", time="2020-11-24T08:00:00.000Z")
    received(owner, "turned@shop.example", reply="550 5.1.1 no")
    received(owner, "denied@shop.example", verdict="refuse")
    page = owner.vanishing()
    assert [(row.address, row.messages) for row in page.rows] == [("new@shop.example", 3), ("old@shop.example", 1)]
    assert (page.total, page.next, page.cut) == (2, None, False)
    assert page.since == "2020-11-24T08:00:00.000Z"
    assert page.rows[0].last == "2999-11-24T08:00:08.000Z"
    assert [row.address for row in owner.vanishing(days=36_500).rows][-1] == "long@shop.example"
    with pytest.raises(Fault, match="1 to 36500 days"):
        owner.vanishing(days=0)


def test_what_vanishes_comes_in_pages(owner: Owner) -> None:
    received(owner, *(f"u{place}@shop.example" for place in range(50)))
    seen, after = [], None
    while True:
        page = owner.vanishing(limit=20, after=after)
        seen += [row.address for row in page.rows]
        after = page.next
        if after is None:
            break
    assert seen == [f"u{place}@shop.example" for place in reversed(range(50))]
    with pytest.raises(Fault, match="no place to go on from"):
        owner.vanishing(after="nobody@shop.example")


def test_every_one_that_would_vanish_can_be_kept(owner: Owner) -> None:
    odd = ['"a b"@shop.example', "ünal@shop.example", "o'neil@shop.example", "-x@shop.example"]
    received(owner, *odd)
    kept = [row.address for row in owner.vanishing().rows]
    assert sorted(kept) == sorted(odd)
    owner.list_only(keep=tuple(kept))
    assert owner.vanishing().rows == []
    assert {owner.because(name) for name in odd} == {"none"}
