"""The mail port: the backend (the built-in server or the owner's), what is asked of it first, and the SMTP front.

It opens and closes; when, the gate's life says. It never judges a mail and touches no list.
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

import msgspec

from gate.backend.asking import UnknownUser
from gate.backend.probes import Backend, BackendState
from gate.backend.report import report
from gate.backend.target import Target, parse_deliver
from gate.builtin import BuiltinServer
from gate.config import BUILT_IN, Config
from gate.endpoint import may_be_ipv6
from gate.errors import Fault
from gate.events import EventKind
from gate.folders import Folders
from gate.forms import BackendReport, RelayFacts, Warning  # noqa: A004 (the form of that name)
from gate.recorder import Recorder
from gate.rules.address import Address
from gate.service.opening import Opened
from gate.smtp.server import SmtpFront


class PortError(Fault):
    """The mail port stays closed."""

    texts: ClassVar[Mapping[str, str]] = {
        "port.domains": "The mail port stays closed: [gate] domains in {file} is empty; name there the domains that "
        "{deliver} is responsible for",
        "port.given_up": "The mail port was not opened: the gate was told to stop meanwhile",
    }


def without_domains(config: Config, file: Path) -> PortError | None:
    """What keeps mail from an owner's server while no domain that it is responsible for is named in `file`."""
    if config.gate.deliver == BUILT_IN or config.gate.domains:
        return None
    return PortError("port.domains", file=str(file), deliver=config.gate.deliver)


def wants_ipv6(config: Config) -> bool:
    """Whether clients with IPv6 addresses may come: to a port of the gate's, or by a proxy that tells of them."""
    return bool(config.gate.trusted_proxies) or any(map(may_be_ipv6, config.gate.listen))


def unasked(warnings: list[Warning]) -> BackendReport:
    """Of the gate's own server, where there is nothing to be asked."""
    return BackendReport(ok=True, deliver=BUILT_IN, built_in=True, warnings=warnings)


