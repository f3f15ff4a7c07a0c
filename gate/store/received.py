"""What the addresses of one domain received, by the decision log. It reads and never writes.

A pass over the whole table: 0.8 s at two million rows. An index would cost every decision something, and the owner asks
once in a domain's life.
"""

from typing import NamedTuple

import sqlalchemy as sa

from gate.store.database import Transaction
from gate.store.log_tables import decision


class Received(NamedTuple):
    address: str
    messages: int
    last: str


def begin(tx: Transaction) -> str | None:
    """The time of the oldest row."""
    found = tx.execute(sa.select(sa.func.min(decision.c.time))).scalar()
    return None if found is None else str(found)


def by_address(tx: Transaction, domain: str, *, since: str, limit: int) -> list[Received]:
    """Recipients of the canonical `domain` that were let in since then, those with the newest mail first."""
    # What the server turned away by itself it did not receive; before a policy front's own server it may have.
    taken = decision.c.reply.startswith("2") | (decision.c.front == "policy")
    newest = sa.func.max(decision.c.time).label("newest")
    chosen = (
        sa.select(decision.c.recipient, sa.func.count(), newest)
        .where(decision.c.verdict == "accept", taken, decision.c.time >= since)
        .where(decision.c.recipient.endswith(f"@{domain}", autoescape=True))
        .group_by(decision.c.recipient)
        .order_by(newest.desc(), decision.c.recipient)
        .limit(limit)
    )
    return [Received(*row) for row in tx.execute(chosen)]
