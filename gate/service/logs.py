"""Where the gate's own words go: a file in the log folder that is rotated, and stderr.

Control and bidi characters are escaped in both; a traceback goes into the file alone.
"""

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

from gate.rules.visible import escape

FILE_BYTES = 1024 * 1024
FILES = 5
FILE_NAME = "gate.log"
FILE_ONLY = {"file_only": True}
"""`extra` of a record that is of no use on a terminal."""


class _Lines(logging.Formatter):
    """One safe line a record; below it the traceback, if `traces`."""

    def __init__(self, pattern: str, *, traces: bool) -> None:
        super().__init__(pattern, "%Y-%m-%dT%H:%M:%S%z")
        self._traces = traces

    def format(self, record: logging.LogRecord) -> str:
        record = logging.makeLogRecord({**record.__dict__, "msg": escape(record.getMessage()), "args": None})
        if not self._traces:
            record.exc_info = record.exc_text = record.stack_info = None
        return super().format(record)

    def formatException(self, ei: object) -> str:  # noqa: N802 (logging's name)
        text = super().formatException(ei)  # type: ignore[arg-type]
        return "\n".join(map(escape, text.splitlines()))


def begin(folder: Path) -> None:
    """Log to the folder and to stderr from now on; without a folder that can be written, to stderr alone."""
    shown = logging.StreamHandler(sys.stderr)
    shown.setFormatter(_Lines("irusu-gate: %(message)s", traces=False))
    shown.addFilter(lambda record: not getattr(record, "file_only", False))
    handlers: list[logging.Handler] = [shown]
    trouble = None
    try:
        kept = RotatingFileHandler(folder / FILE_NAME, maxBytes=FILE_BYTES, backupCount=FILES, encoding="utf-8")
        kept.setFormatter(_Lines("%(asctime)s %(levelname)s %(name)s: %(message)s", traces=True))
        handlers.append(kept)
    except OSError as problem:
        trouble = problem
    logging.basicConfig(level=logging.INFO, handlers=handlers, force=True)
    for noisy in ("mail.log", "asyncio", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.raiseExceptions = False
    if trouble is not None:
        logging.getLogger(__name__).warning("no log is kept in %s: %s", folder, trouble.strerror)
