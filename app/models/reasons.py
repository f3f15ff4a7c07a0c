"""Why a decision was as it was, in a sentence: for the details of the activity."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.language import filled
from app.models.words import EVERYONE, short, turned_away
from app.widgets.kinds import kind_meaning
from app.widgets.labels import visible
from gate.control.messages import Account, Decision, Fault
from gate.rules import pattern as rules

translate = QCoreApplication.translate


class _Names:
    """How the recipient and the list are called in a sentence."""

    def __init__(self, decision: Decision, own_domains: list[str]) -> None:
        self.recipient = short(decision.account or decision.recipient, own_domains)
        scope = decision.scope or decision.account or decision.recipient
        if scope == EVERYONE:
            self.list = translate("Reason", "The list for everyone")
        elif scope.startswith("@"):
            self.list = filled(translate("Reason", "The list for all of %1"), visible(scope))
        else:
            self.list = short(scope, own_domains)


def reason(decision: Decision, account: Account | None, own_domains: list[str]) -> str:
    """A sentence or two; `account` is the recipient's as it is now, if it is one."""
    names = _Names(decision, own_domains)
    if turned_away(decision):
        return translate("Reason", "Irusu let it pass. Your mail server itself did not take it.")
    if decision.because == "entry":
        return _by_entry(decision, names, denies=decision.verdict == "refuse")
    if decision.because == "mode":
        return _by_mode(decision, names, account)
    if decision.because == "watch" and decision.would == "refuse":
        watched = filled(translate("Reason", "%1 is only watched, so it was let in."), names.recipient)
        return _let_in(decision, names, watched)
    if decision.because == "open" and decision.would == "refuse":
        return _let_in(decision, names, translate("Reason", "At that time everyone was let in."))
    if decision.because == "exempt":
        if not decision.sender:
            return translate("Reason", "Bounces get in, unless the account refuses them.")
        return translate("Reason", "postmaster and abuse always get their mail.")
    if decision.because == "unlisted":
        return translate("Reason", "In this domain only addresses that were made in Irusu exist, and this one was not.")
    if decision.because == "relay":
        return filled(translate("Reason", "%1 is not one of your addresses."), names.recipient)
    return filled(
        translate("Reason", "Nothing forbids it: no entry matches, and %1 lets in whom it does not deny."),
        names.recipient,
    )


def _meant(pattern: str) -> str:
    try:
        read = rules.read(pattern)
    except Fault:
        return visible(pattern)
    if read.kind is rules.Kind.ADDRESS:
        return visible(pattern)
    return visible(kind_meaning(str(read.kind), read.text))


def _by_entry(decision: Decision, names: _Names, *, denies: bool) -> str:
    text = translate("Reason", "%1 denies %2.") if denies else translate("Reason", "%1 allows %2.")
    return filled(text, names.list, _meant(decision.pattern or decision.sender))


def _by_mode(decision: Decision, names: _Names, account: Account | None) -> str:
    if not decision.sender and (account is None or account.mode != "closed"):
        return filled(translate("Reason", "%1 refuses bounces."), names.recipient)
    if account is not None and account.mode == "closed":
        return filled(translate("Reason", "%1 is closed: nobody gets in."), names.recipient)
    return filled(
        translate("Reason", "Only senders on its allow list may write to %1, and this one is not on it."),
        names.recipient,
    )


def _let_in(decision: Decision, names: _Names, why_in: str) -> str:
    if decision.pattern:
        return f"{_by_entry(decision, names, denies=True)} {why_in}"
    return translate("Reason", "It would have been refused.") + " " + why_in
