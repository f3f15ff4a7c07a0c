"""What an owner typed, read: addresses, scopes, patterns, notes, pages.

It asks the lists what exists and changes nothing.
"""

from gate.desk.errors import DeskError
from gate.desk.publish import Publisher, domain_of
from gate.forms import PAGE_LIMIT
from gate.rules import address, pattern
from gate.rules.address import AddressError
from gate.rules.domain import hidden_character, is_own_name
from gate.rules.pattern import Pattern, PatternError
from gate.rules.ruleset import parse_scope
from gate.store import Transaction, accounts

NOTE_LIMIT = 2_000


def account_address(text: str, publisher: Publisher) -> str:
    """The canonical address for a new account or alias. Raises AddressError, DeskError."""
    found = address.parse(text)
    if not found.local or not found.domain:
        raise DeskError("account.no_address", text=text.strip() or "<>")
    config = publisher.config
    if not config.built_in and found.domain not in publisher.own_domains():
        raise DeskError("account.foreign_domain", address=found.text, domain=found.domain)
    return found.text


def owned_address(text: str, publisher: Publisher) -> str:
    """As `account_address`, of what the owner typed: its domain must be one that can be had."""
    found = account_address(text, publisher)
    if not is_own_name(domain_of(found)):
        raise AddressError("address.domain", domain=domain_of(found))
    return found


def known_account(tx: Transaction, text: str) -> str:
    """The account that an address or an alias means. Raises AddressError, DeskError account.unknown."""
    found = address.parse(text).text
    owner = accounts.owner_of(tx, found) if found else None
    if owner is None:
        raise DeskError("account.unknown", account=found or text.strip() or "<>")
    return owner


def known_scope(tx: Transaction, text: str, publisher: Publisher, *, foreign: bool = False) -> str:
    """`*`, `@domain` of the owner's own, or the account that an address or alias means.

    `foreign`: a domain that is no longer the owner's own is fine too, for looking and forgetting.
    """
    scope = parse_scope(text)
    if scope == "*":
        return scope
    if scope.startswith("@"):
        if not foreign and scope[1:] not in publisher.own_domains():
            raise DeskError("scope.foreign_domain", scope=scope, domain=domain_of(scope))
        return scope
    owner = accounts.owner_of(tx, scope)
    if owner is None:
        raise DeskError("account.unknown", account=scope)
    return owner


def is_account(scope: str) -> bool:
    return scope != "*" and not scope.startswith("@")


def patterns(texts: list[str]) -> list[Pattern]:
    """All of them, each once. Raises PatternError, which names the bad one."""
    if not texts:
        raise DeskError("entry.no_patterns")
    return list({found.text: found for found in map(pattern.parse, texts)}.values())


def senders(texts: list[str]) -> list[Pattern]:
    """Senders that the owner clicked on: exactly these addresses, where `*` and `?` mean themselves."""
    return list({found.text: found for found in map(_sender, texts)}.values()) or patterns(texts)


def _sender(text: str) -> Pattern:
    try:
        return pattern.of_address(text)
    except (AddressError, PatternError):
        return pattern.parse(text)


def stored_pattern(text: str) -> str:
    """The canonical text of a pattern that may stand on a list, one that could no longer be added too."""
    return pattern.read(text).text


def expected(texts: list[str]) -> tuple[str, ...]:
    """Patterns of expected senders; empty texts clear, so they are left out."""
    found: dict[str, None] = {}
    for text in filter(str.strip, texts):
        try:
            found[pattern.parse(text).text] = None
        except PatternError as error:
            raise DeskError("entry.expect_pattern", text=text, why=str(error)) from error
    return tuple(found)


def line(text: str, what: str, limit: int = NOTE_LIMIT) -> str:
    """A note or a name: one line of visible text."""
    text = " ".join(text.split())
    if len(text) > limit:
        raise DeskError("text.too_long", what=what, limit=limit)
    char = hidden_character(text)
    if char is not None:
        raise DeskError("text.hidden", what=what, char=char)
    return text


def sought(text: str) -> str:
    """A filter as the lists are searched: SQLite folds ASCII alone, and addresses are kept in lower case."""
    return text.strip().lower()


def page_limit(given: int) -> int:
    """Rows of a page: never more than `PAGE_LIMIT`, who asks for more gets the rest by going on."""
    if given < 1:
        raise DeskError("query.limit", limit=PAGE_LIMIT, given=given)
    return min(given, PAGE_LIMIT)


def number(given: str | None) -> int | None:
    """A row's id given as the place to go on from."""
    if given is None:
        return None
    if not (given.isascii() and given.isdecimal() and len(given) < 19):
        raise DeskError("query.after", given=given)
    return int(given)
