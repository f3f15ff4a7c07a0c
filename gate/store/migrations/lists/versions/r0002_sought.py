"""The keywords, globs and regexes can be read without looking through the addresses of long lists."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    sought = sa.text("kind IN ('keyword', 'glob', 'regex')")
    op.create_index("entry_sought", "entry", ["scope"], sqlite_where=sought, postgresql_where=sought)
