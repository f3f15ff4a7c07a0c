"""What tests of the accounts page do again and again: an account with entries, what is shown, what the toast says."""

from app.models.entries import PATTERN
from gate.control.messages import AddAccount, AddEntries
from tests.desktop.seeing import Seen

ANNA = "anna@example.org"


def make(see: Seen, *patterns: str, address: str = ANNA) -> None:
    """An account with denied patterns, chosen on the page."""
    see.call("account.add", AddAccount(address=address))
    if patterns:
        see.call("deny", AddEntries(scope=address, patterns=list(patterns)))
    page = see.accounts
    see.until(lambda: page._accounts.scope(address) is not None)
    page.show_item(scope=address)
    see.until(lambda: page._entries.loaded and len(page._entries.rows) == len(patterns))


def patterns_shown(see: Seen) -> list[str]:
    """The column of patterns, from the top."""
    model = see.accounts._entries
    return [model.index(row, PATTERN).data() for row in range(model.rowCount())]


def heard(see: Seen) -> list[str]:
    """All that the toast says from now on."""
    said: list[str] = []
    tell = see.window.toast.tell

    def told(text: str, *more: object) -> None:
        said.append(text)
        tell(text, *more)

    see.window.toast.tell = told
    return said
