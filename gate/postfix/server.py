"""The policy front: listens, decides about each recipient, and answers at once.

It must never leave a whole request without its one answer, answer with anything but DUNNO or a refusal, or wait for
anything before it answers: Postfix, and the client behind it, wait too.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from operator import attrgetter
from typing import Protocol, cast

from gate import trouble
from gate.batch import Batch, Record
from gate.endpoint import join_address, split_address, why_not
from gate.errors import Fault
from gate.postfix.asked import Asked, asked, plain, readings, shown_domain
from gate.postfix.codec import PolicyError, Request, RequestParser
from gate.postfix.holding import Holding
from gate.postfix.looking_up import AT_ONCE, Said
from gate.postfix.refusal import Refusal
from gate.postfix.rows import Decided, Rows
from gate.rules.address import Address
from gate.rules.ruleset import Verdict

BACKLOG = 512
CONNECTIONS = 1000
"""A Postfix keeps one connection a process, of which it has 100 by default. Beyond it the one goes that has been idle
longest."""
HELD_LIMIT = 100
"""Answers that one connection may wait for, or the wait is over: Postfix asks one thing at a time."""

log = logging.getLogger(__name__)


class Judge(Protocol):
    """`gate.guard.Guard`."""

    def decide(self, sender: Address, to: Address) -> Verdict: ...


class Words(Protocol):
    """`gate.postfix.learning.Learner`."""

    def refusal(self, domain: str) -> Refusal: ...
    def held(self, domain: str, recipient: str) -> float: ...
    def of_probe(self, recipient: str) -> Said | None: ...
    def postfix_came(self) -> None: ...


class PolicyFront:
    """The policy port.

    Attributes:
        asked: questions about a recipient since the start, but for the gate's own.
    """

    def __init__(
        self,
        guard: Judge,
        words: Words,
        recorder: Record,
        *,
        active: Callable[[], bool],
        own_domains: Callable[[], frozenset[str]],
    ) -> None:
        """`active`: whether the gate is on; if not, all is DUNNO and nothing is recorded."""
        self.asked = 0
        self._guard = guard
        self._words = words
        self._rows = Batch(recorder, Rows().row)
        self._active = active
        self._own_domains = own_domains
        self._servers: list[asyncio.Server] = []
        self._closed = False
        self._connections: set[_Connection] = set()
        self._holding = Holding()

    async def open(self, listen: list[str]) -> list[str]:
        """Opens every address, or none; tells them as they really are. Raises `PolicyError` (`policy.listen`)."""
        loop = asyncio.get_running_loop()
        self._closed = False
        try:
            for text in listen:
                host, port = split_address(text)
                made = await loop.create_server(lambda: _Connection(self), host, port, backlog=BACKLOG)
                self._servers.append(made)
        except OSError as error:
            await self.close()
            raise PolicyError("policy.listen", listen=text, why=why_not(error)) from None
        names = [one.getsockname() for server in self._servers for one in server.sockets]
        return [join_address(str(name[0]), int(name[1])) for name in names]

    async def close(self) -> None:
        """Stops listening and closes every connection, those too that the system had already let in; Postfix then does
        as its `default_action` says."""
        self._closed = True
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()
        for connection in list(self._connections):
            connection.end()
        self._holding.end()
        self.hand_over()

    def hand_over(self) -> None:
        """Has what was answered so far recorded now."""
        self._rows.hand_over()

    # ---- for the connections

    def arrived(self, connection: "_Connection") -> None:
        if self._closed:
            connection.abort()
            return
        self._connections.add(connection)
        if len(self._connections) > CONNECTIONS:
            min(self._connections, key=_came).end()
        self._words.postfix_came()

    def gone(self, connection: "_Connection") -> None:
        self._connections.discard(connection)

    def hold(self, until: float, then: Callable[[], None]) -> None:
        """Calls back at that time of `time.perf_counter`."""
        self._holding.until(until, then)

    def answer(self, request: Request) -> Said:
        """The answer to a request; what is to be recorded of it waits until that was sent. Never raises."""
        try:
            question = asked(request)
            if question is None:
                return AT_ONCE
            if (said := self._words.of_probe(question.recipient)) is not None:
                return said
            self.asked += 1
            if self._active():
                return self._decide(question)
        except Fault as fault:  # no rules yet
            log.warning("%s", fault)
        except Exception:  # noqa: BLE001 (the outermost edge: a whole request has its answer, and mail flows)
            trouble.keep(log, "a question of Postfix could not be answered")
        return AT_ONCE

    def _decide(self, question: Asked) -> Said:
        judged = self._judge(question)
        if judged is None:
            return AT_ONCE
        verdict, reading = judged
        refusal, said = None, AT_ONCE
        # After a DUNNO Postfix looks for the account: a missing one is answered no sooner than a denied sender if the
        # words take less time than that, and no later if they are held back by what is left of it.
        if verdict.verdict == "refuse":
            domain = shown_domain(question.recipient, reading)
            refusal = self._words.refusal(domain)
            said = refusal.answer(question.recipient), self._words.held(domain, question.recipient)
        self._rows.add(Decided(question, reading, verdict, refusal, said[0], time.time_ns()))
        return said

    def _judge(self, question: Asked) -> tuple[Verdict, Address] | None:
        """The verdict, and the own address that it is on: of all that the recipient may be, the first that is refused,
        or else would be, or else is our own. None: it is none of ours. All are judged: to stop at the first would tell
        by time."""
        if (only := plain(question.recipient)) is not None:
            verdict = self._guard.decide(question.sender, only)
            return None if verdict.because == "relay" else (verdict, only)
        decide, sender = self._guard.decide, question.sender
        found = [(decide(sender, each), each) for each in readings(question.recipient, self._own_domains())]
        own = [each for each in found if each[0].because != "relay"]
        return min(own, key=_gravity, default=None)


def _gravity(judged: tuple[Verdict, Address]) -> int:
    verdict = judged[0]
    return 0 if verdict.verdict == "refuse" else 1 if verdict.would else 2


class _Connection(asyncio.Protocol):
    """One connection of a Postfix.

    Attributes:
        came: when something came last, `time.monotonic`.
    """

    def __init__(self, front: PolicyFront) -> None:
        self.came = time.monotonic()
        self._front = front
        self._parser = RequestParser()
        self._transport: asyncio.Transport
        self._held: deque[tuple[float, bytes]] = deque()
        """Until when, and what."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._front.arrived(self)

    def data_received(self, data: bytes) -> None:
        error: PolicyError | None = None
        try:
            requests: list[Request] | tuple[Request, ...] = self._parser.feed(data)
        except PolicyError as problem:
            requests, error = problem.before, problem
        if requests:
            self.came = time.monotonic()
            for said in map(self._front.answer, requests):
                self._say(*said)
        if error is not None:
            peer = self._transport.get_extra_info("peername") or ("?", 0)
            log.warning("policy port: %s:%s sent %s; its connection is closed", peer[0], peer[1], error)
            self._release()
            self._transport.close()  # what was answered is sent; a peer that does not read it is among the idle

    def _say(self, octets: bytes, seconds: float) -> None:
        """What is held back holds back whatever is to be said after it."""
        if not seconds and not self._held:
            self._transport.write(octets)
            return
        if len(self._held) >= HELD_LIMIT:
            self._release()
        until = time.perf_counter() + seconds
        self._held.append((until, octets))
        if len(self._held) == 1:
            self._front.hold(until, self._release_due)

    def _release_due(self) -> None:
        now = time.perf_counter()
        while self._held and self._held[0][0] <= now:
            self._write(self._held.popleft()[1])
        if self._held:
            self._front.hold(self._held[0][0], self._release_due)

    def _release(self) -> None:
        self._write(b"".join(octets for _, octets in self._held))
        self._held.clear()

    def _write(self, octets: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(octets)

    def eof_received(self) -> None:
        """The connection is closed when this is done: so what is held back goes now."""
        self._release()

    def pause_writing(self) -> None:
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._front.gone(self)

    def end(self) -> None:
        """Closes; at once where the peer has not read its answers: it may never do so."""
        self._front.gone(self)
        self._release()
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        else:
            self._transport.close()

    def abort(self) -> None:
        self._transport.abort()


_came = attrgetter("came")
