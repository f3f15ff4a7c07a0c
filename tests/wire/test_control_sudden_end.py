"""Clients of the control socket that are gone from one moment to the next."""

import asyncio
import logging
import os
from pathlib import Path

import pytest

from gate.control import transport
from gate.control.messages import Form, Status, Subscribed
from gate.control.server import ControlServer
from gate.events import Events
from tests.wire.front import LOOPS, SECONDS, play

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="a Unix socket")
CALL = b'{"jsonrpc":"2.0","id":1,"method":"%s","params":{}}\n'


async def answer(method: str, _params: Form, _by: str) -> Form:
    return Subscribed(seq=0, status=Status(state="open")) if method == "subscribe" else Status(state="open")


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("said", [b"", CALL % b"status" * 200, CALL % b"subscribe" + CALL % b"status" * 50])
def test_a_client_that_is_suddenly_gone(
    said: bytes, loop: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, events = tmp_path / "control.sock", Events()

    async def story() -> None:
        server = ControlServer(answer, events)
        await server.open(transport.listen(path))
        try:
            for _ in range(20):
                reader, writer = await asyncio.open_unix_connection(path)
                writer.write(said)
                if said:
                    await asyncio.wait_for(reader.readline(), SECONDS)
                writer.transport.abort()
                events.publish("lists", None)
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(CALL % b"status")
            for _ in range(2):
                assert await asyncio.wait_for(reader.readline(), SECONDS)
            writer.close()
            await writer.wait_closed()
        finally:
            await server.close()

    with caplog.at_level(logging.INFO):
        play(story(), loop)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
