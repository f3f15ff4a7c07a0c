"""After many sessions of every kind nothing of them is left: no task, no session, no connection, no open file."""

import asyncio
import gc
import random
import sys
from pathlib import Path

import pytest

from gate.backend.connection import Connection
from gate.guard import Guard
from gate.rules.ruleset import EntryRule, compile_ruleset
from gate.smtp import session
from gate.smtp.session import Session
from tests.bench import stage
from tests.soak import sessions
from tests.wire.front import LOOPS, SECONDS, Sink, front, play


def alive() -> int:
    gc.collect()
    return sum(isinstance(each, Session | Connection) for each in gc.get_objects())


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_nothing_is_left(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "LINGER_SECONDS", 0.2)
    before = alive()

    async def story() -> None:
        files = open_files()
        guard = Guard()
        denied = EntryRule(1, stage.ACCOUNT, "deny", stage.SPAMMER)
        guard.load(compile_ruleset((), [denied], own_domains=(stage.DOMAIN,)))
        async with front(Sink(), guard=guard) as running:
            chance = random.Random(5)
            for kind in list(range(10)) * 12:
                monkeypatch.setattr(chance, "randrange", lambda limit, kind=kind: kind % limit)
                await asyncio.wait_for(sessions.one(running.port, chance, None), SECONDS)
            async with asyncio.timeout(SECONDS):
                while running.front.sessions or running.front._crowd.lingering:
                    running.front._crowd.left.clear()
                    await running.front._crowd.left.wait()
            assert not running.front._crowd._clients
            assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("smtp")]
            running.front.hand_over()
            verdicts = {running.rows.decisions.get_nowait().verdict for _ in range(running.rows.decisions.qsize())}
            assert verdicts == {"accept", "refuse"}
        assert open_files() <= files + 5

    play(story(), loop)
    assert alive() == before
