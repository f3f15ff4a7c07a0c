"""What the desk is given by the service, and what the service gives to those who ask for the gate's life.

Only shapes: `gate.service` fills them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gate.forms import BackendReport, SetupLines, Status


class Lifecycle(Protocol):
    """The gate process as the methods `status`, `start`, `pause`, `stop`, `quit` and `backend.check` see it."""

    async def status(self) -> Status: ...

    async def start(self) -> Status:
        """Guard. Answers when the state is reached; raises a Fault that says what keeps the port closed."""
        ...

    async def pause(self) -> Status:
        """Let everyone through."""
        ...

    async def stop(self) -> Status:
        """Close the mail port; answers at once, sessions in flight go on to finish (`draining`)."""
        ...

    async def quit(self) -> Status:
        """The same, then end the process."""
        ...

    async def lines(self) -> SetupLines:
        """What a mail server's files and gate.toml need for each other."""
        ...

    async def check_backend(self) -> BackendReport:
        """Ask the mail server behind anew; the port may be open or closed."""
        ...


class DomainSettings(Protocol):
    """gate.toml and the server behind as the desk's domains see them; called from the desk's threads."""

    @property
    def writes_domains(self) -> bool:
        """Whether the domains are those of gate.toml, so that it can say more of them."""
        ...

    def list_only(self, domain: str, listed: bool) -> None:
        """Write whether only what was made in Irusu exists in a canonical own domain. Raises a Fault, and then the file
        is as it was."""
        ...

    def unknown_name(self, domain: str) -> str | None:
        """The server's reply to an unknown name of a canonical domain, its lines joined by a newline; None: unknown."""
        ...


@dataclass(frozen=True, slots=True)
class ConfigView:
    """What the desk must know of gate.toml.

    Attributes:
        domains: `[gate] domains`, as written.
        listed: `[gate] listed`, as written.
        delimiter: `[gate] recipient_delimiter`.
        built_in: mail goes to the built-in server: then the domain of every account is the owner's own.
    """

    domains: Sequence[str] = ()
    listed: Sequence[str] = ()
    delimiter: str = "+"
    built_in: bool = True
