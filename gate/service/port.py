"""What the gate's life needs of the mail port, and the port itself: backend, probes and SMTP front as one."""

from collections.abc import Mapping
from typing import ClassVar, Protocol

from gate.errors import Fault
from gate.forms import Warning  # noqa: A004 (the form of that name)


class PortError(Fault):
    """The mail port stays closed."""

    texts: ClassVar[Mapping[str, str]] = {
        "port.domains": "The mail port stays closed: name the domains of the server behind in {file}: [gate] domains",
    }


class MailPort(Protocol):
    """The SMTP side of the gate, open or closed."""

    @property
    def listen(self) -> list[str]: ...

    @property
    def sessions(self) -> int: ...

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def drain(self, seconds: float) -> None: ...

    def warnings(self) -> list[Warning]: ...


class NoPort:
    """Stands where no SMTP front is built."""

    listen: list[str] = []
    sessions = 0

    async def open(self) -> None:
        return

    async def close(self) -> None:
        return

    async def drain(self, seconds: float) -> None:
        return

    def warnings(self) -> list[Warning]:
        return []
