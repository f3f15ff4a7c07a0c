"""The soak: `python -m tests.fuzz --sessions 200000 [--seed N] [--wire 5] [--jobs 2]`.

Plays that many sessions, some in a hundred of them over real sockets, and tells every law that was broken with the seed
and a script that has nothing left to take out. Exit status 1 if any was.
"""

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

from tests.fuzz.pure import played
from tests.fuzz.script import Script, script_of
from tests.fuzz.wire import play_all

CHUNK = 500
SHOWN = 5


def smallest(script: Script) -> Script:
    """A script that breaks a law, with nothing in it that could be left out."""
    while (shorter := next((one for one in script.shorter() if played(one)), None)) is not None:
        script = shorter
    return script


def pure(seeds: range) -> dict[int, list[str]]:
    found = ((seed, played(script_of(seed))) for seed in seeds)
    return {seed: broken for seed, broken in found if broken}


def wire(seeds: range) -> dict[int, list[str]]:
    logging.disable(logging.WARNING)
    return asyncio.run(play_all(script_of(seed, wire=True) for seed in seeds))


def chunks(begin: int, count: int) -> Iterator[range]:
    for at in range(begin, begin + count, CHUNK):
        yield range(at, min(at + CHUNK, begin + count))


def work(over_sockets: bool, seeds: range) -> tuple[bool, dict[int, list[str]]]:
    return over_sockets, (wire if over_sockets else pure)(seeds)


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.fuzz")
    options.add_argument("--sessions", type=int, default=200_000)
    options.add_argument("--seed", type=int, default=0, help="of the first; each has the next")
    options.add_argument("--wire", type=int, default=5, help="of a hundred, how many over sockets")
    options.add_argument("--jobs", type=int, default=2)
    asked = options.parse_args()
    on_wire = asked.sessions * asked.wire // 100
    parts = [*zip(repeat(True), chunks(asked.seed, on_wire)),
             *zip(repeat(False), chunks(asked.seed + on_wire, asked.sessions - on_wire))]  # fmt: skip
    began, broken = time.monotonic(), list[tuple[bool, int, list[str]]]()
    with ProcessPoolExecutor(asked.jobs) as pool:
        for number, (over_sockets, found) in enumerate(pool.map(work, *zip(*parts, strict=True)), 1):
            broken += [(over_sockets, seed, laws) for seed, laws in found.items()]
            if sys.stderr.isatty():
                print(f"\r{number} of {len(parts)} parts, {len(broken)} broken", end="", file=sys.stderr)
    print(f"{asked.sessions} sessions from seed {asked.seed} on, {on_wire} of them over sockets, "
          f"in {time.monotonic() - began:.0f} s: {len(broken)} broke a law")  # fmt: skip
    for over_sockets, seed, laws in broken[:SHOWN]:
        print(f"\nseed {seed}{' over sockets' if over_sockets else ''}", *laws[:5], sep="\n    ")
        if not over_sockets:
            print(*smallest(script_of(seed)).steps, sep="\n    ")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
