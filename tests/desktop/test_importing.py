"""The import assistant in the window, against a real gate and the real `survey` child."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QPlainTextEdit
from pytestqt.qtbot import QtBot

from app.importing.job import Stage
from app.importing.model import SEEN
from app.widgets.buttons import Button
from tests.desktop.assistant import SAMPLE, SECONDS, Assistant, StartApp, heard, mbox, shown, wait_of
from tests.wire.gate_process import Gate, Home


@pytest.fixture
def assistant(start_app: StartApp, running_gate: Gate, home: Home, qtbot: QtBot) -> Iterator[Assistant]:
    yield Assistant(start_app(), home, qtbot)


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
    assert page.primary.hasFocus()
    assert page.cancel.isEnabled()
