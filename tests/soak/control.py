"""Bad clients of the control socket while mail passes: how long a RCPT waits for its answer with and without them.

A hundred silent ones, one that listens and never reads, floods of garbage, of half lines and of 5 MiB without a line
end, all at once; meanwhile clients are refused, about 200 a second, and each of these decisions is news.
"""

import argparse
import asyncio
import contextlib
import socket
import statistics
from collections.abc import AsyncIterator
from pathlib import Path

from tests.bench import senders, table
from tests.bench import stage as bench
from tests.bench.senders import Errand
from tests.soak import stage

SUBSCRIBE = b'{"jsonrpc":"2.0","id":1,"method":"subscribe","params":{}}\n'
SILENT = 100
RATE = 200


@contextlib.asynccontextmanager
async def bad_clients(path: Path) -> AsyncIterator[None]:
    """All of them, for as long as the block lasts."""
    loop = asyncio.get_running_loop()
    held: list[socket.socket] = []

    async def connect() -> socket.socket:
        one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        one.setblocking(False)
        await loop.sock_connect(one, str(path))
        held.append(one)
        return one

    async def pour(data: bytes, pause: float) -> None:
        while True:
            with contextlib.suppress(OSError):
                one = await connect()
                for _ in range(20):
                    await loop.sock_sendall(one, data)
                    await asyncio.sleep(pause)
                held.remove(one)
                one.close()
            await asyncio.sleep(pause)

    deaf = await connect()
    await loop.sock_sendall(deaf, SUBSCRIBE)
    for _ in range(SILENT):
        await connect()
    floods = [
        asyncio.create_task(pour(b"no message at all\n" * 10, 0.02)),
        asyncio.create_task(pour(b'{"jsonrpc":"2.0","id":1,', 0.02)),
        asyncio.create_task(pour(b"x" * 5 * 2**20, 0.2)),
    ]
    try:
        yield
    finally:
        for task in floods:
            task.cancel()
        await asyncio.gather(*floods, return_exceptions=True)
        for one in held:
            one.close()


async def latencies(port: int, seconds: float) -> list[float]:
    """Seconds from RCPT to its answer, of refused sessions at about `RATE` a second."""
    errand = Errand(port, stage.SPAMMER.encode(), stage.ACCOUNT.encode(), refused=True)
    loop, found = asyncio.get_running_loop(), []
    until = loop.time() + seconds
    while loop.time() < until:
        begun = loop.time()
        found += await asyncio.gather(*(senders.session(errand) for _ in range(4)))
        await asyncio.sleep(max(0.0, 4 / RATE - (loop.time() - begun)))
    return found


async def measure(port: int, path: Path, seconds: float, rounds: int) -> list[tuple[list[float], list[float]]]:
    found = []
    await latencies(port, 0.5)
    for _ in range(rounds):
        quiet = await latencies(port, seconds)
        async with bad_clients(path):
            loud = await latencies(port, seconds)
        found.append((quiet, loud))
    return found


def run(chosen: argparse.Namespace) -> None:
    with bench.sink() as port, stage.gate(port, "none", "[limits]\nconnections_per_client = 100\n") as gate:
        path = gate.home.path / "run" / "control.sock"
        found = asyncio.run(measure(gate.port, path, chosen.seconds, chosen.rounds))
    rows = []
    for name, pick in (("median", 0.5), ("99 of 100", 0.99)):
        quiet = [sorted(one)[int(len(one) * pick)] for one, _ in found]
        loud = [sorted(other)[int(len(other) * pick)] for _, other in found]
        ratios = [after / before for before, after in zip(quiet, loud, strict=True)]
        rows.append(
            [
                name,
                f"{statistics.median(quiet) * 1e6:.0f} us",
                f"{statistics.median(loud) * 1e6:.0f} us",
                table.spread(ratios),
            ]
        )
    count = sum(len(one) + len(other) for one, other in found)
    table.show(f"RCPT to its answer, {count} sessions", ("of the waits", "alone", "with them", "ratio"), rows)


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
