"""The import assistant as its tests hold it: the app, how to wait for it, mail to read, what it shows and asks."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.application import Desktop
from app.dialogs.ask import Question
from app.importing.job import Stage
from app.importing.page import ImportPage
from app.link.state import LinkState
from app.widgets.buttons import Button
from app.widgets.labels import Label
from gate.control.messages import Account, AddAccount
from tests.wire.gate_process import Home

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


def mbox(path: Path, *mails: tuple[str, str]) -> Path:
    texts = (
        f"From x Tue Nov 24 08:35:36 2026\nReturn-Path: <{sender}>\n"
        + (f"Delivered-To: {to}\n" if to else "")
        + "Subject: x\n\ntext\n\n"
        for sender, to in mails
    )
    path.write_text("".join(texts), newline="\n")
    return path


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


def shown(page: ImportPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(Label) if label.isVisible())


def button(page: ImportPage, words: str) -> Button | None:
    found = [each for each in page.findChildren(Button) if each.isVisible() and each.text() == words]
    return found[0] if found else None
