"""Migrations of both databases, run by `gate.store.opening` when a database is opened; no alembic.ini, no env.py."""
