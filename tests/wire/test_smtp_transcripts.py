"""The transcripts of `transcripts/` over real sockets: client, front and backend, whole or a byte at a time."""

import asyncio
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

from tests.wire.front import LOOPS, SECONDS, Client, Running, config_of, front, play
from tests.wire.transcript import FILES, Step, Transcript, read, row


class Play:
    """One transcript with its two ends."""

    def __init__(self, transcript: Transcript, *, bytewise: bool) -> None:
        self._transcript = transcript
        self._bytewise = bytewise
        self._ends: asyncio.Queue[Client] = asyncio.Queue()
        self._over = asyncio.Event()

    async def run(self) -> None:
        config = config_of(bare_newline="normalize" if self._transcript.normalize else "reject")
        async with front(self._backend, config, self._transcript.guard()) as running:
            running.knowledge.learnt = self._transcript.learnt
            settings = running.front.settings
            running.front.settings = replace(settings, terms=replace(settings.terms, error_seconds=0.01))
            client = await running.client()
            backend = await asyncio.wait_for(self._ends.get(), SECONDS)
            try:
                await self._play(running, client, backend)
            finally:
                self._over.set()
                await client.close()

    async def _backend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        end = Client(reader, writer)
        self._ends.put_nowait(end)
        await self._over.wait()
        await end.close()

    async def _play(self, running: Running, client: Client, backend: Client) -> None:
        for who, group in groupby(self._transcript.steps, lambda step: step.who):
            steps = list(group)
            if who in "CS":
                await self._send(client if who == "C" else backend, steps)
            for step in steps if who not in "CSW" else ():
                await self._expect(step, running, client if who == "G" else backend)

    async def _send(self, end: Client, steps: list[Step]) -> None:
        data = b"".join(step.data for step in steps if step.data is not None)
        for piece in [data[i : i + 1] for i in range(len(data))] if self._bytewise else [data]:
            end.send(piece)
            await end.writer.drain()
            await asyncio.sleep(0)
        if steps[-1].data is None:
            end.writer.write_eof()

    async def _expect(self, step: Step, running: Running, end: Client) -> None:
        if step.who == "L":
            one = await asyncio.wait_for(running.rows.decisions.get(), SECONDS)
            told = row(one.sender, one.recipient, one.verdict, one.because, one.reply)
            assert told.lower() == (step.data or b"").lower(), f"line {step.number}"
            assert one.client == "127.0.0.1"
            assert one.helo in {"client.test", ""}
        elif step.who == "D":
            assert running.knowledge.taken == [(step.data or b"").strip()]
        elif step.data is None:
            assert await end.eof() == b"", f"line {step.number}"
        else:
            assert await end.line() == step.data, f"line {step.number}"


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("bytewise", [False, True], ids=["whole", "bytewise"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_transcript_over_sockets(file: Path, bytewise: bool, loop: str) -> None:
    play(Play(read(file), bytewise=bytewise).run(), loop)
