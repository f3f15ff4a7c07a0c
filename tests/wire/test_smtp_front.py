"""The front over real sockets: what transcripts cannot tell, such as limits, time, TLS, memory and the way out."""

import asyncio
import hashlib
import logging
import socket
import ssl
import tracemalloc
from pathlib import Path

import pytest
import trustme

from gate.backend.target import Target
from gate.config import TlsSection
from gate.guard import Guard
from gate.rules.address import Address
from gate.rules.ruleset import Verdict
from tests.wire.front import LOOPS, SECONDS, Sink, begin, begin_message, config_of, front, guard_of, play

pytestmark = pytest.mark.parametrize("loop", LOOPS)
DENIED = guard_of(("user2@localhost", "user1@localhost"))


def test_only_the_accepted_of_forty_recipients_receive(loop: str) -> None:
    async def story() -> None:
        sink = Sink()
        denied = [f"r{n}@localhost" for n in range(0, 40, 3)]
        async with front(sink, guard=guard_of(*((name, "user1@localhost") for name in denied))) as running:
            client = await running.client()
            await begin(client)
            names = [f"r{n}@localhost" for n in range(40)]
            replies = await client.ask(
                b"MAIL FROM:<user1@localhost>", *(f"RCPT TO:<{name}>".encode() for name in names), b"DATA"
            )
            for name, reply in zip(names, replies[1:], strict=False):
                expected = f"550 5.1.1 <{name}>: unknown\r\n" if name in denied else "250 2.1.5 Ok\r\n"
                assert reply.decode() == expected
            assert replies[-1][:3] == b"354"
            assert (await client.ask(b"x\r\n."))[0][:3] == b"250"
            # a second transaction, for another sender
            await client.ask(b"MAIL FROM:<user3@localhost>", b"RCPT TO:<r0@localhost>", b"DATA")
            assert (await client.ask(b"y\r\n.", b"QUIT"))[1][:3] == b"221"
            accepted = [name.encode() for name in names if name not in denied]
            assert sink.messages == [(accepted, b"x\r\n"), ([b"r0@localhost"], b"y\r\n")]
            rows = [await running.rows.decisions.get() for _ in range(41)]
            assert [row.recipient for row in rows if row.verdict == "refuse"] == denied
            assert rows[0].decoy and rows[0].pattern == "user1@localhost" and rows[0].scope == "r0@localhost"
            assert running.knowledge.codes == [("localhost", 550)] * len(denied)
            await client.close()

    play(story(), loop)


def test_a_large_message_streams_through_in_little_memory(loop: str) -> None:
    async def story() -> None:
        digest, done = hashlib.sha256(), asyncio.Event()

        async def backend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 mail.test\r\n")
            for reply in (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
                await reader.readline()
                writer.write(reply)
            tail = b""
            while tail != b"\r\n.\r\n":
                data = await reader.read(65_536)
                digest.update(data)
                tail = (tail + data)[-5:]
            writer.write(b"250 kept\r\n")
            await writer.drain()
            done.set()
            writer.close()

        chunk = (b"..stuffed " + b"x" * 888 + b"\r\n") * 75
        async with front(backend, backlog=2**16) as running:
            client = await running.client()
            await client.reply()
            for command in (b"MAIL FROM:<a@b.test>", b"RCPT TO:<a@localhost>", b"DATA"):
                await client.ask(command)
            sent = hashlib.sha256()
            tracemalloc.start()
            try:
                for _ in range(40_000_000 // len(chunk)):
                    sent.update(chunk)
                    client.send(chunk)
                    await client.writer.drain()
                sent.update(b".\r\n")
                assert await client.ask(b".") == [b"250 kept\r\n"]
                await asyncio.wait_for(done.wait(), SECONDS)
                assert tracemalloc.get_traced_memory()[1] < 8_000_000
            finally:
                tracemalloc.stop()
            assert digest.digest() == sent.digest()
            await client.close()

    play(story(), loop)


def test_a_client_that_vanishes_in_its_message_leaves_nothing(loop: str) -> None:
    async def story() -> None:
        sink = Sink()
        async with front(sink) as running:
            client = await running.client()
            await begin(client)
            await begin_message(client)
            client.send(b"half\r\n.\r")
            await client.close()
            await asyncio.wait_for(sink.cut.wait(), SECONDS)
            assert sink.messages == []

    play(story(), loop)


def test_starttls_forgets_what_was_said_before(loop: str, tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("mail.test")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "pair.pem"))
    trust = ssl.create_default_context()
    authority.configure_trust(trust)

    async def story() -> None:
        sink = Sink()
        tls = TlsSection(certificate=str(tmp_path / "pair.pem"))
        async with front(sink, config_of(tls=tls), DENIED) as running:
            client = await running.client()
            assert (await client.reply())[:3] == b"220"
            assert (await client.ask(b"EHLO client.test"))[0].endswith(b"250 STARTTLS\r\n")
            client.send(b"STARTTLS\r\nMAIL FROM:<evil@localhost>\r\nRCPT TO:<a@localhost>\r\n")
            assert (await client.reply())[:3] == b"220"
            await client.writer.start_tls(trust, server_hostname="mail.test")
            assert (await client.ask(b"MAIL FROM:<a@b.test>"))[0][:3] == b"503"
            assert b"STARTTLS" not in (await client.ask(b"EHLO client.test"))[0]
            assert (await client.ask(b"STARTTLS"))[0][:3] == b"554"
            replies = await client.ask(
                b"MAIL FROM:<user1@localhost>", b"RCPT TO:<user2@localhost>", b"RCPT TO:<b@localhost>"
            )
            assert [reply[:3] for reply in replies] == [b"250", b"550", b"250"]
            assert (await client.ask(b"DATA"))[0][:3] == b"354"
            assert (await client.ask(b"x\r\n.", b"QUIT"))[1][:3] == b"221"
            assert sink.messages == [([b"b@localhost"], b"x\r\n")]
            assert not any(b"evil" in line for line in sink.commands)
            await client.close()

    play(story(), loop)


def test_a_handshake_that_fails_ends_the_session(loop: str, tmp_path: Path) -> None:
    trustme.CA().issue_cert("mail.test").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "pair.pem"))

    async def story() -> None:
        async with front(Sink(), config_of(tls=TlsSection(certificate=str(tmp_path / "pair.pem")))) as running:
            client = await running.client()
            await begin(client)
            assert (await client.ask(b"STARTTLS"))[0][:3] == b"220"
            client.send(b"MAIL FROM:<a@b.test>\r\n")
            await client.eof()
            await client.close()
            await running.front.drain(SECONDS)
            assert running.front.sessions == 0

    play(story(), loop)


