"""The accounts page against a real gate, through its widgets: make, change and remove accounts and entries."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.application import Desktop
from app.link.calls import failure
from app.models.accounts import LINE_ROLE
from app.models.entries import PATTERN
from app.models.rows import ICON_ROLE
from gate.control.messages import AddAccount, SetAccount
from tests.desktop.on_accounts import ANNA, heard, make, patterns_shown
from tests.desktop.seeing import Seen, knock
from tests.wire.gate_process import Gate, Home

StartApp = Callable[..., Desktop]


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


def test_taking_the_only_account_back_is_no_fault(see: Seen) -> None:
    make(see)
    see.window.undo()
    see.until(see.accounts.empty.isVisible)
    see.until(lambda: not see.accounts._entries._pager.reading)
    assert see.window.toast.text() == f"Taken back: Add account {ANNA}"
    assert not see.accounts.view.pane.unread.isVisibleTo(see.accounts.view)


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
