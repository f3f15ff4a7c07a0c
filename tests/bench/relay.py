"""What the gate costs on the way: the same mail straight to a server and through a gate before it, turn about.

`python -m tests.bench.relay [--seconds S] [--rounds N]`. Every round plays each way once, so a busy moment of the
machine hits all of them; what counts are the ratios. Before the null sink there is nothing but relaying to be seen.
"""

import argparse
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import uvloop

from tests.bench import senders, stage, table
from tests.bench.senders import Errand
from tests.wire.gate_process import Gate

KILO, MEGA = 1_000, 1_000_000


@dataclass
class Way:
    """A server, straight and through a gate."""

    name: str
    straight: int
    through: int
    gate: Gate


@dataclass
class Work:
    """One line of the table. `count` 0: for a time."""

    name: str
    clients: int
    refused: bool = False
    size: int = KILO
    count: int = 0

    def errand(self, port: int, *, straight: bool) -> Errand:
        if not self.refused:
            to, message = stage.ACCOUNT, senders.message(self.size)
            return Errand(port, stage.FRIEND.encode(), to.encode(), message)
        # Straight, what a missing account costs: the very thing that a denied sender is to hear.
        to = f"nobod@{stage.DOMAIN}" if straight else stage.ACCOUNT
        return Errand(port, stage.SPAMMER.encode(), to.encode(), refused=True)


def works(large: int) -> list[Work]:
    megabytes = large // MEGA
    return [
        Work("accepted, 1 KB, c=1", 1),
        Work("accepted, 1 KB, c=10", 10),
        Work("refused by decoy, c=1", 1, refused=True),
        Work("refused by decoy, c=10", 10, refused=True),
        Work(f"accepted, {megabytes} MB, c=1", 1, size=large, count=2),
        Work(f"accepted, {megabytes} MB x 10 at once", 10, size=large, count=10),
    ]


@contextlib.contextmanager
def ways() -> Iterator[list[Way]]:
    with contextlib.ExitStack() as stack:
        found = []
        port = stack.enter_context(stage.sink())
        gate = stack.enter_context(stage.gate(port, "none"))
        found.append(Way("null sink", port, gate.port, gate))
        if (why := stage.why_no_postfix()) is None:
            server = stack.enter_context(stage.postfix())
            gate = stack.enter_context(stage.gate(server.proxy, "proxy"))
            found.append(Way("Postfix", server.plain, gate.port, gate))
        else:
            print(why)
        yield found


def measure(way: Way, work: Work, seconds: float, rounds: int) -> list[object]:
    """A row: both speeds, their ratio round by round, the gate's CPU and the growth of its most memory."""
    unit = work.size / MEGA if work.count else 1.0
    before, straight, through, ratios = stage.memory(way.gate.process.pid), [], [], []
    for _ in range(rounds):
        speeds = []
        for port in (way.straight, way.through):
            errand = work.errand(port, straight=port == way.straight)
            took = senders.sessions(errand, work.clients, seconds=seconds, count=work.count)
            speeds.append(uvloop.run(took) * unit)
        straight.append(speeds[0])
        through.append(speeds[1])
        ratios.append(speeds[1] / speeds[0])
    growth = stage.memory(way.gate.process.pid) - before
    what = "MB/s" if work.count else "sessions/s"
    return [
        way.name,
        work.name,
        f"{sorted(straight)[rounds // 2]:.0f} {what}",
        f"{sorted(through)[rounds // 2]:.0f} {what}",
        table.spread(ratios),
        f"{growth:+.1f} MB",
    ]


HEADS = ("before", "work", "straight", "through the gate", "ratio, median (least to most)", "gate's most memory")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=0.6, help="of each way in a round")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--large", type=int, default=25 * MEGA, help="octets of a large message")
    chosen = options.parse_args()
    print(table.machine())
    with ways() as found:
        # The first sessions make buffers and caches; they belong to nobody's growth.
        for way in found:
            for work in works(KILO)[:4]:
                errand = work.errand(way.through, straight=False)
                uvloop.run(senders.sessions(errand, work.clients, count=20))
        rows = [measure(way, work, chosen.seconds, chosen.rounds) for way in found for work in works(chosen.large)]
    table.show("Relaying, one message a session, nothing pipelined", HEADS, rows)


if __name__ == "__main__":
    main()
