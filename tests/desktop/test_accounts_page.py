"""The accounts page against a real gate, through its widgets: make, change and remove accounts and entries."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.application import Desktop
from app.link.calls import failure
from app.models.accounts import LINE_ROLE
from app.models.entries import PATTERN
from app.models.rows import ICON_ROLE
from app.pages.accounts.many_dialog import CHECKED_HERE
from app.widgets.form import FormDialog
from gate.control.messages import AddAccount, AddEntries, OneAccount, SetAccount
from tests.desktop.seeing import Seen, knock
from tests.wire.gate_process import Gate, Home

StartApp = Callable[..., Desktop]
ANNA = "anna@example.org"


@pytest.fixture
def gate(home: Home) -> Iterator[Gate]:
    with home.gate("--state", "guarding") as running:
        yield running


@pytest.fixture
def see(gate: Gate, start_app: StartApp, qtbot: QtBot) -> Seen:
    seen = Seen(qtbot, start_app())
    seen.until(lambda: seen.accounts._accounts.loaded)
    return seen


def make(see: Seen, *patterns: str, address: str = ANNA) -> None:
    """An account with denied patterns, chosen on the page."""
    see.call("account.add", AddAccount(address=address))
    if patterns:
        see.call("deny", AddEntries(scope=address, patterns=list(patterns)))
    page = see.accounts
    see.until(lambda: page._accounts.scope(address) is not None)
    page.show_item(scope=address)
    see.until(lambda: page._entries.loaded and len(page._entries.rows) == len(patterns))


def patterns_shown(see: Seen) -> list[str]:
    model = see.accounts._entries
    return [model.index(row, PATTERN).data() for row in range(model.rowCount())]


def test_from_nothing_to_a_refused_sender(see: Seen, gate: Gate, qtbot: QtBot) -> None:
    page = see.accounts
    assert page.empty.isVisible()
    qtbot.keyClick(page, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    dialog = page.dialog
    assert dialog.isVisible()
    qtbot.keyClicks(dialog.address, ANNA)
    dialog.aliases.setPlainText("a.miller@example.org, info@example.org")
    qtbot.keyClick(dialog.address, Qt.Key.Key_Return)
    see.gone(dialog)
    see.until(lambda: page.view.head.title.text() == ANNA and page.view.field.isVisible())
    assert see.window.toast.text() == f"{ANNA} is an account now."
    assert see.window.toast.undo_button().isVisible()
    see.until(lambda: page._accounts.own_domains == ["example.org"])
    assert page.view.head.line.text() == "also a.miller@, info@ · none refused in 7 days"
    qtbot.keyClicks(page.view.field.edit, "spam@bad.example")
    qtbot.keyClick(page.view.field.edit, Qt.Key.Key_Return)
    see.until(lambda: patterns_shown(see) == ["spam@bad.example"])
    assert page.view.field.text() == ""
    assert see.window.toast.text() == "anna@ now denies spam@bad.example."
    see.until(lambda: page.view.pane.count.text() == "1")
    ((code, _text),) = knock(gate, "spam@bad.example", ANNA)
    assert code == 550
    see.until(lambda: page._entries.rows[0].hits == 1)
    see.window.undo()
    see.until(lambda: patterns_shown(see) == [])
    assert page.view.pane.nothing.isVisible()


def test_what_the_gate_refuses_is_said_in_the_dialog_and_nothing_is_lost(see: Seen, qtbot: QtBot) -> None:
    make(see)
    page = see.accounts
    page.add_account()
    dialog = page.dialog
    qtbot.keyClicks(dialog.address, ANNA)
    qtbot.keyClicks(dialog.given_to, "Acme")
    dialog.expect.setPlainText("@acme.example")
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    see.until(dialog.wrong)
    assert dialog.wrong() == f"{ANNA} is an account already."
    assert dialog.isVisible()
    assert (dialog.address.text(), dialog.given_to.text()) == (ANNA, "Acme")
    assert dialog.expect.lines() == ["@acme.example"]
    dialog.address.clear()
    qtbot.keyClicks(dialog.address, "no address")
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    see.until(lambda: dialog.ok.isEnabled() and dialog.wrong() == "no address is no address: it holds a space.")
    dialog.reject()


def test_an_account_of_a_domain_that_is_not_own(home: Home, start_app: StartApp, qtbot: QtBot) -> None:
    with home.gate("--state", "stopped", "--deliver", "smtp://127.0.0.1:9", "--domain", "example.org"):
        see = Seen(qtbot, start_app())
        see.until(lambda: see.accounts._accounts.loaded)
        see.accounts.add_account()
        dialog = see.accounts.dialog
        qtbot.keyClicks(dialog.address, "anna@elsewhere.example")
        qtbot.keyClick(dialog.address, Qt.Key.Key_Return)
        see.until(dialog.wrong)
        assert dialog.wrong() == (
            "anna@elsewhere.example is not in a domain of your mail server. If elsewhere.example is yours, name it in "
            "gate.toml: [gate] domains."
        )
        assert dialog.address.text() == "anna@elsewhere.example"
        dialog.reject()


def test_mode_and_watch(see: Seen, gate: Gate, qtbot: QtBot) -> None:
    make(see, "spam@bad.example")
    head = see.accounts.view.head
    assert head.mode.currentText() == "Everyone may write, except these senders"
    head.mode.setFocus()
    qtbot.keyClick(head.mode, Qt.Key.Key_Down)
    see.until(lambda: see.accounts._accounts.find(ANNA).mode == "allow")
    assert head.mode.currentData() == "allow"
    ((code, _text),) = knock(gate, "stranger@friends.example", ANNA)
    assert code == 550
    see.until(lambda: see.window.toast.text() == "anna@: Only these senders may write.")
    see.window.undo()
    see.until(lambda: head.mode.currentData() == "deny")
    qtbot.mouseClick(head.watch, Qt.MouseButton.LeftButton, pos=head.watch.rect().center() * 0.1)
    see.until(lambda: see.accounts._accounts.find(ANNA).watch)
    assert head.watch.isChecked()
    ((code, _text),) = knock(gate, "spam@bad.example", ANNA)
    assert code == 250


def test_edit_account_keeps_its_address(see: Seen, qtbot: QtBot) -> None:
    make(see)
    qtbot.mouseClick(see.accounts.view.head.edit_button, Qt.MouseButton.LeftButton)
    dialog = see.accounts.view.dialog
    assert dialog.address.isReadOnly()
    dialog.aliases.setPlainText("bob@example.org")
    dialog.refuse_bounces.setChecked(True)
    dialog.given_to.setText("Acme")
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    see.gone(dialog)
    account = see.call("account.show", OneAccount(address=ANNA))
    assert (account.aliases, account.refuse_bounces, account.given_to) == (["bob@example.org"], True, "Acme")
    see.until(lambda: see.accounts._accounts.find("bob@example.org") is not None)
    see.accounts.view.edit_account()
    dialog = see.accounts.view.dialog
    dialog.aliases.clear()
    dialog.given_to.clear()
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    see.gone(dialog)
    account = see.call("account.show", OneAccount(address=ANNA))
    assert (account.aliases, account.given_to) == ([], None)


def test_remove_account_and_undo(see: Seen) -> None:
    make(see, "spam@bad.example")
    make(see, address="bob@example.org")
    page = see.accounts
    page.show_item(scope=ANNA)
    page.view.head.remove.trigger()
    see.until(lambda: page._accounts.scope(ANNA) is None)
    see.until(lambda: page.chosen == "bob@example.org")
    assert see.window.toast.text() == f"{ANNA} and its entries removed."
    see.window.undo()
    see.until(lambda: page._accounts.scope(ANNA) is not None)
    page.show_item(scope=ANNA)
    see.until(lambda: patterns_shown(see) == ["spam@bad.example"])


def test_keyboard_alone_edits_copies_pastes_removes(see: Seen, qtbot: QtBot) -> None:
    make(see, "a@bad.example", "b@bad.example", "c@bad.example")
    page = see.accounts
    table = page.view.pane.table
    table.sortByColumn(PATTERN, Qt.SortOrder.AscendingOrder)
    table.setFocus()
    table.selectRow(0)
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(table, Qt.Key.Key_A, control)
    qtbot.keyClick(table, Qt.Key.Key_C, control)
    assert QGuiApplication.clipboard().text() == "a@bad.example\nb@bad.example\nc@bad.example\n"
    table.selectRow(1)
    qtbot.keyClick(table, Qt.Key.Key_F2)
    dialog = page.view.dialog
    dialog.pattern.set_text("@worse.example")
    dialog.note.setText("came twice")
    dialog.list.choose("allow")
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    see.gone(dialog)
    see.until(lambda: set(patterns_shown(see)) == {"a@bad.example", "@worse.example", "c@bad.example"})
    changed = next(e for e in page._entries.rows if e.pattern == "@worse.example")
    assert (changed.list, changed.note) == ("allow", "came twice")
    see.window.activateWindow()
    table.setFocus()
    see.until(table.hasFocus)
    table.selectRow(0)
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    see.until(lambda: len(patterns_shown(see)) == 2)
    see.until(lambda: table.chosen_rows() == [0])
    qtbot.keyClick(table, Qt.Key.Key_A, control)
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    see.until(lambda: patterns_shown(see) == [])
    assert see.window.toast.text() == "2 entries removed."
    table.setFocus()
    see.window.undo()
    see.until(lambda: len(patterns_shown(see)) == 2)


def test_pasted_lines_that_are_wrong_are_told_and_can_be_mended(see: Seen, qtbot: QtBot) -> None:
    make(see, "a@bad.example")
    page = see.accounts
    page.view.pane.table.setFocus()
    QGuiApplication.clipboard().setText("x@bad.example\r\n\ncasino\n# a remark\n @.worse.example \nno address\n")
    qtbot.keyClick(page.view.pane.table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    dialog = page.view.dialog
    assert dialog.ok.text() == "Deny the 2 good ones"
    first, second = dialog.wrong().split("\n")
    assert first.startswith("Line 3: ")
    assert "keyword:casino" in first
    assert second.startswith("Line 6: ")
    assert "\\x0a" not in dialog._wrong.text()
    dialog.patterns.setPlainText(dialog.patterns.toPlainText().replace("casino", "keyword:casino").replace("no a", "a"))
    assert dialog.wrong().startswith("Line 6: ")
    dialog.patterns.setPlainText(dialog.patterns.toPlainText().replace("address", "A@bad.example"))
    assert (dialog.ok.text(), dialog.wrong()) == ("Deny 4", "")
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    see.gone(dialog)
    see.until(
        lambda: set(patterns_shown(see)) == {"a@bad.example", "x@bad.example", "keyword:casino", "@.worse.example"}
    )
    assert see.window.toast.text() == "3 senders denied, 1 was there already."
    QGuiApplication.clipboard().setText("p@bad.example\nq@bad.example")
    qtbot.keyClick(page.view.field.edit, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert page.view.dialog.patterns.lines() == ["p@bad.example", "q@bad.example"]
    page.view.dialog.reject()


def test_good_lines_are_added_and_the_wrong_ones_stay(see: Seen, qtbot: QtBot) -> None:
    make(see)
    view = see.accounts.view
    view._add_many("x@bad.example\ncasino\nX@bad.example\n@worse.example")
    dialog = view.dialog
    assert (dialog.ok.text(), dialog.allow.text()) == ("Deny the 3 good ones", "Allow the 3 good ones")
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    see.until(lambda: set(patterns_shown(see)) == {"x@bad.example", "@worse.example"})
    see.until(lambda: dialog.patterns.toPlainText() == "casino")
    assert dialog.isVisible()
    assert dialog.wrong().startswith("Line 1: ")
    assert see.window.toast.text() == "2 senders denied."
    dialog.patterns.setFocus()
    qtbot.keyClick(dialog.patterns, Qt.Key.Key_End)
    qtbot.keyClicks(dialog.patterns, ".")
    assert dialog.wrong() == "", "the line that is being typed is not judged"
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    assert dialog.wrong().startswith("Line 1: "), "but before it is sent"
    qtbot.keyClicks(dialog.patterns, "example")
    assert (dialog.ok.text(), dialog.wrong()) == ("Deny", "")
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    see.gone(dialog)
    see.until(lambda: "@casino.example" in patterns_shown(see))


def test_more_lines_than_are_looked_at_here_are_judged_by_the_gate(see: Seen, qtbot: QtBot) -> None:
    make(see)
    view = see.accounts.view
    view._add_many("\n".join([*(f"s{n}@bad.example" for n in range(CHECKED_HERE)), "casino"]))
    dialog = view.dialog
    assert (dialog.ok.text(), dialog.wrong()) == ("Deny 2,001", "")
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    see.until(dialog.wrong)
    assert dialog.wrong().startswith("Line 2001: ")
    assert dialog.ok.text() == "Deny the 2,000 good ones"
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    see.until(lambda: dialog.patterns.toPlainText() == "casino")
    assert see.window.toast.text() == "2,000 senders denied."
    dialog.reject()


def test_taking_the_only_account_back_is_no_fault(see: Seen) -> None:
    make(see)
    see.window.undo()
    see.until(see.accounts.empty.isVisible)
    see.until(lambda: not see.accounts._entries._pager.reading)
    assert see.window.toast.text() == f"Taken back: Add account {ANNA}"
    assert not see.accounts.view.pane.unread.isVisibleTo(see.accounts.view)


def test_several_senders_in_the_field_are_offered_as_many(see: Seen, qtbot: QtBot) -> None:
    make(see)
    view = see.accounts.view
    place = view.pane.y()
    qtbot.keyClicks(view.field.edit, "a@bad.example, b@bad.example c@bad.example")
    see.until(view.field.many.isVisible)
    assert view.pane.y() == place, "nothing jumps"
    assert view.field._meaning.text() == "One sender at a time."
    assert view.field.many.isVisible()
    assert not view.deny.isEnabled()
    qtbot.mouseClick(view.field.many, Qt.MouseButton.LeftButton)
    assert view.dialog.patterns.lines() == ["a@bad.example", "b@bad.example", "c@bad.example"]
    qtbot.mouseClick(view.dialog.ok, Qt.MouseButton.LeftButton)
    see.until(lambda: len(patterns_shown(see)) == 3)
    assert view.field.text() == ""
    view.field.set_text("a b")
    assert not view.field.many.isVisible()


def test_a_closed_account_that_is_only_watched_lets_all_in(see: Seen, gate: Gate) -> None:
    make(see)
    see.call("account.set", SetAccount(address=ANNA, mode="closed", watch=True))
    model = see.accounts._accounts
    see.until(lambda: model.find(ANNA).watch)
    index = model.index(model.position(ANNA), 0)
    assert index.data(LINE_ROLE) == "Watch only, all get in: closed"
    assert index.data(ICON_ROLE)[0] == "watch"
    assert see.accounts.view.head.line.text().startswith("only watched: all get in · ")
    ((code, _text),) = knock(gate, "stranger@friends.example", ANNA)
    assert code == 250


def test_many_chosen_entries_have_a_button_to_remove_them(see: Seen, qtbot: QtBot) -> None:
    make(see, "a@bad.example", "b@bad.example", "c@bad.example")
    pane = see.accounts.view.pane
    pane.table.selectRow(0)
    assert not pane.remove_many.isVisible()
    pane.table.selectAll()
    assert (pane.remove_many.isVisible(), pane.remove_many.text()) == (True, "Remove 3 entries")
    qtbot.mouseClick(pane.remove_many, Qt.MouseButton.LeftButton)
    see.until(lambda: patterns_shown(see) == [])
    see.until(lambda: not pane.remove_many.isVisible())
    assert see.window.toast.text() == "3 entries removed."


def test_a_wrong_alias_is_named_where_it_stands(see: Seen, qtbot: QtBot) -> None:
    make(see)
    page = see.accounts
    page.add_account()
    dialog = page.dialog
    qtbot.keyClicks(dialog.address, "bob@example.org")
    dialog.aliases.setPlainText('b@example.org\n"bob smith@example.org\n' + ANNA)
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    see.until(dialog.wrong)
    assert dialog.wrong().startswith('Aliases: "bob smith@example.org')
    assert dialog.focusWidget() is dialog.aliases
    dialog.aliases.setPlainText("b@example.org\n" + ANNA)
    assert dialog.wrong() == "", "it is being corrected"
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    see.until(dialog.wrong)
    assert dialog.wrong().startswith(f"Aliases: {ANNA}")
    dialog.aliases.clear()
    dialog.address.setText("you@-bad-.example")
    assert dialog.wrong() == ""
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    see.until(dialog.wrong)
    assert dialog.wrong() == "-bad-.example is no domain name."
    assert dialog.focusWidget() is dialog.address
    dialog.reject()


def test_a_pattern_there_already_and_one_that_is_none(see: Seen, qtbot: QtBot) -> None:
    make(see, "a@bad.example")
    view = see.accounts.view
    qtbot.keyClicks(view.field.edit, "casino")
    assert not view.deny.isEnabled()
    view.field.set_text("A@BAD.example")
    qtbot.mouseClick(view.deny, Qt.MouseButton.LeftButton)
    see.until(lambda: see.window.toast.text() == "a@bad.example was on the list already.")
    view.field.set_text("a@bad.example")
    qtbot.mouseClick(view.allow, Qt.MouseButton.LeftButton)
    see.until(lambda: [e.list for e in see.accounts._entries.rows] == ["allow"])


def test_everyone_and_a_domain_have_lists_too(see: Seen, gate: Gate, qtbot: QtBot) -> None:
    make(see)
    page = see.accounts
    see.until(lambda: [row.address for row in page._accounts.shown] == ["*", "@example.org", ANNA])
    page._open_scope("@example.org")
    assert not page.view.head.mode.isVisible()
    qtbot.keyClicks(page.view.field.edit, "@.spam.example")
    qtbot.mouseClick(page.view.deny, Qt.MouseButton.LeftButton)
    see.until(lambda: patterns_shown(see) == ["@.spam.example"])
    see.until(lambda: page._accounts.scope("@example.org").denied == 1)
    assert page._accounts.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "@example.org, 1 denied"
    ((code, _text),) = knock(gate, "x@a.spam.example", ANNA)
    assert code == 550


def test_the_chosen_scope_and_selection_stay_when_others_change_the_lists(see: Seen, home: Home) -> None:
    make(see, *(f"s{n}@bad.example" for n in range(30)))
    make(see, address="bob@example.org")
    page = see.accounts
    page.show_item(scope=ANNA, pattern="s7@bad.example")
    chosen = page.view.pane.chosen
    see.until(lambda: [entry.pattern for entry in chosen()] == ["s7@bad.example"])
    home.done("deny", ANNA, "new@bad.example")
    see.until(lambda: len(page._entries.rows) == 31)
    assert page.chosen == ANNA
    assert [entry.pattern for entry in chosen()] == ["s7@bad.example"]


def test_seeking(see: Seen, qtbot: QtBot) -> None:
    make(see, "one@bad.example", "two@bad.example", "three@worse.example")
    page = see.accounts
    page.focus_search()
    qtbot.keyClicks(page.view.pane.filter, "BAD")
    assert set(patterns_shown(see)) == {"one@bad.example", "two@bad.example"}
    assert page.view.pane.count.text() == "2 of 3"
    qtbot.keyClick(page.view.pane.filter, Qt.Key.Key_Escape)
    assert len(patterns_shown(see)) == 3
    qtbot.keyClicks(page.list.search, "nobody")
    assert page._accounts.rowCount() == 0
    assert page.chosen == ANNA


def test_the_small_form_goes_in_and_back(see: Seen, qtbot: QtBot) -> None:
    make(see, "a@bad.example")
    page = see.accounts
    see.window.resize(720, 480)
    see.until(lambda: not page.list.isVisible() and page.view.isVisible())
    qtbot.mouseClick(page.view.head.back, Qt.MouseButton.LeftButton)
    assert page.list.isVisible()
    assert not page.view.isVisible()
    qtbot.keyClick(page.list.view, Qt.Key.Key_Return)
    see.until(page.view.isVisible)
    see.window.resize(1100, 720)
    see.until(lambda: page.list.isVisible() and page.view.isVisible())


def test_nothing_can_be_changed_while_the_gate_is_lost(see: Seen, gate: Gate) -> None:
    make(see, "a@bad.example")
    page = see.accounts
    gate.kill()
    see.until(lambda: not page.view.field.isEnabled())
    assert patterns_shown(see) == ["a@bad.example"]
    for part in (page.view.head.mode, page.view.head.watch, page.view.head.edit_button, page.list.add):
        assert not part.isEnabled()
    assert not page.view.pane.remove.isEnabled()
    with gate.home.gate("--state", "guarding"):
        gate.home.done("deny", ANNA, "b@bad.example")
        see.desktop.client.connect_gate()
        see.until(lambda: len(patterns_shown(see)) == 2)
        assert page.view.field.isEnabled()


def test_every_control_has_a_name(see: Seen) -> None:
    make(see, "a@bad.example")
    see.accounts.add_account()
    for root in (see.accounts, see.accounts.dialog):
        for widget in root.findChildren(QWidget):
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
                named = widget.accessibleName() or getattr(widget, "text", lambda: "")()
                assert named or widget.parent() is None or "qt_" in widget.objectName(), widget
    see.accounts.dialog.reject()


def test_the_menu_sorts_and_names_what_it_does(see: Seen) -> None:
    make(see, "b@bad.example", "a@bad.example")
    pane = see.accounts.view.pane
    pane.table.selectAll()
    words = [action.text() for action in pane.menu().actions() if action.text()]
    assert words == ["Copy", "Paste…", "Remove 2 entries", "Sort by"]
    by_pattern = pane._sort_menu(pane.menu()).actions()[0]
    by_pattern.trigger()
    assert patterns_shown(see) == ["a@bad.example", "b@bad.example"]
    pane._sort_menu(pane.menu()).actions()[0].trigger()
    assert patterns_shown(see) == ["b@bad.example", "a@bad.example"]
    pane.table.selectRow(0)
    assert [action.text() for action in pane.menu().actions()][:2] == ["Edit…", "Allow instead"]
    pane.shift.trigger()
    see.until(lambda: {e.pattern: e.list for e in see.accounts._entries.rows}["b@bad.example"] == "allow")


def test_denying_ones_own_domain_is_done_and_said(see: Seen, qtbot: QtBot) -> None:
    make(see)
    view = see.accounts.view
    view._add_many("@example.org\nspam@bad.example")
    qtbot.mouseClick(view.dialog.ok, Qt.MouseButton.LeftButton)
    see.until(lambda: see.window.toast.text().startswith("2 senders denied. example.org is your own domain"))


def test_the_toast_names_the_account_that_was_asked(see: Seen, qtbot: QtBot) -> None:
    make(see, address="bob@example.org")
    make(see, "old@bad.example")
    page, view, said = see.accounts, see.accounts.view, heard(see)
    (old,) = page._entries.rows
    view.field.set_text("spam@bad.example")
    qtbot.mouseClick(view.deny, Qt.MouseButton.LeftButton)
    page._choose("bob@example.org")
    view.field.set_text("other@bad.example")
    see.until(lambda: said == ["anna@ now denies spam@bad.example."])
    assert view.field.text() == "other@bad.example", "what is typed for Bob stays"
    page._choose(ANNA)
    see.until(lambda: page._entries.loaded)
    view._move_entry(old)
    page._choose("*")
    see.until(lambda: said[1:] == ["anna@ now allows old@bad.example."])
    view.field.set_text("all@bad.example")
    qtbot.mouseClick(view.deny, Qt.MouseButton.LeftButton)
    page._choose(ANNA)
    see.until(lambda: said[2:] == ["Denied for everyone: all@bad.example."])


def heard(see: Seen) -> list[str]:
    """All that the toast says from now on."""
    said: list[str] = []
    tell = see.window.toast.tell

    def told(text: str, *more: object) -> None:
        said.append(text)
        tell(text, *more)

    see.window.toast.tell = told
    return said


def test_a_dialog_waits_for_its_answer(see: Seen, qtbot: QtBot) -> None:
    """Esc between the question and the answer loses neither the word nor the way back."""
    make(see)
    page, said = see.accounts, heard(see)

    def send_and_leave(dialog: FormDialog) -> None:
        qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
        assert dialog.ok.text() == "…"
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
        dialog.close()
        assert dialog.isVisible()
        see.gone(dialog)
        assert see.window.toast.undo_button().isVisible()

    page.add_account()
    page.dialog.address.setText("bob@example.org")
    send_and_leave(page.dialog)
    see.until(lambda: page._accounts.scope("bob@example.org") is not None)
    page.show_item(scope=ANNA)
    page.view._add_many("a@bad.example\nb@bad.example")
    send_and_leave(page.view.dialog)
    see.until(lambda: len(page._entries.rows) == 2)
    page.view._edit_entry(page._entries.rows[0])
    page.view.dialog.note.setText("came twice")
    send_and_leave(page.view.dialog)
    page.view.edit_account()
    page.view.dialog.given_to.setText("Acme")
    send_and_leave(page.view.dialog)
    assert said == [
        "bob@example.org is an account now.", "2 senders denied.", "Entry changed.", f"{ANNA} changed.",
    ]  # fmt: skip


def test_a_dialog_that_was_refused_can_be_left(see: Seen, qtbot: QtBot) -> None:
    make(see)
    see.accounts.add_account()
    dialog = see.accounts.dialog
    dialog.address.setText(ANNA)
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    see.until(dialog.wrong)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    see.gone(dialog)


def test_removing_twice_is_said_once_and_without_an_error(see: Seen) -> None:
    make(see, "a@bad.example", "b@bad.example")
    page, said = see.accounts, heard(see)
    entries = list(page._entries.rows)
    page.view._remove_entries(entries)
    page.view._remove_entries(entries)
    see.until(lambda: not page._entries.rows)
    assert said == ["2 entries removed."]
    page.view.head.remove.trigger()
    page.view.head.remove.trigger()
    see.until(lambda: page._accounts.scope(ANNA) is None)
    see.until(lambda: len(said) == 2)
    assert said[1] == f"{ANNA} and its entries removed."
    see.call("account.add", AddAccount(address=ANNA))
    see.until(lambda: page._accounts.scope(ANNA) is not None)
    page.show_item(scope=ANNA)
    page.view.head.remove.trigger()
    see.until(lambda: page._accounts.scope(ANNA) is None)
    see.until(lambda: len(said) == 3)


def test_what_cannot_be_read_is_told_and_read_again(see: Seen, qtbot: QtBot) -> None:
    make(see)
    page, pane = see.accounts, see.accounts.view.pane
    see.until(lambda: not page._accounts._pager.reading and page._accounts.own_domains)
    page._entries.set_scope("nobody@example.org")
    see.until(pane.unread.isVisible)
    assert pane.unread.text.text() == "nobody@example.org is not an account of yours."
    page._entries.set_scope(ANNA)
    see.until(lambda: page._entries.loaded)
    assert not pane.unread.isVisible()
    page._accounts._not_got(failure("link.timeout"))
    assert page.unread.isVisible()
    qtbot.mouseClick(page.unread.again, Qt.MouseButton.LeftButton)
    see.until(lambda: not page.unread.isVisible())
