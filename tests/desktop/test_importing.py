"""The import assistant in the window, against a real gate and the real `survey` child."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QPlainTextEdit
from pytestqt.qtbot import QtBot

from app.application import Desktop
from app.dialogs.ask import Question
from app.importing.job import Stage
from app.importing.model import SEEN, SENDER, WHY
from app.importing.page import ImportPage
from app.link.state import LinkState
from app.models.accounts import AccountsModel
from app.models.rows import ICON_ROLE
from app.widgets.buttons import Button
from app.widgets.labels import Label
from gate.control.messages import Account, AddAccount
from tests.wire.gate_process import Gate, Home

SECONDS = 30_000
SAMPLE = Path(__file__).parents[2] / "resources" / "sample" / "spam.mbox"
StartApp = Callable[..., Desktop]


class Assistant:
    """The app with its import open, and how a test waits for it."""

    def __init__(self, desktop: Desktop, home: Home, qtbot: QtBot) -> None:
        self.desktop, self.home, self.qtbot = desktop, home, qtbot
        self.until(lambda: desktop.client.state is LinkState.STOPPED)
        desktop.window.show()

    def until(self, true: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(true()), timeout=SECONDS)

    def open(self, *paths: Path, account: str | None = None) -> ImportPage:
        self.desktop.window.open_import(list(paths), account)
        page = self.desktop.window._import
        assert page is not None
        return page

    def reviewed(self, *paths: Path, account: str | None = None) -> ImportPage:
        page = self.open(*paths, account=account)
        self.until(lambda: page.job.stage is not Stage.READ)
        return page

    def add_account(self, address: str) -> None:
        got: list[Account] = []
        self.desktop.client.call("account.add", AddAccount(address=address), got.append)
        self.until(lambda: got)

    def apply(self, page: ImportPage) -> None:
        self.qtbot.mouseClick(page.primary, Qt.MouseButton.LeftButton)
        self.until(lambda: page.job.stage is Stage.DONE)

    def entries(self, scope: str) -> set[str]:
        return {entry["pattern"] for entry in self.home.json("entries", scope)}

    def account(self, address: str) -> dict[str, object]:
        found: dict[str, object] = self.home.json("account", "show", address)
        return found


@pytest.fixture
def assistant(start_app: StartApp, running_gate: Gate, home: Home, qtbot: QtBot) -> Iterator[Assistant]:
    yield Assistant(start_app(), home, qtbot)


def mbox(path: Path, *mails: tuple[str, str]) -> Path:
    texts = (
        f"From x Tue Nov 24 08:35:36 2026\nReturn-Path: <{sender}>\n"
        + (f"Delivered-To: {to}\n" if to else "")
        + "Subject: x\n\ntext\n\n"
        for sender, to in mails
    )
    path.write_text("".join(texts), newline="\n")
    return path


def test_spam_for_three_accounts_becomes_lists_and_is_taken_back(assistant: Assistant) -> None:
    assistant.add_account("user2@localhost")
    page = assistant.reviewed(SAMPLE)
    assert page.job.stage is Stage.REVIEW
    assert [group.account for group in page.review.model.groups] == [
        "anna@example.org", "user2@localhost", "bob@example.org",
    ]  # fmt: skip
    assert [group.made for group in page.review.model.groups] == [False, True, False]
    every, ticked = page.review.model.counts()
    assert page.primary.text() == f"Deny the {ticked} ticked"
    assert 0 < ticked < every
    assistant.apply(page)
    assert "@.lotto-eu.example" in assistant.entries("user2@localhost")
    assert "@.parcel-desk.example" in assistant.entries("bob@example.org")
    page.job.undo()
    assistant.until(lambda: page.job.undone)
    assert [each["address"] for each in assistant.home.json("account", "list")] == ["user2@localhost"]
    assert assistant.entries("user2@localhost") == set()


def test_only_the_ticked_are_denied(assistant: Assistant, tmp_path: Path) -> None:
    assistant.add_account("anna@example.org")
    file = mbox(tmp_path / "j", ("a@one.example", "anna@example.org"), ("b@two.example", "anna@example.org"))
    page = assistant.reviewed(file)
    table, model = page.review.table, page.review.model
    row = next(n for n in range(model.rowCount()) if model.index(n, 0).data() == "@.one.example")
    spot = table.visualRect(model.index(row, 0))
    box = QPoint(spot.left() + 24, spot.center().y())
    assistant.qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=box)
    assert page.primary.text() == "Deny the 1 ticked"
    table.setCurrentIndex(model.index(row, 0))
    assistant.qtbot.keyClick(table, Qt.Key.Key_Space)
    assert page.primary.text() == "Deny the 2 ticked"
    assistant.qtbot.keyClick(table, Qt.Key.Key_Space)
    assistant.apply(page)
    assert assistant.entries("anna@example.org") == {"@.two.example"}


def test_leaked_here_everywhere_and_closed(assistant: Assistant, tmp_path: Path) -> None:
    shop, to = "shop@example.org", "shop@example.org"
    assistant.add_account(shop)
    file = mbox(tmp_path / "acme.mbox", ("orders@acme.example", to), ("a@deal.example", to), ("b@deal.example", to))
    page = assistant.reviewed(file)
    page.review.kind.leak.click()
    page.review.kind.expected.setText("@acme.example")
    assert [row.ticked for row in sorted(page.review.model.shown_rows, key=lambda row: row.text)] == [True, True, False]
    assistant.apply(page)
    assert assistant.entries(shop) == {"a@deal.example", "b@deal.example"}

    page = assistant.reviewed(file)
    page.review.kind.leak.click()
    page.review.kind.expected.setText("@acme.example")
    page.review.kind.deed.choose("everywhere")
    assert page.primary.text() == "Deny the 2 ticked everywhere"
    assistant.apply(page)
    assert "2 senders denied for everyone" in shown(page)
    assert assistant.entries("*") == {"a@deal.example", "b@deal.example"}

    page = assistant.reviewed(file)
    page.review.kind.leak.click()
    page.review.kind.deed.choose("close")
    assert page.primary.text() == "Close shop@example.org"
    assistant.apply(page)
    assert assistant.account(shop)["mode"] == "closed"


def test_a_wrong_expected_sender_is_told(assistant: Assistant) -> None:
    page = assistant.reviewed(SAMPLE)
    page.review.kind.leak.click()
    page.review.kind.expected.setText("acme @shop.example here")
    told = page.review.kind._wrong.text()
    assert told == "acme here cannot be an expected sender: a word by itself is no address.", "no word is denied here"
    assert page.review.kind.expected_patterns() == ["@shop.example"]


def test_an_expected_sender_that_cannot_be_read_holds_the_import_up(assistant: Assistant) -> None:
    page = assistant.reviewed(SAMPLE)
    page.review.kind.leak.click()
    assert page.primary.isEnabled()
    for deed in ("here", "everywhere", "close"):
        page.review.kind.deed.choose(deed)
        page.review.kind.expected.setText("nonsense here")
        assert not page.primary.isEnabled()
        assert page._promise.text() == "First correct who is expected: it cannot be read."
        page._apply()
        assert not page.job.busy
        page.review.kind.expected.setText("@shop.example")
        assert page.primary.isEnabled()
        assert page._promise.text() == "One undo takes all of it back."
    page.review.kind.expected.setText("nonsense")
    page.review.kind.spam.click()
    assert page.primary.isEnabled(), "kept spam has nobody expected"


def test_mail_of_nobody_asks_one_question(assistant: Assistant, tmp_path: Path) -> None:
    assistant.add_account("anna@example.org")
    page = assistant.reviewed(mbox(tmp_path / "j", ("a@one.example", "")))
    assert page.review.unclear.isVisible()
    assert page.primary.text() == "Nothing is ticked"
    assert not page.primary.isEnabled()
    page.review.unclear.account.setCurrentText("anna@example.org")
    assert page.primary.text() == "Deny the 1 ticked"
    assistant.apply(page)
    assert assistant.entries("anna@example.org") == {"@.one.example"}


def test_the_account_may_be_said_before(assistant: Assistant, tmp_path: Path) -> None:
    assistant.add_account("anna@example.org")
    page = assistant.reviewed(mbox(tmp_path / "j", ("a@one.example", "")), account="anna@example.org")
    assert not page.review.unclear.isVisible()
    assert [group.account for group in page.review.model.groups] == ["anna@example.org"]


def test_nothing_and_all_unreadable(assistant: Assistant, tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x00")
    page = assistant.reviewed(tmp_path / "empty")
    assert page.job.stage is Stage.NOTHING
    page = assistant.reviewed(tmp_path / "picture.png")
    assert page.job.stage is Stage.NOTHING
    assert [problem.why for problem in page.job.problems] == ["not-mail"]


def test_what_could_not_be_read_is_listed(assistant: Assistant, tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x00")
    page = assistant.reviewed(SAMPLE, tmp_path / "picture.png")
    assert page.review.problems.text() == "1 could not be read"
    page.review.problems.click()
    (listed,) = page.review.findChildren(QPlainTextEdit)
    assistant.until(listed.isVisible)
    assert listed.toPlainText() == f"{tmp_path / 'picture.png'}, byte 0: it is not saved mail"
    page.review.problems.click()
    assert not page.review._problem_list.count()


def test_cancel_ends_the_child(assistant: Assistant, tmp_path: Path) -> None:
    big = tmp_path / "big.mbox"
    with big.open("wb") as out:
        for _ in range(3000):
            out.write(SAMPLE.read_bytes())
    page = assistant.open(big)
    assistant.until(lambda: page.job.progress.bytes > 0)
    child = page.job._child
    assert child is not None
    process = child._process
    with assistant.qtbot.waitSignal(process.finished, timeout=SECONDS), assistant.qtbot.waitSignal(page.closed):
        page.reading.cancel_button.click()
    assert assistant.desktop.window._import is None


def test_a_child_that_cannot_start_is_told(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("app.importing.child.gate_command", lambda: [str(tmp_path / "not-there")])
    page = assistant.reviewed(SAMPLE)
    assert page.job.stage is Stage.FAILED
    assert "No such file" in page.job.why
    monkeypatch.undo()
    again = next(button for button in page.findChildren(Button) if button.text() == "Read again")
    assistant.qtbot.mouseClick(again, Qt.MouseButton.LeftButton)
    assistant.until(lambda: page.job.stage is Stage.REVIEW)


def test_a_child_that_breaks_off_is_told(assistant: Assistant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = assistant.reviewed(tmp_path / "not-there.mbox")
    assert page.job.stage is Stage.FAILED
    assert "not-there.mbox" in page.job.why


def test_small_and_large(assistant: Assistant) -> None:
    page = assistant.reviewed(SAMPLE)
    for width, height, whole in ((720, 480, False), (1100, 720, True)):
        assistant.desktop.window.resize(width, height)
        QApplication.processEvents()
        assert assistant.desktop.window.width() == width, "nothing asks for more room"
        assert page.rect().contains(page.primary.mapTo(page, page.primary.rect().bottomRight()))
        assert page.review.table.isColumnHidden(SEEN) is not whole


def wait_of(assistant: Assistant, page: ImportPage) -> None:
    assistant.until(lambda: not page.job.busy)


def heard(assistant: Assistant) -> list[str]:
    """What failed calls say in the toast from now on."""
    said: list[str] = []
    assistant.desktop.client.complaint.connect(lambda fault: said.append(fault.text))
    return said


def question(assistant: Assistant) -> Question | None:
    return next((each for each in assistant.desktop.window.findChildren(Question) if each.isVisible()), None)


def answer(assistant: Assistant, *, yes: bool) -> None:
    asked = question(assistant)
    assert asked is not None
    assistant.qtbot.mouseClick(asked.do_button if yes else asked.keep_button, Qt.MouseButton.LeftButton)
    assistant.until(lambda: question(assistant) is None)


def test_what_the_gate_was_asked_is_waited_for(assistant: Assistant, tmp_path: Path) -> None:
    """Neither Cancel nor a dropped file calls it off: the result is shown, and the file is read afterwards."""
    page = assistant.reviewed(mbox(tmp_path / "j", ("a@one.example", "anna@example.org")))
    stages: list[Stage] = []
    page.job.stageChanged.connect(lambda: stages.append(page.job.stage))
    assistant.qtbot.mouseClick(page.primary, Qt.MouseButton.LeftButton)
    assert page.job.busy
    assert not page.cancel.isEnabled()
    assert page.primary.text() == "…"
    page.cancel.click()
    page._leave()
    page.job.again()
    page.job.stop()
    assistant.open(mbox(tmp_path / "k", ("b@two.example", "anna@example.org")))
    assert page.job.label == "j"
    assistant.until(lambda: page.job.stage is Stage.REVIEW and page.job.label == "k")
    assert stages == [Stage.DONE, Stage.READ, Stage.REVIEW]
    assert assistant.entries("anna@example.org") == {"@.one.example"}
    assert page.cancel.isEnabled()
    assert page.primary.text() == "Deny the 1 ticked"


def test_a_refused_undo_is_told_on_the_last_step(assistant: Assistant, tmp_path: Path) -> None:
    page = assistant.reviewed(mbox(tmp_path / "j", ("a@one.example", "anna@example.org")))
    assistant.apply(page)
    assistant.home.done("deny", "anna@example.org", "later@bad.example")
    said = heard(assistant)
    page.job.undo()
    assert not page._passing.isEnabled(), "no way out before the answer"
    wait_of(assistant, page)
    later = "Deny later@bad.example for anna@example.org"
    assert said == [f"A later change is about the same: “{later}”. Take that back first."]
    assert assistant.desktop.window.toast.text() == said[0]
    assert page._passing.isEnabled()
    assert not page.job.undone


def test_a_refused_apply_is_told_in_the_foot(assistant: Assistant, tmp_path: Path) -> None:
    page = assistant.reviewed(mbox(tmp_path / "j", ("a@one.example", "anna@example.org")))
    page.review.model.shown_rows[0].text = "casino"
    assistant.qtbot.mouseClick(page.primary, Qt.MouseButton.LeftButton)
    wait_of(assistant, page)
    assert page.job.stage is Stage.REVIEW
    assert page._promise.text() == "A word by itself is no address. To deny the word: keyword:casino"
    assert page.primary.isEnabled()
    assert page.cancel.isEnabled()


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


def shown(page: ImportPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(Label) if label.isVisible())


def button(page: ImportPage, words: str) -> Button | None:
    found = [each for each in page.findChildren(Button) if each.isVisible() and each.text() == words]
    return found[0] if found else None


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
