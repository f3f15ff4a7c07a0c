"""Where an entry stands: `*` (every own recipient), `@domain` (every recipient of one own domain), or an account.

Only the text form: whether the account exists, and whose an alias is, the desk knows.
"""

from gate.errors import Fault
from gate.rules import address
from gate.rules.domain import AddressError, canonical_domain

EVERYONE = "*"


class ScopeError(Fault):
    """A text that is no scope, and why."""

    texts = {
        "scope.empty": "a scope is missing: an account, @domain, or * for every recipient",
        "scope.unreadable": "{text} is no scope: it must be an account, @domain, or * for every recipient",
        "scope.domain": "{text} is no scope: every recipient of a domain is written @{text}",
    }


def parse_scope(text: str) -> str:
    """The canonical text of a scope: `*`, `@domain`, or an account's address. Raises `ScopeError`."""
    text = text.strip()
    if text == EVERYONE:
        return EVERYONE
    if not text:
        raise ScopeError("scope.empty")
    try:
        if text.startswith("@") and "@" not in text[1:]:
            return f"@{canonical_domain(text[1:])}"
        account = address.parse(text)
    except AddressError as error:
        code = "scope.domain" if error.code == "address.no_domain" and "." in text else "scope.unreadable"
        raise ScopeError(code, text=text) from error
    if not account.domain:
        raise ScopeError("scope.unreadable", text=text)
    return account.text