def test_a_decoy_that_was_taken_is_no_temporary_refusal(loop: str) -> None:
    async def story() -> None:
        sink = Sink()
        async with front(sink, guard=DENIED) as running:
            for takes, code in ((False, b"550"), (True, b"421")):
                sink.takes_all = takes
                client = await running.client()
                await begin(client)
                answers = await client.ask(b"MAIL FROM:<user1@localhost>", b"RCPT TO:<user2@localhost>")
                assert answers[1][:3] == code
                row = await asyncio.wait_for(running.rows.decisions.get(), SECONDS)
                assert row.reply[:3].encode() == code
                await client.close()
            assert running.knowledge.codes == [("localhost", 550)]
            assert running.knowledge.taken == [b"user2@localhost"]

    play(story(), loop)


def test_trusted_networks_reach_what_the_backend_lets_them_reach(loop: str) -> None:
    async def story() -> None:
        async with front(Sink(), config_of(trusted=["127.0.0.8/32"])) as running:
            for source, code in (("127.0.0.8", b"250"), ("127.0.0.10", b"554")):
                client = await running.client(source)
                await begin(client)
                replies = await client.ask(b"MAIL FROM:<a@b.test>", b"RCPT TO:<x@elsewhere.test>")
                assert replies[1][:3] == code
                await client.close()

    play(story(), loop)


def test_a_backend_that_is_not_there_is_a_421(loop: str) -> None:
    async def story() -> None:
        async with front(Sink()) as running:
            with socket.create_server(("127.0.0.1", 0)) as free:
                running.knowledge.target = Target(*free.getsockname()[:2])
            client = await running.client()
            assert (await client.reply())[:3] == b"421"
            assert await client.eof() == b""
            await client.close()

    play(story(), loop)


def test_no_rules_yet_is_a_451(loop: str) -> None:
    async def story() -> None:
        sink = Sink()
        async with front(sink, guard=Guard()) as running:
            client = await running.client()
            await begin(client)
            replies = await client.ask(b"MAIL FROM:<a@b.test>", b"RCPT TO:<a@localhost>", b"NOOP")
            assert [reply[:3] for reply in replies] == [b"250", b"451", b"250"]
            assert not any(line.startswith(b"RCPT") for line in sink.commands)
            await client.close()

    play(story(), loop)


class Broken(Guard):
    def decide(self, sender: Address, to: Address, *, trusted: bool = False) -> Verdict:
        raise ValueError("a mistake")


def test_a_mistake_of_the_gate_costs_one_session(loop: str, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        sink = Sink()
        async with front(sink, guard=Broken()) as running:
            client, other = await running.client(), await running.client()
            await begin(client)
            await begin(other)
            await client.ask(b"MAIL FROM:<a@b.test>")
            with caplog.at_level(logging.CRITICAL):
                assert (await client.ask(b"RCPT TO:<a@localhost>"))[0][:9] == b"421 4.3.0"
            assert await client.eof() == b""
            assert (await other.ask(b"NOOP"))[0][:3] == b"250"
            await client.close()
            await other.close()

    play(story(), loop)


@pytest.mark.parametrize(
    "garbage", [b"hello\r\n", b"250 x\r\n250 y\r\n" * 9, b"250-" + b"x" * 100_000, b"250-a\r\n550 b\r\n"]
)
def test_a_backend_that_speaks_garbage_is_a_421(loop: str, garbage: bytes) -> None:
    async def story() -> None:
        async def backend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 mail.test\r\n")
            await reader.readline()
            writer.write(garbage)
            await reader.read()
            writer.close()

        async with front(backend) as running:
            client = await running.client()
            assert (await client.reply())[:3] == b"220"
            client.send(b"EHLO client.test\r\n")
            assert (await client.eof()).splitlines()[-1][:3] == b"421"
            await client.close()

    play(story(), loop)


@pytest.mark.parametrize(
    "ending", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r\n.\r\r\n", b"\r.\r", b"\r\n\0.\r\n", b"\r\n.\0\r\n"]
)
def test_a_smuggled_end_never_begins_a_second_transaction(loop: str, ending: bytes) -> None:
    async def story() -> None:
        sink = Sink()
        async with front(sink) as running:
            client = await running.client()
            await begin(client)
            await begin_message(client)
            message = b"hello" + ending + b"MAIL FROM:<evil@localhost>\r\nRCPT TO:<a@localhost>\r\nDATA\r\nx\r\n.\r\n"
            for byte in message:
                client.send(bytes([byte]))
                await client.writer.drain()
            assert (await client.reply())[:9] == b"550 5.5.2"
            assert (await client.ask(b"QUIT"))[0][:3] == b"221"
            await asyncio.wait_for(sink.cut.wait(), SECONDS)
            assert sink.messages == []
            assert not any(b"evil" in line for line in sink.commands)
            await client.close()

    play(story(), loop)
