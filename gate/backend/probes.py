"""What is known of the backend: whether it is there, how it takes the client's address, and which domains it guards.

`Backend` asks (see `asking`) before the mail port first opens, hourly, and when told to; the fronts and the service
read what it knows. It is the one place that says whether mail may flow: never to a backend that would relay for
strangers, and never with a way of passing the client's address that was not found to work. It sends no mail and judges
none.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum

from gate.backend import barred
from gate.backend.asking import (
    STRANGER,
    Offer,
    RelayTest,
    UnknownUser,
    ask_ipv6,
    ask_offer,
    ask_relay,
    ask_unknown_users,
    find_passing,
)
from gate.backend.client_address import ClientAddress
from gate.backend.connection import CONNECT_SECONDS, BackendError, Connection, Passing, Target, connect
from gate.backend.notices import REMEDIES, notice
from gate.backend.patience import Patience
from gate.backend.resolver import Resolver
from gate.backend.rounds import HOURLY, Rounds
from gate.backend.unknown_users import UnknownUsers
from gate.backend.wording import Wording
from gate.backend.xclient import NO_NAMES, HostNames
from gate.config import PassingWish
from gate.forms import RelayFacts
from gate.forms import Warning as Notice
from gate.rules.domain import ascii_domain

log = logging.getLogger(__name__)

EXAMINE_SECONDS = 120.0
"""An examination takes this long at most, however slow the backend."""
DISGUISED_DOMAINS = 8
"""Own domains for which disguised foreign recipients are tried."""
REFUSED_SPACING = 60.0
"""Seconds between examinations that are due because a client's XCLIENT was refused: clients may bring that about."""

OBSTACLES = barred.CODES | {
    "backend.client_address",
    "backend.xclient",
    "backend.xclient_refused",
    "backend.relays",
}
"""What only the owner can clear away: the mail port stays closed. Of these only a relay closes one that was open: a
way of passing the address that was found to work and now does not is a server that is down, and asked again."""


class BackendState(StrEnum):
    """UNKNOWN: not asked yet. UP: mail may flow. DOWN: it does not answer; the front greets 421. BLOCKED: it answers,
    but must not be used as it is; the mail port stays closed and `Backend.obstacle` says what to set."""

    UNKNOWN = "unknown"
    UP = "up"
    DOWN = "down"
    BLOCKED = "blocked"


