"""One connection to the backend: connect, PROXY header, greeting, TLS, XCLIENT, then replies in order.

For the SMTP front and the probes. Thin: it knows no commands but the EHLO and STARTTLS it needs for TLS, and decides
nothing about mail. It never reuses a connection for a second client, never puts anything before the PROXY header,
and drops whatever was buffered before TLS began (CVE-2011-0411).

A connection is used in two ways, one after the other: `command` sends a line and waits for its reply; after
`hand_over` every reply, loss and stop of the flow is told to a receiver at once, and `command` may not be used.
"""

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from functools import cache
from typing import Literal, Protocol, cast

from gate.backend.client_address import ClientAddress, proxy_v2
from gate.backend.patience import Patience
from gate.backend.reply import Reply, ReplyError, ReplyParser, whole_reply
from gate.backend.target import BackendError, Target, Tls, parse_deliver
from gate.backend.xclient import NO_NAMES, HostNames, introduce
from gate.endpoint import why_not

__all__ = ["BackendError", "Connection", "Passing", "Receiver", "Target", "Tls", "connect", "parse_deliver"]

Passing = Literal["proxy", "xclient", "none"]
"""How the backend learns the client's address."""

CONNECT_SECONDS = 30.0
HANDSHAKE_SECONDS = 10.0
WRITE_HIGH_WATER = 262_144


class Receiver(Protocol):
    """Who gets what the backend sends, after `Connection.hand_over`."""

    def backend_replied(self, reply: Reply) -> None:
        """One whole reply."""

    def backend_replied_at_once(self, replies: Sequence[Reply]) -> None:
        """More than one, which came in one piece."""

    def backend_lost(self, exc: Exception | None) -> None:
        """The connection is gone; nothing comes after. None: it was closed in order."""

    def backend_pause(self) -> None:
        """The backend takes no more for now: stop writing."""

    def backend_resume(self) -> None:
        """The backend takes more again."""


async def connect(
    target: Target,
    *,
    client: ClientAddress | None = None,
    passing: Passing = "none",
    names: HostNames | Awaitable[HostNames] = NO_NAMES,
    timeout: float | Patience = CONNECT_SECONDS,  # noqa: ASYNC109 (one limit for the whole, given by whoever waits)
) -> "Connection":
    """Opens a connection and waits for the greeting, and for TLS where the target says so.

    Where TLS is `opportunistic` and cannot be had, a second connection is opened without it, as Postfix does: the first
    has said EHLO in the gate's name, or is spoilt by half a handshake. See `Connection.plain_because`.

    With `passing` "proxy" the PROXY v2 header of `client` goes first (none: a LOCAL header, the gate itself); with
    "xclient" the client and its `names` are told last (no client: nothing is), and the greeting is what comes then.
    `timeout`: seconds for all of it; a `Patience` where many wait. A greeting other than 220 is no error here: see
    `Connection.greeting`.

    Raises:
        BackendError: `backend.unreachable`, `.timeout`, `.lost`, `.garbled`, `.tls`, `.xclient`, `.xclient_refused`,
            `.not_ready`.
    """
    patience = timeout if isinstance(timeout, Patience) else Patience(timeout)
    began = time.monotonic()
    connection: Connection | None = None
    try:
        with patience.wait():
            loop = asyncio.get_running_loop()
            _, connection = await loop.create_connection(lambda: Connection(target), target.host, target.port)
            if passing == "proxy":
                connection.write(proxy_v2(client))
            connection.greeting = await connection.next_reply()
            if target.tls != "none" and connection.greeting.code == 220:
                await connection.start_tls()
            if passing == "xclient" and client is not None and connection.greeting.code == 220:
                connection.greeting = await introduce(connection, client, names)
            return connection
    except TimeoutError:
        error = BackendError("backend.timeout", target=str(target), seconds=patience.seconds)
    except OSError as reason:
        error = BackendError("backend.unreachable", target=str(target), why=why_not(reason))
    except BackendError as reason:
        error = reason
    except asyncio.CancelledError:
        if connection is not None:
            connection.abort()
        raise
    finally:
        if patience is not timeout:
            patience.end()
    if connection is not None:
        connection.abort()
    if target.tls != "opportunistic" or error.code != "backend.tls":
        raise error
    rest = max(0.0, patience.seconds - (time.monotonic() - began))
    connection = await connect(replace(target, tls="none"), client=client, passing=passing, names=names, timeout=rest)
    connection.plain_because = error
    return connection


