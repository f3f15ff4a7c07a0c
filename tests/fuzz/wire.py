"""Scripts played over real sockets: the front in this process, many sessions at once, with TLS, silence and loss.

One front a house; each session's backend is found again by the PROXY header that names its client.
"""

import asyncio
import contextlib
import logging
import random
import ssl
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import trustme

from gate.backend.client_address import ClientAddress, parse_proxy_v2
from gate.backend.connection import Connection, connect
from gate.backend.target import Target
from gate.config import LimitsSection, TlsSection
from gate.smtp.server import SmtpFront
from tests.fuzz.backend import Backend, Heard, heard_of
from tests.fuzz.laws import check, replies_of
from tests.fuzz.pure import refusal
from tests.fuzz.script import Kind, Script, Step
from tests.fuzz.worlds import World
from tests.wire.front import Knowledge, Rows, config_of
from tests.wire.transcript import KEY

LIMITS = LimitsSection(
    connections=1000,
    connections_per_client=1000,
    message_bytes=10_000,
    command_seconds=1.5,
    data_idle_seconds=1.5,
    final_reply_seconds=1.5,
    session_seconds=15,
)
LONGEST = 60.0
"""No session takes longer, however slow the machine: the limits above are a quarter of it, all together."""
AT_ONCE = 12
"""Sessions of one house."""


class Behind(Knowledge):
    """The backend takes the client's address, and one domain is known to take every name."""

    async def acquainted(self, client: ClientAddress) -> None:
        """Nothing must be known of it."""

    async def connect(self, client: ClientAddress | None) -> Connection:
        return await connect(self.target, client=client, passing="proxy", timeout=LONGEST)

    def refusal(self, domain: str, path: bytes) -> bytes | None:
        return refusal(domain, path)


@dataclass
class House:
    """A front and its backend. `calls`: who is behind a client's port."""

    front: SmtpFront
    port: int
    trust: ssl.SSLContext
    calls: "defaultdict[int, asyncio.Future[Heard]]"


@contextlib.asynccontextmanager
async def house(world: World, *, normalize: bool, pair: Path, trust: ssl.SSLContext) -> AsyncIterator[House]:
    calls: defaultdict[int, asyncio.Future[Heard]] = defaultdict(asyncio.get_running_loop().create_future)
    busy: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        busy.add(task)
        try:
            await _serve(reader, writer, calls)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            busy.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=500)
    config = config_of(
        limits=LIMITS,
        tls=TlsSection(certificate=str(pair), key=str(pair)),
        recipient_delimiter=world.delimiter,
        bare_newline="normalize" if normalize else "reject",
        trusted=["127.0.0.0/8"] if world.trusted else [],
    )
    front = SmtpFront(config, world.guard.decide, Behind(Target(*server.sockets[0].getsockname()[:2])), Rows(), KEY)
    terms = replace(front.settings.terms, error_seconds=0.01)
    front.settings = replace(front.settings, terms=terms)
    try:
        listen = (await front.open())[0]
        yield House(front, int(listen.rpartition(":")[2]), trust, calls)
    finally:
        await front.close()
        await front.drain(0.0)
        server.close()
        for task in list(busy):
            task.cancel()
        if busy:
            await asyncio.wait(busy)


async def _serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, calls: "defaultdict[int, asyncio.Future[Heard]]"
) -> None:
    header = b""
    while (found := parse_proxy_v2(header)) is None:
        header += await reader.readexactly(1)
    assert found.client is not None
    try:
        heard = await asyncio.wait_for(calls[found.client.port], 5.0)
    except TimeoutError:  # the client has gone again
        return
    finally:
        calls.pop(found.client.port, None)
    rng = random.Random(f"backend {heard.script.seed}")
    backend = Backend(heard, rng)
    while True:
        for reply in backend.out:
            if reply is None:
                await asyncio.sleep(rng.choice([0.0, 0.01, 0.1]))
            elif not reply:
                return
            else:
                await _send(writer, reply, rng)
        backend.out.clear()
        data = await reader.read(rng.choice([1, 7, 65_536, 65_536]))
        if not data:
            return
        backend.receive(data)


async def _send(writer: asyncio.StreamWriter, data: bytes, rng: random.Random) -> None:
    """In pieces, each in a packet of its own if the system will."""
    size = rng.choice([len(data)] * 6 + [1, 5, 30]) or 1
    for at in range(0, len(data), size):
        writer.write(data[at : at + size])
        await writer.drain()
        if size < len(data):
            await asyncio.sleep(0)


