"""The transaction of a session as the backend sees it, and what its decoys stand for.

Pure. The state follows the backend's replies, not the client's wishes: a sender is judged by the MAIL that is (or,
while its reply is awaited, will be) in force.
"""

import enum
from collections import deque
from dataclasses import dataclass

from gate.backend.decoy import Decoy, way_back
from gate.backend.reply import Reply
from gate.rules.ruleset import Verdict
from gate.smtp.commands import Command

Mail = enum.Enum("Mail", "NONE ASKED OPEN")
"""A transaction: none; MAIL was forwarded and is not answered; the backend has accepted a sender."""

DECOY_LIMIT = 1000
"""Decoys of one session that are led back; the oldest are forgotten first."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A command that waits for its reply, in the order of commands.

    Attributes:
        command: what was forwarded; None: the end of a message, or an answer of the gate's own.
        local: the gate's own answer, whole: it only waits for its turn.
        barrier: nothing was sent after it.
        seek: length of the name that the recipient's decoy would have had, for `Envelope.way_back`.
        verdict: of a judged RCPT. One outside a transaction has a decoy but no verdict.
    """

    command: Command | None = None
    local: bytes | None = None
    barrier: bool = False
    sender: str = ""
    recipient: str = ""
    verdict: Verdict | None = None
    decoy: Decoy | None = None
    seek: int = 0


def text_of(path: bytes) -> str:
    """A path as the judge gets it; undecodable bytes become surrogates."""
    return path.decode("utf-8", "surrogateescape")


class Envelope:
    """One session's transaction.

    Attributes:
        mail: its state.
        sender: of the MAIL in force, as written between `<` and `>`.
    """

    def __init__(self) -> None:
        self.mail = Mail.NONE
        self.sender = ""
        self._decoys: deque[Decoy] = deque(maxlen=DECOY_LIMIT)

    def ask(self, sender: str) -> None:
        """A MAIL outside a transaction was forwarded."""
        self.mail, self.sender = Mail.ASKED, sender

    def answered(self, sender: str, reply: Reply) -> None:
        """The backend has answered a MAIL. One that it refuses inside a transaction leaves that one as it is."""
        if reply.severity == 2:
            self.mail, self.sender = Mail.OPEN, sender
        elif self.mail is Mail.ASKED:
            self.mail = Mail.NONE

    def end(self) -> None:
        self.mail = Mail.NONE

    def lead_back(self, decoy: Decoy) -> None:
        """From now on the decoy's name is replaced in every reply. (Of two with one name the last is meant.)"""
        if decoy in self._decoys:
            self._decoys.remove(decoy)
        self._decoys.append(decoy)

    def way_back(self, reply: bytes, *, seek: int = 0) -> bytes:
        """`seek`: look through the reply for a name of this length even if there is no decoy, so that it takes as
        long."""
        if not self._decoys:
            return way_back(reply, (Decoy(path=b"", name=b"\0" * seek, original=b""),)) if seek else reply
        return way_back(reply, tuple(self._decoys))
