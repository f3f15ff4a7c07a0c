"""The gate beside what it could be replaced by: one interleaved run, one table of ratios with what they are to be.

`python -m tests.bench.compare [--seconds S] [--rounds N] [--large OCTETS] [--entries N]`. Rivals that are not there are
left out. What is no race (a decision, a start) is measured after it, in the same run.
"""

import argparse
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import uvloop

from tests.bench import policy, race, rivals, senders, stage, start, table, verdicts
from tests.bench.race import KILO, MEGA, Times, Way, Work
from tests.wire.gate_process import Home

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
        pair = stack.enter_context(rivals.pair(server.proxy))
        ways["pair"] = Way("pair", pair.port, pair.pid)
        relay = stack.enter_context(rivals.aiosmtpd(server.plain))
        ways["aiosmtpd"] = Way("aiosmtpd", relay.port, relay.pid)
        if (why := rivals.why_no_haraka()) is None:
            for name, port in (("Haraka", server.plain), ("Haraka, sink", sink)):
                haraka = stack.enter_context(rivals.haraka(port))
                ways[name] = Way(name, haraka.port, haraka.pid)
        else:
            print(why)
        yield Ground(ways, partial(stage.wait_until_idle, server))


def rows(found: Ground, *, rounds: int, seconds: float, large: int) -> list[list[object]]:
    """Every line of the table."""

    def play(work: Work, *names: str) -> dict[str, Times]:
        return race.run(work, found.some(*names), rounds=rounds, seconds=seconds, gates=GATES, settled=found.settled)

    accepted = play(ACCEPTED, "Postfix", "gate", "HAProxy", "pair", "aiosmtpd")
    refused = play(REFUSED, "Postfix", "gate", "HAProxy", "pair")
    sunk = play(ACCEPTED, "gate, sink", "aiosmtpd, sink")
    crowd = play(CROWD, "gate", "Haraka")
    crowd_sunk = play(CROWD, "gate, sink", "Haraka, sink")
    big = play(Work("large", 10, size=large, count=10), "Postfix", "gate")
    lines = [
        _ratio("accepted, 1 KB, c=10: of Postfix alone", "0.70", "0.82", accepted, ("gate", "Postfix")),
        _ratio("the same: of HAProxy before it", "0.88", "1.00", accepted, ("gate", "HAProxy")),
        _ratio("refused with a live decoy, c=10: of Postfix alone", "0.45", "0.58", refused, ("gate", "Postfix")),
        _ratio("the same: of HAProxy before it", "0.85", "1.00", refused, ("gate", "HAProxy")),
        _ratio("(HAProxy, refused: of Postfix alone)", "", "", refused, ("HAProxy", "Postfix")),
        _ratio("(accepted: of a bare pair before it)", "", "", accepted, ("gate", "pair")),
        _ratio("(refused: of a bare pair before it)", "", "", refused, ("gate", "pair")),
        _ratio("accepted: of aiosmtpd + aiosmtplib before Postfix", "1.4", "1.6", accepted, ("gate", "aiosmtpd")),
        _ratio("the same before a null sink", "3", "5", sunk, ("gate, sink", "aiosmtpd, sink")),
    ]
    if "Haraka" in crowd:
        lines += [
            _ratio("accepted, c=50: of Haraka's smtp_forward", "1.8", "2.2", crowd, ("gate", "Haraka")),
            _ratio("(the same before a null sink)", "", "", crowd_sunk, ("gate, sink", "Haraka, sink")),
            _less("Haraka's CPU a session to the gate's", "4", "6", crowd["Haraka"], crowd["gate"]),
            _less("(the same before a null sink)", "", "", crowd_sunk["Haraka, sink"], crowd_sunk["gate, sink"]),
        ]
    megabytes = large // MEGA
    return [
        *lines,
        ["gate's CPU seconds for 1,000 accepted", "0.45", "0.30", table.spread(accepted["gate"].cpu)],
        ["(a bare pair's)", "", "", table.spread(accepted["pair"].cpu)],
        ["gate's CPU seconds for 1,000 refused, log on", "0.25", "0.20", table.spread(refused["gate"].cpu)],
        ["(a bare pair's)", "", "", table.spread(refused["pair"].cpu)],
        _ratio(f"{megabytes} MB x 10 at once: of Postfix alone", "0.60", "0.80", big, ("gate", "Postfix")),
        ["the same: growth of the gate's memory, MB", "8", "4", f"{big['gate'].growth:.1f}"],
    ]


