"""What the gate knows of the mail server behind it, asked anew, and the lines that set one up with Irusu."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from gate.control.messages import BackendReport, Nothing, SetupLines

if TYPE_CHECKING:
    from app.link.client import CallFailed, Client

Failed = Callable[["CallFailed"], None]


class ServerModel(QObject):
    """Asks; holds nothing but what the gate said of itself last."""

    def __init__(self, client: Client, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client

    @property
    def settings(self) -> str:
        """The gate.toml in use; empty while unknown."""
        return self._client.latest.settings if self._client.latest is not None else ""

    def check(self, done: Callable[[BackendReport], None], failed: Failed) -> None:
        """Have the mail server asked anew; this may take a while."""
        self._client.call("backend.check", Nothing(), done, failed)

    def lines(self, done: Callable[[SetupLines], None], failed: Failed) -> None:
        self._client.call("setup.lines", Nothing(), done, failed)
