"""Peers that are gone from one moment to the next: no mistake of the gate's own, and nobody else notices."""

import asyncio
import logging
import socket
import struct
from pathlib import Path

import pytest
import trustme

from gate.config import TlsSection
from tests.wire.front import LOOPS, Client, Sink, config_of, front, play

RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no time: closing sends RST

STORIES = {
    "quit": [b"EHLO c\r\n", b"QUIT\r\n"],
    "tls": [b"EHLO c\r\n", b"STARTTLS\r\n"],
    "wrong": [b"EHLO c\r\n", b"MAIL FROM:<a@b>\r\nRCPT TO:<a b>\r\nVRFY x\r\n" * 3],
    "mail": [b"EHLO c\r\n", b"MAIL FROM:<a@b>\r\nRCPT TO:<a@localhost>\r\nRCPT TO:<x@else.where>\r\nDATA\r\n"],
    "too much": [b"EHLO c\r\n", b"VRFY x\r\n" * 1002],
}


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("story", STORIES)
def test_a_client_that_is_suddenly_gone(
    story: str, loop: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trustme.CA().issue_cert("mx.test").private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    tls = TlsSection(certificate=str(tmp_path / "both.pem"), key=str(tmp_path / "both.pem"))

    async def told() -> None:
        async with front(Sink(), config_of(tls=tls)) as running:
            for _ in range(20):
                client = await running.client()
                await client.reply()
                for block in STORIES[story][:-1]:
                    client.send(block)
                    await client.reply()
                end = client.writer.get_extra_info("socket")
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                client.send(STORIES[story][-1])
                client.writer.transport.abort()
            last = await running.client()
            assert (await last.reply())[:3] == b"220"
            assert (await last.ask(b"QUIT"))[0][:3] in {b"221", b"250"}
            await last.close()

    with caplog.at_level(logging.INFO):
        play(told(), loop)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("loop", LOOPS)
def test_a_backend_that_is_suddenly_gone(loop: str, caplog: pytest.LogCaptureFixture) -> None:
    async def backend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test\r\n")
        await reader.readline()
        writer.write(b"250-mail.test\r\n250 PIPELINING\r\n")
        await reader.readline()
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        writer.transport.abort()

    async def heard(client: Client) -> bytes:
        await client.reply()
        await client.ask(b"EHLO c")
        client.send(b"NOOP\r\n" * 50)
        client.send(b"MAIL FROM:<a@b>\r\n" * 50)
        return await client.eof()

    async def story() -> None:
        async with front(backend) as running:
            for _ in range(20):
                client = await running.client()
                assert (await heard(client))[:3] in {b"421", b""}
                await client.close()

    play(story(), loop)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
