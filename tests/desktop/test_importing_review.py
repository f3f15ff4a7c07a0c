"""The review and what follows it: what may be lost, who is expected, what is said of it; against a real gate."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.importing.job import Stage
from app.importing.model import SENDER, WHY
from app.models.accounts import AccountsModel
from app.models.rows import ICON_ROLE
from app.widgets.buttons import Button
from app.widgets.labels import Label
from tests.desktop.assistant import SAMPLE, Assistant, StartApp, answer, button, mbox, question, shown
from tests.wire.gate_process import Gate, Home


@pytest.fixture
def assistant(start_app: StartApp, running_gate: Gate, home: Home, qtbot: QtBot) -> Iterator[Assistant]:
    yield Assistant(start_app(), home, qtbot)


def test_a_changed_review_is_not_lost_unasked(assistant: Assistant, tmp_path: Path) -> None:
    window = assistant.desktop.window
    assistant.desktop.settings.setValue("told_gate_stays", True)
    first = mbox(tmp_path / "j", ("a@one.example", "anna@example.org"))
    other = mbox(tmp_path / "k", ("b@two.example", "anna@example.org"))
    page = assistant.reviewed(first)
    assert page.may_close(window.close), "as it was suggested it can be had again"
    page.review.model.toggle([1])
    assistant.open(other)
    answer(assistant, yes=False)
    assert page.job.label == "j"
    assert page.review.model.counts() == (1, 0)
    window.show_page("activity")
    assert question(assistant) is None, "it stays as it is"
    window.close()
    answer(assistant, yes=False)
    assert window.isVisible()
    assistant.open(other)
    answer(assistant, yes=True)
    assistant.until(lambda: page.job.stage is Stage.REVIEW and page.job.label == "k")
    page.review.kind.leak.click()
    window.close()
    answer(assistant, yes=True)
    assistant.until(lambda: not window.isVisible())


def test_to_keep_reviewing_is_what_enter_answers(assistant: Assistant, tmp_path: Path) -> None:
    """And Cancel asks as closing does, where the owner has changed something."""
    assistant.desktop.settings.setValue("told_gate_stays", True)
    page = assistant.reviewed(mbox(tmp_path / "j", ("a@one.example", "anna@example.org")))
    closed: list[bool] = []
    page.closed.connect(lambda: closed.append(True))
    page.review.model.toggle([1])
    for ask, leave in (
        (assistant.desktop.window.close, "Close without the import"),
        (page.cancel.click, "Leave the review"),
    ):
        ask()
        asked = question(assistant)
        assert asked is not None
        assert (asked.keep_button.text(), asked.do_button.text()) == ("Keep reviewing", leave)
        assert asked.keep_button.isDefault()
        assistant.until(asked.keep_button.hasFocus)
        assistant.qtbot.keyClick(asked, Qt.Key.Key_Return)
        assistant.until(lambda: question(assistant) is None)
        assert page.job.stage is Stage.REVIEW
    assert closed == []
    page.cancel.click()
    answer(assistant, yes=True)
    assert closed == [True]


def test_cancel_of_what_is_as_it_was_suggested_asks_nothing(assistant: Assistant, tmp_path: Path) -> None:
    page = assistant.reviewed(mbox(tmp_path / "j", ("a@one.example", "anna@example.org")))
    with assistant.qtbot.waitSignal(page.closed):
        page.cancel.click()
    assert question(assistant) is None


def test_the_focus_goes_through_the_review_and_on_to_what_was_done(assistant: Assistant, tmp_path: Path) -> None:
    page = assistant.reviewed(mbox(tmp_path / "j", ("a@one.example", "anna@example.org")))
    review, seen = page.review, []
    review.kind.spam.setFocus()
    for _ in range(12):
        seen.append(QApplication.focusWidget())
        assistant.qtbot.keyClick(seen[-1], Qt.Key.Key_Tab)
    wanted = [review.kind.spam, review.search, review.tick, review.table, page.cancel, page.primary]
    assert [widget for widget in seen if widget in wanted][: len(wanted)] == wanted
    page.primary.setFocus()
    assistant.qtbot.keyClick(page.primary, Qt.Key.Key_Space)
    assistant.until(lambda: page.job.stage is Stage.DONE)
    done = button(page, "Done")
    assert done is not None
    assert done.hasFocus()


def test_who_is_expected_is_kept_with_the_account(assistant: Assistant, tmp_path: Path) -> None:
    shop, bob = "shop@example.org", "bob@example.org"
    assistant.add_account(shop)
    assistant.home.done("account", "add", bob, "--expect", "@friends.example")
    before = assistant.account(shop)
    mails = (("a@deal.example", shop), ("b@deal.example", shop), ("c@x.example", bob))
    page = assistant.reviewed(mbox(tmp_path / "j", *mails))
    kind = page.review.kind
    kind.leak.click()
    assert (kind.address.currentText(), kind.expected.text()) == (bob, "@friends.example")
    kind.address.setCurrentText(shop)
    assert kind.expected.text() == "", "bob's are not the shop's"
    kind.expected.setText("@ACME.example")
    kind.address.setCurrentText(bob)
    kind.address.setCurrentText(shop)
    assert kind.expected.text() == "@ACME.example", "what was typed stays"
    kind.deed.choose("everywhere")
    assistant.apply(page)
    assert assistant.account(shop)["expect"] == ["@acme.example"]
    assert assistant.account(bob)["expect"] == ["@friends.example"]
    page.job.undo()
    assistant.until(lambda: page.job.undone)
    assert assistant.account(shop) == before
    assert assistant.entries("*") == set()


def test_to_remember_who_is_expected_makes_no_account(assistant: Assistant, tmp_path: Path) -> None:
    page = assistant.reviewed(mbox(tmp_path / "j", ("a@deal.example", "shop@example.org")))
    page.review.kind.leak.click()
    page.review.kind.expected.setText("@acme.example")
    page.review.kind.deed.choose("everywhere")
    assistant.apply(page)
    assert assistant.home.json("account", "list") == []
    assert assistant.entries("*") == {"a@deal.example"}


def test_an_undo_made_elsewhere_is_told_on_the_last_step(assistant: Assistant) -> None:
    page = assistant.reviewed(SAMPLE)
    assistant.apply(page)
    assistant.home.done("undo")
    assistant.until(lambda: page.job.undone)
    words = {label.text() for label in page.findChildren(Label) if label.isVisible()}
    assert "All of it is taken back" in words
    assert not [button for button in page.findChildren(Button) if button.isVisible() and button.text() == "Undo"]
    assistant.home.done("redo")
    assistant.until(lambda: not page.job.undone)


def test_the_last_step_does_not_promise_what_a_stopped_gate_does_not_do(assistant: Assistant, tmp_path: Path) -> None:
    page = assistant.reviewed(SAMPLE)
    assert "refused as soon as Irusu guards" in page._truth.text()
    assistant.apply(page)
    assert "refused as soon as Irusu guards" in shown(page)
    guard = button(page, "Guard")
    assert guard is not None
    assistant.qtbot.mouseClick(guard, Qt.MouseButton.LeftButton)
    assistant.until(lambda: "refused from now on" in shown(page))
    assert button(page, "Guard") is None


def test_closing_an_address_greys_the_ticks_and_says_its_own_sentence(assistant: Assistant, tmp_path: Path) -> None:
    assistant.add_account("shop@example.org")
    page = assistant.reviewed(mbox(tmp_path / "j", ("a@one.example", "shop@example.org")))
    page.review.kind.leak.click()
    assert not page.review.no_ticks.isVisible()
    page.review.kind.deed.choose("close")
    assert page.review.no_ticks.isVisible()
    assert not page.review.tick.isVisible()
    assert not page.review.table.isEnabled()
    assert "Mail like this" not in page._truth.text()
    assert "".join(page._truth.lines(page._truth.width())).count("…") == 0
    assistant.apply(page)
    assert "Mail like this" not in shown(page)
    assert "“no such user” as soon as Irusu guards" in shown(page)
    assistant.home.done("account", "set", "shop@example.org", "--mode", "deny", "--watch")
    page = assistant.reviewed(tmp_path / "j")
    page.review.kind.leak.click()
    page.review.kind.deed.choose("close")
    assistant.until(lambda: AccountsModel.of(assistant.desktop.client).find("shop@example.org").watch)
    assistant.apply(page)
    assert "It is only watched, so all get in" in shown(page)


def test_what_the_deed_does_is_what_the_table_says(assistant: Assistant, tmp_path: Path) -> None:
    """Everywhere makes no account; a closed one refuses those that were expected too, and no tick counts."""
    to = "shop@example.org"
    page = assistant.reviewed(mbox(tmp_path / "j", ("a@one.example", to), ("b@acme.example", to)))
    review, model = page.review, page.review.model

    def lines() -> set[str]:
        return {model.index(row, WHY).data() for row in range(model.rowCount())}

    def segments() -> list[str]:
        return [choice.text for choice in review.part._choices]

    review.kind.leak.click()
    review.kind.expected.setText("@acme.example")
    here = {"1 of 2 ticked; not yet an account", "Expected at this address", "A stranger at this address"}
    assert lines() == here
    review.kind.deed.choose("everywhere")
    assert lines() == here - {"1 of 2 ticked; not yet an account"} | {"1 of 2 ticked"}
    assert model.index(0, SENDER).data(ICON_ROLE)[0] == "accounts"
    review.kind.deed.choose("close")
    assert lines() == {"Not yet an account", "Refused too once it is closed", "A stranger at this address"}
    assert segments() == ["All", "Ticked", "Not ticked"]
    review.kind.deed.choose("here")
    assert lines() == here
    assert segments() == ["All 2", "Ticked 1", "Not ticked 1"]


def test_what_is_on_the_list_already_is_not_ticked_again(assistant: Assistant, tmp_path: Path) -> None:
    assistant.add_account("anna@example.org")
    to = "anna@example.org"
    file = mbox(
        tmp_path / "j", ("a@one.example", to), ("b@two.example", to), ("c@gmail.com", to), ("d@x.three.example", to)
    )
    page = assistant.reviewed(file)
    assert page.review.model.counts() == (4, 4)
    assistant.apply(page)
    assistant.home.done("forget", to, "@.two.example")
    assistant.home.done("deny", "*", "@.two.example")
    assistant.home.done("forget", to, "c@gmail.com")
    page = assistant.reviewed(file)
    whys = {row.text: (row.why, row.ticked) for row in page.review.model.shown_rows}
    assert whys.pop("c@gmail.com") == ("freemail", True)
    assert set(whys.values()) == {("listed", False)}
    assert page.primary.text() == "Deny the 1 ticked"
    page.review.model.tick_all(True)
    page.review.model.tick([0], True)
    assert page.review.model.counts() == (4, 1)
    page.review.kind.leak.click()
    assert {row.text: row.why for row in page.review.model.shown_rows} == {
        "a@one.example": "listed", "b@two.example": "listed", "c@gmail.com": "stranger", "d@x.three.example": "listed",
    }  # fmt: skip


def test_import_spam_in_a_review_leads_to_other_files(assistant: Assistant) -> None:
    window = assistant.desktop.window
    page = assistant.reviewed(SAMPLE)
    window.show_page("accounts")
    assistant.qtbot.mouseClick(window.header.import_button, Qt.MouseButton.LeftButton)
    assert page.job.stage is Stage.REVIEW, "it was only left for a while"
    assistant.until(lambda: not page._came)
    assistant.qtbot.mouseClick(window.header.import_button, Qt.MouseButton.LeftButton)
    assert page.job.stage is Stage.CHOOSE


def test_a_long_file_name_leaves_the_counts_whole(assistant: Assistant, tmp_path: Path) -> None:
    page = assistant.reviewed(mbox(tmp_path / ("x" * 180), ("a@one.example", "anna@example.org")))
    told = page._line.elided(page._line.width())
    assert told.endswith(": 1 mail, 1 account")
    assert "x…x" in told


def test_senders_get_the_room_that_reasons_do_not_need(assistant: Assistant, tmp_path: Path) -> None:
    assistant.desktop.window.resize(1100, 720)
    to = "a-rather-long-name-of-an-account-that-leaked@a-rather-long-domain.example.org"
    page = assistant.reviewed(mbox(tmp_path / "j", ("a@one.example", to), ("b@one.example", to)))
    page.review.kind.leak.click()
    header = page.review.table.horizontalHeader()
    assert header.sectionSize(0) > 330
    box = page.review.kind.address
    box.setFixedWidth(140)
    assert box.toolTip()
    image = box.grab()
    assert not image.isNull()
