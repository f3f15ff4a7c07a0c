"""The accounts page's dialogs, with a real gate: what is wrong is told in them, and nothing that was typed is lost."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.application import Desktop
from app.pages.accounts.many_dialog import CHECKED_HERE
from app.widgets.form import FormDialog
from gate.control.messages import OneAccount
from tests.desktop.on_accounts import ANNA, heard, make, patterns_shown
from tests.desktop.seeing import Seen
from tests.wire.gate_process import Home

StartApp = Callable[..., Desktop]


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
