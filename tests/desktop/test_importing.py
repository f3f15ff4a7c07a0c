"""The import assistant in the window, against a real gate and the real `survey` child."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.application import Desktop
from app.importing.job import Stage
from app.importing.page import ImportPage
from app.link.state import LinkState
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
    page.review.kind.expected.setText("acme")
    assert "keyword:acme" in page.review.kind._wrong.text()
    assert page.review.kind.expected_patterns() == []


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
    assert page.review._problem_list.count() == 1


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
    assert page.job.why


def test_a_child_that_breaks_off_is_told(assistant: Assistant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = assistant.reviewed(tmp_path / "not-there.mbox")
    assert page.job.stage is Stage.FAILED
    assert "not-there.mbox" in page.job.why


def test_small_and_large(assistant: Assistant) -> None:
    page = assistant.reviewed(SAMPLE)
    for width, height in ((720, 480), (1100, 720)):
        assistant.desktop.window.resize(width, height)
        QApplication.processEvents()
        assert page.width() <= width
        assert page.primary.isVisible()
