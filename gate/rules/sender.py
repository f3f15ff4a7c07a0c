"""What is asked of every scope that concerns a recipient: the sender in all his forms, as the keys of the look-ups."""

from collections.abc import Iterator, Sequence

from gate.rules import address
from gate.rules.address import Address


class SenderForms:
    """One sender. What only some scopes need is made when the first of them asks.

    Attributes:
        addresses, domains: keys of the forms, the sender as written first; keys: both.
    """

    __slots__ = ("_above", "_delimiter", "_forms", "_recipient", "_subjects", "addresses", "domains", "keys")

    def __init__(self, forms: Sequence[Address], recipient: Address | None = None, delimiter: str = "") -> None:
        """`recipient`: his address is cut out of what keywords, globs and regexes see, with his tag and without."""
        self._forms = forms
        self._recipient = recipient
        self._delimiter = delimiter
        self._subjects: list[str] | None = None
        self._above: list[str] | None = None
        if len(forms) == 1 and (form := forms[0]).local:  # nearly always, and this is most of what a decision costs
            at_domain = f"@{form.domain}"
            key = form.local + at_domain
            self.addresses: Sequence[str] = (key,)
            self.domains: Sequence[str] = (at_domain,)
            self.keys: Sequence[str] = (key, at_domain)
        else:
            self.addresses = [form.key for form in forms if form.local]
            self.domains = [f"@{form.domain}" for form in forms]
            self.keys = [*self.addresses, *self.domains]

    @property
    def above(self) -> Sequence[str]:
        """`@.domain` of every form's domain and of all that are above it."""
        if self._above is None:
            self._above = [f"@.{name}" for form in self._forms for name in _upwards(form.domain)]
        return self._above

    @property
    def subjects(self) -> Sequence[str]:
        """What keyword, glob and regex see: every form without the recipient's own address, in both scripts."""
        if self._subjects is None:
            to = self._recipient
            bare = None if to is None else address.without_tag(to, self._delimiter)
            seen: dict[str, None] = {}
            for form in self._forms:
                rest = form
                if to is not None and bare is not None and bare.local in form.local:
                    rest = address.without_recipient(rest, to) or rest
                    rest = address.without_recipient(rest, bare) or rest
                seen[rest.key] = None
                if not rest.domain.isascii():
                    seen[rest.ascii_key] = None
            self._subjects = list(seen)
        return self._subjects


def _upwards(domain: str) -> Iterator[str]:
    while domain:
        yield domain
        domain = domain.partition(".")[2]
