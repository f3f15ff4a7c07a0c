"""The SMTP front: listeners, who may come in, and the way out. It carries no mail itself: each session does.

It must never open a port in front of a backend that is not to be used, nor cut a session past its final dot while it
is closing.
"""

import asyncio
import contextlib
import errno
import ipaddress
import logging
import socket
import time
from typing import Protocol

from gate.backend.client_address import ClientAddress
from gate.backend.connection import Connection
from gate.batch import Batch, Record
from gate.config import Config
from gate.endpoint import join_address, split_address, why_not
from gate.errors import Fault
from gate.forms import Warning as Notice
from gate.smtp import wording
from gate.smtp.actions import Answered
from gate.smtp.certificate import notices
from gate.smtp.crowd import Crowd
from gate.smtp.dialogue import Phase
from gate.smtp.errors import SmtpError
from gate.smtp.house import Guest, Judge
from gate.smtp.manners import Manners
from gate.smtp.rows import Noted, row
from gate.smtp.session import Session
from gate.smtp.settings import Settings
from gate.smtp.timing import interval

BACKLOG = 512
PATIENCE_SECONDS = 0.5
"""How often `drain` looks whether its time is over."""
ROOM_SECONDS = (0.1, 0.5, 1.0, 2.0)
"""Pauses in which a mail server that said 421 may notice that others have gone, before it is asked again."""

Place = tuple[str, int]
"""An IP address to listen at, and a port."""

log = logging.getLogger(__name__)


class Behind(Protocol):
    """What the front asks of `gate.backend.probes.Backend`."""

    @property
    def obstacle(self) -> Fault | None: ...
    @property
    def ipv6(self) -> bool: ...
    @property
    def offers_tls(self) -> bool: ...
    @property
    def server_name(self) -> bytes: ...
    async def acquainted(self, client: ClientAddress) -> None: ...
    async def connect(self, client: ClientAddress | None) -> Connection: ...
    def refusal(self, domain: str, path: bytes) -> bytes | None: ...
    def decoy_accepted(self, path: bytes) -> None: ...
    def refused_gate(self) -> None: ...
    def decoy_replied(self, domain: str, code: int) -> None: ...


