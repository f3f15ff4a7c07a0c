"""The gate beside what it could be replaced by: one interleaved run, one table of ratios with what they are to be.

`python -m tests.bench.compare [--seconds S] [--rounds N] [--large OCTETS]`. Rivals that are not there are left out.
"""

import argparse
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import uvloop

from tests.bench import race, rivals, senders, stage, table
from tests.bench.race import KILO, MEGA, Times, Way, Work

GATES = ("gate", "gate, sink")
HEADS = ("work", "at least", "aim", "median (least to most)")
ACCEPTED = Work("accepted, 1 KB, c=10", 10)
REFUSED = Work("refused with a live decoy, c=10", 10, refused=True)
CROWD = Work("accepted, 1 KB, c=50", 50)


@dataclass(frozen=True)
class Ground:
    """Everything that runs: the ways by name, and how to wait until the server is idle again."""

    ways: dict[str, Way]
    settled: Callable[[], None]

    def some(self, *names: str) -> list[Way]:
        return [self.ways[name] for name in names if name in self.ways]


@contextlib.contextmanager
def ground() -> Iterator[Ground]:
    """Postfix and a null sink, straight, and every process that may stand before them."""
    with contextlib.ExitStack() as stack:
        ways: dict[str, Way] = {}
        sink = stack.enter_context(stage.sink())
        gate = stack.enter_context(stage.gate(sink, "none"))
        ways["sink"] = Way("sink", sink)
        ways["gate, sink"] = Way("gate, sink", gate.port, gate.process.pid)
        relay = stack.enter_context(rivals.aiosmtpd(sink))
        ways["aiosmtpd, sink"] = Way("aiosmtpd, sink", relay.port, relay.pid)
        server = stack.enter_context(stage.postfix())
        gate = stack.enter_context(stage.gate(server.proxy, "proxy"))
        ways["Postfix"] = Way("Postfix", server.plain)
        ways["gate"] = Way("gate", gate.port, gate.process.pid)
        proxy = stack.enter_context(rivals.haproxy(server.proxy, header=True))
        ways["HAProxy"] = Way("HAProxy", proxy.port, proxy.pid)
        relay = stack.enter_context(rivals.aiosmtpd(server.plain))
        ways["aiosmtpd"] = Way("aiosmtpd", relay.port, relay.pid)
        if (why := rivals.why_no_haraka()) is None:
            haraka = stack.enter_context(rivals.haraka(server.plain))
            ways["Haraka"] = Way("Haraka", haraka.port, haraka.pid)
        else:
            print(why)
        yield Ground(ways, partial(stage.wait_until_idle, server))


def rows(found: Ground, *, rounds: int, seconds: float, large: int) -> list[list[object]]:
    """Every line of the table."""

    def play(work: Work, *names: str) -> dict[str, Times]:
        return race.run(work, found.some(*names), rounds=rounds, seconds=seconds, gates=GATES, settled=found.settled)

    accepted = play(ACCEPTED, "Postfix", "gate", "HAProxy", "aiosmtpd")
    refused = play(REFUSED, "Postfix", "gate", "HAProxy")
    sunk = play(ACCEPTED, "gate, sink", "aiosmtpd, sink")
    crowd = play(CROWD, "gate", "Haraka")
    big = play(Work("large", 10, size=large, count=10), "Postfix", "gate")
    lines = [
        _ratio("accepted, 1 KB, c=10: of Postfix alone", "0.70", "0.82", accepted, ("gate", "Postfix")),
        _ratio("the same: of HAProxy before it", "0.88", "1.00", accepted, ("gate", "HAProxy")),
        _ratio("refused with a live decoy, c=10: of Postfix alone", "0.45", "0.58", refused, ("gate", "Postfix")),
        _ratio("the same: of HAProxy before it", "0.85", "1.00", refused, ("gate", "HAProxy")),
        _ratio("(HAProxy, refused: of Postfix alone)", "", "", refused, ("HAProxy", "Postfix")),
        _ratio("accepted: of aiosmtpd + aiosmtplib before Postfix", "1.4", "1.6", accepted, ("gate", "aiosmtpd")),
        _ratio("the same before a null sink", "3", "5", sunk, ("gate, sink", "aiosmtpd, sink")),
    ]
    if "Haraka" in crowd:
        lines.append(_ratio("accepted, c=50: of Haraka's smtp_forward", "1.8", "2.2", crowd, ("gate", "Haraka")))
        less = [theirs / ours for ours, theirs in zip(crowd["gate"].cpu, crowd["Haraka"].cpu, strict=True)]
        lines.append(["the same: Haraka's CPU a session to the gate's", "4", "6", table.spread(less)])
    megabytes = large // MEGA
    return [
        *lines,
        ["gate's CPU seconds for 1,000 accepted", "0.45", "0.30", table.spread(accepted["gate"].cpu)],
        ["gate's CPU seconds for 1,000 refused, log on", "0.25", "0.20", table.spread(refused["gate"].cpu)],
        _ratio(f"{megabytes} MB x 10 at once: of Postfix alone", "0.60", "0.80", big, ("gate", "Postfix")),
        ["the same: growth of the gate's memory, MB", "8", "4", f"{big['gate'].growth:.1f}"],
    ]


def _ratio(name: str, least: str, aim: str, times: dict[str, Times], which: tuple[str, str]) -> list[object]:
    above, below = which
    return [name, least, aim, table.spread(race.ratios(times[above], times[below]))]


def warm(found: Ground) -> None:
    """The first sessions make buffers and caches; they belong to nobody's growth."""
    for way in found.ways.values():
        for work in (ACCEPTED, REFUSED):
            if not (work.refused and way.name in {"aiosmtpd", "aiosmtpd, sink", "Haraka"}):
                uvloop.run(senders.sessions(work.errand(way, knows_lists=way.name in GATES), 10, count=50))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=1.0, help="of each way in a round")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--large", type=int, default=25 * MEGA, help="octets of a large message")
    chosen = options.parse_args()
    print(table.machine())
    if (why := stage.why_no_postfix()) is not None:
        print(why)
        return
    with ground() as found:
        warm(found)
        lines = rows(found, rounds=chosen.rounds, seconds=chosen.seconds, large=max(KILO, chosen.large))
    table.show("The gate beside others, each round of all of them turn about", HEADS, lines)


if __name__ == "__main__":
    main()
