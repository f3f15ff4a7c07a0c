"""Migrations of lists.db."""
