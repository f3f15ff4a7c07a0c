"""What the dialogue wants done: each action is a type, and the session does them in order.

Pure data. To add one: 1. its class here; 2. a place in `Action`; 3. what the session does with it, in `_perform`.
"""

from dataclasses import dataclass

from gate.rules.ruleset import Verdict


@dataclass(frozen=True, slots=True)
class ToClient:
    """Send these bytes to the client."""

    data: bytes


@dataclass(frozen=True, slots=True)
class ToBackend:
    """Send these bytes to the backend."""

    data: bytes


@dataclass(frozen=True, slots=True)
class StartTls:
    """Begin TLS with the client; what it sent before is already forgotten (RFC 3207 4.2)."""


@dataclass(frozen=True, slots=True)
class CloseClient:
    """Send what is buffered for the client, then close. Nothing more of it will be heard."""


@dataclass(frozen=True, slots=True)
class CloseBackend:
    """The backend is needed no more."""


@dataclass(frozen=True, slots=True)
class AbortBackend:
    """End the backend connection at once: it must not see the end of what it has begun to receive."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A recipient of an open transaction has had its reply: one row of the log.

    Attributes:
        sender, recipient: the paths as the client wrote them, without `<` and `>`.
        decoy: the path that was asked of the backend instead; empty: none was.
        reply: as the client saw it, its lines with CRLF.
        taken: the backend took the decoy, and `reply` is the gate's own.
    """

    sender: str
    recipient: str
    verdict: Verdict
    decoy: bytes
    reply: bytes
    taken: bool = False


@dataclass(frozen=True, slots=True)
class DecoyAccepted:
    """The backend took a decoy for a recipient: its domain does not refuse unknown names.

    `path` is the recipient's, as the client wrote it.
    """

    path: bytes


Action = ToClient | ToBackend | StartTls | CloseClient | CloseBackend | AbortBackend | Answered | DecoyAccepted
