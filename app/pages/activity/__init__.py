"""The activity page: whom the gate refused and let in, as it happens, and the way to take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.models.accounts import AccountsModel
from app.models.decisions import DecisionsModel
from app.models.verdicts import Verdicts
from app.pages.activity.page import ActivityPage

if TYPE_CHECKING:
    from app.link.client import Client
    from app.shell.contract import Shell


def create(client: Client, shell: Shell) -> ActivityPage:
    """The page with its models."""
    accounts = AccountsModel.of(client)
    return ActivityPage(DecisionsModel(client, accounts), accounts, Verdicts(client, accounts), shell)
