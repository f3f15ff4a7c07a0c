"""What was learnt of a Postfix, kept over the gate's end: so that its first refusal after a start has the right words.

One small file beside the databases. It is no more than a head start: whatever is in it is asked for again at once, and
where it cannot be read or written, all goes on without.
"""

import logging
import tempfile
from pathlib import Path

import msgspec

from gate.endpoint import why_not
from gate.postfix.refusal import Refusal

FILE = "postfix.json"
"""Its name in the data folder."""

log = logging.getLogger(__name__)


class Learnt(msgspec.Struct, frozen=True):
    """Of one server (`HOST:PORT`), by name as `gate.postfix.learning` has them: how it refuses, and the seconds by
    which that is held back."""

    server: str = ""
    refusals: dict[str, Refusal] = {}
    held: dict[str, float] = {}


class Memory:
    """Keeps what was learnt in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: Learnt | None = None

    def recall(self, server: str) -> Learnt:
        """What was kept of this server; nothing, where nothing was."""
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=Learnt)
        except FileNotFoundError:
            return Learnt()
        except (OSError, msgspec.MsgspecError, UnicodeError) as error:
            log.warning("%s cannot be read (%s): how Postfix refuses is asked anew", self._path, _why(error))
            return Learnt()
        return kept if kept.server == server else Learnt()

    def keep(self, learnt: Learnt) -> None:
        """Writes it, if it is not what was written last."""
        if learnt == self._kept:
            return
        self._kept = learnt
        try:
            with tempfile.NamedTemporaryFile(dir=self._path.parent, prefix=f".{FILE}.", delete=False) as file:
                file.write(msgspec.json.encode(learnt))
            Path(file.name).replace(self._path)
        except OSError as error:
            log.warning("%s cannot be written: %s", self._path, why_not(error))


def _why(error: Exception) -> str:
    return why_not(error) if isinstance(error, OSError) else str(error)