class Backend:
    """The mail server behind the gate.

    Attributes:
        target: where it is.
        state: see `BackendState`.
        passing: how the client's address is passed; None while unknown.
        offer: name and extensions of its EHLO; None while unknown.
        ipv6: whether it takes clients with IPv6 addresses; if not, the front must not listen on IPv6.
        ipv6_wanted: whether the front is to; only then it is a warning that it must not.
        relay: what came of the relay test last; None: not asked yet.
        wish: `client_address` of gate.toml.
        obstacle: why the port stays closed, or None.
        trouble: why it is down, or None.
        changed: called, without arguments and in the event loop, whenever `state` or the warnings may be others.
    """

    def __init__(
        self,
        target: Target,
        *,
        client_address: PassingWish = "auto",
        domains: Callable[[], Iterable[str]] = tuple,
        listed: Callable[[], Container[str]] = tuple,
        changed: Callable[[], None] = lambda: None,
        resolver: Resolver | None = None,
        ipv6_wanted: bool = True,
    ) -> None:
        """`domains` tells the owner's domains as they are now, in canonical form; it is asked at each examination.
        `listed` tells those of them that the gate answers for itself, at each refusal. `resolver` finds the names that
        clients have, for XCLIENT."""
        self.target = target
        self.state = BackendState.UNKNOWN
        self.passing: Passing | None = None
        self.offer: Offer | None = None
        self.ipv6 = True
        self.ipv6_wanted = ipv6_wanted
        self.relay: RelayFacts | None = None
        self.obstacle: BackendError | None = None
        self.trouble: BackendError | None = None
        self.changed = changed
        self.wish = client_address
        self._domains = domains
        self._examined = False
        self._untested: BackendError | None = None
        self._plain: BackendError | None = None
        self._unknown_users = UnknownUsers(listed)
        self._resolver = resolver or Resolver()
        self._refused_at = -REFUSED_SPACING
        self._examining = asyncio.Lock()
        self._patience = Patience(CONNECT_SECONDS)
        self._rounds = Rounds(self.examine, self._pause, "backend probes")

    # ---- asking

    async def examine(self) -> None:
        """Asks everything once and remembers it. Never raises for what the backend does: see `state`."""
        async with self._examining:
            await self._examine()
        self.changed()

    async def _examine(self) -> None:
        try:
            async with asyncio.timeout(EXAMINE_SECONDS):
                await self._ask()
        except TimeoutError:
            self._down(BackendError("backend.timeout", target=str(self.target), seconds=EXAMINE_SECONDS))
        except BackendError as error:
            if error.code in OBSTACLES and (error.code == "backend.relays" or not self._examined):
                self.state, self.obstacle, self.trouble = BackendState.BLOCKED, error, None
            else:
                self._down(error)
        else:
            self._examined = True
            self.state, self.obstacle, self.trouble = BackendState.UP, None, None

    async def _ask(self) -> None:
        self._plain = None
        passing = await self._find_passing()
        self.offer = await ask_offer(self.target, passing)
        own = {domain.lower(): ascii_domain(domain).lower() for domain in self._domains()}
        answers = {one.domain: one for one in await ask_unknown_users(self.target, passing, own.values())}
        self._unknown_users.heard({domain: answers.get(name) for domain, name in own.items()})
        self.ipv6 = await ask_ipv6(self.target, passing)
        strict = self._unknown_users.strict()[:DISGUISED_DOMAINS]
        self._judge_relay(await ask_relay(self.target, passing, strict), passing)
        self.passing = passing

    async def _find_passing(self) -> Passing:
        """As before, where that works; with `auto` it may be another way now."""
        try:
            return await find_passing(self.target, self.passing or self.wish)
        except BackendError as error:
            if error.code not in OBSTACLES:
                raise
            if self.passing is not None and self.wish == "auto":
                return await find_passing(self.target, "auto")
            with contextlib.suppress(BackendError):  # it greets all the same: the owner may see which server that is
                self.offer = await ask_offer(self.target, "none")
            raise

    def _judge_relay(self, test: RelayTest, passing: Passing) -> None:
        """Closed only where it relays. Who puts every stranger off is asked again, and gets no mail before he answers;
        who turns every stranger away relays for none of them, but that was not seen: a warning."""
        client = STRANGER if passing != "none" else "the gate itself"
        target = str(self.target)
        self._untested = None
        if test.taken is not None:
            remedy = REMEDIES[passing].format(gate=self.target.gate)
            error = BackendError("backend.relays", target=target, recipient=test.taken, client=client, remedy=remedy)
            self.relay = _relay(client, passed=False, taken=test.taken, text=str(error))
            raise error
        if test.refusal is None:
            self.relay = _relay(client, passed=True, text=f"asked as {client}, it took mail for no foreign recipient")
        else:
            if (problem := barred.barred(self.target, test.refusal)) is not None:
                raise problem
            untested = BackendError("backend.untested", target=target, reply=test.refusal.one_line)
            self.relay = _relay(client, passed=None, text=str(untested))
            if test.refusal.severity == 4:
                raise untested
            self._untested = untested

    def start(self) -> None:
        """Begins to examine by itself: at once if that was not done, hourly, while down with a growing pause."""
        self._rounds.start(at_once=self.state is BackendState.UNKNOWN)

    async def stop(self) -> None:
        """Ends what `start` began."""
        await self._rounds.stop()
        self._resolver.close()

    def ask_again(self) -> None:
        """Has the backend examined soon, by what `start` began."""
        self._rounds.ask_again()

    def _pause(self) -> float | None:
        return HOURLY if self.state is BackendState.UP else None

    def _down(self, error: BackendError) -> None:
        if self.state is not BackendState.DOWN:
            log.warning("%s", error)
        self.state, self.trouble = BackendState.DOWN, error
        if not self._examined:
            self.passing = None

    # ---- for the fronts

    async def acquainted(self, client: ClientAddress) -> None:
        """Waits for what must be known of a client before there is a connection for it: its names, where the backend
        wants to be told them. Two seconds at most, in which no process of the backend's waits."""
        if self.passing == "xclient":
            await asyncio.shield(self._resolver.begin(client.host))

    async def connect(self, client: ClientAddress | None) -> Connection:
        """A connection for one client's session.

        Raises:
            BackendError: the backend is not there, or mail must not flow to it; the client hears 421.
        """
        if self.obstacle is not None:
            raise self.obstacle
        if not self._examined or self.passing is None:
            raise self.trouble or BackendError("backend.unexamined", target=str(self.target))
        if self.trouble is not None and self.trouble.code in barred.CODES:
            raise self.trouble
        names: HostNames | asyncio.Future[HostNames] = NO_NAMES
        if self.passing == "xclient" and client is not None:
            names = asyncio.shield(self._resolver.begin(client.host))
        try:
            # A connection without TLS costs a second one, where it was wanted: until the next examination only one.
            target = replace(self.target, tls="none") if self._plain is not None else self.target
            connection = await connect(target, client=client, passing=self.passing, names=names, timeout=self._patience)
        except BackendError as error:
            if error.code == "backend.xclient_refused":  # this client is, and others may not be
                self.refused_gate()
            elif self.state is BackendState.UP:
                self._down(error)
                self.changed()
                self.ask_again()
            raise
        if connection.plain_because is not None:
            self._plain = connection.plain_because
            log.warning("%s; mail goes to it unencrypted, as deliver allows", self._plain)
            self.changed()
        if self.state is BackendState.DOWN:
            self.ask_again()
        return connection

    def refused_gate(self) -> None:
        """The backend refused what is no client's to mend: it is asked whether it does so to all, once a minute."""
        now = asyncio.get_running_loop().time()
        if now - self._refused_at >= REFUSED_SPACING:
            self._refused_at = now
            self.ask_again()

    @property
    def server_name(self) -> bytes:
        """How the backend called itself when it greeted last; empty while that is unknown."""
        words = self.offer.greeting[4:].split() if self.offer is not None else []
        return words[0].encode("ascii", "replace") if words else b""

    def refusal(self, domain: str, path: bytes) -> bytes | None:
        """As `UnknownUsers.refusal`."""
        return self._unknown_users.refusal(domain, path)

    @property
    def unknown_users(self) -> Mapping[str, UnknownUser]:
        """As `UnknownUsers.answers`."""
        return self._unknown_users.answers

    def catch_all(self, domain: str) -> bool:
        """As `UnknownUsers.catch_all`."""
        return self._unknown_users.catch_all(domain)

    @property
    def learnt(self) -> Wording | None:
        """As `UnknownUsers.learnt`."""
        return self._unknown_users.learnt

    def decoy_accepted(self, path: bytes) -> None:
        """A front tells that the decoy of the recipient `path` was accepted: from now on it gets the learnt reply, and
        the domain is asked anew."""
        self._unknown_users.decoy_accepted(path)
        self.ask_again()

    def decoy_replied(self, domain: str, code: int) -> None:
        """A front tells the code of a decoy's reply; 0 where none was asked, so that it takes as long."""
        self._unknown_users.decoy_replied(domain, code)

    @property
    def offers_tls(self) -> bool:
        """Whether senders that reach the backend itself could use TLS."""
        return self.offer is not None and (self.offer.encrypted or self.offer.has("STARTTLS"))

    # ---- for the owner

    def warnings(self) -> list[Notice]:
        """What the owner should know or do now."""
        notices: list[Notice] = []
        if self.obstacle is not None:
            notices.append(Notice.of(self.obstacle))
        elif self.trouble is not None:
            notices.append(Notice(code="backend.down", text=str(self.trouble), params={"target": str(self.target)}))
        elif self._untested is not None:
            notices.append(Notice.of(self._untested))
        if self._plain is not None:
            notices.append(notice("backend.plain", problem=str(self._plain), **self._plain.params))
        if self.wish == "none":
            notices.append(notice("backend.none_mode"))
        if self.ipv6_wanted and not self.ipv6:
            notices.append(notice("backend.ipv6"))
        return notices + self._unknown_users.warnings()


def _relay(client: str, *, passed: bool | None, text: str, taken: str | None = None) -> RelayFacts:
    time = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return RelayFacts(passed=passed, client=client, taken=taken, time=time, text=text)
