"""What the backend is asked before mail flows to it: short conversations, each on connections of its own.

For `probes`. A question never sends DATA, ends with RSET and QUIT, and waits `REPLY_SECONDS` at most for a reply.
Nothing is remembered here.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace

from gate.backend.barred import barred
from gate.backend.client_address import ClientAddress
from gate.backend.connection import BackendError, Connection, Passing, Target, connect
from gate.backend.decoy import decoy_for
from gate.backend.reply import Reply
from gate.backend.wording import Wording
from gate.backend.xclient import HostNames, offered
from gate.config import PassingWish

REPLY_SECONDS = 20.0
GREETING_PATIENCE = 0.5
"""A backend that has not greeted by then may be waiting for a PROXY header. (If it is only slow, nothing is lost.)"""
PLAIN_PATIENCE = 8.0
"""How long a server that did not do with a header has for greeting without one. (Postscreen takes 6 seconds.)"""
ERRORS_A_CONNECTION = 8
"""At most: Postfix sleeps a second at each error after ten, and hangs up after twenty. Who does so sooner gets the
next question on another connection."""
SILENT_DOMAINS = 2
STRANGER = "192.0.2.1"
STRANGER_IPV6 = "2001:db8::1"
STRANGER_NAMES = HostNames("stranger.example.net", "stranger.example.net")
"""For XCLIENT: a stranger without a name is turned away by many for that alone, which would hide a relay."""
FOREIGN = "iana.org"
"""A domain that exists and is nobody's here. (The example domains refuse all mail, which would hide a relay.)"""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the backend's EHLO tells: its name, and its extensions as written, such as `SIZE 10240000`.

    `encrypted`: it was asked under TLS, where STARTTLS is not offered again. `greeting`: the text of its greeting.
    """

    hostname: str
    extensions: tuple[str, ...]
    encrypted: bool = False
    greeting: str = ""

    def has(self, keyword: str) -> bool:
        return any(line.split(" ")[0].upper() == keyword for line in self.extensions)


_RELAY = b"relay"
"""In a 4xx: no greylist, but that the domain is not one of the server's own (Debian's Postfix says 454)."""


@dataclass(frozen=True, slots=True)
class UnknownUser:
    """The answer to a random name of a domain. `relayed`: it was accepted as any recipient of any domain would be, so
    that it says nothing of this one."""

    domain: str
    wording: Wording
    relayed: bool = False

    @property
    def severity(self) -> int:
        """2: it was accepted, the domain is a catch-all; 4: not now; 5: refused, as it should be."""
        return self.wording.reply.severity


@dataclass(frozen=True, slots=True)
class RelayTest:
    """What came of asking the backend to relay for a stranger.

    Attributes:
        taken: a foreign recipient that it took; None: it took none.
        refusal: how it put off (4xx, if it ever did) or turned away whoever would have asked for some of them; None:
            every one was asked for.
    """

    taken: str | None = None
    refusal: Reply | None = None


async def find_passing(target: Target, wish: PassingWish) -> Passing:
    """The way in which the backend takes the client's address. It was tried.

    Raises:
        BackendError: `backend.client_address` or `backend.xclient`: there is none, which is only said of a backend that
            greets without a header; `backend.xclient_refused`: it offers XCLIENT and takes none; others: it could not
            be asked.
    """
    if wish in {"none", "xclient"}:
        offer = await ask_offer(target, "none")
        return await _try_xclient(target, offer) if wish == "xclient" else "none"
    plain = asyncio.ensure_future(ask_offer(target, "none")) if wish == "auto" else None
    try:
        if plain is not None:
            await asyncio.wait({plain}, timeout=GREETING_PATIENCE)
        if plain is None or not plain.done() or _hung_up(plain):
            failure = await _proxy_failure(target)
            if failure is None:
                return "proxy"
            plain = plain or asyncio.ensure_future(ask_offer(target, "none"))
            await asyncio.wait({plain}, timeout=PLAIN_PATIENCE)
            if not plain.done() or plain.exception() is not None:
                raise failure  # no better off without the header: it is not the header's fault
            offer = plain.result()
        else:
            offer = plain.result()
    finally:
        if plain is not None:
            plain.cancel()
            await asyncio.wait({plain})
    if wish == "auto" and offered(offer.extensions):
        return await _try_xclient(target, offer)
    raise BackendError("backend.client_address", target=str(target), gate=target.gate)


async def _try_xclient(target: Target, offer: Offer) -> Passing:
    if not offered(offer.extensions):
        raise BackendError("backend.xclient", target=str(target), gate=target.gate)
    try:
        async with _session(target, "xclient", STRANGER):
            return "xclient"
    except BackendError as error:
        if error.code == "backend.xclient_refused" and str(error.params["reply"]).startswith("4"):
            raise BackendError("backend.not_ready", **error.params) from None
        raise


async def ask_offer(target: Target, passing: Passing) -> Offer:
    """Raises `BackendError`, also where the greeting is not 220 or the answer to EHLO not 250 (`backend.not_ready`, or
    as `barred`)."""
    async with _session(target, passing, None) as (connection, greeting, hello):
        if greeting.code != 220 or hello.code != 250:
            not_ready = BackendError("backend.not_ready", target=str(target), reply=hello.one_line)
            raise barred(target, hello) or not_ready
        words = [word.decode("ascii", "replace") for word in hello.words]
        return Offer(words[0].split(" ")[0], tuple(words[1:]), connection.encrypted, greeting.one_line)


async def ask_unknown_users(target: Target, passing: Passing, domains: Iterable[str]) -> list[UnknownUser]:
    """Asks for a random name of each of the domains (in A-labels); those left out were not answered. After
    `SILENT_DOMAINS` that are not, no more are asked for. Raises `BackendError`, also as `barred`.

    It is the gate itself that asks, whom no greylist puts off. Where the backend relays for the gate, what it took is
    asked of it once more as a stranger, if that can be.
    """
    found = await _ask_names(target, passing, None, domains)
    taken = [one.domain for one in found if one.severity == 2]
    if not taken or not await relays_for_gate(target, passing):
        return found
    asked = await _ask_names(target, passing, STRANGER, taken) if passing != "none" else []
    again = {one.domain: one for one in asked if one.severity != 4 or _RELAY in one.wording.reply.raw.lower()}
    return [one if one.severity != 2 else again.get(one.domain) or replace(one, relayed=True) for one in found]


async def relays_for_gate(target: Target, passing: Passing) -> bool:
    """Whether the backend takes mail for a foreign domain from the gate itself, as from a machine of its own network.
    Raises `BackendError`."""
    async with _session(target, passing, None) as (connection, _, hello):
        answer = hello
        for line in ("MAIL FROM:<>", f"RCPT TO:<z@{FOREIGN}>"):
            if answer.severity == 2:
                answer = await connection.command(line.encode(), REPLY_SECONDS)
        return answer.severity == 2


async def _ask_names(target: Target, passing: Passing, client: str | None, domains: Iterable[str]) -> list[UnknownUser]:
    found: list[UnknownUser] = []
    left, silent = list(domains), 0
    while left and silent < SILENT_DOMAINS:
        asked = 0
        async with _session(target, passing, client) as (connection, greeting, hello):
            if greeting.severity != 2 or hello.severity != 2:
                return found
            answer = await connection.command(b"MAIL FROM:<>", REPLY_SECONDS)
            if (problem := barred(target, answer)) is not None:
                raise problem
            if answer.severity != 2:
                return found
            for domain in left[:ERRORS_A_CONNECTION]:
                probe = decoy_for(secrets.token_bytes(16), b"Name@" + domain.encode()).path
                try:
                    reply = await connection.command(b"RCPT TO:<" + probe + b">", REPLY_SECONDS)
                except BackendError as error:
                    if error.code != "backend.timeout":
                        raise
                    connection.abort()
                    asked, silent = asked + 1, silent + 1
                    break
                if (problem := barred(target, reply)) is not None:
                    raise problem
                if reply.code == 421 and asked:
                    break  # it bears fewer errors than others: the rest on another connection
                found.append(UnknownUser(domain, Wording(reply, probe)))
                asked += 1
        left = left[asked:]
    return found


async def ask_relay(target: Target, passing: Passing, own: Sequence[str]) -> RelayTest:
    """Whether the backend takes mail for other domains from a stranger, whichever sender he names.

    `own`: domains (in A-labels) for the disguised forms; none of them may be a catch-all, which takes any local part.
    With `passing` "none" the stranger is whoever the backend takes the gate for.
    """
    recipients = [f"z@{FOREIGN}"]
    for one in own:
        recipients += [f"z%{FOREIGN}@{one}", f"{FOREIGN}!z@{one}", f'"z@{FOREIGN}"@{one}']
    unasked, refusals = set(recipients), list[Reply]()
    for sender in ("", *(f"postmaster@{one}" for one in own[:1]), f"x@{FOREIGN}"):
        left = recipients
        while left:
            now, asked = left[:ERRORS_A_CONNECTION], 0
            async with _session(target, passing, STRANGER) as (connection, _, hello):
                answer = hello
                if hello.severity == 2:
                    answer = await connection.command(f"MAIL FROM:<{sender}>".encode(), REPLY_SECONDS)
                if answer.severity != 2:
                    refusals.append(answer)
                    left = left[len(now) :]
                    continue
                for recipient in now:
                    answer = await connection.command(f"RCPT TO:<{recipient}>".encode(), REPLY_SECONDS)
                    if answer.severity == 2:
                        return RelayTest(taken=recipient)
                    if answer.code == 421:
                        break
                    unasked.discard(recipient)
                    asked += 1
            if not asked:
                refusals.append(answer)
            left = left[asked or len(now) :]
    return RelayTest(refusal=min(refusals, key=lambda reply: reply.severity) if unasked else None)


async def ask_ipv6(target: Target, passing: Passing) -> bool:
    """Whether the backend takes a client with an IPv6 address. "No" is believed only of a backend that says it twice,
    and takes one with an IPv4 address in between. (Postfix says 421 where it has no IPv6, and 501 to XCLIENT.)"""
    if passing == "none" or await _takes(target, passing, STRANGER_IPV6):
        return True
    if not await _takes(target, passing, STRANGER):
        return True  # it takes no stranger at all: nothing is known of IPv6
    return await _takes(target, passing, STRANGER_IPV6)


async def _takes(target: Target, passing: Passing, client: str) -> bool:
    try:
        async with _session(target, passing, client) as (_, _, hello):
            return hello.severity == 2
    except BackendError as error:
        if client == STRANGER_IPV6 and error.code in {"backend.lost", "backend.garbled", "backend.xclient_refused"}:
            return False
        raise


def _hung_up(plain: "asyncio.Future[Offer]") -> bool:
    error = plain.exception()
    return isinstance(error, BackendError) and error.code == "backend.lost"


async def _proxy_failure(target: Target) -> BackendError | None:
    """None: it takes the header. Else what came of it, which may be the header's fault: a server that knows none takes
    the `QUIT` in it for a command, or hangs up. Raises `BackendError` for what is not."""
    try:
        await ask_offer(target, "proxy")
    except BackendError as error:
        for_now = error.code == "backend.not_ready" and str(error.params["reply"]).startswith("4")
        if error.code in {"backend.lost", "backend.garbled", "backend.not_ready"} and not for_now:
            return error
        raise
    return None


@contextlib.asynccontextmanager
async def _session(
    target: Target, passing: Passing, client: str | None
) -> AsyncIterator[tuple[Connection, Reply, Reply]]:
    """A connection, its greeting, and the answer to EHLO (the greeting again, where that was no 2xx)."""
    address = ClientAddress(client, 1025, _unspecified(client), target.port) if client else None
    connection = await connect(target, client=address, passing=passing, names=STRANGER_NAMES, timeout=REPLY_SECONDS)
    try:
        hello = connection.greeting
        if hello.severity == 2:
            hello = await connection.command(b"EHLO " + connection.own_name(), REPLY_SECONDS)
        yield connection, connection.greeting, hello
        if hello.severity == 2:
            with contextlib.suppress(BackendError):
                await connection.command(b"RSET", REPLY_SECONDS)
                await connection.command(b"QUIT", REPLY_SECONDS)
        connection.close()
    finally:
        connection.abort()


def _unspecified(client: str) -> str:
    return "::" if ":" in client else "0.0.0.0"  # noqa: S104 (not an address to listen on)
