"""Helpers of the tests of models and pages: knock at the gate as a sender does, and see what the window shows."""

import smtplib
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from app.application import Desktop
from app.link.calls import CallFailed
from app.link.client import Client
from app.pages.accounts.page import AccountsPage
from app.pages.activity.page import ActivityPage
from app.window import Window
from gate.control.messages import Form
from tests.wire.gate_process import Gate

SECONDS = 8


def knock(gate: Gate, sender: str, *recipients: str) -> list[tuple[int, str]]:
    """One SMTP session that asks to write, and the replies to each RCPT."""
    return knock_at(gate.port, sender, *recipients)


def knock_at(port: int, sender: str, *recipients: str) -> list[tuple[int, str]]:
    """The same at a port of 127.0.0.1."""
    with smtplib.SMTP("127.0.0.1", port, timeout=SECONDS) as smtp:
        smtp.ehlo("client.example")
        smtp.docmd("MAIL", f"FROM:<{sender}>")
        return [(code, text.decode()) for code, text in (smtp.docmd("RCPT", f"TO:<{r}>") for r in recipients)]


class Seen:
    """The app before a test's eyes."""

    def __init__(self, qtbot: QtBot, desktop: Desktop) -> None:
        self.qtbot = qtbot
        self.desktop = desktop

    @property
    def window(self) -> Window:
        return self.desktop.window

    @property
    def client(self) -> Client:
        return self.desktop.client

    @property
    def accounts(self) -> AccountsPage:
        page = self.window.pages["accounts"]
        assert isinstance(page, AccountsPage)
        return page

    @property
    def activity(self) -> ActivityPage:
        page = self.window.pages["activity"]
        assert isinstance(page, ActivityPage)
        return page

    def until(self, true: Callable[[], object]) -> None:
        """Turn the event loop until it is true."""
        self.qtbot.waitUntil(lambda: bool(true()), timeout=SECONDS * 1000)

    def call(self, method: str, params: Form) -> Any:
        """The answer of the gate."""
        got: list[Any] = []
        self.client.call(method, params, got.append, got.append)
        self.until(lambda: got)
        assert not isinstance(got[0], CallFailed), got[0]
        return got[0]

    def gone(self, dialog: QDialog) -> None:
        """Wait until a dialog has closed."""
        self.until(lambda: not shown(dialog))


def shown(widget: QObject) -> bool:
    """Whether a widget lives and can be seen."""
    try:
        return bool(widget.isVisible())  # type: ignore[attr-defined]
    except RuntimeError:  # it has been deleted
        return False
