"""Listed domains in the window, before a real gate: what a domain is, what would vanish, on, off and undone."""

import smtplib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from pytestqt.qtbot import QtBot

from app.application import Desktop
from app.models.accounts import LINE_ROLE
from app.models.domains import ADDRESS, MAILS, VanishingModel
from app.pages.accounts.domain import DomainPart, words_of
from app.pages.accounts.list_only_dialog import ListOnlyDialog
from gate.control.messages import AddAccount, CheckQuery, Nothing, OwnDomain
from gate.control.messages import Warning as GateWarning
from tests.desktop.seeing import Seen
from tests.wire.gate_process import SECONDS, Gate, Home

StartApp = Callable[..., Desktop]
SHOP = "shop.example"
FILE = '# mine\n[gate]\nlisten = ["127.0.0.1:0"]\ndomains = ["shop.example"]\nlisted = [] # of these\n'


@pytest.fixture
def toml(home: Home) -> Path:
    file = home.path / "config" / "gate.toml"
    file.write_text(FILE, "utf-8")
    return file


@pytest.fixture
def see(toml: Path, home: Home, start_app: StartApp, qtbot: QtBot) -> Iterator[Seen]:
    """A gate with two accounts, the domain chosen."""
    with home.gate("--state", "guarding") as gate:
        seen = Seen(qtbot, start_app())
        seen.until(lambda: seen.accounts._accounts.loaded)
        for name in ("anna", "sales"):
            seen.call("account.add", AddAccount(address=f"{name}@{SHOP}"))
        deliver(gate, "anna", "anna+tag", "sales", "sales", "sales")
        seen.gate = gate  # type: ignore[attr-defined]
        yield seen


def deliver(gate: Gate, *names: str) -> None:
    with smtplib.SMTP("127.0.0.1", gate.port, "client.example", timeout=SECONDS) as client:
        for name in names:
            client.sendmail("a@b.example", [f"{name}@{SHOP}"], "Subject: x\r\n\r\nhello\r\n")


def choose(see: Seen) -> DomainPart:
    page = see.accounts
    see.until(lambda: page._accounts.domains.find(SHOP) is not None)
    page.show_item(scope=f"@{SHOP}")
    see.until(page.view.head.domain.isVisible)
    return page.view.head.domain


def line(see: Seen) -> str:
    model = see.accounts._accounts
    return str(model.index(model.position(f"@{SHOP}"), 0).data(LINE_ROLE))