def _ratio(name: str, least: str, aim: str, times: dict[str, Times], which: tuple[str, str]) -> list[object]:
    above, below = which
    return [name, least, aim, table.spread(race.ratios(times[above], times[below]))]


def _less(name: str, least: str, aim: str, theirs: Times, ours: Times) -> list[object]:
    return [name, least, aim, table.spread([one / other for one, other in zip(theirs.cpu, ours.cpu, strict=True)])]


def beside(*, rounds: int, seconds: float) -> list[list[object]]:
    """The policy front, beside a Postfix of its own."""
    with policy.beside() as found:
        straight, asking = (
            Way(policy.ALONE, found.postfix.plain),
            Way(policy.ASKING, found.asking, found.gate.process.pid),
        )

        def play(work: Work) -> dict[str, Times]:
            settled = partial(stage.wait_until_idle, found.postfix)
            return race.run(
                work, [straight, asking], rounds=rounds, seconds=seconds, gates=[policy.ASKING], settled=settled
            )

        play(Work("warm", 10, count=50))
        both = (policy.ASKING, policy.ALONE)
        return [
            _ratio("policy front, accepted, c=10: of Postfix alone", "0.92", "0.95", play(ACCEPTED), both),
            _ratio("policy front, refused, c=10: of Postfix alone", "0.82", "0.90", play(REFUSED), both),
        ]


def rules(entries: int) -> list[list[object]]:
    """Decisions and a start, with long lists. The dearer of a refusal and of no match is told."""
    plain = verdicts.measure("plain", verdicts.plain, entries, 2_000)[0]
    scopes = verdicts.measure("scopes", verdicts.three_scopes, verdicts.A_SCOPE, 2_000)[0]
    with stage.folder() as place:
        home = Home(place / "home")
        start.fill(home, entries)
        ready = start.start(home, entries)[0]
    return [
        [f"one decision after the parse, {entries:,} entries, us", "3", "1.5", max(map(str, plain[2:4]), key=float)],
        ["whole, 5,000 patterns in each of three scopes, us", "20", "10", max(map(str, scopes[4:6]), key=float)],
        [f"ready to serve with {entries:,} entries, s", "1", "0.5", ready[1]],
        ["the same: MB then; with all in memory; at most", "150", "100", "; ".join(map(str, ready[2:]))],
    ]


def warm(found: Ground, sessions: int) -> None:
    """The first sessions make buffers and caches; they belong to nobody's growth. Node compiles as it goes: what
    Haraka takes for a session falls by half over its first two thousand."""
    for way in found.ways.values():
        node = way.name.startswith("Haraka")
        for work in (ACCEPTED, REFUSED):
            if not (work.refused and (node or way.name.startswith("aiosmtpd"))):
                count = sessions if node else min(sessions, 50)
                uvloop.run(senders.sessions(work.errand(way, knows_lists=way.name in GATES), 10, count=count))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=1.0, help="of each way in a round")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--large", type=int, default=25 * MEGA, help="octets of a large message")
    options.add_argument("--entries", type=int, default=1_000_000)
    options.add_argument("--warm", type=int, default=2_000, help="sessions that are not counted, where it takes some")
    chosen = options.parse_args()
    print(table.machine())
    if (why := stage.why_no_postfix()) is not None:
        print(why)
        return
    with ground() as found:
        warm(found, chosen.warm)
        lines = rows(found, rounds=chosen.rounds, seconds=chosen.seconds, large=max(KILO, chosen.large))
    lines += beside(rounds=chosen.rounds, seconds=chosen.seconds)
    lines += rules(chosen.entries)
    table.show("The gate beside others, each round of all of them turn about", HEADS, lines)


if __name__ == "__main__":
    main()
