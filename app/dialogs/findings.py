"""What the gate found out about the mail server, in the owner's words: one line a fact, and what is to be done.

Pure of widgets.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject

from app.language import filled
from app.link.words import fault_in_words
from gate.control.messages import BackendReport, DomainFacts
from gate.control.messages import Warning as GateWarning

State = Literal["good", "todo", "bad", "unknown"]
TOLD_BY_FACTS = frozenset({"backend.catch_all", "backend.only_temporary", "backend.untested", "backend.none_mode"})
"""Warnings that the facts tell already."""

OBSTACLES = frozenset(f"backend.{code}" for code in ("client_address", "xclient", "xclient_refused", "relays"))
"""Problems of a server that did answer."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact. `reply` is a server's own words; `domain` may be listed, which would mend it."""

    state: State
    title: str
    words: str
    reply: str = ""
    domain: str = ""


class Findings(QObject):
    """The words. (A class, because `tr` is one of its methods.)"""

    def of(self, report: BackendReport) -> list[Finding]:
        """All that is to be told, in the order in which an owner sets things right."""
        rest = [warning for warning in report.warnings if warning.code not in TOLD_BY_FACTS]
        if report.built_in:
            return [*self._answers(report), *map(self._domain, report.domains), *map(self._warning, rest)]
        return [
            *self._answers(report),
            *self._client_address(report),
            *self._relay(report),
            *self._tls(report),
            *map(self._domain, report.domains),
            *map(self._warning, rest),
        ]

    def _answers(self, report: BackendReport) -> Iterator[Finding]:
        problem = report.problem
        if problem is not None and not report.reached and problem.code in OBSTACLES:  # found when it still answered
            yield Finding("bad", self.tr("It does not answer"), filled(self.tr("No answer at %1."), report.target))
        elif problem is not None and not report.reached:
            yield Finding("bad", self.tr("It does not answer"), in_words(problem))
            return
        if problem is not None:
            yield Finding("bad", self.tr("No mail may flow"), in_words(problem), _advice(problem))
        elif report.built_in:
            words = self.tr("A part of Irusu: it keeps mail in folders of its own, and knows only accounts made here.")
            yield Finding("good", self.tr("The built-in mail server"), words)
        else:
            yield Finding("good", self.tr("It answers"), report.target, report.greeting or "")

    def _client_address(self, report: BackendReport) -> Iterator[Finding]:
        facts, title = report.client_address, self.tr("Sees who is calling")
        if facts is None:
            return
        if facts.found is None and facts.wanted == "none":
            yield Finding("todo", title, self.tr("It is not told: client_address is “none” in gate.toml."))
        elif facts.found == "none":
            yield Finding(
                "todo", title, self.tr("No: it takes every client for Irusu, and its block lists do not work.")
            )
        elif facts.found is not None:
            way = self.tr("by the PROXY protocol") if facts.found == "proxy" else self.tr("by XCLIENT")
            more = self.tr("%1, IPv4 and IPv6") if facts.ipv6 else self.tr("%1, IPv4 only")
            yield Finding("good", title, filled(more, way))
        elif report.reached:
            yield Finding("bad", title, self.tr("No way to tell it was found."))

    def _relay(self, report: BackendReport) -> Iterator[Finding]:
        facts, title = report.relay, self.tr("No open relay")
        if facts is None:
            yield Finding("unknown", title, self.tr("Not tried yet."))
        elif facts.passed:
            words = self.tr("Mail for others is turned away; tried as %1.")
            yield Finding("good", title, filled(words, facts.client))
        elif facts.taken is not None:
            told = "" if report.problem is not None else facts.text  # what hinders stands above already
            words = self.tr("It took mail for %2 from %1: strangers could send through it.")
            yield Finding("bad", self.tr("An open relay"), filled(words, facts.client, facts.taken), told)
        else:
            yield Finding("todo", title, self.tr("It could not be tried."), facts.text)

    def _tls(self, report: BackendReport) -> Iterator[Finding]:
        facts, title = report.tls, self.tr("Encrypted on the way to it")
        if facts is None or facts.wanted == "none":
            return
        if facts.used:
            yield Finding("good", title, self.tr("by TLS"))
        elif facts.offered:
            yield Finding("todo", title, self.tr("It offers TLS, but it could not be used."))
        else:
            yield Finding("todo", title, self.tr("It offers no TLS."))

    def _domain(self, facts: DomainFacts) -> Finding:
        title, reply = facts.domain, facts.reply or ""
        if facts.unknown_user == "refused":
            return Finding("good", title, self.tr("Missing accounts and denied senders hear, word for word:"), reply)
        if facts.unknown_user == "listed":
            words = self.tr("Only made addresses exist. Every other name and denied senders hear:")
            return Finding("good", title, words, reply)
        if facts.unknown_user == "catch-all":
            words = self.tr("It takes every name, so this does not sound like a missing account. Denied senders hear:")
            return Finding("todo", title, words, reply, domain=facts.domain)
        if facts.unknown_user == "temporary":
            words = self.tr("It puts unknown names off, so denied senders come again. They hear:")
            return Finding("todo", title, words, reply)
        return Finding("unknown", title, self.tr("What it answers to an unknown name is not known yet."))

    def _warning(self, warning: GateWarning) -> Finding:
        return Finding("todo", self.tr("To know"), in_words(warning))


def _advice(problem: GateWarning) -> str:
    """What the gate tells to set, from its own line: what is wrong stands before it and is told in our words."""
    advice = problem.text.partition("; ")[2]
    return advice[:1].upper() + advice[1:]


def in_words(warning: GateWarning) -> str:
    """A warning as a sentence."""
    words = fault_in_words(warning.code, warning.params, warning.text)
    return words[:1].upper() + words[1:]
