"""How fast saved mail is read for its senders, and how much memory that takes: `irusu-gate survey` over a made mbox.

`python -m tests.bench.survey [--megabytes N]`. The mbox is made in a temporary folder and removed: 70 % plain mails of
2 to 12 KB, 27 % HTML mails of 20 to 60 KB, 3 % with an attachment of 300 KB, 5,000 senders with many mails and few.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from tests.bench import stage, table

ACCOUNTS = ("user1@virtual.test", "user2@virtual.test", "user3@virtual.test")


def make(path: Path, octets: int) -> int:
    """Write an mbox of about that many octets; the number of its messages."""
    chance = Random(3)
    line = b"<p>The quick brown fox jumps over the lazy dog, again and again and once more for luck.</p>\n"
    lines = line * 4_000
    written = messages = 0
    with path.open("wb") as file:
        while written < octets:
            size = _size(chance)
            written += file.write(_head(chance, messages) + lines[: size // len(line) * len(line)] + b"\n")
            messages += 1
    return messages


def _size(chance: Random) -> int:
    kind = chance.random()
    if kind > 0.97:
        return 300_000
    return chance.randrange(20_000, 60_000) if kind > 0.7 else chance.randrange(2_000, 12_000)


def _head(chance: Random, number: int) -> bytes:
    sender = f"offer{int(chance.paretovariate(0.6)) % 5_000}@bad{int(chance.paretovariate(0.6)) % 900}.example"
    to = ACCOUNTS[number % len(ACCOUNTS)]
    hops = "".join(
        f"Received: from mx{hop}.example (mx{hop}.example [192.0.2.{hop}])\n\tby in.virtual.test with ESMTP id "
        f"{number:x}{hop}\n\tfor <{to}>; Tue, 24 Nov 2026 09:00:0{hop} +0000\n"
        for hop in range(4)
    )
    return (
        f"From {sender} Tue Nov 24 09:00:00 2026\nReturn-Path: <{sender}>\nDelivered-To: {to}\n{hops}"
        f"DKIM-Signature: v=1; a=rsa-sha256; d=bad.example; s=k1; h=from:to:subject;\n"
        f"\tbh={'A' * 43}=;\n\tb={'B' * 340}\n"
        f"From: =?utf-8?B?5bGF55WZ5a6I?= <{sender}>\nTo: <{to}>\nSubject: =?utf-8?Q?Offer_{number}?=\n"
        f"Date: Tue, 24 Nov 2026 09:00:00 +0000\nMessage-Id: <{number}@bad.example>\nMIME-Version: 1.0\n"
        f"Content-Type: text/html; charset=utf-8\n\n"
    ).encode()


def read(path: Path, folder: Path) -> tuple[dict[str, int], float, float]:
    """What the survey says at its end, its seconds, and its most memory in MB."""
    context = folder / "context.json"
    context.write_text(json.dumps({"accounts": list(ACCOUNTS), "domains": ["virtual.test"]}))
    command = [sys.executable, "-m", "gate", "survey", str(path), "--context", str(context), "--json"]
    environment = {**os.environ, "IRUSU_HOME": str(folder / "home")}
    start = time.perf_counter()
    last = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stdout is not None
        most = 0.0
        for line in process.stdout:
            last = line
            if '"done"' not in line:  # it still runs; after its last line its memory is gone
                most = max(most, stage.memory(process.pid))
    took = time.perf_counter() - start
    return json.loads(last)["done"], took, most


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--megabytes", type=int, default=300)
    chosen = options.parse_args()
    print(table.machine())
    rows = []
    with stage.folder() as folder:
        path = folder / "junk.mbox"
        # A tenth first: memory that grows with the file would show.
        for size in (chosen.megabytes / 10, chosen.megabytes):
            made = make(path, int(size * 1e6))
            done, took, most = read(path, folder)
            assert done == {"messages": made, "unreadable": 0}, (done, made)
            speeds = [f"{made / took:.0f}", f"{size / took:.0f}", f"{took:.1f}"]
            rows.append([f"{size:.0f} MB", f"{made:,}", *speeds, f"{most:.0f} MB"])
    table.show("Survey of an mbox", ("mbox", "messages", "messages/s", "MB/s", "seconds", "most memory"), rows)


if __name__ == "__main__":
    main()
