"""What one click on a row of the activity does: allow a sender that was refused, deny one that got in.

One table of cases, so that the words and the deed cannot part. An entry is always the exact address at the account's
own scope; a closed account is offered its mode instead, and an empty sender, which no list can hold, the setting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.language import filled
from app.models.accounts import AccountsModel
from app.models.words import EVERYONE, mode_sentence, short, turned_away, with_caution
from app.widgets.labels import visible
from gate.control.messages import (
    Account,
    AddAccount,
    AddEntries,
    Change,
    Changed,
    Check,
    CheckQuery,
    Decision,
    Fault,
    ListName,
    Mode,
    SetAccount,
)
from gate.rules import pattern as rules

if TYPE_CHECKING:
    from app.link.client import CallFailed, Client

translate = QCoreApplication.translate

Said = Callable[[str, Change | None], None]
Failed = Callable[["CallFailed"], None]


@dataclass(frozen=True)
class Offer:
    """One thing that can be done: the button's words and icon; `do(said, failed)` does it."""

    words: str
    icon: str
    do: Callable[[Said, Failed], None]


@dataclass(frozen=True)
class Offers:
    """What a row offers: a question above, a sentence where one is needed, and none, one or two buttons."""

    question: str = ""
    note: str = ""
    offers: tuple[Offer, ...] = ()


def _refuses(what: Decision | Check) -> bool:
    """Whether the lists refuse it, even if it got in because all do, or because the account is watched."""
    return what.verdict == "refuse" or what.would == "refuse"