class Caller:
    """The client's side of one session."""

    def __init__(self, heard: Heard, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.script, self.heard, self.reader, self.writer = heard.script, heard, reader, writer
        self.rng = heard.script.rng
        self.ended = False

    async def call(self, trust: ssl.SSLContext) -> None:
        await self._heard_all()
        for step in self.script.steps:
            if self.ended or await self._step(step, trust):
                break
        while not self.ended:
            await self._hear()

    @contextlib.contextmanager
    def _reset(self) -> Iterator[None]:
        """A gate that has said its last word waits some seconds for the client; a slower one may lose that word."""
        try:
            yield
        except OSError:
            self.heard.strict = False

    async def _hear(self) -> None:
        data = b""
        with self._reset():
            data = await self.reader.read(65_536)
        self.ended = not data
        self.heard.told += data

    async def _heard_all(self) -> None:
        """Waits for a reply to all that was asked, as far as that can be told."""
        while not self.ended and self.heard.strict and len(replies_of(self.heard.told)) < len(self.heard.asked):
            await self._hear()

    async def _say(self, data: bytes) -> None:
        with self._reset():
            await _send(self.writer, data, self.rng)

    async def _step(self, step: Step, trust: ssl.SSLContext) -> bool:
        """Whether nothing more is to be said."""
        kind = step.kind
        if kind is Kind.STALL:
            return True
        if kind is Kind.GONE:
            self.heard.strict = False
            self.writer.transport.abort()
            self.ended = True
            return True
        if kind is Kind.EOF:
            with contextlib.suppress(OSError, NotImplementedError):  # it has ended; TLS has no half
                self.writer.write_eof()
            return True
        if kind is Kind.SAY or not self.heard.strict:
            lines = step.lines if kind is Kind.SAY else (b"DATA",)
            self.heard.asked += lines
            self.heard.strict &= all(line.strip().upper() != b"DATA" for line in lines)
            await self._say(b"".join(line + b"\r\n" for line in lines) + step.message)
            if self.rng.random() < 0.6:
                await self._heard_all()
        elif kind is Kind.STARTTLS:
            await self._start_tls(step.lines, trust)
        else:
            await self._message(step)
        return False

    async def _message(self, step: Step) -> None:
        await self._heard_all()
        self.heard.asked.append(b"DATA")
        if step.kind is Kind.EARLY:
            self.heard.strict = False
            await self._say(b"DATA\r\n" + step.message)
            return
        await self._say(b"DATA\r\n")
        await self._heard_all()
        if self.ended or replies_of(self.heard.told)[-1][:3] != b"354":
            return
        self.heard.strict &= (b"\r\n" + step.message).endswith(b"\r\n.\r\n")
        self.heard.asked.append(b"message")
        await self._say(step.message)
        await self._heard_all()
        if self.heard.strict and replies_of(self.heard.told)[-1][:3] == b"250":
            self.heard.acknowledged += len(replies_of(self.heard.told)) == len(self.heard.asked)

    async def _start_tls(self, behind: tuple[bytes, ...], trust: ssl.SSLContext) -> None:
        await self._heard_all()
        self.heard.asked.append(b"STARTTLS")
        before = len(self.heard.asked)
        # In one packet, or what is behind could arrive after the 220 and be taken for a handshake.
        self.writer.write(b"".join(line + b"\r\n" for line in (b"STARTTLS", *behind)))
        while not self.ended and self.heard.strict and len(replies_of(self.heard.told)) < before:
            await self._hear()
        replies = replies_of(self.heard.told)
        if len(replies) >= before and replies[before - 1].startswith(b"220"):
            try:
                await self.writer.start_tls(trust, server_hostname="mail.test")
            except OSError:
                self.ended = True
                self.heard.strict = False
        else:
            self.heard.asked += behind
            self.heard.strict &= b"DATA" not in behind
            await self._heard_all()


async def _played(script: Script, where: House) -> list[str]:
    heard = heard_of(script)
    try:
        async with asyncio.timeout(LONGEST):
            reader, writer = await asyncio.open_connection("127.0.0.1", where.port)
            port = writer.get_extra_info("sockname")[1]
            where.calls[port].set_result(heard)
            try:
                await Caller(heard, reader, writer).call(where.trust)
            finally:
                where.calls.pop(port, None)
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except TimeoutError:
        return [*heard.broken, "gate: a session outlived its limit"]
    return check(heard, closed=True, exact=False)


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"gate: it logged {self.format(record)}")


async def play_all(scripts: Iterable[Script]) -> dict[int, list[str]]:
    """The laws that were broken, by seed; -1: not told by whom."""
    broken: dict[int, list[str]] = {}
    groups: defaultdict[tuple[World, bool], list[Script]] = defaultdict(list)
    for script in scripts:
        groups[script.world, script.normalize].append(script)
    authority, errors = trustme.CA(), _Errors()
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    for name in ("gate", "asyncio"):
        logging.getLogger(name).addHandler(errors)
    level = logging.getLogger("gate").level
    logging.getLogger("gate").setLevel(logging.ERROR)
    try:
        with tempfile.TemporaryDirectory() as folder:
            pair = Path(folder) / "pair.pem"
            authority.issue_cert("mail.test").private_key_and_cert_chain_pem.write_to_path(str(pair))
            async with asyncio.TaskGroup() as all_houses:
                for (world, normalize), some in groups.items():
                    place = house(world, normalize=normalize, pair=pair, trust=trust)
                    all_houses.create_task(_play_some(some, place, broken))
    finally:
        logging.getLogger("gate").setLevel(level)
        for name in ("gate", "asyncio"):
            logging.getLogger(name).removeHandler(errors)
    if errors.lines:
        broken.setdefault(-1, []).extend(errors.lines)
    return broken


async def _play_some(
    scripts: list[Script], place: contextlib.AbstractAsyncContextManager[House], broken: dict[int, list[str]]
) -> None:
    left = iter(scripts)
    async with place as where:

        async def one_after_another() -> None:
            for script in left:
                if found := await _played(script, where):
                    broken[script.seed] = found

        await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))
        await where.front.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(where.front.drain(LONGEST), LONGEST / 2)
        if where.front.sessions:
            broken[-1] = [f"gate: {where.front.sessions} sessions outlived their clients"]
