"""Own domains: what they are, and whether only what was made in Irusu exists there.

Which domains are listed stands in gate.toml, which the service writes (`server.DomainSettings`) as part of the change:
accounts, file and history change together or not at all, and undo takes all of it back.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from gate.desk import typed
from gate.desk.accounts import made
from gate.desk.errors import DeskError
from gate.desk.ledger import By, Ledger, Plan
from gate.desk.publish import domain_of
from gate.desk.server import DomainSettings
from gate.forms import Changed, ListOnly, Nothing, OwnDomain, OwnDomains, Vanishing, VanishingPage, VanishingQuery
from gate.rules import address
from gate.rules.address import AddressError
from gate.rules.domain import canonical_domain
from gate.rules.ruleset import Ruleset
from gate.store import Log, Transaction, accounts
from gate.store.rows import ListedRow, RowChange

DAYS_LIMIT = 36_500
VANISHING_LIMIT = 20_000
"""Recipients looked at, the newest; a domain that takes every name may have been sent mail to a million."""


class _Found(NamedTuple):
    asked: tuple[str, int]
    rows: list[Vanishing]
    cut: bool
    since: str | None


class Domains:
    def __init__(self, ledger: Ledger, log: Log, settings: DomainSettings | None) -> None:
        self._ledger = ledger
        self._log = log
        self._settings = settings
        self._found: _Found | None = None

    def list(self, _params: Nothing, _by: By) -> OwnDomains:
        publisher = self._ledger.publisher
        with self._ledger.reading() as tx:
            counted = Counter(map(domain_of, accounts.addresses(tx)))
        named = set(map(canonical_domain, publisher.config.domains))
        listed = publisher.ruleset.listed
        return OwnDomains(
            rows=[
                self._described(name, listed=name in listed, named=name in named, accounts=counted[name])
                for name in sorted(publisher.own_domains())
            ]
        )

    def _described(self, name: str, *, listed: bool, named: bool, accounts: int) -> OwnDomain:
        answer = self._settings.unknown_name(name) if self._settings is not None else None
        severity = answer[:1] if answer else ""
        return OwnDomain(
            name=name,
            listed=listed,
            catch_all=severity == "2" if severity else None,
            only_temporary=severity == "4" if severity else None,
            reply=answer if severity in ("4", "5") else None,
            accounts=accounts,
            source="gate.toml" if named else "account",
            changeable=named and self._settings is not None and self._settings.writes_domains,
        )

    def vanishing(self, params: VanishingQuery, _by: By) -> VanishingPage:
        """Raises DeskError, and StoreError where the log cannot be read."""
        limit = typed.page_limit(params.limit)
        asked = (self._own(params.domain), params.days)
        found = self._found
        if params.after is None or found is None or found.asked != asked:
            found = self._found = self._look(*asked)
        start = 0
        if params.after is not None:
            places = [place for place, row in enumerate(found.rows) if row.address == params.after]
            if not places:
                raise DeskError("query.after", given=params.after)
            start = places[0] + 1
        rows = found.rows[start : start + limit]
        more = start + limit < len(found.rows)
        return VanishingPage(
            rows=rows, next=rows[-1].address if more else None, total=len(found.rows), cut=found.cut, since=found.since
        )

    def _look(self, domain: str, days: int) -> _Found:
        if not 1 <= days <= DAYS_LIMIT:
            raise DeskError("query.days", limit=DAYS_LIMIT, given=days)
        since = (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S")
        received = self._log.received(domain, since=since, limit=VANISHING_LIMIT + 1)
        publisher = self._ledger.publisher
        rules, delimiter = publisher.ruleset, publisher.config.delimiter
        rows: dict[str, Vanishing] = {}
        for each in received[:VANISHING_LIMIT]:
            name = _kept_name(each.address, delimiter, rules)
            if name is None:
                continue
            before = rows.get(name, Vanishing(address=name, messages=0, last=each.last))
            rows[name] = Vanishing(address=name, messages=before.messages + each.messages, last=before.last)
        return _Found((domain, days), list(rows.values()), len(received) > VANISHING_LIMIT, self._log.begin())

    def list_only(self, params: ListOnly, by: By) -> Changed:
        """One change, one undo. Raises DeskError, AddressError, ConfigError, and then nothing has changed."""
        domain = self._own(params.domain)
        if domain not in map(canonical_domain, self._ledger.publisher.config.domains):
            raise DeskError("domain.built_in", domain=domain)
        keep = self._kept(params.keep, domain)

        def plan(tx: Transaction) -> Plan:
            new = [name for name in keep if accounts.owner_of(tx, name) is None]
            changes = [change for name in new for change in made(name)]
            listed = domain in self._ledger.publisher.ruleset.listed
            if params.listed != listed:
                row = ListedRow(domain)
                changes.append(RowChange(None, row) if params.listed else RowChange(row, None))
            return _plan(domain, params.listed, len(new), changes)

        return Changed(change=self._ledger.change(by, plan))

    def _own(self, text: str) -> str:
        """Canonical. Raises AddressError, DeskError."""
        domain = canonical_domain(text.strip().removeprefix("@"))
        if domain not in self._ledger.publisher.own_domains():
            raise DeskError("scope.foreign_domain", scope=domain, domain=domain)
        return domain

    def _kept(self, texts: Sequence[str], domain: str) -> tuple[str, ...]:
        found = dict.fromkeys(typed.owned_address(text, self._ledger.publisher) for text in texts)
        for name in found:
            if domain_of(name) != domain:
                raise DeskError("domain.keep_elsewhere", address=name, domain=domain)
        return tuple(found)


def _kept_name(recipient: str, delimiter: str, rules: Ruleset) -> str | None:
    """The address that an account would be made for; None: it exists anyway, or no account could bear that name."""
    found = address.from_wire(recipient)
    if rules.exists(found):
        return None
    name = address.without_tag(found, delimiter).text
    try:
        return name if address.parse(name).text == name else None
    except AddressError:
        return None


def _plan(domain: str, listed: bool, new: int, changes: list[RowChange]) -> Plan:
    if listed:
        text = f"Let only addresses made in Irusu exist in {domain}"
    else:
        text = f"Let the mail server decide which addresses exist in {domain}"
    if new:
        text += f", with {new} new account{'s' if new > 1 else ''}"
    code = "domain.listed" if listed else "domain.unlisted"
    return Plan(code, {"domain": domain, "kept": new}, text, changes)
