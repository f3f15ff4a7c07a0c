"""Where the gate's own words go: a file in the log folder that rotates itself, and stderr. A file that somebody else
moved away or cut short (logrotate) is followed without being asked.

Control and bidi characters are escaped in both; a traceback goes into the file alone.
"""

import logging
import os
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


class _Kept(RotatingFileHandler):
    """The file; opened anew when the name means another one, or none."""

    def emit(self, record: logging.LogRecord) -> None:
        stream = self.stream
        if stream is not None and not _bears(stream.fileno(), Path(self.baseFilename)):
            stream.close()
            self.stream = self._open()
        super().emit(record)


def _bears(descriptor: int, path: Path) -> bool:
    """Whether the open file is the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def begin(folder: Path) -> None:
    """Log to the folder and to stderr from now on; without a folder that can be written, to stderr alone."""
    shown = logging.StreamHandler(sys.stderr)
    shown.setFormatter(_Lines("irusu-gate: %(message)s", traces=False))
    shown.addFilter(lambda record: not getattr(record, "file_only", False))
    handlers: list[logging.Handler] = [shown]
    trouble = None
    try:
        kept = _Kept(folder / FILE_NAME, maxBytes=FILE_BYTES, backupCount=FILES, encoding="utf-8")
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
