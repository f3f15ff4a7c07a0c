"""What takes minutes: `python -m tests.soak NAME [options]`. Never part of pytest but for a tiny smoke."""
