"""What the dialogue wants done after an event: what is to be written to either side, and whatever else, as actions.

Pure data. To add an action: 1. its class here; 2. a place in `Action`; 3. what the session does: `Session._do`.
"""

import msgspec

from gate.rules.address import Address
from gate.rules.ruleset import Verdict


class Wait(msgspec.Struct, frozen=True):
    """Tell `Dialogue.waited` in so many seconds; nothing is heard of the client meanwhile."""

    seconds: float


class StartTls(msgspec.Struct, frozen=True):
    """Begin TLS with the client; what it sent before is already forgotten (RFC 3207 4.2)."""


class Close(msgspec.Struct, frozen=True):
    """The session is over: send what is buffered for either side, then close. Nothing more will be heard of them.

    `linger`: the client may still be sending; after its QUIT it is not.
    """

    linger: bool = True


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


Action = Wait | StartTls | Close | AbortBackend | Answered | DecoyAccepted | GateBarred


class Outcome(msgspec.Struct):
    """What an event leads to.

    Attributes:
        to_client, to_backend: what is written to either, before anything else is done.
        actions: what is then to be done, in order.
    """

    to_client: bytes = b""
    to_backend: bytes = b""
    actions: tuple[Action, ...] = ()