class MailPort:
    """Everything that mail passes through, in the running event loop.

    Attributes:
        listen: where the port is open, `HOST:PORT`; empty while closed.
        changed: called in the event loop when the backend may be another, or its warnings.
    """

    def __init__(self, folders: Folders, config: Config, found: Opened, recorder: Recorder) -> None:
        """Raises a Fault for a `deliver` or a certificate that cannot be used."""
        self._config = config
        self._file = folders.config_file
        self._found = found
        self._builtin: BuiltinServer | None = None
        self._is_open = False
        self._following: asyncio.Task[None] | None = None
        self._asked_for: frozenset[str] = frozenset()
        self._unsubscribe: Callable[[], None] | None = None
        self.listen: list[str] = []
        self.changed: Callable[[], None] = lambda: None
        if config.gate.deliver == BUILT_IN:
            self._builtin = self._built_in(folders)
        self._backend = Backend(
            Target("127.0.0.1", 0, "none") if self._builtin is not None else parse_deliver(config.gate.deliver),
            client_address="proxy" if self._builtin is not None else config.gate.client_address,
            domains=self._own_domains,
            listed=found.listed_domains,
            changed=self._changed,
            ipv6_wanted=wants_ipv6(config),
        )
        key = found.lists.installation_key()
        self._front = SmtpFront(config, found.guard.decide, self._backend, recorder, key)

    @property
    def sessions(self) -> int:
        """Client sessions under way."""
        return self._front.sessions

    @property
    def unknown_users(self) -> Mapping[str, UnknownUser]:
        """What the backend answered to an unknown name, by own domain; may be read from any thread."""
        return self._backend.unknown_users

    @property
    def may_open(self) -> bool:
        """Whether the backend is there and nothing that only the owner can clear away is in the way."""
        return self._backend.state is BackendState.UP

    async def open(self) -> None:
        """Ask the backend what must be known of it, then listen. A backend that is down does not keep the port closed.

        Raises:
            PortError: `port.domains`.
            BackendError: an obstacle that only the owner can clear away.
            SmtpError: an address cannot be had.
        """
        if not self._config.gate.listen:
            return  # the policy front alone: no mail passes, so that there is nothing to be asked or feared
        if (nobody := without_domains(self._config, self._file)) is not None:
            raise nobody
        if self._builtin is not None and self._builtin.port == 0:
            host, port = await self._builtin.start()
            self._backend.target = Target(host, port, "none")
        if self._unsubscribe is None:
            self._unsubscribe = self._watch_domains(asyncio.get_running_loop())
        if self._backend.state is not BackendState.UP:
            await self._backend.examine()
        self._backend.start()
        await self._settled()
        self.listen = await self._front.open()
        self._is_open = True

    async def check(self) -> BackendReport:
        """Ask the backend anew, whether or not the port is open, and tell all that is known of it."""
        if self._builtin is not None and self._builtin.port == 0:  # not begun
            return unasked(self._front.warnings())
        await self._backend.examine()
        found = report(
            self._backend,
            deliver=self._config.gate.deliver,
            domains=sorted(self._found.own_domains()),
            listed=self._found.listed_domains(),
            closed=without_domains(self._config, self._file),
        )
        warnings = [*found.warnings, *self._front.warnings()]
        return msgspec.structs.replace(found, built_in=self._builtin is not None, warnings=warnings)

    @property
    def relay(self) -> RelayFacts | None:
        """What came of the backend's relay test last."""
        return self._backend.relay

    def reconfigure(self, config: Config) -> None:
        """Other domains, limits, networks, certificate for the sessions that follow. Raises SmtpError for a certificate
        that cannot be used; then nothing has changed."""
        self._front.reconfigure(config)
        self._config = config
        if self._builtin is not None:
            self._builtin.message_bytes = config.limits.message_bytes

    def ask_again(self) -> None:
        """Have the backend asked soon what it must be asked: the own domains are others."""
        self._backend.ask_again()

    async def close(self) -> None:
        """Stop listening at once; sessions go on."""
        self.listen, self._is_open = [], False
        await self._settled()
        await self._front.close()

    async def drain(self, seconds: float) -> None:
        """Wait for the sessions; after `seconds` cut those that are not past their final dot."""
        await self._front.drain(seconds)

    async def end(self) -> None:
        """Take everything down, after `close` and `drain`."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        await self._settled()
        await self._backend.stop()
        if self._builtin is not None:
            await self._builtin.stop()
        self.hand_over()

    def hand_over(self) -> None:
        """Give the recorder what still waits for others."""
        self._front.hand_over()

    def warnings(self) -> list[Warning]:
        return [*self._backend.warnings(), *self._front.warnings()] if self._config.gate.listen else []

    def _built_in(self, folders: Folders) -> BuiltinServer:
        guard = self._found.guard

        def lookup(recipient: Address) -> str | None:
            return guard.ruleset.account_at(recipient) if guard.ruleset is not None else None

        def owns(recipient: Address) -> bool:
            return guard.ruleset is not None and guard.ruleset.in_own_domain(recipient)

        return BuiltinServer(
            folders.mail,
            lookup=lookup,
            owns=owns,
            message_bytes=self._config.limits.message_bytes,
            delimiter=self._config.gate.recipient_delimiter,
            hostname=self._config.gate.hostname,
        )

    def _changed(self) -> None:
        if self._is_open and self._following is None:
            self._following = asyncio.get_running_loop().create_task(self._follow(), name="mail port follows")
        self.changed()

    async def _follow(self) -> None:
        """The backend may take IPv6 clients now, or no more."""
        try:
            listen = await self._front.follow_backend()
        finally:
            self._following = None
        if self._is_open and listen != self.listen:
            self.listen = listen
            self.changed()

    async def _settled(self) -> None:
        if self._following is not None:
            await asyncio.wait({self._following})

    def _own_domains(self) -> list[str]:
        """For the backend, as it asks."""
        self._asked_for = self._found.own_domains()
        return sorted(self._asked_for)

    def _watch_domains(self, loop: asyncio.AbstractEventLoop) -> Callable[[], None]:
        """With the built-in server an account may bring a domain with it: the backend is asked of that one too."""

        def listener(_: EventKind, __: object) -> None:
            if self._found.own_domains() != self._asked_for:
                loop.call_soon_threadsafe(self._backend.ask_again)

        return self._found.events.subscribe(listener, "lists")
