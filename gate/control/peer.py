"""One client of the control socket, as the gate sees it: greeted, its calls answered, told events.

Lines and backlogs are bounded, calls run one after the other, garbage ends the connection, and a client that does not
read gets one `resync` instead of what it missed, or the door where it reads nothing at all.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Literal

import msgspec

from gate import __version__, trouble
from gate.control import codec
from gate.control.messages import INTERNAL_ERROR, NAME, REFUSED, Event, FaultData, Hello, Subscribed
from gate.errors import Fault
from gate.forms import Form

By = Literal["app", "cli"]
Answer = Callable[[str, Form, By], Awaitable[Form]]
"""Method, parameters, by whom, to result; raises `Fault` for a refusal."""

BACKLOG_LIMIT = 1024 * 1024
"""Bytes waiting for a client to read beyond which it gets no more events but a `resync`."""
GARBAGE_LIMIT = 20
"""Messages in a row that are none, then the connection is closed."""
CHUNK = 64 * 1024
WRITE_SECONDS = 60.0
"""A client that takes nothing of what waits for it for so long is cut off."""
GOODBYE_SECONDS = 2.0

_log = logging.getLogger(__name__)


class Peer:
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
                await asyncio.wait_for(self._writer.wait_closed(), GOODBYE_SECONDS)
            self.abort()

    async def _read(self) -> None:
        lines = codec.LineBuffer()
        while not self._finishing and (data := await self._reader.read(CHUNK)):
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
