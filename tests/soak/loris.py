"""A thousand connections that sit, before a Postfix with its own limit of 100 processes; an honest client all the same.

The honest client comes as they sit down, at once after that, and again and again for a while.
"""

import argparse
import asyncio
import time

from tests.bench import stage as bench
from tests.bench import table
from tests.soak import stage
from tests.wire import loris
from tests.wire.gate_process import Gate

MIXES = {
    "all kinds": tuple(loris.KINDS),
    "silent": ("silent",),
    "after EHLO": ("ehlo",),
    "after RCPT": ("rcpt",),
    "trickling in a command": ("letters",),
    "silent in DATA": ("data",),
    "trickling in DATA": ("trickle",),
}


async def visit(gate: Gate, number: int, kinds: tuple[str, ...], visits: int) -> list[object]:
    took: list[float] = []
    said: list[bytes] = []

    async def come() -> None:
        try:
            seconds, reply = await loris.honest(gate.port, stage.ACCOUNT)
        except (OSError, TimeoutError) as problem:
            seconds, reply = 60.0, str(problem).encode() or b"nothing"
        took.append(seconds)
        said.append(reply[:3])

    port = gate.port
    async with loris.crowd(port, number, stage.ACCOUNT, kinds) as crowd:
        for _ in range(visits):
            await come()
            await asyncio.sleep(0.3)
        sitting = crowd.sitting
    return [f"{sitting} of {number}", ", ".join(f"{each:.2f}" for each in took), b" ".join(said).decode()]


def run(options: argparse.Namespace) -> None:
    rows = []
    for name in options.kind or MIXES:
        with bench.postfix() as server, stage.gate(server.proxy) as gate:
            begun = time.monotonic()
            row = asyncio.run(visit(gate, options.number, MIXES[name], options.visits))
            fds = stage.files(gate.process.pid)
            rows.append([name, *row, f"{time.monotonic() - begun:.0f} s", f"{fds}"])
    heads = ("they are", "still there", "honest client: seconds each time", "its last reply", "whole", "gate's files")
    table.show(f"{options.number} connections that sit, before Postfix as it comes", heads, rows)


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--number", type=int, default=1000)
    parser.add_argument("--visits", type=int, default=6)
    parser.add_argument("--kind", action="append", choices=list(MIXES))
