"""The rows of the log about Postfix's questions.

What Postfix asks again of one recipient of one message is one row, as long as the answer is the same.
"""

import msgspec

from gate import clock
from gate.forms import Decision
from gate.postfix.asked import Asked
from gate.postfix.refusal import Refusal
from gate.rules.address import Address
from gate.rules.ruleset import Verdict

REMEMBERED = 2000
"""So many answers, and as many before them, are kept to know Postfix asking again."""


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
    """Makes them."""

    def __init__(self) -> None:
        self._remembered: dict[_Key, bytes] = {}
        self._remembered_before: dict[_Key, bytes] = {}

    def row(self, decided: Decided) -> Decision | None:
        """None: it was asked, and answered so, before."""
        question, answer = decided.question, decided.answer
        instance = question.instance
        if not instance:
            return _row(decided)
        key = (instance, question.sender, question.recipient)
        if (self._remembered.get(key) or self._remembered_before.get(key)) == answer:
            return None
        row = _row(decided)  # first: one that cannot be made is not remembered as made
        if len(self._remembered) >= REMEMBERED:
            self._remembered, self._remembered_before = {}, self._remembered
        self._remembered[key] = answer
        return row


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