def click(qtbot: QtBot, part: DomainPart) -> None:
    qtbot.mouseClick(part.box, Qt.MouseButton.LeftButton, pos=QPoint(8, part.box.height() // 2))


def ask(see: Seen, qtbot: QtBot, *gone: str) -> ListOnlyDialog:
    """The dialog, after some accounts are accounts no more."""
    for name in gone:
        see.gate.home.done("account", "remove", f"{name}@{SHOP}")  # type: ignore[attr-defined]
    part = choose(see)
    click(qtbot, part)
    dialog = see.accounts.view.dialog
    assert isinstance(dialog, ListOnlyDialog)
    assert not part.box.isChecked(), "it never jumps ahead"
    see.until(lambda: not dialog.model.reading)
    return dialog


def because(see: Seen, name: str) -> str:
    return str(see.call("check", CheckQuery(sender="a@b.example", recipient=f"{name}@{SHOP}")).because)


def test_switched_on_with_what_is_kept_then_undone_and_switched_off(see: Seen, toml: Path, qtbot: QtBot) -> None:
    dialog = ask(see, qtbot, "sales", "anna")
    model = dialog.model
    assert [(row.found.address, row.found.messages) for row in model.shown] == [
        (f"sales@{SHOP}", 3), (f"anna@{SHOP}", 2)
    ]  # fmt: skip
    assert dialog.words.text().startswith("2 other addresses received mail here in the last 90 days.")
    assert dialog.note.text().startswith("The log goes back to ")
    assert dialog.ok.text() == "Switch on, keep the 2 ticked" and dialog.focusWidget() is dialog.table
    qtbot.keyClick(dialog.table, Qt.Key.Key_Space)
    assert model.kept() == [f"anna@{SHOP}"] and dialog.ok.text() == "Switch on, keep the 1 ticked"
    assert dialog.all.text() == "Tick all"
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    see.gone(dialog)
    see.until(see.accounts.view.head.domain.box.isChecked)
    assert toml.read_text("utf-8") == FILE.replace("[] #", '["shop.example"] #')
    assert see.window.toast.text() == "Only made addresses exist in shop.example now, 1 of them new."
    assert line(see) == "Only made addresses"
    assert [because(see, name) for name in ("anna", "sales", "nobody")] == ["none", "unlisted", "unlisted"]
    assert see.client.undo is not None and see.client.undo.code == "domain.listed"
    see.window.undo()
    see.until(lambda: not see.accounts.view.head.domain.box.isChecked())
    assert toml.read_text("utf-8") == FILE and because(see, "sales") == "none"
    assert see.call("domains.list", Nothing()).rows[0].accounts == 0
    see.window.redo()
    see.until(see.accounts.view.head.domain.box.isChecked)
    click(qtbot, see.accounts.view.head.domain)
    see.until(lambda: not see.accounts.view.head.domain.box.isChecked())
    assert see.window.toast.text() == "Your mail server decides again what exists in shop.example."
    assert toml.read_text("utf-8") == FILE


def test_nothing_that_is_used_vanishes(see: Seen, qtbot: QtBot) -> None:
    dialog = ask(see, qtbot)
    assert dialog.words.text().startswith("No other address received mail here")
    assert dialog.ok.text() == "Switch on" and not dialog.table.isVisible() and dialog.focusWidget() is dialog.ok
    dialog.reject()


def test_a_file_that_cannot_be_written_is_said_in_the_dialog(see: Seen, toml: Path, qtbot: QtBot) -> None:
    dialog = ask(see, qtbot, "sales")
    toml.write_text("[gate\n", "utf-8")
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    see.until(dialog.wrong)
    assert "is not valid TOML" in dialog.wrong() and "Nothing was changed" in dialog.wrong()
    assert dialog.isVisible() and dialog.model.kept() == [f"sales@{SHOP}"]
    assert not see.accounts.view.head.domain.box.isChecked()
    toml.write_text(FILE, "utf-8")
    qtbot.keyClick(dialog, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    see.gone(dialog)
    see.until(see.accounts.view.head.domain.box.isChecked)


def test_the_filter_and_the_ticks(see: Seen, qtbot: QtBot) -> None:
    dialog = ask(see, qtbot, "sales", "anna")
    model: VanishingModel = dialog.model
    dialog.search.setText("SALE")
    assert [row.found.address for row in model.shown] == [f"sales@{SHOP}"]
    assert dialog.all.text() == "Untick the 1 shown"
    qtbot.mouseClick(dialog.all, Qt.MouseButton.LeftButton)
    assert model.kept() == [f"anna@{SHOP}"] and dialog.all.text() == "Tick the 1 shown"
    dialog.search.clear()
    assert model.index(0, ADDRESS).data(Qt.ItemDataRole.AccessibleTextRole) == f"sales@{SHOP}, vanishes"
    assert model.index(1, ADDRESS).data(Qt.ItemDataRole.AccessibleTextRole) == f"anna@{SHOP}, is kept"
    dialog.table.sortByColumn(MAILS, Qt.SortOrder.AscendingOrder)
    assert [row.found.address for row in model.shown] == [f"anna@{SHOP}", f"sales@{SHOP}"]
    box = dialog.table.visualRect(model.index(1, ADDRESS))
    qtbot.mouseClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(box.left() + 24, box.center().y()))
    assert len(model.kept()) == 2
    dialog.table.selectionModel().select(
        model.index(0, 0), QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    )
    qtbot.mouseClick(dialog.all, Qt.MouseButton.LeftButton)
    assert model.kept() == [] and dialog.ok.text() == "Switch on, keep none"
    see.until(
        lambda: dialog.note.text().startswith("No account is in shop.example: all mail to it would be refused.\n")
    )
    qtbot.mouseClick(dialog.all, Qt.MouseButton.LeftButton)
    assert dialog.note.text().startswith("The log goes back to ")
    qtbot.mouseClick(dialog.all, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    see.gone(dialog)
    see.until(lambda: line(see) == "Only made addresses")
    assert see.accounts.view.isVisible(), "without an account, too, there is a way back"


def test_the_warning_offers_it(see: Seen, qtbot: QtBot) -> None:
    choose(see)
    see.window.show_page("activity")
    strip = see.window._warnings
    strip.show_warnings([GateWarning(code="backend.catch_all", text="x", params={"domain": SHOP})])
    assert strip.text.text() == (
        "At shop.example every name is taken: a refusal there does not look like a missing account."
    )
    assert strip.act.text() == "Only made addresses…"
    qtbot.mouseClick(strip.act, Qt.MouseButton.LeftButton)
    dialog = see.accounts.view.dialog
    assert isinstance(dialog, ListOnlyDialog) and see.accounts.isVisible() and dialog.domain == SHOP
    see.until(lambda: not dialog.model.reading)
    dialog.reject()


@pytest.mark.parametrize(
    ("fields", "kind", "icon", "box"),
    [
        ({"listed": True, "catch_all": True, "accounts": 1}, "listed", False, True),
        ({"listed": True, "catch_all": True}, "empty", True, True),
        ({"catch_all": True}, "catch_all", True, True),
        ({"only_temporary": True}, "only_temporary", True, True),
        ({"catch_all": False}, "normal", False, True),
        ({}, "normal", False, True),
        ({"source": "account", "changeable": False}, "account", False, False),
    ],
)
def test_what_a_domain_is(qtbot: QtBot, fields: dict[str, object], kind: str, icon: bool, box: bool) -> None:
    part = DomainPart()
    qtbot.addWidget(part)
    part.show_domain(msgspec.structs.replace(OwnDomain(name=SHOP), **fields))
    part.show()
    assert part.line.text() == words_of(kind)
    assert (part.mark.isVisible(), part.box.isVisible()) == (icon, box)
    assert part.box.isChecked() == bool(fields.get("listed"))


def test_a_domain_of_the_command_line_says_why_it_is_fixed(qtbot: QtBot) -> None:
    part = DomainPart()
    qtbot.addWidget(part)
    part.show_domain(OwnDomain(name=SHOP, changeable=False))
    assert not part.box.isEnabled() and "--domain" in part.box.toolTip()
    part.show_domain(OwnDomain(name=SHOP))
    part.set_live(False)
    assert not part.box.isEnabled() and part.box.toolTip() == ""
