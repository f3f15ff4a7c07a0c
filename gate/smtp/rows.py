"""What became of a recipient, as a row of the log."""

import msgspec

from gate import clock
from gate.forms import Decision
from gate.smtp.actions import Answered


class Noted(msgspec.Struct, frozen=True, gc=False):
    """A recipient's answer.

    Attributes:
        client, helo: the client's address, and how it called itself.
        at: `time.time_ns` of its answer.
    """

    client: str
    helo: str
    answered: Answered
    at: int


def row(noted: Noted) -> Decision:
    answered = noted.answered
    verdict, entry = answered.verdict, answered.verdict.entry
    return Decision(
        time=clock.written(noted.at),
        front="smtp",
        client=noted.client,
        helo=noted.helo,
        sender=answered.sender.text,
        recipient=answered.recipient.text,
        verdict=verdict.verdict,
        because=verdict.because,
        pattern=entry.pattern if entry else None,
        reply=answered.reply.decode("utf-8", "replace").removesuffix("\r\n").replace("\r\n", "\n"),
        account=verdict.account,
        scope=entry.scope if entry else None,
        would=verdict.would,
        decoy=answered.decoy.decode("utf-8", "replace"),
        entry_id=entry.id if entry else None,
    )
