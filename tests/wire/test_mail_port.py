"""The mail port over a real desk and the built-in server: what it has the backend asked again for."""

import asyncio
from pathlib import Path

import pytest

from gate.backend import rounds
from gate.config import Config, GateSection
from gate.folders import Folders
from gate.forms import AddAccount
from gate.recorder import Recorder
from gate.service.opening import opened
from gate.service.port import MailPort

SECONDS = 20.0


def test_an_account_that_brings_a_domain_has_the_backend_asked_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "SPACING", 0.0)
    folders = Folders(tmp_path / "config", tmp_path / "data", tmp_path / "run", tmp_path / "log")
    folders.make()
    config = Config(gate=GateSection(listen=["127.0.0.1:0"]))

    async def story(port: MailPort, add: "asyncio.Queue[str]") -> None:
        asked = asyncio.Queue[None]()
        await port.open()
        port.changed = lambda: asked.put_nowait(None)
        add.put_nowait("user1@first.test")
        await asyncio.wait_for(asked.get(), SECONDS)
        add.put_nowait("user2@first.test")
        await asyncio.wait_for(add.join(), SECONDS)
        await asyncio.sleep(0)  # what the desk's thread has handed over by then was run
        assert asked.empty()
        add.put_nowait("user1@second.test")
        await asyncio.wait_for(asked.get(), SECONDS)
        assert port.warnings() == []

    async def run() -> None:
        with opened(folders, config) as found:
            port = MailPort(folders, config, found, Recorder(found.log, found.events, keep_days=1, max_rows=1))
            addresses = asyncio.Queue[str]()

            async def desk() -> None:
                while True:
                    address = await addresses.get()
                    await asyncio.to_thread(found.desk.accounts.add, AddAccount(address=address), "cli")
                    addresses.task_done()

            adding = asyncio.create_task(desk())
            try:
                await story(port, addresses)
            finally:
                adding.cancel()
                await port.close()
                await port.end()

    asyncio.run(run())
