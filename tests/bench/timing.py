"""Can a denied sender tell by time that he is denied? Denied and missing recipients, turn about, before a real Postfix.

`python -m tests.bench.timing [--pairs N]`. Prints the AUC: the chance that the answer to a denied recipient took longer
than that to a missing one. 0.5: nothing to be told. The same is asked of Postfix alone with missing against missing,
which shows what chance alone does. One session each, names of one length; each name for the first time, then again.
"""

import argparse
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from random import Random

import uvloop

from gate.forms import ImportItem
from tests.bench import senders, stage, table


def auc(denied: Sequence[float], missing: Sequence[float]) -> float:
    """The share of pairs in which the denied one took longer; ties count half (Mann and Whitney's U)."""
    ordered = sorted(missing)
    wins = sum(bisect_left(ordered, took) + bisect_right(ordered, took) for took in denied)
    return wins / (2 * len(denied) * len(ordered))


def names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{number:05d}@{stage.DOMAIN}" for number in range(count)]


def ask(port: int, one: Sequence[str], other: Sequence[str], seed: int) -> tuple[list[float], list[float]]:
    """Seconds from RCPT to its refusal, of both kinds, in pairs whose order chance decides."""
    chance = Random(seed)
    took: tuple[list[float], list[float]] = ([], [])

    async def all_pairs() -> None:
        for pair in zip(one, other, strict=True):
            for kind in (0, 1) if chance.random() < 0.5 else (1, 0):
                errand = senders.Errand(port, stage.SPAMMER.encode(), pair[kind].encode(), refused=True)
                took[kind].append(await senders.session(errand))

    uvloop.run(all_pairs())
    return took


def row(name: str, took: tuple[list[float], list[float]]) -> list[object]:
    medians = [sorted(each)[len(each) // 2] * 1e6 for each in took]
    return [name, len(took[0]), f"{auc(*took):.3f}", f"{medians[0]:.0f}", f"{medians[1]:.0f}"]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--pairs", type=int, default=1_000)
    chosen = options.parse_args()
    print(table.machine())
    if (why := stage.why_no_postfix()) is not None:
        print(why)
        return
    denied, missing, others = (names(prefix, chosen.pairs) for prefix in ("dead", "gone", "none"))
    with stage.postfix() as server, stage.gate(server.proxy, "proxy") as gate:
        with stage.client(gate.home) as link:
            stage.apply(link, "bench", [ImportItem(scope=name, patterns=[stage.SPAMMER]) for name in denied])
        port = gate.port
        # Warm both ways with names that are asked no more.
        ask(port, names("warm", 50), names("cold", 50), 0)
        rows = [
            row("through the gate, each for the first time", ask(port, denied, missing, 1)),
            row("through the gate, again", ask(port, denied, missing, 2)),
            row("Postfix alone, missing against missing", ask(server.plain, others, missing, 3)),
        ]
    heads = ("way", "pairs", "AUC", "denied, median us", "missing, median us")
    table.show("Denied against missing, by the time of the answer to RCPT", heads, rows)


if __name__ == "__main__":
    main()