class SmtpFront:
    """The mail port.

    Attributes:
        settings: for the sessions that follow; see `reconfigure`.
        key: of this installation, for the decoys.
        manners: what is remembered of the trusted proxies.
        judge, refusal: the guard's and the backend's own, as every recipient is asked of both.
    """

    def __init__(self, config: Config, judge: Judge, backend: Behind, recorder: Record, key: bytes) -> None:
        """Raises `SmtpError` (`smtp.certificate`)."""
        self.settings = Settings.of(config)
        self.key = key
        self.manners = Manners()
        self._listen = tuple(config.gate.listen)
        self.judge = judge
        self.refusal = backend.refusal
        self._backend = backend
        self._rows = Batch(recorder, row)
        self._places: list[Place] = []
        self._servers: dict[Place, asyncio.Server] = {}
        self._crowd: Crowd[Guest] = Crowd(lambda session: session.end(wording.TOO_BUSY))
        self._is_open = False
        self._clock: asyncio.TimerHandle | None = None
        self._pause = interval(self.settings.limits)

    @property
    def sessions(self) -> int:
        """Sessions under way."""
        return len(self._crowd.here)

    def reconfigure(self, config: Config) -> None:
        """Other limits, networks, certificate for the sessions that follow; `listen` counts at the next `open`.

        Raises `SmtpError`; then nothing has changed.
        """
        self.settings = Settings.of(config, self.settings.tls)
        self._listen = tuple(config.gate.listen)
        pause = interval(self.settings.limits)
        self._pause = pause if self._clock is None else min(pause, self._pause)  # who is here keeps limits and clock
        if self._clock is not None:
            self._clock.cancel()
            self._look_at_the_clock()

    def warnings(self) -> list[Notice]:
        """What the owner should know of the certificate, or of there being none."""
        return notices(self.settings.tls, offered=self._backend.offers_tls)

    # ---- open and close

    async def open(self) -> list[str]:
        """Opens every address of `listen`, or none; tells them as they really are (`HOST:PORT`).

        Raises:
            SmtpError: `smtp.listen`: an address cannot be had; `smtp.ipv6`: nothing but IPv6 is left.
            BackendError: the backend's obstacle.
        """
        if self._backend.obstacle is not None:
            raise self._backend.obstacle
        places = list(dict.fromkeys([place for text in self._listen for place in await _places(text)]))
        if places and not any(map(self._usable, places)):
            raise SmtpError("smtp.ipv6", listen=", ".join(self._listen))
        opened: dict[Place, asyncio.Server] = {}
        self._is_open = True
        try:
            for place in filter(self._usable, places):
                opened[place] = await self._listen_at(place)
        except SmtpError:
            self._is_open = False
            for server in opened.values():
                server.close()
            raise
        self._servers, self._places = opened, places
        for place in places:
            if place not in opened:
                log.warning("no mail at %s: the mail server takes no clients with IPv6 addresses", join_address(*place))
        return self._addresses()

    async def follow_backend(self) -> list[str]:
        """Closes the IPv6 addresses of an open port where the backend turned out to take no IPv6 clients, and opens
        them where it now does; one that cannot be had then stays closed until the next time. Tells as `open`."""
        for place in [place for place in self._servers if not self._usable(place)]:
            log.warning(
                "no more mail at %s: the mail server takes no clients with IPv6 addresses", join_address(*place)
            )
            self._servers.pop(place).close()
        for place in [place for place in self._places if self._usable(place) and place not in self._servers]:
            try:
                server = await self._listen_at(place)
            except SmtpError as error:
                log.warning("%s", error)
                continue
            if place in self._places and self._usable(place) and place not in self._servers:
                self._servers[place] = server
            else:  # the port was closed meanwhile
                server.close()
        return self._addresses()

    def _usable(self, place: Place) -> bool:
        return self._backend.ipv6 or ":" not in place[0]

    async def _listen_at(self, place: Place) -> asyncio.Server:
        host, port = place
        try:
            return await asyncio.get_running_loop().create_server(lambda: Session(self), host, port, backlog=BACKLOG)
        except OSError as error:
            raise SmtpError("smtp.listen", listen=join_address(host, port), why=_why_not(error)) from None

    def _addresses(self) -> list[str]:
        servers = [self._servers[place] for place in self._places if place in self._servers]
        names = [one.getsockname() for server in servers for one in server.sockets]
        return [join_address(str(name[0]), int(name[1])) for name in names]

    async def close(self) -> None:
        """Stops listening at once. Sessions outside a transaction get 421, the others when theirs is over; so does
        whoever the system had already let in."""
        self._is_open = False
        servers, self._servers, self._places = self._servers, {}, []
        for server in servers.values():
            server.close()
        for session in list(self._crowd.here):
            session.retire()

    async def drain(self, seconds: float) -> None:
        """Waits for the sessions under way, `seconds` at most; then cuts all but those past their final dot, and waits
        for these (their own limit holds: `final_reply_seconds`)."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while self._crowd.here:
            over = loop.time() >= deadline
            for session in () if self._is_open else list(self._crowd.here):  # it may have been opened again meanwhile
                session.retire()
            for session in list(self._crowd.here) if over else ():
                if not (session.admitted and session.dialogue.phase is Phase.FINAL):
                    session.end(wording.CLOSING)
            if not self._crowd.here:
                break
            self._crowd.left.clear()
            pause = PATIENCE_SECONDS if over else min(PATIENCE_SECONDS, max(0.0, deadline - loop.time()))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._crowd.left.wait(), pause)
        for session in list(self._crowd.lingering):
            session.hurry()
        self.hand_over()

    # ---- for the sessions

    @property
    def server_name(self) -> bytes:
        """As the mail server called itself last: whoever is turned away hears it too."""
        return self._backend.server_name

    async def connect(self, client: ClientAddress) -> Connection:
        """A mail server that is full has some of the others go first."""
        await self._backend.acquainted(client)
        with self._crowd.awaiting_greeting() as greeting:
            if greeting.turn is not None:
                await greeting.turn
            connection = await self._backend.connect(client)
            for pause in ROOM_SECONDS:
                if connection.greeting.code != 421 or not self._crowd.is_full():
                    break
                connection.abort()
                await asyncio.sleep(pause)
                connection = await self._backend.connect(client)
        return connection

    def arrived(self, session: Guest) -> None:
        """A connection was made; it is not admitted yet."""
        self._crowd.arrived(session, self.settings.limits)
        if self._clock is None:
            self._look_later()

    def admit(self, session: Guest) -> bytes | None:
        """None: the session may go on; else how to turn its client away. A client's sessions count until its side of
        the connection is closed too. Who makes room for it: see `crowd`."""
        limits = self.settings.limits
        connections = self._crowd.count(session.host)
        if not self._is_open:
            return wording.CLOSING
        if connections > limits.connections_per_client:
            return wording.TOO_MANY_FROM_HERE
        return None if self._crowd.has_room(session, limits) else wording.TOO_BUSY

    def closing(self, session: Guest) -> None:
        self._crowd.closing(session, self.settings.limits)

    def closed(self, session: Guest) -> None:
        self._crowd.closed(session)

    def _look_later(self) -> None:
        """One timer for all sessions: most are over long before it comes to them."""
        self._clock = asyncio.get_running_loop().call_later(self._pause, self._look_at_the_clock)

    def _look_at_the_clock(self) -> None:
        self._clock = None
        sessions, now = list(self._crowd.here), time.monotonic()
        if sessions:
            self._look_later()  # before anything else: the clock goes on whatever becomes of one of them
        else:
            self._pause = interval(self.settings.limits)
        for session in sessions:
            session.check_time(now)

    def decoy_accepted(self, path: bytes) -> None:
        log.warning("the mail server took a decoy for <%s>; its domain is asked anew", path.decode("utf-8", "replace"))
        self._backend.decoy_accepted(path)

    def barred(self) -> None:
        """The mail server wants TLS of the gate."""
        self._backend.refused_gate()

    def answered(self, session: Guest, answered: Answered) -> None:
        """One row of the log; for a decoy the backend's knowledge too."""
        asked = answered.decoy and not answered.taken
        self._backend.decoy_replied(answered.recipient.domain, int(answered.reply[:3]) if asked else 0)
        self._rows.add(Noted(session.client.host, session.dialogue.client_name, answered, time.time_ns()))

    def hand_over(self) -> None:
        """Gives the recorder the rows that wait for others."""
        self._rows.hand_over()


def _why_not(error: OSError) -> str:
    """With what an owner can do about it."""
    if error.errno == errno.EADDRINUSE:
        free = "if that is Postfix, put a # before the line smtp inet in master.cf"
        return f"{why_not(error)}, another program has it ({free})"
    if error.errno == errno.EACCES:
        return f"{why_not(error)} (ports below 1024 need root, or a service with CAP_NET_BIND_SERVICE)"
    return why_not(error)


async def _places(text: str) -> list[Place]:
    """Where `text`, one of `listen`, is: a name may stand for several addresses, IPv4 and IPv6. Raises `SmtpError`."""
    host, port = split_address(text)
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(host)
        return [(host, port)]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise SmtpError("smtp.listen", listen=text, why=why_not(error)) from None
    return [(str(each[4][0]), port) for each in found]
