"""The first tables of lists.db."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _accounts()
    _entries()
    _journal()
    _the_rest()


def _accounts() -> None:
    op.create_table(
        "account",
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("watch", sa.Boolean, nullable=False),
        sa.Column("refuse_bounces", sa.Boolean, nullable=False),
        sa.Column("given_to", sa.Text),
        sa.Column("created", sa.Text, nullable=False),
    )
    op.create_table(
        "name",
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, sa.ForeignKey("account.address"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
    )
    op.create_index("ix_name_account", "name", ["account"])
    op.create_table(
        "expected",
        sa.Column("account", sa.Text, sa.ForeignKey("account.address"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("pattern", sa.Text, nullable=False),
    )


def _entries() -> None:
    op.create_table(
        "entry",
        sa.Column("id", BIG, primary_key=True, autoincrement=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("list", sa.Text, nullable=False),
        sa.Column("pattern", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("origin", sa.Text),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("added", sa.Text, nullable=False),
        sa.UniqueConstraint("scope", "pattern", name="entry_scope_pattern"),
    )
    op.create_index("entry_scope_list", "entry", ["scope", "list"])
    op.create_index("entry_scope_id", "entry", ["scope", "id"])


def _journal() -> None:
    op.create_table(
        "journal",
        sa.Column("id", BIG, primary_key=True, autoincrement=False),
        sa.Column("time", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("params", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("undone", sa.Boolean, nullable=False),
        sa.Column("redo_order", sa.Integer),
    )
    op.create_table(
        "journal_row",
        sa.Column("change", BIG, sa.ForeignKey("journal.id"), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("needs", sa.Boolean, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
    )
    op.create_index("journal_row_touched", "journal_row", ["kind", "key", "change"])


def _the_rest() -> None:
    op.create_table(
        "person",
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("since", sa.Text, nullable=False),
    )
    op.create_table(
        "setting",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
