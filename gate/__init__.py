"""The headless gate. Never imports Qt and never imports `app`."""

__version__ = "0.1.0"
