"""Ways to one server, measured turn about: what a busy moment of the machine does to one, it does to all of them.

A race has one work and several ways; each round plays every way once, in another order each time. What counts are the
ratios of one round; they are told as median, least and most.
"""

import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from tests.bench import senders, stage
from tests.bench.senders import Errand

KILO, MEGA = 1_000, 1_000_000


@dataclass
class Way:
    """Where clients connect. `pid`: the process in between, whose CPU and memory count; 0: there is none."""

    name: str
    port: int
    pid: int = 0


@dataclass(frozen=True)
class Work:
    """What every client says. `count` 0: for a time."""

    name: str
    clients: int
    refused: bool = False
    size: int = KILO
    count: int = 0

    def errand(self, way: Way, *, knows_lists: bool) -> Errand:
        """`knows_lists`: the way is through a gate. Any other refuses a missing account: what a denied sender hears."""
        if not self.refused:
            return Errand(way.port, stage.FRIEND.encode(), stage.ACCOUNT.encode(), senders.message(self.size))
        to = stage.ACCOUNT if knows_lists else f"nobod@{stage.DOMAIN}"
        return Errand(way.port, stage.SPAMMER.encode(), to.encode(), refused=True)


@dataclass
class Times:
    """What one way did. `speeds`: sessions a second; `cpu`: seconds of its process for 1,000 sessions; `growth`: MB."""

    speeds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    growth: float = 0.0


def run(
    work: Work,
    ways: Sequence[Way],
    *,
    rounds: int,
    seconds: float,
    gates: Sequence[str],
    settled: Callable[[], None],
) -> dict[str, Times]:
    """Plays `work` on each of the ways. `gates`: names of the ways that go through a gate; `settled` waits until the
    server has done with the mail it took: it must not pay for it while the next way is measured."""
    times = {way.name: Times() for way in ways}
    before = {way.name: stage.memory(way.pid) for way in ways if way.pid}
    order = list(ways)
    for _ in range(rounds):
        random.shuffle(order)
        for way in order:
            settled()
            errand = work.errand(way, knows_lists=way.name in gates)
            used = cpu_seconds(way.pid)
            speed, through = uvloop.run(_sessions(errand, work, seconds))
            times[way.name].speeds.append(speed)
            if way.pid:
                times[way.name].cpu.append((cpu_seconds(way.pid) - used) / through * 1000)
    for way in ways:
        if way.pid:
            times[way.name].growth = stage.memory(way.pid) - before[way.name]
    return times


async def _sessions(errand: Errand, work: Work, seconds: float) -> tuple[float, int]:
    """Sessions a second, and how many."""
    start = time.perf_counter()
    speed = await senders.sessions(errand, work.clients, seconds=seconds, count=work.count)
    return speed, max(1, round(speed * (time.perf_counter() - start)))


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads so far. Linux only, elsewhere 0."""
    stat = Path(f"/proc/{pid}/stat")
    if not pid or not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ratios(above: Times, below: Times) -> list[float]:
    """Speed against speed, round by round."""
    return [one / other for one, other in zip(above.speeds, below.speeds, strict=True)]
