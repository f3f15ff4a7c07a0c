"""The accounts page: who is looked after, and who may not write to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.models.accounts import AccountsModel
from app.models.entries import EntriesModel
from app.pages.accounts.page import AccountsPage

if TYPE_CHECKING:
    from app.link.client import Client
    from app.shell.contract import Shell


def create(client: Client, shell: Shell) -> AccountsPage:
    """The page with its models."""
    return AccountsPage(AccountsModel.of(client), EntriesModel(client), shell)
