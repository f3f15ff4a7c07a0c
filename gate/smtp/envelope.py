"""The transaction of a session as the backend sees it, and what its decoys stand for.

Pure. The state follows the backend's replies, not the client's wishes: a sender is judged by the MAIL that is (or,
while its reply is awaited, will be) in force.
"""

import enum

import msgspec

from gate.backend.decoy import Decoy
from gate.backend.reply import Reply
from gate.rules.address import NULL, Address
from gate.rules.ruleset import Verdict
from gate.smtp.commands import Command

Mail = enum.Enum("Mail", "NONE ASKED OPEN")
"""A transaction: none; MAIL was forwarded and is not answered; the backend has accepted a sender."""


class Slot(msgspec.Struct, frozen=True):
    """A command that waits for its reply, in the order of commands.

    Attributes:
        command: what was forwarded; None: the end of a message, or an answer of the gate's own.
        local: the gate's own answer, whole: it only waits for its turn.
        barrier: nothing was sent after it.
        sender, recipient: of MAIL and RCPT.
        verdict: of a judged RCPT. One outside a transaction has none.
        decoy: of a RCPT: what was asked in the recipient's place, or would have been.
        disguised: the decoy was asked.
    """

    command: Command | None = None
    local: bytes | None = None
    barrier: bool = False
    sender: Address = NULL
    recipient: Address = NULL
    verdict: Verdict | None = None
    decoy: Decoy | None = None
    disguised: bool = False


def text_of(path: bytes) -> str:
    """A path as text; undecodable bytes become surrogates."""
    return path.decode("utf-8", "surrogateescape")


class Envelope:
    """One session's transaction.

    Attributes:
        mail: its state.
        sender: of the MAIL in force.
    """

    def __init__(self) -> None:
        self.mail = Mail.NONE
        self.sender = NULL

    def ask(self, sender: Address) -> None:
        """A MAIL outside a transaction was forwarded."""
        self.mail, self.sender = Mail.ASKED, sender

    def answered(self, sender: Address, reply: Reply) -> None:
        """The backend has answered a MAIL. One that it refuses inside a transaction leaves that one as it is."""
        if reply.severity == 2:
            self.mail, self.sender = Mail.OPEN, sender
        elif self.mail is Mail.ASKED:
            self.mail = Mail.NONE

    def end(self) -> None:
        self.mail = Mail.NONE
