"""The activity page against a real gate and real SMTP sessions: what was decided is shown at once, and taken back."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.application import Desktop
from app.link.calls import failure
from app.link.words import change_in_words
from app.models.decisions import RECIPIENT, SENDER, VERDICT, WHY
from gate.control.messages import Account, AddAccount, AddEntries, Decision, OneAccount, SetAccount, UndoQuery
from tests.desktop.seeing import Seen, knock
from tests.wire.gate_process import Gate

StartApp = Callable[..., Desktop]
ANNA = "anna@example.org"
BAD = "spam@bad.example"


@pytest.fixture
def see(gate: Gate, start_app: StartApp, qtbot: QtBot) -> Seen:
    """Anna denies one sender; the page is open."""
    seen = Seen(qtbot, start_app())
    seen.until(lambda: seen.accounts._accounts.loaded)
    seen.call("account.add", AddAccount(address=ANNA))
    seen.call("deny", AddEntries(scope=ANNA, patterns=["@bad.example"]))
    seen.window.show_page("activity")
    seen.until(lambda: seen.activity._decisions.fresh and seen.activity._accounts.find(ANNA))
    seen.until(lambda: seen.activity._accounts.own_domains == ["example.org"])
    return seen


def row(see: Seen, place: int = 0) -> list[str]:
    """A row's cells without its time."""
    model = see.activity._decisions
    return [model.index(place, column).data() for column in (VERDICT, SENDER, RECIPIENT, WHY)]


def count(see: Seen) -> int:
    return see.activity._decisions.rowCount()


def open_row(see: Seen, place: int = 0) -> None:
    page = see.activity
    page.table.selectRow(place)
    see.until(page.details.isVisible)


def buttons(see: Seen) -> list[str]:
    return [button.text() for button in see.activity.details.buttons if button.isVisible()]


