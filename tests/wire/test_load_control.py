"""Bad clients of a real gate's control socket, all at once: mail passes, and the owner is answered."""

import asyncio
import os
from pathlib import Path

import pytest

from tests.soak.control import bad_clients
from tests.wire import loris
from tests.wire.gate_process import Home

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="a Unix socket")
FRIEND = "friend@localhost"


def test_mail_passes_and_the_owner_is_answered(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.done("account", "add", FRIEND)
    with home.gate() as gate:
        port = gate.port

        async def story() -> None:
            async with bad_clients(home.path / "run" / "control.sock"):
                for _ in range(10):
                    assert (await loris.honest(port, FRIEND))[1][:3] == b"250"
                status = await asyncio.to_thread(gate.status)
                assert status["accepted"] == 10
                await asyncio.to_thread(home.done, "deny", FRIEND, "friend@friend.example")
                assert (await loris.honest(port, FRIEND))[1][:3] == b"550"

        asyncio.run(story())
        gate.end()
        assert not [line for line in gate.said if "Traceback" in line or "Exception" in line]
