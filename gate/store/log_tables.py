"""The tables of log.db: what the gate answered, totals that outlive the rows, and the hits of entries by id."""

import sqlalchemy as sa

from gate.store.tables import BIG

log_metadata = sa.MetaData()

decision = sa.Table(
    "decision",
    log_metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=False),
    sa.Column("time", sa.Text, nullable=False, index=True),
    sa.Column("front", sa.Text, nullable=False),
    sa.Column("client", sa.Text, nullable=False),
    sa.Column("helo", sa.Text, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("because", sa.Text, nullable=False),
    sa.Column("pattern", sa.Text),
    sa.Column("reply", sa.Text, nullable=False),
    sa.Column("account", sa.Text),
    sa.Column("scope", sa.Text),
    sa.Column("would", sa.Text),
    sa.Column("decoy", sa.Text, nullable=False),
    sa.Column("entry_id", BIG),
    sa.Index("decision_account_id", "account", "id"),
)

total = sa.Table(  # by UTC day and account ("" where there is none)
    "total",
    log_metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("refused", BIG, nullable=False),
    sa.Column("accepted", BIG, nullable=False),
    sa.Column("would_refuse", BIG, nullable=False),
)

hit = sa.Table(
    "hit",
    log_metadata,
    sa.Column("entry_id", BIG, primary_key=True, autoincrement=False),
    sa.Column("hits", BIG, nullable=False),
    sa.Column("last_hit", sa.Text, nullable=False),
)
