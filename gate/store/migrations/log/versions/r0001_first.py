"""The first tables of log.db."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("id", BIG, primary_key=True, autoincrement=False),
        sa.Column("time", sa.Text, nullable=False),
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
    )
    op.create_index("ix_decision_time", "decision", ["time"])
    op.create_index("decision_account_id", "decision", ["account", "id"])
    op.create_table(
        "total",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("refused", BIG, nullable=False),
        sa.Column("accepted", BIG, nullable=False),
        sa.Column("would_refuse", BIG, nullable=False),
    )
    op.create_table(
        "hit",
        sa.Column("entry_id", BIG, primary_key=True, autoincrement=False),
        sa.Column("hits", BIG, nullable=False),
        sa.Column("last_hit", sa.Text, nullable=False),
    )
