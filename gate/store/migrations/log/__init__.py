"""Migrations of log.db."""
