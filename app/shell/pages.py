"""The pages of the window, in the order of the rail.

To add a page: 1. its folder in `app/pages` with `create(client, shell) -> Page`; 2. its icon in resources/icons;
3. its line in `PAGES`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from app.language import QT_TRANSLATE_NOOP
from app.link.client import Client
from app.shell.contract import Page, Shell

Create = Callable[[Client, Shell], Page]


@dataclass(frozen=True, slots=True)
class PageSpec:
    """A page: what it is called in code, its word in the rail, its icon, and what makes it."""

    key: str
    word: str
    icon: str
    create: Create


def _accounts(client: Client, shell: Shell) -> Page:
    from app.pages.accounts import create

    return create(client, shell)


def _activity(client: Client, shell: Shell) -> Page:
    from app.pages.activity import create

    return create(client, shell)


PAGES: tuple[PageSpec, ...] = (
    PageSpec("accounts", QT_TRANSLATE_NOOP("Rail", "Accounts"), "accounts", _accounts),
    PageSpec("activity", QT_TRANSLATE_NOOP("Rail", "Activity"), "activity", _activity),
)


def page_word(spec: PageSpec) -> str:
    """The page's word, in the owner's language."""
    return QCoreApplication.translate("Rail", spec.word)
