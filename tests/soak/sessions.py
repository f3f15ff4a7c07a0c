"""Ten thousand sessions of every kind: memory, file descriptors, threads and tasks before and after, and in between.

Accepted, refused by decoy, large, cut off by the client at every step, half-closed, over TLS where a certificate can be
made, and floods of wrong commands.
"""

import argparse
import asyncio
import contextlib
import random
import socket
import struct
import tempfile
import time
from pathlib import Path

import trustme

from tests.bench import senders, table
from tests.bench import stage as bench
from tests.bench.senders import Errand
from tests.soak import stage
from tests.wire import loris
from tests.wire.gate_process import Gate

CLIENTS = 20
RESET = struct.pack("ii", 1, 0)
STEPS = ["EHLO c", f"MAIL FROM:<{stage.SPAMMER}>", f"RCPT TO:<{stage.ACCOUNT}>", "RCPT TO:<user3@virtual.test>", "DATA"]


async def _sudden(port: int, steps: int, how: str) -> None:
    """A client that says so much and is gone."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await reader.readline()
        for line in STEPS[:steps]:
            writer.write(line.encode() + b"\r\n")
            while (await reader.readline())[3:4] == b"-":
                pass
        if steps == len(STEPS):
            writer.write(b"half a message\r\n")
        if how == "half":
            writer.write_eof()
            await reader.read()
        elif how == "reset":
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()
    finally:
        writer.close()


async def _wrong(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"EHLO c\r\n" + b"VRFY x\r\nRCPT TO:<a b>\r\nMAIL FROM:<\r\n\0\r\n" * 20 + b"QUIT\r\n")
        await reader.read()
    finally:
        writer.close()


async def _starttls(port: int, trust: trustme.CA) -> None:
    import ssl

    context = ssl.create_default_context()
    trust.configure_trust(context)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for line in (b"", b"EHLO c\r\n", b"STARTTLS\r\n"):
            writer.write(line)
            while (await reader.readline())[3:4] == b"-":
                pass
        await writer.start_tls(context, server_hostname="mx.test")
        writer.write(b"EHLO c\r\nQUIT\r\n")
        await reader.read()
    finally:
        writer.close()


async def one(port: int, chance: random.Random, trust: trustme.CA | None) -> None:
    kind = chance.randrange(10)
    accepted = Errand(port, b"user3@virtual.test", stage.ACCOUNT.encode(), senders.message(1000))
    with contextlib.suppress(OSError, senders.SenderError):
        if kind < 3:
            await senders.session(accepted)
        elif kind < 5:
            await senders.session(Errand(port, stage.SPAMMER.encode(), stage.ACCOUNT.encode(), refused=True))
        elif kind == 5 and chance.random() < 0.1:
            accepted.lines[4] = senders.message(1_000_000)
            await senders.session(accepted)
        elif kind == 6:
            await _wrong(port)
        elif kind == 7 and trust is not None and chance.random() < 0.3:
            await _starttls(port, trust)
        else:
            await _sudden(port, chance.randrange(len(STEPS) + 1), chance.choice(["close", "reset", "half"]))


async def many(port: int, number: int, chance: random.Random, trust: trustme.CA) -> None:
    left = number

    async def client() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await asyncio.wait_for(one(port, chance, trust), 60)

    await asyncio.gather(*[client() for _ in range(CLIENTS)])


def look(gate: Gate, sessions: int, cpu: float, seconds: float) -> list[object]:
    """Once all of them have left."""
    until = time.monotonic() + 20
    while gate.status()["sessions"] and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(3.5)  # who lingered is gone
    pid = gate.process.pid
    return [
        sessions,
        f"{stage.memory(pid, 'VmRSS'):.1f} MB",
        stage.files(pid),
        stage.threads(pid),
        f"{(stage.cpu(pid) - cpu) / max(1, sessions) * 1e3:.2f} ms",
        f"{seconds:.0f} s",
    ]


def run(chosen: argparse.Namespace) -> None:
    chance, trust = random.Random(chosen.seed), trustme.CA()
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory() as folder:
        both = Path(folder) / "both.pem"
        trust.issue_cert("mx.test").private_key_and_cert_chain_pem.write_to_path(both)
        more = "[log]\nmax_rows = 1000\n[limits]\nconnections_per_client = 100\n"  # (a longer log is a larger cache)
        more += f'[tls]\ncertificate = "{both}"\nkey = "{both}"\n'
        with contextlib.ExitStack() as stack:
            if chosen.built_in:
                gate = stack.enter_context(stage.gate(None, more=more))
            else:
                port = stack.enter_context(bench.sink())
                gate = stack.enter_context(stage.gate(port, "none", more))
            asyncio.run(many(gate.port, 500, chance, trust))  # buffers and caches are nobody's leak
            rows.append(look(gate, 0, stage.cpu(gate.process.pid), 0.0))
            cpu, begun = stage.cpu(gate.process.pid), time.monotonic()
            for part in range(1, chosen.parts + 1):
                asyncio.run(many(gate.port, chosen.number // chosen.parts, chance, trust))
                rows.append(look(gate, chosen.number // chosen.parts * part, cpu, time.monotonic() - begun))
            port = gate.port
            _, said = asyncio.run(loris.honest(port, stage.ACCOUNT))
            print(f"afterwards an honest client hears {said.decode().strip()!r}; {gate.status()['warnings']}")
            gate.end()
            print(f"exit code {gate.process.returncode}, tracebacks {sum('Traceback' in line for line in gate.said)}")
            log = (gate.home.path / "log" / "gate.log").read_text()
            print(f"mistakes in the log: {log.count('by a mistake of the gate') + log.count('Traceback')}")
    heads = ("sessions", "memory", "files", "threads", "CPU a session", "time")
    table.show(f"Sessions of every kind, {CLIENTS} at a time", heads, rows)


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--number", type=int, default=10_000)
    parser.add_argument("--parts", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--built-in", action="store_true", help="before the built-in server instead of a sink")
