"""The gate's end of the control socket: greets, takes calls, tells events.

One bad client never hurts the gate or another client: lines and backlogs are bounded, calls of one client run one after
the other, garbage ends its own connection, and a client that does not read gets one `resync` instead of what it missed,
or the door where it reads nothing at all. It knows no method: calls go to the `Answer` function it is given.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, ClassVar, Literal

import msgspec

from gate import __version__, trouble
from gate.control import codec
from gate.control.messages import INTERNAL_ERROR, NAME, REFUSED, Event, EventKind, FaultData, Hello, Subscribed
from gate.errors import Fault
from gate.events import Events
from gate.folders import is_own
from gate.forms import Form

By = Literal["app", "cli"]
Answer = Callable[[str, Form, By], Awaitable[Form]]
"""Method, parameters, by whom, to result; raises `Fault` for a refusal."""

CLIENT_LIMIT = 64
BACKLOG_LIMIT = 1024 * 1024
"""Bytes waiting for a client to read beyond which it gets no more events but a `resync`."""
GARBAGE_LIMIT = 20
"""Messages in a row that are none, then the connection is closed."""
_CHUNK = 64 * 1024
WRITE_SECONDS = 60.0
"""A client that takes nothing of what waits for it for so long is cut off."""
_GOODBYE_SECONDS = 2.0

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
        self._clients: set[_Client] = set()
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
        self._server = await asyncio.start_unix_server(self._connected, sock=listening, limit=_CHUNK)
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
            _, late = await asyncio.wait(self._tasks, timeout=_GOODBYE_SECONDS)
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
        client = _Client(reader, writer, self._answer, self._subscribing)
        task = asyncio.get_running_loop().create_task(client.run())
        self._clients.add(client)
        self._tasks.add(task)
        task.add_done_callback(lambda ended: self._ended(client, ended))

    def _ended(self, client: "_Client", task: asyncio.Task[None]) -> None:
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


class _Client:
    """One connection.

    Attributes:
        busy: in a call.
        subscribed: told of events.
        behind: does not read its events as fast as they come.
        last_heard: loop time of the last complete message.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer, seq: Callable[[], int]
    ) -> None:
        self._reader, self._writer, self._answer, self._seq = reader, writer, answer, seq
        self._by: By = "app"
        self.subscribed = False
        self._held: list[bytes] | None = None
        """Events that came between asking and the answer to `subscribe`."""
        self._catching_up: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self.busy = False
        self._finishing = False
        self._garbage = 0
        self.last_heard = asyncio.get_running_loop().time()

    @property
    def behind(self) -> bool:
        return self._catching_up is not None

    def abort(self) -> None:
        self._writer.transport.abort()

    def finish(self) -> None:
        """End after the call under way."""
        self._finishing = True
        if not self.busy and self._reading is not None:
            self._reading.cancel()

    async def run(self) -> None:
        """The connection's whole life; it ends with it closed."""
        self._reading = asyncio.current_task()
        try:
            await self._write(codec.encode_hello(Hello(version=__version__)))
            await self._read()
        except OSError:  # it went away, or does not read
            self.abort()
        except asyncio.CancelledError:
            if not self._finishing:
                raise
        finally:
            self.subscribed = False
            if self._catching_up is not None:
                self._catching_up.cancel()
            self._writer.close()
            with suppress(OSError):
                await asyncio.wait_for(self._writer.wait_closed(), _GOODBYE_SECONDS)
            self.abort()

    async def _read(self) -> None:
        lines = codec.LineBuffer()
        while not self._finishing and (data := await self._reader.read(_CHUNK)):
            try:
                complete = lines.feed(data)
            except codec.CodecError as problem:
                await self._write(codec.encode_fault(None, problem.number, problem))
                return
            for line in complete:
                self.last_heard = asyncio.get_running_loop().time()
                await self._handle(line)
                if self._garbage >= GARBAGE_LIMIT or self._finishing:
                    return
                await asyncio.sleep(0)  # a flood must leave the loop to others

    async def _handle(self, line: bytes) -> None:
        self.busy = True
        try:
            answer = await self._reply(line)
            if answer:
                await self._write(answer)
            self._release_events()
        finally:
            self.busy = False

    async def _reply(self, line: bytes) -> bytes:
        """The line to answer with; empty for a notification."""
        try:
            request = codec.decode_request(line)
            if request.method == "hello":
                hello = codec.decode_as(request.params, Hello)
                self._by = "cli" if isinstance(hello, Hello) and hello.name == NAME else "app"
                return b""
            params = codec.decode_params(request)
        except codec.CodecError as problem:
            self._garbage += 1
            return codec.encode_fault(problem.id, problem.number, problem)
        self._garbage = 0
        try:
            result = await self._call(request.method, params)
            answer = codec.encode_result(request.answers_to, result)
        except Fault as fault:
            answer = codec.encode_fault(request.answers_to, REFUSED, fault)
        except Exception:  # noqa: BLE001 (the outermost edge of a call)
            reference = trouble.keep(_log, f"{request.method} failed")
            data = FaultData(code="control.internal", params={"reference": reference})
            message = f"Something went wrong inside the gate; its log tells more under {reference}"
            answer = codec.encode_error(request.answers_to, INTERNAL_ERROR, message, data)
        return b"" if request.id is msgspec.UNSET else answer

    async def _call(self, method: str, params: Form) -> Form:
        if method != "subscribe":
            return await self._answer(method, params, self._by)
        self.subscribed = True
        self._held = []
        seq = self._seq()
        try:
            found = await self._answer(method, params, self._by)
        except BaseException:
            self.subscribed, self._held = False, None
            raise
        assert isinstance(found, Subscribed)  # noqa: S101 (METHODS says so)
        return Subscribed(seq=seq, status=found.status, undo=found.undo, redo=found.redo)

    async def _write(self, line: bytes) -> None:
        if self._writer.is_closing():  # uvloop raises RuntimeError for a write then
            raise ConnectionResetError("the client is gone")
        self._writer.write(line)
        await asyncio.wait_for(self._writer.drain(), WRITE_SECONDS)

    # ------------------------------------------------------------ events

    def tell(self, line: bytes) -> None:
        """Send an event if this client wants events and reads them. Returns at once."""
        if not self.subscribed or self._catching_up is not None or self._writer.is_closing():
            return
        if self._held is not None:
            self._held.append(line)
        elif self._writer.transport.get_write_buffer_size() > BACKLOG_LIMIT:
            self._catching_up = asyncio.get_running_loop().create_task(self._catch_up())
        else:
            self._writer.write(line)

    def _release_events(self) -> None:
        held, self._held = self._held, None
        for line in held or ():
            self.tell(line)

    async def _catch_up(self) -> None:
        try:
            await self._write(b"")  # until there is room
            await self._write(codec.encode_event(Event(seq=self._seq(), kind="resync")))
        except OSError:  # it went away, or reads nothing
            self.abort()
            return
        self._catching_up = None
