"""What the gate costs on the way: the same mail straight to a server and through a gate before it, turn about.

`python -m tests.bench.relay [--seconds S] [--rounds N]`. Before the null sink there is nothing but relaying to be seen.
"""

import argparse
import contextlib
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import uvloop

from tests.bench import race, senders, stage, table
from tests.bench.race import KILO, MEGA, Way, Work

STRAIGHT, THROUGH = "straight", "through the gate"


@dataclass
class Place:
    """A server: the two ways to it, and how to wait until it is idle."""

    name: str
    straight: Way
    through: Way
    settled: Callable[[], None] = lambda: None


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
def places() -> Iterator[list[Place]]:
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(stage.sink())
        gate = stack.enter_context(stage.gate(port, "none"))
        found = [Place("null sink", Way(STRAIGHT, port), Way(THROUGH, gate.port, gate.process.pid))]
        if (why := stage.why_no_postfix()) is None:
            server = stack.enter_context(stage.postfix())
            gate = stack.enter_context(stage.gate(server.proxy, "proxy"))
            ways = Way(STRAIGHT, server.plain), Way(THROUGH, gate.port, gate.process.pid)
            found.append(Place("Postfix", *ways, partial(stage.wait_until_idle, server)))
        else:
            print(why)
        yield found


def measure(place: Place, work: Work, seconds: float, rounds: int) -> list[object]:
    """A row: both speeds, their ratio round by round, the growth of the gate's most memory."""
    ways = [place.straight, place.through]
    times = race.run(work, ways, rounds=rounds, seconds=seconds, gates=[THROUGH], settled=place.settled)
    unit, what = (work.size / MEGA, "MB/s") if work.count else (1.0, "sessions/s")
    return [
        place.name,
        work.name,
        *(f"{statistics.median(times[name].speeds) * unit:.0f} {what}" for name in (STRAIGHT, THROUGH)),
        table.spread(race.ratios(times[THROUGH], times[STRAIGHT])),
        f"{times[THROUGH].growth:+.1f} MB",
    ]


HEADS = ("before", "work", STRAIGHT, THROUGH, "ratio, median (least to most)", "gate's most memory")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=0.6, help="of each way in a round")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--large", type=int, default=25 * MEGA, help="octets of a large message")
    chosen = options.parse_args()
    print(table.machine())
    with places() as found:
        # The first sessions make buffers and caches; they belong to nobody's growth.
        for place in found:
            for work in works(KILO)[:4]:
                uvloop.run(senders.sessions(work.errand(place.through, knows_lists=True), work.clients, count=20))
        rows = [measure(place, work, chosen.seconds, chosen.rounds) for place in found for work in works(chosen.large)]
    table.show("Relaying, one message a session, nothing pipelined", HEADS, rows)


if __name__ == "__main__":
    main()
