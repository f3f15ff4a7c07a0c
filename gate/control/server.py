"""The gate's end of the control socket: greets, takes calls, tells events.

One bad client never hurts the gate or another client: there are so many at most, and each is bounded (see `peer`). It
knows no method: calls go to the `Answer` function it is given.
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from gate.control import codec
from gate.control.messages import REFUSED, Event, EventKind
from gate.control.peer import CHUNK, GOODBYE_SECONDS, Answer, Peer
from gate.errors import Fault
from gate.events import Events
from gate.folders import is_own

CLIENT_LIMIT = 64

_log = logging.getLogger(__name__)


class ServerError(Fault):
    """A client is not served."""

    texts: ClassVar[Mapping[str, str]] = {
        "control.full": "The gate does not answer: {limit} others are connected to it and all are busy",
    }


class ControlServer:
    """All clients of one control socket. Lives on one event loop; `events` may be published from any thread."""

    def __init__(self, answer: Answer, events: Events) -> None:
        self._answer = answer
        self._events = events
        self._clients: set[Peer] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._unsubscribe: Callable[[], None] = lambda: None
        self._unfollow: Callable[[], None] | None = None
        self._seq = 0

    @property
    def clients(self) -> int:
        """Connections under way."""
        return len(self._clients)

    async def open(self, listening: socket.socket) -> None:
        """Serve what connects to `listening` (from `transport.listen`)."""
        self._server = await asyncio.start_unix_server(self._connected, sock=listening, limit=CHUNK)
        self._unsubscribe = self._events.subscribe(self._news(), "state", "lists", "leak", "resync")

    def _news(self) -> Callable[[EventKind, Any], None]:
        loop = asyncio.get_running_loop()

        def news(kind: EventKind, data: Any) -> None:
            with suppress(RuntimeError):  # the loop has just been closed
                loop.call_soon_threadsafe(self._tell, kind, data)

        return news

    def _follow_decisions(self) -> None:
        """Hear of decisions while a client wants to be told: those that nobody hears of need not be made into news."""
        wanted = any(client.subscribed for client in self._clients)
        if wanted and self._unfollow is None:
            self._unfollow = self._events.subscribe(self._news(), "decisions")
        elif not wanted and self._unfollow is not None:
            self._unfollow()
            self._unfollow = None

    async def close(self) -> None:
        """Stop listening, let answers under way be written, and end every connection."""
        self._unsubscribe()
        if self._server is not None:
            self._server.close()
        for client in list(self._clients):
            client.finish()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=GOODBYE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._unfollow is not None:
            self._unfollow()
        if self._server is not None:
            await self._server.wait_closed()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not is_own(writer.get_extra_info("socket")):
            writer.transport.abort()
            return
        if not self._make_room():
            full = ServerError("control.full", limit=CLIENT_LIMIT)
            writer.write(codec.encode_fault(None, REFUSED, full))
            writer.close()
            return
        client = Peer(reader, writer, self._answer, self._subscribing)
        task = asyncio.get_running_loop().create_task(client.run())
        self._clients.add(client)
        self._tasks.add(task)
        task.add_done_callback(lambda ended: self._ended(client, ended))

    def _ended(self, client: Peer, task: asyncio.Task[None]) -> None:
        self._clients.discard(client)
        self._tasks.discard(task)
        self._follow_decisions()
        if not task.cancelled() and (problem := task.exception()) is not None:
            _log.error("a control connection failed", exc_info=problem)

    def _make_room(self) -> bool:
        """At the limit one goes: who has nothing to do here, else who does not read its events, else a listener; of
        these the one that has been silent longest. A call under way is never cut."""
        if len(self._clients) < CLIENT_LIMIT:
            return True
        free = [client for client in self._clients if not client.busy]
        if not free:
            _log.warning("too many control clients (%d); another was turned away", len(self._clients))
            return False
        oldest = min(free, key=lambda client: (client.subscribed, not client.behind, client.last_heard))
        if oldest.subscribed:
            _log.warning("too many control clients (%d); a listener was cut off for another", len(self._clients))
        self._clients.discard(oldest)
        oldest.abort()
        return True

    def _subscribing(self) -> int:
        """The number of the last event; what comes after it is heard."""
        self._follow_decisions()
        return self._seq

    def _tell(self, kind: EventKind, data: Any) -> None:
        self._seq += 1
        if not any(client.subscribed and not client.behind for client in self._clients):
            return
        try:
            line = codec.encode_event(Event(seq=self._seq, kind=kind, data=data))
        except codec.CodecError:  # too long for one message: whoever listens has to ask
            line = codec.encode_event(Event(seq=self._seq, kind="resync"))
        for client in self._clients:
            client.tell(line)
