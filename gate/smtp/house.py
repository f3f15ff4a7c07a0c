"""What a session and the front that it belongs to need of each other."""

from collections.abc import Callable
from typing import Protocol

from gate.backend.client_address import ClientAddress
from gate.backend.connection import Connection
from gate.rules.address import Address
from gate.rules.ruleset import Verdict
from gate.smtp.actions import Answered
from gate.smtp.crowd import Member
from gate.smtp.dialogue import Dialogue
from gate.smtp.manners import Manners
from gate.smtp.settings import Settings


class Judge(Protocol):
    """`gate.guard.Guard.decide`."""

    def __call__(self, sender: Address, to: Address, *, trusted: bool = False) -> Verdict: ...


class Guest(Member, Protocol):
    """A session, as the front sees it."""

    client: ClientAddress
    dialogue: Dialogue

    def retire(self) -> None: ...
    def check_time(self, now: float) -> None: ...


class House(Protocol):
    """The front, as a session sees it."""

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
    def arrived(self, session: Guest) -> None: ...
    def admit(self, session: Guest) -> bytes | None:
        """None: come in; else the reply to turn it away with."""

    def answered(self, session: Guest, answered: Answered) -> None: ...
    def decoy_accepted(self, path: bytes) -> None: ...
    def barred(self) -> None: ...
    def closing(self, session: Guest) -> None:
        """Nothing more is heard of its client; it may linger."""

    def closed(self, session: Guest) -> None: ...
