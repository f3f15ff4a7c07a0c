"""The backend's side of a session over real sockets: greeting, order, loss, back-pressure, STARTTLS."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence

import pytest
import trustme

from gate.backend.client_address import ClientAddress, proxy_v2
from gate.backend.connection import BackendError, Target, Tls, connect
from gate.backend.reply import Reply

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
CLIENT = ClientAddress("203.0.113.5", 40001, "127.0.0.1", 25)


def play(
    serve: Serve,
    story: Callable[[Target], Awaitable[None]],
    tls: Tls = "none",
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> None:
    """Runs the story against a server that does with each connection what `serve` says."""

    async def whole() -> None:
        ended: list[asyncio.Future[None]] = []

        async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            done = asyncio.get_running_loop().create_future()
            ended.append(done)
            try:
                await serve(reader, writer)
            except ConnectionError:
                pass
            finally:
                writer.transport.abort()
                done.set_result(None)

        server = await asyncio.start_server(session, "127.0.0.1", 0)
        async with server, asyncio.timeout(20):
            await story(Target("127.0.0.1", server.sockets[0].getsockname()[1], tls))
            await asyncio.gather(*ended)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(whole())


class Witness:
    """A receiver that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.lost = asyncio.get_running_loop().create_future()
        self.paused = asyncio.Event()
        self.resumed = asyncio.Event()

    def backend_replied(self, reply: Reply) -> None:
        self.told.append((reply.code,))

    def backend_replied_at_once(self, replies: Sequence[Reply]) -> None:
        assert len(replies) > 1
        self.told.append(tuple(reply.code for reply in replies))

    def backend_lost(self, exc: Exception | None) -> None:
        self.told.append(exc)
        self.lost.set_result(None)

    def backend_pause(self) -> None:
        self.paused.set()

    def backend_resume(self) -> None:
        self.resumed.set()


def test_the_header_goes_first_and_the_replies_come_in_order() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        header = proxy_v2(CLIENT)
        assert await reader.readexactly(len(header)) == header
        writer.write(b"220-mail.example\r\n220 ready\r\n")
        assert await reader.readline() == b"EHLO x\r\n"
        writer.write(b"250 hello\r\n250 one too many\r\n421 bye\r\n")
        await writer.drain()

    async def story(target: Target) -> None:
        connection = await connect(target, client=CLIENT, passing="proxy", timeout=10)
        assert connection.greeting.text == "220-mail.example\n220 ready"
        assert (await connection.command(b"EHLO x", 10)).text == "250 hello"
        witness = Witness()
        connection.hand_over(witness)
        await witness.lost
        assert witness.told[0] == (220, 250, 421)
        connection.write(b"into nothing")

    play(serve, story)


def test_a_loss_is_told_to_whoever_waits() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        await reader.readline()

    async def story(target: Target) -> None:
        connection = await connect(target, timeout=10)
        with pytest.raises(BackendError) as caught:
            await connection.command(b"EHLO x", 10)
        assert caught.value.code == "backend.lost"
        assert connection.lost

    play(serve, story)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"", "backend.lost"),
        (b"SSH-2.0-OpenSSH\r\n", "backend.garbled"),
        (b"220-half a greeting\r\n", "backend.lost"),
    ],
)
def test_what_does_not_greet_is_no_backend(said: bytes, code: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.close()
        await writer.wait_closed()

    async def story(target: Target) -> None:
        with pytest.raises(BackendError) as caught:
            await connect(target, timeout=10)
        assert caught.value.code == code
        assert "\n" not in str(caught.value)

    play(serve, story)


def test_a_silent_backend_and_none_at_all() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    gone: list[Target] = []

    async def story(target: Target) -> None:
        gone.append(target)
        with pytest.raises(BackendError) as caught:
            await connect(target, timeout=0.05)
        assert caught.value.code == "backend.timeout"

    play(serve, story)
    with pytest.raises(BackendError) as caught:
        asyncio.run(connect(gone[0], timeout=10))
    assert caught.value.code == "backend.unreachable"
    assert str(gone[0]) in str(caught.value)


def test_a_refusing_greeting_is_handed_on() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"421 4.3.2 too busy\r\n")
        await reader.read()

    async def story(target: Target) -> None:
        connection = await connect(target, timeout=10)
        assert connection.greeting.code == 421
        connection.close()

    play(serve, story, "opportunistic")


def test_back_pressure_is_told_both_ways() -> None:
    go_on = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        await go_on.wait()
        size = 0
        while size < total:
            size += len(await reader.read(1 << 20))
        writer.write(b"250 all there\r\n")
        await writer.drain()

    total = 64 * (1 << 20)

    async def story(target: Target) -> None:
        connection = await connect(target, timeout=10)
        witness = Witness()
        connection.hand_over(witness)
        connection.write(bytes(total))
        await witness.paused.wait()
        go_on.set()
        await witness.resumed.wait()
        await witness.lost
        assert witness.told[:2] == [(220,), (250,)]

    play(serve, story)


def test_reading_can_be_paused() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        await reader.readline()
        writer.write(b"250 one\r\n")
        await reader.read()

    async def story(target: Target) -> None:
        connection = await connect(target, timeout=10)
        connection.pause_reading()
        with pytest.raises(BackendError):
            await connection.command(b"NOOP", 0.05)
        connection.resume_reading()
        assert (await connection.next_reply(10)).code == 250
        connection.close()
        connection.pause_reading()

    play(serve, story)


def starttls_server(context: ssl.SSLContext, injected: bytes) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        assert (await reader.readline()).startswith(b"EHLO [127.0.0.1]")
        writer.write(b"250-mail.example\r\n250 STARTTLS\r\n")
        assert await reader.readline() == b"STARTTLS\r\n"
        writer.write(b"220 go\r\n" + injected)
        await writer.drain()
        await writer.start_tls(context)
        assert await reader.readline() == b"EHLO x\r\n"
        writer.write(b"250 inside\r\n")
        await writer.drain()

    return serve


def test_what_was_sent_before_tls_is_dropped() -> None:
    """CVE-2011-0411 and its kin: a reply put in before TLS must not answer a command within."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("mail.example").configure_cert(context)

    async def story(target: Target) -> None:
        connection = await connect(target, timeout=10)
        assert connection.encrypted
        assert (await connection.command(b"EHLO x", 10)).text == "250 inside"
        connection.abort()

    play(starttls_server(context, b""), story, "require")
    play(starttls_server(context, b"250 injected\r\n"), story, "require")


def test_the_loop_may_be_uvloop() -> None:
    uvloop = pytest.importorskip("uvloop")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("mail.example").configure_cert(context)

    async def story(target: Target) -> None:
        connection = await connect(target, timeout=10)
        assert (await connection.command(b"EHLO x", 10)).text == "250 inside"
        connection.abort()

    play(starttls_server(context, b""), story, "require", uvloop.new_event_loop)
