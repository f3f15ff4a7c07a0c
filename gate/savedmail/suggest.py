"""From senders to suggestions: which row to show for them, whether it is ticked, and why.

Pure, and the only place where the choice is made. The rule: an ordinary domain is denied whole (`@.registrable`), even
after one message, because spammers change the local part; where others share a domain, only the address. What would
shut out someone known is shown, never ticked (`owner.why_not`, lists, the null sender).
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Literal

from gate.forms import Candidate, Member
from gate.rules import pattern
from gate.rules.address import NULL, Address
from gate.rules.kinds import PatternError
from gate.savedmail.owner import Owner, registrable
from gate.savedmail.providers import shared
from gate.savedmail.tally import AccountTally, SenderTally

ADDRESSES_SHOWN = 20
_Senders = list[tuple[Address, SenderTally]]


def list_domains(accounts: Iterable[AccountTally]) -> set[str]:
    """Registrable domains that list mail came from: of them only addresses are ever ticked."""
    return {
        name
        for account in accounts
        for sender, tally in account.senders.items()
        if tally.listed and (name := registrable(sender.domain))
    }


def candidates(account: AccountTally, owner: Owner, lists: set[str]) -> list[Candidate]:
    """The rows of one account, those of the most messages first. Every message is counted in exactly one."""
    groups: dict[str | None, _Senders] = {}
    rows: list[Candidate] = []
    for sender, tally in account.senders.items():
        if sender == NULL:
            rows.append(_bounces(account.account, tally))
        else:
            groups.setdefault(registrable(sender.domain), []).append((sender, tally))
    for name, senders in groups.items():
        rows.extend(_group(account.account, name, senders, owner, lists))
    rows.sort(key=lambda row: (-row.messages, row.pattern))
    return rows


def _group(
    account: str | None, name: str | None, senders: _Senders, owner: Owner, lists: set[str]
) -> Iterator[Candidate]:
    refused = {sender: owner.why_not(sender, account) for sender, _ in senders}
    why = _why_addresses_only(name, senders, owner, lists)
    if why is None and name is not None and not any(refused.values()):
        whole = _whole_domain(account, name, senders)
        if whole is not None:
            yield whole
            return
    for sender, tally in senders:
        yield _address(account, sender, tally, refused[sender], why or "address")


def _why_addresses_only(name: str | None, senders: _Senders, owner: Owner, lists: set[str]) -> str | None:
    for sender, _ in senders:
        if why := shared(sender.domain):
            return why
    if name is None:
        return "address"
    return "shared" if name in lists or owner.guards(name) else None


def _whole_domain(account: str | None, name: str, senders: _Senders) -> Candidate | None:
    try:
        entry = pattern.parse(f"@.{name}")
    except PatternError:
        return None
    senders.sort(key=lambda item: (-item[1].messages, item[0].text))
    members = [
        Member(address=sender.text, messages=tally.messages, first=_iso(tally.first), last=_iso(tally.last))
        for sender, tally in senders
    ]
    total = SenderTally()
    for _, tally in senders:
        total.merge(tally)
    return Candidate(
        pattern=entry.text,
        kind="subdomains",
        senders=len(senders),
        messages=total.messages,
        first=_iso(total.first),
        last=_iso(total.last),
        suggested=True,
        why="domain",
        account=account,
        addresses=[member.address for member in members[:ADDRESSES_SHOWN]],
        origin=total.origin,
        members=members,
    )


def _address(account: str | None, sender: Address, tally: SenderTally, refused: str | None, why: str) -> Candidate:
    if tally.listed:
        refused = refused or "list"
    try:
        text = pattern.parse(pattern.of_address(sender).text).text
    except PatternError:
        text, refused = sender.text, "unusable"
    return _row(account, text, "address", tally, suggested=refused is None, why=refused or why)


def _bounces(account: str | None, tally: SenderTally) -> Candidate:
    return _row(account, "<>", "bounces", tally, suggested=False, why="bounces")


def _row(
    account: str | None,
    text: str,
    kind: Literal["address", "bounces"],
    tally: SenderTally,
    *,
    suggested: bool,
    why: str,
) -> Candidate:
    return Candidate(
        pattern=text,
        kind=kind,
        senders=1,
        messages=tally.messages,
        first=_iso(tally.first),
        last=_iso(tally.last),
        suggested=suggested,
        why=why,
        account=account,
        addresses=[text] if kind == "address" else [],
        origin=tally.origin,
    )


def _iso(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
