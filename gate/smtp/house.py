"""What a session needs of the front that it belongs to."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from gate.backend.client_address import ClientAddress
from gate.backend.connection import Connection
from gate.rules.address import Address
from gate.rules.ruleset import Verdict
from gate.smtp.actions import Answered
from gate.smtp.manners import Manners
from gate.smtp.settings import Settings

if TYPE_CHECKING:
    from gate.smtp.session import Session


class Judge(Protocol):
    """`gate.guard.Guard.decide`."""

    def __call__(self, sender: Address, to: Address, *, trusted: bool = False) -> Verdict: ...


class House(Protocol):
    """What a session needs of the front that it belongs to."""

    settings: Settings
    key: bytes
    manners: Manners

    @property
    def judge(self) -> Judge: ...
    @property
    def refusal(self) -> Callable[[str, bytes], bytes | None]: ...
    @property
    def server_name(self) -> bytes: ...
    async def connect(self, client: ClientAddress) -> Connection: ...
    def arrived(self, session: "Session") -> None: ...
    def admit(self, session: "Session") -> bytes | None:
        """None: come in; else the reply to turn it away with."""

    def answered(self, session: "Session", answered: Answered) -> None: ...
    def decoy_accepted(self, path: bytes) -> None: ...
    def barred(self) -> None: ...
    def closing(self, session: "Session") -> None:
        """Nothing more is heard of its client; it may linger."""

    def closed(self, session: "Session") -> None: ...