def press(see: Seen, words: str) -> None:
    button = next(b for b in see.activity.details.buttons if b.isVisible() and b.text() == words)
    see.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_refused_sender_is_shown_and_let_in_by_one_click(see: Seen, gate: Gate) -> None:
    page = see.activity
    assert page.nothing.isVisible()
    ((code, reply),) = knock(gate, BAD, ANNA)
    assert code == 550
    see.until(lambda: count(see) == 1)
    assert row(see) == ["Refused", BAD, "anna@", "@bad.example"]
    open_row(see)
    details = page.details
    assert details.why.accessibleName() == "anna@ denies every address of bad.example."
    assert details.reply.label.accessibleName() == f"550 {reply}"
    assert details.told.isVisible()
    assert details.client.text() == "127.0.0.1"
    see.until(lambda: details.tries.text() == "1 today, 1 in 30 days")
    see.qtbot.mouseClick(details.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == f"550 {reply}"
    press(see, "Allow this sender")
    see.until(lambda: see.window.toast.text() == f"anna@ now allows {BAD}.")
    see.until(lambda: details.note.text() == "By now this sender gets in." and buttons(see) == [])
    ((code, _),) = knock(gate, BAD, ANNA)
    assert code == 250
    see.until(lambda: count(see) == 2)
    assert row(see) == ["Accepted", BAD, "anna@", "Allowed by name"]
    see.qtbot.mouseClick(see.window.toast.undo_button(), Qt.MouseButton.LeftButton)
    see.until(lambda: see.window.toast.text().startswith("Taken back"))
    ((code, _),) = knock(gate, BAD, ANNA)
    assert code == 550


def test_an_accepted_sender_is_denied_by_one_click(see: Seen, gate: Gate) -> None:
    knock(gate, "kate@friends.example", ANNA)
    see.until(lambda: count(see) == 1)
    assert row(see) == ["Accepted", "kate@friends.example", "anna@", "Nothing forbids it"]
    open_row(see)
    press(see, "Deny this sender")
    see.until(lambda: see.window.toast.text() == "anna@ now denies kate@friends.example.")
    ((code, _),) = knock(gate, "kate@friends.example", ANNA)
    assert code == 550
    entries = see.accounts._entries
    see.accounts.show_item(scope=ANNA)
    see.until(lambda: [e.source for e in entries.rows if e.pattern == "kate@friends.example"] == ["click"])


def test_the_tries_in_open_details_go_on(see: Seen, gate: Gate) -> None:
    """Those to this account only, also while the list is paused."""
    other = "ben@example.org"
    see.call("account.add", AddAccount(address=other))
    knock(gate, BAD, ANNA)
    see.until(lambda: count(see) == 1)
    open_row(see)
    tries = see.activity.details.tries
    see.until(lambda: tries.text() == "1 today, 1 in 30 days")
    knock(gate, BAD, ANNA)
    see.until(lambda: tries.text() == "2 today, 2 in 30 days")
    see.activity.bar.pause_wanted.emit(True)
    knock(gate, BAD, other)
    knock(gate, BAD, ANNA)
    see.until(lambda: tries.text() == "3 today, 3 in 30 days")


def test_a_closed_account_is_offered_its_mode(see: Seen, gate: Gate) -> None:
    see.call("account.set", SetAccount(address=ANNA, mode="closed"))
    knock(gate, "kate@friends.example", ANNA)
    see.until(lambda: count(see) == 1 and row(see)[3] == "Account is closed")
    open_row(see)
    assert buttons(see) == ["Let only listed senders in", "Let all but the denied in"]
    press(see, "Let all but the denied in")
    see.until(lambda: see.activity._accounts.find(ANNA).mode == "deny")
    see.until(lambda: see.activity.details.note.text() == "By now this sender gets in.")
    assert buttons(see) == []


def test_a_bounce_is_refused_by_the_account(see: Seen, gate: Gate) -> None:
    knock(gate, "", ANNA)
    see.until(lambda: count(see) == 1)
    assert row(see) == ["Accepted", "<> (a bounce)", "anna@", "Bounces get in"]
    open_row(see)
    press(see, "Refuse bounces to anna@")
    see.until(lambda: see.window.toast.text() == "anna@ now refuses bounces.")
    assert see.call("account.show", OneAccount(address=ANNA)).refuse_bounces
    ((code, _),) = knock(gate, "", ANNA)
    assert code == 550
    see.until(lambda: count(see) == 2)
    assert row(see)[3] == "Bounces are refused"
    open_row(see)
    assert buttons(see) == ["Let bounces to anna@ in"]


def test_a_watched_account_and_open_state(see: Seen, gate: Gate) -> None:
    see.call("account.set", SetAccount(address=ANNA, watch=True))
    knock(gate, BAD, ANNA)
    see.until(lambda: count(see) == 1)
    assert row(see) == ["Watched", BAD, "anna@", "Would be refused"]
    open_row(see)
    why = see.activity.details.why
    assert why.accessibleName() == (
        "anna@ denies every address of bad.example. anna@ is only watched, so it was let in."
    )
    assert buttons(see) == ["Allow this sender"]


def test_foreign_recipients_and_unknown_ones(see: Seen, gate: Gate) -> None:
    knock(gate, "kate@friends.example", "x@elsewhere.example")
    see.until(lambda: count(see) == 1)
    assert row(see) == ["Refused", "kate@friends.example", "x@elsewhere.example", "Not your address"]
    open_row(see)
    assert buttons(see) == []
    assert "not one of your addresses" in see.activity.details.note.text()
    ((code, _),) = knock(gate, "kate@friends.example", "new@example.org")
    assert code == 550
    see.until(lambda: count(see) == 2)
    assert row(see) == ["Passed on", "kate@friends.example", "new@", "Server: no such user"]
    open_row(see)
    assert buttons(see) == ["Make it an account"]
    press(see, "Make it an account")
    see.until(lambda: see.activity._accounts.find("new@example.org"))
    ((code, _),) = knock(gate, "kate@friends.example", "new@example.org")
    assert code == 250


def test_go_to_entry(see: Seen, gate: Gate) -> None:
    knock(gate, BAD, ANNA)
    see.until(lambda: count(see) == 1)
    open_row(see)
    see.qtbot.mouseClick(see.activity.details.go, Qt.MouseButton.LeftButton)
    pane = see.accounts.view.pane
    see.until(lambda: pane.isVisible() and [e.pattern for e in pane.chosen()] == ["@bad.example"])


def test_seeking_and_segments(see: Seen, gate: Gate) -> None:
    page = see.activity
    knock(gate, BAD, ANNA)
    knock(gate, "kate@friends.example", ANNA)
    see.until(lambda: count(see) == 2)
    page.bar.verdict.choose("refuse")
    see.until(lambda: count(see) == 1)
    knock(gate, "kate@friends.example", ANNA)
    knock(gate, "other@bad.example", ANNA)
    see.until(lambda: count(see) == 2)
    assert row(see)[1] == "other@bad.example"
    page.bar.verdict.choose("")
    page.focus_search()
    see.qtbot.keyClicks(page.bar.search, "KATE")
    see.until(lambda: count(see) == 2 and row(see)[1] == "kate@friends.example")
    page.bar.search.setText("nobody at all")
    see.until(page.no_match.isVisible)
    see.qtbot.mouseClick(page._show_all, Qt.MouseButton.LeftButton)
    see.until(lambda: count(see) == 4)


def test_pause_holds_back_and_counts(see: Seen, gate: Gate) -> None:
    page = see.activity
    knock(gate, BAD, ANNA)
    see.until(lambda: count(see) == 1)
    see.qtbot.mouseClick(page.bar.pause, Qt.MouseButton.LeftButton)
    assert page.bar.mark.text() == "Paused"
    knock(gate, "one@bad.example", ANNA)
    knock(gate, "two@bad.example", ANNA)
    see.until(lambda: page.bar.newest.text() == "2 new")
    assert count(see) == 1
    see.qtbot.mouseClick(page.bar.pause, Qt.MouseButton.LeftButton)
    see.until(lambda: count(see) == 3)
    assert row(see)[1] == "two@bad.example"
    assert page.bar.mark.text() == "Live"


def test_scrolled_down_no_row_moves_away(see: Seen, gate: Gate) -> None:
    page = see.activity
    knock(gate, BAD, *[f"n{n}@example.org" for n in range(60)])
    see.until(lambda: count(see) == 60)
    page.table.scrollToBottom()
    knock(gate, "late@bad.example", ANNA)
    see.until(lambda: page.bar.newest.text() == "1 new")
    assert count(see) == 60
    see.qtbot.mouseClick(page.bar.newest, Qt.MouseButton.LeftButton)
    see.until(lambda: count(see) == 61)
    assert page.table.verticalScrollBar().value() == 0
    assert row(see)[1] == "late@bad.example"


def test_older_rows_are_read_when_they_are_scrolled_to(see: Seen, gate: Gate) -> None:
    for session in range(5):
        knock(gate, f"s{session}@bad.example", *[f"n{n}@example.org" for n in range(60)])
    page = see.activity
    see.until(lambda: count(see) == 300)
    page._decisions.reload()
    see.until(lambda: count(see) == 200)
    page.table.scrollToBottom()
    see.until(lambda: count(see) == 300)
    ids = [decision.id for decision in page._decisions.rows]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 300


def test_what_happened_while_the_gate_was_lost_is_caught_up(see: Seen, gate: Gate) -> None:
    knock(gate, BAD, ANNA)
    see.until(lambda: count(see) == 1)
    gate.end()
    see.until(lambda: see.activity.bar.mark.text() == "Not live")
    assert row(see)[1] == BAD
    with gate.home.gate("--state", "guarding") as again:
        knock(again, "missed@bad.example", ANNA)
        see.client.connect_gate()
        see.until(lambda: count(see) == 2)
        assert row(see)[1] == "missed@bad.example"
        assert see.activity.bar.mark.text() == "Live"


def test_hostile_text_stays_plain(see: Seen, gate: Gate) -> None:
    knock(gate, '"<b>x</b>"@bad.example', ANNA)
    see.until(lambda: count(see) == 1)
    open_row(see)
    labels = see.activity.findChildren(QLabel)
    assert all(label.textFormat() is Qt.TextFormat.PlainText or not label.text() for label in labels)
    assert see.activity.details.who.text() == '"<b>x</b>"@bad.example'


def test_the_small_form_opens_details_over_the_table(see: Seen, gate: Gate) -> None:
    page = see.activity
    knock(gate, BAD, ANNA)
    see.until(lambda: count(see) == 1)
    see.window.resize(720, 480)
    see.until(page.bar.filter.isVisible)
    open_row(see)
    see.until(lambda: page.details.geometry().right() == page._middle.rect().right())
    assert page.table.width() == page._middle.width()
    page.table.setFocus()
    see.qtbot.keyClick(page.table, Qt.Key.Key_Escape)
    assert not page.details.isVisible()
    assert [action.text() for action in page.bar.menu().actions() if action.text()][:2] == ["All accounts", ANNA]


def test_the_toast_hides_no_button_of_the_details(see: Seen, gate: Gate) -> None:
    knock(gate, BAD, ANNA)
    see.until(lambda: count(see) == 1)
    window, page = see.window, see.activity
    for size in ((1100, 720), (720, 480)):
        window.resize(*size)
        window.say("x" * 60, None)
        page.table.selectRow(0)
        page._show_details(page._decisions.index(0, 0))  # as a click does, though the row was current before
        see.until(lambda: page.details.x() > 0)
        toast = QRect(window.toast.mapToGlobal(QPoint(0, 0)), window.toast.size())
        details = QRect(page.details.mapToGlobal(QPoint(0, 0)), page.details.size())
        assert window.toast.isVisible() and not toast.intersects(details)
        page._close_details()
        assert window.toast.geometry().center().x() == pytest.approx(page.width() / 2, abs=2)


def test_every_control_has_a_name(see: Seen, gate: Gate) -> None:
    knock(gate, BAD, ANNA)
    see.until(lambda: count(see) == 1)
    open_row(see)
    for widget in see.activity.findChildren(QWidget):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
            assert widget.accessibleName() or getattr(widget, "text", lambda: "")(), widget


def test_a_recipient_that_is_no_account_of_a_real_server(see: Seen) -> None:
    """There the server has accounts that Irusu has not: deny for everyone, or make it an account and deny."""
    page = see.activity
    decision = Decision(
        id=1, time="2026-11-24T08:00:00Z", front="smtp", client="192.0.2.1", helo="x.example", reply="250 2.1.5 Ok",
        sender="kate@friends.example", recipient="new@example.org", verdict="accept", because="none",
    )  # fmt: skip
    offers = page._verdicts.offers(decision)
    assert offers.question == "Unwanted?"
    assert [offer.words for offer in offers.offers] == ["Make it an account, and deny", "Deny for everyone"]
    said: list[str] = []
    offers.offers[0].do(lambda text, _change: said.append(text), lambda fault: said.append(fault.text))
    see.until(lambda: said == ["new@ now denies kate@friends.example."])
    see.until(lambda: (see.activity._accounts.find("new@example.org") or Account(address="")).denied == 1)
    assert see.client.undo is not None
    assert change_in_words(see.client.undo) == "Add account new@example.org and deny kate@friends.example"
    see.call("undo", UndoQuery())
    see.until(lambda: see.activity._accounts.find("new@example.org") is None)
    assert see.client.undo.code == "entries.deny", "one change, one undo: what was before is the last again"
    assert see.client.undo.params["patterns"] == ["@bad.example"]
    offers.offers[1].do(lambda text, _change: said.append(text), lambda fault: said.append(fault.text))
    see.until(lambda: said[1:] == ["Denied for everyone: kate@friends.example."])


def test_what_cannot_be_read_is_told_and_read_again(see: Seen, gate: Gate) -> None:
    page = see.activity
    knock(gate, BAD, ANNA)
    see.until(lambda: count(see) == 1)
    page._decisions._not_got(failure("link.timeout"))
    assert page.unread.isVisible()
    assert page.unread.text.text() == "The gate took too long to answer. Look again before you repeat it."
    assert count(see) == 1
    see.qtbot.mouseClick(page.unread.again, Qt.MouseButton.LeftButton)
    see.until(lambda: not page.unread.isVisible())
    assert count(see) == 1


def test_the_recipient_gets_what_it_needs(see: Seen, gate: Gate) -> None:
    """Accounts of several domains are shown whole; the sender keeps the rest, in whatever form and state."""
    accounts = ("somebody.else@localhost", "a.longer.name@second.example.net")
    for address in accounts:
        see.call("account.add", AddAccount(address=address))
        knock(gate, "stranger@friends.example", address)
    see.window.show_page("activity")
    page = see.activity
    header = page.table.horizontalHeader()
    see.until(lambda: count(see) == 2 and set(page._accounts.own_domains) >= {"localhost", "second.example.net"})

    def whole() -> bool:
        texts = (page._decisions.index(row, column).data() for row in (0, 1) for column in (SENDER, RECIPIENT))
        columns = (SENDER, RECIPIENT) * 2
        return all(
            page.table.column_width_for(text) <= header.sectionSize(column)
            for text, column in zip(texts, columns, strict=True)
        )

    see.until(whole)
    see.window.resize(720, 480)
    see.until(whole)
    see.window.resize(1100, 720)
    see.window.show_page("accounts")
    gate.kill()
    see.until(lambda: not page._live)
    see.window.show_page("activity")
    see.until(whole)
    open_row(see)
    see.until(lambda: header.sectionSize(SENDER) >= 160)
