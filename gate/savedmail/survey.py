"""Saved mail in, a reviewed-to-be list out: what `irusu-gate survey` and `irusu-gate import` do.

`survey` reads and yields lines as they come; `report` and `items` make of the lines what is shown and what is applied.
It never changes anything, neither the mail nor the gate.
"""

import heapq
import os
import time
from collections.abc import Iterable, Iterator
from typing import Final

from gate.forms import (
    AccountCandidates,
    AccountProgress,
    Candidate,
    ImportItem,
    ImportReport,
    Progress,
    SurveyContext,
    SurveyDone,
    SurveyLine,
    Unreadable,
)
from gate.savedmail.facts import Header
from gate.savedmail.mbox import Message
from gate.savedmail.owner import Owner
from gate.savedmail.reading import Reader
from gate.savedmail.suggest import candidates, list_domains
from gate.savedmail.tally import AccountTally

PROGRESS_SECONDS: Final = 0.1
_LOOK_AT_CLOCK: Final = 64
"""Messages between two looks at the clock."""
_ACCOUNTS_SHOWN: Final = 20


def survey(
    paths: Iterable[str | os.PathLike[str]], context: SurveyContext, account: str | None = None
) -> Iterator[SurveyLine]:
    """Reads files and folders of saved mail.

    Args:
        paths: what to read: mbox, single messages, Maildirs, folders of these.
        context: what the gate knows of the owner; empty: accounts are taken from the mail.
        account: the account of messages whose recipient cannot be told.

    Yields:
        progress (the first at once, then ten a second, the last complete) and unreadable lines in reading order, then
        a line a candidate, by account, and `done`. `done.messages` are those that a candidate counts.
    """
    run = _Run(paths, context, account)
    yield run.progress()
    yield from run.read()
    yield run.progress(everything=True)
    for candidate in run.candidates():
        yield SurveyLine(candidate=candidate)
    yield SurveyLine(done=SurveyDone(messages=run.messages, unreadable=run.unreadable))


class _Run:
    """One survey. Attributes: messages and unreadable so far."""

    def __init__(self, paths: Iterable[str | os.PathLike[str]], context: SurveyContext, account: str | None) -> None:
        self._reader = Reader(paths)
        self._owner = Owner(context, account)
        self._accounts: dict[str | None, AccountTally] = {}
        self.messages = 0
        self.unreadable = 0

    def read(self) -> Iterator[SurveyLine]:
        told = time.monotonic()
        for file, found in self._reader:
            problem = self._take(file, found) if isinstance(found, Message) else found
            if problem is not None:
                self.unreadable += 1
                yield SurveyLine(unreadable=problem)
            if (self.messages + self.unreadable) % _LOOK_AT_CLOCK == 0 and time.monotonic() - told > PROGRESS_SECONDS:
                yield self.progress()
                told = time.monotonic()

    def _take(self, file: str, message: Message) -> Unreadable | None:
        header = Header(message)
        facts = header.facts()
        if facts.sender is None:
            return Unreadable(file=file, offset=message.offset, why="no-sender")
        self.messages += 1
        name = self._owner.account_of(header.delivered_to(), header.written_to())
        tally = self._accounts.get(name)
        if tally is None:
            tally = self._accounts[name] = AccountTally(name)
        tally.add(facts.sender, facts)
        return None

    def progress(self, *, everything: bool = False) -> SurveyLine:
        shown = len(self._accounts) if everything else _ACCOUNTS_SHOWN
        accounts = [
            AccountProgress(
                account=tally.account,
                messages=tally.messages,
                senders=len(tally.senders),
                made=self._owner.has(tally.account),
            )
            for tally in heapq.nlargest(shown, self._accounts.values(), key=lambda tally: tally.messages)
        ]
        return SurveyLine(
            progress=Progress(
                bytes=self._reader.done,
                of=self._reader.total,
                messages=self.messages,
                unreadable=self.unreadable,
                accounts=accounts,
            )
        )

    def candidates(self) -> Iterator[Candidate]:
        lists = list_domains(self._accounts.values())
        for tally in sorted(self._accounts.values(), key=lambda tally: (tally.account is None, -tally.messages)):
            yield from candidates(tally, self._owner, lists)


def report(lines: Iterable[SurveyLine]) -> ImportReport:
    """The lines of one survey as `import --json` tells them; accounts in the survey's order."""
    rows: dict[str | None, list[Candidate]] = {}
    counted: dict[str | None, int] = {}
    done = SurveyDone(messages=0, unreadable=0)
    for line in lines:
        if line.candidate is not None:
            rows.setdefault(line.candidate.account, []).append(line.candidate)
        elif line.progress is not None:
            counted = {account.account: account.messages for account in line.progress.accounts}
        elif line.done is not None:
            done = line.done
    accounts = [
        AccountCandidates(account=account, messages=counted.get(account, 0), candidates=found)
        for account, found in rows.items()
    ]
    return ImportReport(messages=done.messages, unreadable=done.unreadable, accounts=accounts)


def items(found: ImportReport) -> list[ImportItem]:
    """What applying the suggested of a report means. Messages whose account cannot be told make no entry."""
    chosen: list[ImportItem] = []
    for account in found.accounts:
        suggested = [candidate for candidate in account.candidates if candidate.suggested]
        patterns = [candidate.pattern for candidate in suggested if candidate.kind != "bounces"]
        bounces = len(patterns) < len(suggested)
        if account.account is not None and suggested:
            chosen.append(ImportItem(scope=account.account, patterns=patterns, refuse_bounces=bounces))
    return chosen
