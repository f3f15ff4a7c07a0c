"""A front for the wire tests: the real `SmtpFront` before a scripted or sinking backend on loopback."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field

from gate.backend.client_address import ClientAddress
from gate.backend.connection import Connection, connect
from gate.backend.target import BackendError, Target
from gate.config import Config, GateSection, LimitsSection, TlsSection
from gate.forms import Decision
from gate.guard import Guard
from gate.rules.ruleset import EntryRule, compile_ruleset
from gate.smtp.server import SmtpFront
from tests.wire.transcript import KEY, told_of

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
with contextlib.suppress(ImportError):  # none on Windows
    import uvloop

    LOOPS["uvloop"] = uvloop.new_event_loop

SECONDS = 10.0
"""No step of a test may take longer."""


def has_ipv6() -> bool:
    """Whether this machine has an IPv6 loopback."""
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


def play(story: Coroutine[object, object, None], loop: str) -> None:
    """Runs a test's story in one of `LOOPS`."""
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(story)


@dataclass
class Knowledge:
    """The front's view of a backend whose address is known and whose domains were probed: nothing is remembered."""

    target: Target
    learnt: dict[bytes, bytes] = field(default_factory=dict)
    taken: list[bytes] = field(default_factory=list)
    codes: list[tuple[str, int]] = field(default_factory=list)
    obstacle: BackendError | None = None
    ipv6: bool = True
    server_name: bytes = b""
    offers_tls: bool = False
    proxy: bool = False

    async def acquainted(self, client: ClientAddress) -> None:
        """Nothing must be known of it."""

    async def connect(self, client: ClientAddress | None) -> Connection:
        return await connect(self.target, client=client, passing="proxy" if self.proxy else "none", timeout=SECONDS)

    def refusal(self, domain: str, path: bytes) -> bytes | None:
        return told_of(self.learnt, domain, path)

    def decoy_accepted(self, path: bytes) -> None:
        self.taken.append(path)

    def refused_gate(self) -> None:
        """It is never examined."""

    def decoy_replied(self, domain: str, code: int) -> None:
        if code:
            self.codes.append((domain, code))


class Rows:
    """Takes decisions."""

    def __init__(self) -> None:
        self.decisions: asyncio.Queue[Decision] = asyncio.Queue()

    def record(self, decision: Decision) -> None:
        self.decisions.put_nowait(decision)


def guard_of(*denied: tuple[str, str]) -> Guard:
    guard = Guard()
    entries = [EntryRule(number, scope, "deny", pattern) for number, (scope, pattern) in enumerate(denied, 1)]
    guard.load(compile_ruleset((), entries, own_domains=("localhost",)))
    return guard


def config_of(*, limits: LimitsSection | None = None, tls: TlsSection | None = None, **gate: object) -> Config:
    section = GateSection(listen=["127.0.0.1:0"], **gate)  # type: ignore[arg-type]
    return Config(gate=section, limits=limits or LimitsSection(), tls=tls or TlsSection())


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Running:
    front: SmtpFront
    host: str
    port: int
    knowledge: Knowledge
    rows: Rows

    async def client(self, source: str | None = None) -> "Client":
        local = (source, 0) if source else None
        return Client(*await asyncio.open_connection(self.host, self.port, local_addr=local))


@contextlib.asynccontextmanager
async def front(
    handler: Handler, config: Config | None = None, guard: Guard | None = None, backlog: int = 2**22
) -> AsyncIterator[Running]:
    """A front before a backend that `handler` plays, one call a connection; afterwards all is closed. The backend
    itself holds twice `backlog` octets unread."""
    backend = await asyncio.start_server(handler, "127.0.0.1", 0, limit=backlog)
    host, port = backend.sockets[0].getsockname()[:2]
    rows, knowledge = Rows(), Knowledge(Target(host, port))
    smtp = SmtpFront(config or config_of(), (guard or guard_of()).decide, knowledge, rows, KEY)
    try:
        listen = (await smtp.open())[0]
        name, _, number = listen.rpartition(":")
        yield Running(smtp, name, int(number), knowledge, rows)
    finally:
        await smtp.close()
        await smtp.drain(0.0)
        backend.close()


class Client:
    """One end of a socket, in lines; every wait is bounded."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def line(self) -> bytes:
        """The next line with its end; empty: the other side has closed."""
        return await asyncio.wait_for(self.reader.readline(), SECONDS)

    async def reply(self) -> bytes:
        """The next whole reply, its lines with their ends."""
        lines = b""
        while True:
            line = await self.line()
            lines += line
            if line[3:4] != b"-":
                return lines

    async def ask(self, *commands: bytes) -> list[bytes]:
        """Sends commands in one go, and tells one reply for each."""
        self.send(b"".join(command + b"\r\n" for command in commands))
        return [await self.reply() for _ in commands]

    async def eof(self) -> bytes:
        """All that comes until the other side closes (or resets)."""
        try:
            return await asyncio.wait_for(self.reader.read(), SECONDS)
        except ConnectionError:
            return b""

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await asyncio.wait_for(self.writer.wait_closed(), SECONDS)


async def begin(client: Client) -> None:
    """Greeting and EHLO."""
    assert (await client.reply())[:3] == b"220"
    assert (await client.ask(b"EHLO client.test"))[0][:3] == b"250"


async def begin_message(client: Client, recipient: bytes = b"a@localhost") -> None:
    """Up to the 354."""
    replies = await client.ask(b"MAIL FROM:<user1@localhost>", b"RCPT TO:<%s>" % recipient, b"DATA")
    assert [reply[:3] for reply in replies] == [b"250", b"250", b"354"]


class Sink:
    """A backend that knows every name but those of 16 letters, and keeps what it gets: commands, messages.

    `hold`: while it is cleared, the reply to a message waits. `offer`: its EHLO lines. `takes_all`: it knows those too.
    """

    def __init__(self, *offer: bytes) -> None:
        self.offer = (b"mail.test", b"PIPELINING", b"SIZE 100000000", *offer)
        self.takes_all = False
        self.commands: list[bytes] = []
        self.messages: list[tuple[list[bytes], bytes]] = []
        self.cut = asyncio.Event()
        """A session was lost in the middle of a message."""
        self.received = asyncio.Event()
        """A message came to its end."""
        self.hold = asyncio.Event()
        self.hold.set()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"220 mail.test ESMTP\r\n")
            await self._session(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.cut.set()
        finally:
            writer.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipients: list[bytes] = []
        while line := await reader.readline():
            self.commands.append(line.removesuffix(b"\r\n"))
            verb, path = line[:4].upper(), line.partition(b"<")[2].partition(b">")[0]
            if verb == b"EHLO":
                lines = [b"250-" + text for text in self.offer[:-1]] + [b"250 " + self.offer[-1]]
                writer.write(b"\r\n".join(lines) + b"\r\n")
            elif verb == b"RCPT" and not self.takes_all and len(path.partition(b"@")[0]) == 16:
                writer.write(b"550 5.1.1 <" + path + b">: unknown\r\n")
            elif verb == b"RCPT":
                recipients.append(path)
                writer.write(b"250 2.1.5 Ok\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go\r\n")
                self.messages.append((recipients, await self._message(reader)))
                recipients = []
                self.received.set()
                await self.hold.wait()
                writer.write(b"250 2.0.0 kept\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 2.0.0 Bye\r\n")
                return
            else:
                writer.write(b"250 2.0.0 Ok\r\n")

    async def _message(self, reader: asyncio.StreamReader) -> bytes:
        lines = []
        while (line := await reader.readuntil(b"\n")) != b".\r\n":
            lines.append(line)
        return b"".join(lines)