class Verdicts:
    """Knows the accounts as they are now: a row may be older than the settings."""

    def __init__(self, client: Client, accounts: AccountsModel) -> None:
        self._client = client
        self._accounts = accounts

    def ask_now(self, decision: Decision, done: Callable[[Check], None]) -> None:
        """What the same sender would be answered now."""
        query = CheckQuery(sender=decision.sender, recipient=decision.recipient)
        self._client.call("check", query, done, lambda _fault: None)

    def offers(self, decision: Decision, now: Check | None = None) -> Offers:
        """What the owner can do about this decision; `now` is what would be decided by now."""
        if now is not None and decision.because != "relay" and _refuses(now) != _refuses(decision):
            by_now = (
                translate("Verdicts", "By now this sender is refused.")
                if _refuses(now)
                else translate("Verdicts", "By now this sender gets in.")
            )
            return Offers(note=by_now)
        account = self._accounts.find(decision.account) or self._accounts.find(decision.recipient)
        if decision.because == "relay":
            return Offers(
                note=translate("Verdicts", "This is not one of your addresses. The gate takes mail for your own only.")
            )
        if turned_away(decision) and account is None:
            return self._not_there(decision)
        wanted = not _refuses(decision)
        question = translate("Verdicts", "Unwanted?") if wanted else translate("Verdicts", "A mistake?")
        if not decision.sender:
            return self._bounce(question, account, wanted=wanted)
        if decision.because == "exempt":
            return Offers(
                note=translate("Verdicts", "postmaster and abuse always get their mail: other servers count on it.")
            )
        if account is not None and account.mode == "closed":
            return self._closed(question, account)
        if decision.because == "unlisted" and account is None:
            return Offers(question, "", (self._make(decision.recipient, None),))
        try:
            rules.of_address(decision.sender)
        except Fault:
            return Offers(note=translate("Verdicts", "This sender is no address that a list could hold."))
        if wanted:
            return self._deny(question, decision, account)
        scope = account.address if account is not None else decision.scope or EVERYONE
        return Offers(question, "", (self._entry("allow", decision.sender, scope),))

    def _deny(self, question: str, decision: Decision, account: Account | None) -> Offers:
        if account is not None:
            return Offers(question, "", (self._entry("deny", decision.sender, account.address),))
        note = filled(translate("Verdicts", "%1 is no account of yours in Irusu yet."), visible(decision.recipient))
        make = self._make(decision.recipient, decision.sender)
        return Offers(question, note, (make, self._entry("deny", decision.sender, EVERYONE)))

    def _not_there(self, decision: Decision) -> Offers:
        """The server has no such recipient. The built-in one has whoever is made an account."""
        name = visible(decision.recipient)
        latest = self._client.latest
        if latest is None or latest.deliver != "built-in":
            note = translate("Verdicts", "Your mail server does not know %1, so nobody can write there.")
            return Offers(note=filled(note, name))
        note = filled(translate("Verdicts", "%1 is no account, so nobody can write there."), name)
        return Offers(note=note, offers=(self._make(decision.recipient, None),))

    def _bounce(self, question: str, account: Account | None, *, wanted: bool) -> Offers:
        if account is None:
            return Offers(
                note=translate(
                    "Verdicts", "A bounce has no sender that a list could hold. Only an account can refuse bounces."
                )
            )
        if account.mode == "closed":
            return self._closed(question, account)
        name = self._name(account.address)
        if wanted == account.refuse_bounces:
            note = (
                translate("Verdicts", "%1 refuses bounces by now.")
                if wanted
                else translate("Verdicts", "%1 lets bounces in by now.")
            )
            return Offers(note=filled(note, name))
        words = (
            translate("Verdicts", "Refuse bounces to %1") if wanted else translate("Verdicts", "Let bounces to %1 in")
        )
        said = (
            translate("Verdicts", "%1 now refuses bounces.")
            if wanted
            else translate("Verdicts", "%1 now lets bounces in.")
        )
        note = translate(
            "Verdicts",
            "A bounce has no sender that a list could hold, so this is a setting of the account. "
            "Probes that ask whether the address exists come the same way.",
        )
        form = SetAccount(address=account.address, refuse_bounces=wanted)
        offer = self._set(form, filled(words, name), "refused" if wanted else "accepted", filled(said, name))
        return Offers(question, note, (offer,))

    def _closed(self, question: str, account: Account) -> Offers:
        name = self._name(account.address)
        note = filled(translate("Verdicts", "%1 is closed: nobody gets in, whatever its lists say. Open it?"), name)
        words: dict[Mode, str] = {
            "allow": translate("Verdicts", "Let only listed senders in"),
            "deny": translate("Verdicts", "Let all but the denied in"),
        }
        offers = tuple(
            self._set(
                SetAccount(address=account.address, mode=mode),
                words[mode],
                "person" if mode == "allow" else "everyone",
                f"{name}: {mode_sentence(mode)}",
            )
            for mode in words
        )
        return Offers(question, note, offers)

    # ------------------------------------------------ deeds

    def _name(self, scope: str) -> str:
        return short(scope, self._accounts.own_domains)

    def _entry(self, name: ListName, sender: str, scope: str) -> Offer:
        everyone = scope == EVERYONE
        if everyone:
            words = (
                translate("Verdicts", "Allow for everyone")
                if name == "allow"
                else translate("Verdicts", "Deny for everyone")
            )
        else:
            words = (
                translate("Verdicts", "Allow this sender")
                if name == "allow"
                else translate("Verdicts", "Deny this sender")
            )

        def do(said: Said, failed: Failed) -> None:
            self._add(name, sender, scope, said, failed)

        return Offer(words, "accepted" if name == "allow" else "refused", do)

    def _add(
        self, name: ListName, sender: str, scope: str, said: Said, failed: Failed, *, make_account: bool = False
    ) -> None:
        pattern = rules.of_address(sender).text
        where = self._name(scope)

        def done(changed: Changed) -> None:
            if changed.change is None:
                text = translate("Verdicts", "%1 was on the list already.")
            elif scope == EVERYONE:
                text = (
                    translate("Verdicts", "Allowed for everyone: %1.")
                    if name == "allow"
                    else translate("Verdicts", "Denied for everyone: %1.")
                )
            else:
                text = (
                    translate("Verdicts", "%2 now allows %1.")
                    if name == "allow"
                    else translate("Verdicts", "%2 now denies %1.")
                )
            said(with_caution(filled(text, pattern, where), changed), changed.change)

        form = AddEntries(scope=scope, patterns=[pattern], source="click", make_account=make_account)
        self._client.call(name, form, done, failed)

    def _make(self, recipient: str, denied: str | None) -> Offer:
        """Make the recipient an account, and there deny a sender: one change."""

        def do(said: Said, failed: Failed) -> None:
            def made(account: Account, change: Change | None) -> None:
                said(filled(translate("Verdicts", "%1 is an account now."), account.address), change)

            if denied:
                self._add("deny", denied, recipient, said, failed, make_account=True)
            else:
                self._accounts.add(AddAccount(address=recipient), made, failed)

        words = (
            translate("Verdicts", "Make it an account, and deny")
            if denied
            else translate("Verdicts", "Make it an account")
        )
        return Offer(words, "add", do)

    def _set(self, form: SetAccount, words: str, icon: str, told: str) -> Offer:
        def do(said: Said, failed: Failed) -> None:
            self._accounts.set(form, lambda _account, change: said(told, change), failed)

        return Offer(words, icon, do)
