"""The tables of lists.db: what the owner made, and the journal that takes it back.

Row by row the same as what the migrations make (a test compares them).
"""

import sqlalchemy as sa

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""In SQLite only INTEGER PRIMARY KEY is the row's own key."""

SOUGHT = sa.text("kind IN ('keyword', 'glob', 'regex')")
"""Entries that no look-up finds. Said in just these words, an index knows them."""

lists_metadata = sa.MetaData()

account = sa.Table(
    "account",
    lists_metadata,
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("watch", sa.Boolean, nullable=False),
    sa.Column("refuse_bounces", sa.Boolean, nullable=False),
    sa.Column("given_to", sa.Text),
    sa.Column("created", sa.Text, nullable=False),
)

name = sa.Table(  # every address that means an account: its own (position 0) and its aliases
    "name",
    lists_metadata,
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, sa.ForeignKey("account.address"), nullable=False, index=True),
    sa.Column("position", sa.Integer, nullable=False),
)

expected = sa.Table(
    "expected",
    lists_metadata,
    sa.Column("account", sa.Text, sa.ForeignKey("account.address"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("pattern", sa.Text, nullable=False),
)

entry = sa.Table(
    "entry",
    lists_metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("list", sa.Text, nullable=False),
    sa.Column("pattern", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("origin", sa.Text),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("added", sa.Text, nullable=False),
    sa.UniqueConstraint("scope", "pattern", name="entry_scope_pattern"),  # one pattern, one list of a scope
    sa.Index("entry_scope_list", "scope", "list"),
    sa.Index("entry_scope_id", "scope", "id"),
    sa.Index("entry_sought", "scope", sqlite_where=SOUGHT, postgresql_where=SOUGHT),
)

journal = sa.Table(
    "journal",
    lists_metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=False),
    sa.Column("time", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("params", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("undone", sa.Boolean, nullable=False),
    sa.Column("redo_order", sa.Integer),  # of those that redo may bring back: the order of their undoing
)

journal_row = sa.Table(
    "journal_row",
    lists_metadata,
    sa.Column("change", BIG, sa.ForeignKey("journal.id"), primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("needs", sa.Boolean, nullable=False),  # only relied upon: it has to be there
    sa.Column("before", sa.Text),
    sa.Column("after", sa.Text),
    sa.Index("journal_row_touched", "kind", "key", "change"),
)

person = sa.Table(  # known correspondents
    "person",
    lists_metadata,
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("since", sa.Text, nullable=False),
)

setting = sa.Table(
    "setting",
    lists_metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
