"""What it costs to keep the decision log: CPU of the whole process for each decision, queue, store and news together.

`python -m tests.bench.keeping [--rows N]`. Decisions come at the pace of a busy gate, so that batches are as they are
there; the pace itself sleeps and costs next to nothing, and that is measured too and taken off.
"""

import argparse
import tempfile
import time
from pathlib import Path

from gate.events import Events
from gate.forms import Decision
from gate.recorder import Recorder
from gate.store import open_log
from tests.bench import table

PACE_SECONDS = 0.01


def decision(number: int) -> Decision:
    """One of 50 accounts, of 500 entries; every tenth accepted."""
    refused = number % 10 != 0
    return Decision(
        time="2026-11-24T09:00:00.000Z",
        front="smtp",
        client=f"192.0.2.{number % 250}",
        helo="mx.bad.example",
        sender=f"sender{number}@bad.example",
        recipient=f"user{number % 50}@own.example",
        verdict="refuse" if refused else "accept",
        because="entry" if refused else "none",
        pattern="@bad.example" if refused else None,
        reply="550 5.1.1 <user@own.example>: Recipient address rejected: User unknown in virtual mailbox table",
        account=f"user{number % 50}@own.example",
        scope="*",
        decoy="k3j2h1g0f9d8s7a6@own.example",
        entry_id=number % 500 if refused else None,
    )


def cost(rows: int, rate: int, *, keep: bool, heard: bool) -> float:
    """CPU microseconds of the process a decision."""
    batch = int(rate * PACE_SECONDS)
    made = [decision(number) for number in range(rows)]
    with tempfile.TemporaryDirectory() as folder:
        log, events = open_log(Path(folder) / "log.db"), Events()
        if heard:
            events.subscribe(lambda _kind, _data: None)
        recorder = Recorder(log, events)
        recorder.start()
        begin = time.process_time()
        for start in range(0, rows, batch):
            for one in made[start : start + batch] if keep else ():
                recorder.record(one)
            time.sleep(PACE_SECONDS)
        recorder.stop(60)
        spent = time.process_time() - begin
        log.close()
    return spent / rows * 1e6


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=6000)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    print(table.machine())
    rows = []
    for rate in (200, 2000, 10_000):
        count = min(chosen.rows, rate * 3)
        pace, silent, heard = [], [], []
        for _ in range(chosen.rounds):
            pace.append(cost(count, rate, keep=False, heard=False))
            silent.append(cost(count, rate, keep=True, heard=False) - pace[-1])
            heard.append(cost(count, rate, keep=True, heard=True) - pace[-1])
        rows.append([f"{rate}", table.spread(silent), table.spread(heard), f"{sorted(pace)[len(pace) // 2]:.1f}"])
    heads = ("decisions a second", "CPU us a decision", "with a listener", "the pace (taken off)")
    table.show("Keeping the log", heads, rows)


if __name__ == "__main__":
    main()
