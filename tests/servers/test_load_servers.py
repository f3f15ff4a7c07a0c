"""Before a real Postfix with few processes: those who sit leave an honest client served."""

import asyncio
from pathlib import Path

from tests.servers.test_mission_servers import DENYING, configure, deny
from tests.wire import loris
from tests.wire.gate_process import SECONDS, Home


def test_more_who_sit_than_postfix_has_processes(tmp_path: Path, start_postfix) -> None:
    postfix = start_postfix(main={"default_process_limit": "12"})
    home = Home(tmp_path / "home")
    configure(home, postfix.proxy)
    deny(home)
    with home.gate() as gate:
        port = gate.port

        async def story() -> None:
            async with loris.crowd(port, 60, DENYING, seconds=2.0):
                for _ in range(3):
                    _, said = await loris.honest(port, DENYING, patience=SECONDS)
                    assert said[:3] == b"250"

        asyncio.run(story())
        assert not [line for line in gate.said if "Traceback" in line]
