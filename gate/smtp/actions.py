"""What the dialogue wants done: each action is a type, and the session does them in order.

Pure data. To add one: 1. its class here; 2. a place in `Action`; 3. what the session does with it: `Session._switch`.
"""

import msgspec

from gate.rules.address import Address
from gate.rules.ruleset import Verdict


class ToClient(msgspec.Struct, frozen=True):
    """Send these bytes to the client."""

    data: bytes


class ToBackend(msgspec.Struct, frozen=True):
    """Send these bytes to the backend."""

    data: bytes


class Wait(msgspec.Struct, frozen=True):
    """Tell `Dialogue.waited` in so many seconds; nothing is heard of the client meanwhile."""

    seconds: float


class StartTls(msgspec.Struct, frozen=True):
    """Begin TLS with the client; what it sent before is already forgotten (RFC 3207 4.2)."""


class CloseClient(msgspec.Struct, frozen=True):
    """Send what is buffered for the client, then close. Nothing more of it will be heard.

    `linger`: it may still be sending; after its QUIT it is not.
    """

    linger: bool = True


class CloseBackend(msgspec.Struct, frozen=True):
    """The backend is needed no more."""


class AbortBackend(msgspec.Struct, frozen=True):
    """End the backend connection at once: it must not see the end of what it has begun to receive."""


class Answered(msgspec.Struct, frozen=True):
    """A recipient of an open transaction has had its reply: one row of the log.

    Attributes:
        sender, recipient: as they were judged.
        decoy: the path that was asked of the backend instead; empty: none was.
        reply: as the client saw it, its lines with CRLF.
        taken: the backend took the decoy, and `reply` is the gate's own.
    """

    sender: Address
    recipient: Address
    verdict: Verdict
    decoy: bytes
    reply: bytes
    taken: bool = False


class DecoyAccepted(msgspec.Struct, frozen=True):
    """The backend took a decoy for a recipient: its domain does not refuse unknown names.

    `path` is the recipient's, as the client wrote it.
    """

    path: bytes


class GateBarred(msgspec.Struct, frozen=True):
    """The backend wants TLS of the gate, which it did not have before: no client can mend that."""


Action = (
    ToClient
    | ToBackend
    | Wait
    | StartTls
    | CloseClient
    | CloseBackend
    | AbortBackend
    | Answered
    | DecoyAccepted
    | GateBarred
)
