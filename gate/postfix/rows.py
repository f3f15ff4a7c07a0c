"""The rows of the log about Postfix's questions: what was decided waits for a moment, then many rows are made at once.

Behind each other they cost a fraction of what they do one by one, between two questions. Nothing here may hold up an
answer. What Postfix asks again of one recipient of one message is one row, as long as the answer is the same.
"""

import asyncio
from typing import Protocol

import msgspec

from gate import clock
from gate.forms import Decision
from gate.postfix.asked import Asked
from gate.postfix.refusal import Refusal
from gate.rules.address import Address
from gate.rules.ruleset import Verdict

SECONDS = 0.02
"""So long a decision waits for others."""
REMEMBERED = 1000
"""So many answers, and as many before them, are kept to know Postfix asking again."""


class Record(Protocol):
    """`gate.recorder.Recorder`."""

    def record(self, decision: Decision) -> None: ...


class Decided(msgspec.Struct, frozen=True, gc=False):
    """A recipient that was judged.

    Attributes:
        reading: the own address that the verdict is on.
        refusal: how it was worded; None: it was none.
        answer: as it went over the wire.
        at: `time.time_ns`.
    """

    question: Asked
    reading: Address
    verdict: Verdict
    refusal: Refusal | None
    answer: bytes
    at: int


class Rows:
    """Lives on one event loop."""

    def __init__(self, recorder: Record) -> None:
        self._recorder = recorder
        self._waiting: list[Decided] = []
        self._remembered: dict[_Key, bytes] = {}
        self._remembered_before: dict[_Key, bytes] = {}

    def add(self, decided: Decided) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_later(SECONDS, self.hand_over)
        self._waiting.append(decided)

    def hand_over(self) -> None:
        """Give the recorder all that waits."""
        waiting, self._waiting = self._waiting, []
        for decided in waiting:
            if not self._is_again(decided):
                self._recorder.record(_row(decided))

    def _is_again(self, decided: Decided) -> bool:
        question, answer = decided.question, decided.answer
        instance = question.instance
        if not instance:
            return False
        key = (instance, question.sender, question.recipient)
        if (self._remembered.get(key) or self._remembered_before.get(key)) == answer:
            return True
        if len(self._remembered) >= REMEMBERED:
            self._remembered, self._remembered_before = {}, self._remembered
        self._remembered[key] = answer
        return False


_Key = tuple[str, Address, str]


def _row(decided: Decided) -> Decision:
    question, verdict, entry = decided.question, decided.verdict, decided.verdict.entry
    return Decision(
        time=clock.written(decided.at),
        front="policy",
        client=question.client,
        helo=question.helo,
        sender=question.sender.text,
        recipient=decided.reading.text,
        verdict=verdict.verdict,
        because=verdict.because,
        pattern=entry.pattern if entry else None,
        reply=decided.refusal.reply(question.recipient) if decided.refusal is not None else "",
        account=verdict.account,
        scope=entry.scope if entry else None,
        would=verdict.would,
        entry_id=entry.id if entry else None,
    )