class Connection(asyncio.Protocol):
    """One connection to the backend; made by `connect`.

    Attributes:
        greeting: the backend's first reply.
        encrypted: whether TLS is on.
        lost: whether the connection is gone.
        plain_because: why TLS, which was wanted where it can be had, is not on.
    """

    greeting: Reply

    def __init__(self, target: Target) -> None:
        self.target = target
        self.encrypted = False
        self.lost = False
        self.plain_because: BackendError | None = None
        self._transport: asyncio.Transport
        self._parser = ReplyParser()
        self._replies: deque[Reply] = deque()
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._receiver: Receiver | None = None
        self._write_paused = False

    # ---- for whoever uses it

    def write(self, data: bytes) -> None:
        """Sends bytes as they are. After a loss they are dropped: `backend_lost` has told it."""
        if not self._transport.is_closing():
            self._transport.write(data)

    async def command(self, line: bytes, seconds: float | None = None) -> Reply:
        """Sends one command line (its CRLF is added) and waits for its reply, `seconds` at most.

        Raises:
            BackendError: `backend.lost`, `.timeout`, `.garbled`.
        """
        self.write(line + b"\r\n")
        return await self.next_reply(seconds)

    async def next_reply(self, seconds: float | None = None) -> Reply:
        """The next reply that nobody has had yet. Raises as `command`."""
        if self._receiver is not None:
            raise RuntimeError("the connection was handed over: its receiver gets the replies")
        if seconds is not None:
            try:
                async with asyncio.timeout(seconds):
                    return await self.next_reply()
            except TimeoutError:
                raise BackendError("backend.timeout", target=str(self.target), seconds=seconds) from None
        while not self._replies:
            if self.lost:
                raise self._error or BackendError("backend.lost", target=str(self.target))
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self._replies.popleft()

    def hand_over(self, receiver: Receiver) -> None:
        """From now on `receiver` is told everything; first the greeting, with what came of itself behind it."""
        self._receiver = receiver
        if self._replies:
            receiver.backend_replied_at_once([self.greeting, *self._replies])
            self._replies.clear()
        else:
            receiver.backend_replied(self.greeting)
        if self.lost:
            receiver.backend_lost(self._error)
            self._receiver = None
        elif self._write_paused:
            receiver.backend_pause()

    def pause_reading(self) -> None:
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self) -> None:
        """Sends what is still buffered and closes; no QUIT is added."""
        if not self._transport.is_closing():  # asyncio's TLS transport can do nothing more after a second close
            self._transport.close()

    def abort(self) -> None:
        """Closes at once; what was buffered is dropped."""
        self._transport.abort()

    async def start_tls(self) -> None:
        """EHLO and STARTTLS; whoever comes after says EHLO anew (RFC 3207 4.2). After an error it can say no more.

        Raises:
            BackendError: `backend.tls` and as `command`.
        """
        offer = await self.command(b"EHLO " + self.own_name())
        if not (offer.code == 250 and any(word.strip().upper() == b"STARTTLS" for word in offer.words[1:])):
            raise self._no_tls("it is not offered")
        answer = await self.command(b"STARTTLS")
        if answer.code != 220:
            raise self._no_tls(answer.one_line)
        self._parser = ReplyParser()
        self._replies.clear()
        try:
            transport = await asyncio.get_running_loop().start_tls(
                self._transport, self, _tls_context(), ssl_handshake_timeout=HANDSHAKE_SECONDS
            )
        except (ssl.SSLError, ConnectionError) as error:
            raise self._no_tls(str(error) or "the connection was lost in the handshake") from None
        if transport is None:
            raise self._no_tls("the connection was lost in the handshake")
        self._transport = transport
        self.encrypted = True

    def _no_tls(self, why: str) -> BackendError:
        return BackendError("backend.tls", target=str(self.target), why=why)

    def own_name(self) -> bytes:
        """For EHLO, where the gate speaks for itself: an address literal (RFC 5321 4.1.3), it has no better name."""
        return self._literal("sockname")

    def peer_name(self) -> bytes:
        """The address that was reached, as an address literal."""
        return self._literal("peername")

    def _literal(self, end: str) -> bytes:
        host = str(self._transport.get_extra_info(end)[0]).partition("%")[0]
        return f"[IPv6:{host}]".encode() if ":" in host else f"[{host}]".encode()

    # ---- for the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=WRITE_HIGH_WATER)

    def data_received(self, data: bytes) -> None:
        receiver = self._receiver
        if self._parser.empty and (reply := whole_reply(data)) is not None:
            if receiver is not None:
                receiver.backend_replied(reply)
                return
            replies: Sequence[Reply] = (reply,)
        else:
            replies = self._parsed(data)
        if receiver is None:
            self._replies.extend(replies)
            self._wake()
        elif len(replies) == 1:
            receiver.backend_replied(replies[0])
        elif replies:
            receiver.backend_replied_at_once(replies)

    def _parsed(self, data: bytes) -> Sequence[Reply]:
        try:
            return self._parser.feed(data)
        except ReplyError as error:
            self._error = BackendError("backend.garbled", target=str(self.target), why=str(error))
            self._transport.abort()
            return error.before

    def pause_writing(self) -> None:
        self._write_paused = True
        if self._receiver is not None:
            self._receiver.backend_pause()

    def resume_writing(self) -> None:
        self._write_paused = False
        if self._receiver is not None:
            self._receiver.backend_resume()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if self._error is None and exc is not None:
            self._error = BackendError("backend.lost", target=str(self.target), why=str(exc))
        if self._receiver is not None:
            self._receiver.backend_lost(self._error)
            self._receiver = None  # or either would hold the other, until the collector finds them
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


@cache
def _tls_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
