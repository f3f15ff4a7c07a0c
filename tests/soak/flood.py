"""A dictionary attack of a million RCPTs against the log: how many rows it holds, how large it is, what is counted.

Through a gate they would take an hour; so they go into the recorder as the front puts them there, as fast as it takes
them, and a smaller number through a real gate before a sink.
"""

import argparse
import sqlite3
import tempfile
import time
from pathlib import Path

from gate.events import Events
from gate.recorder import QUEUE_LIMIT, Recorder
from gate.store import open_log
from tests.bench import table
from tests.bench.keeping import decision


def run(chosen: argparse.Namespace) -> None:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.db"
        log = open_log(path)
        recorder = Recorder(log, Events(), max_rows=chosen.max_rows)
        recorder.start()
        cpu, begun, most = time.process_time(), time.monotonic(), 0
        for number in range(chosen.number):
            recorder.record(decision(number))
            if number % 5000 == 4999:
                while len(recorder._queue) > QUEUE_LIMIT // 2:
                    time.sleep(0.01)
                size = sum(each.stat().st_size for each in Path(folder).iterdir())
                most = max(most, size)
        recorder.stop(120)
        cpu = time.process_time() - cpu
        refused, accepted = log.totals()
        log.close()
        with sqlite3.connect(path) as other:
            kept = other.execute("SELECT count(*) FROM decision").fetchone()[0]
        rows.append(
            [
                f"{chosen.number:,}",
                f"{chosen.max_rows:,}",
                f"{kept:,}",
                f"{refused + accepted:,}",
                f"{most / 1e6:.0f} MB",
                f"{cpu / chosen.number * 1e6:.1f} us",
                f"{time.monotonic() - begun:.0f} s",
                ", ".join(warning.code for warning in recorder.warnings()) or "none",
            ]
        )
    heads = ("decisions", "max_rows", "rows kept", "counted", "most on disk", "CPU each", "time", "warnings")
    table.show("A dictionary attack", heads, rows)


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--number", type=int, default=1_000_000)
    parser.add_argument("--max-rows", type=int, default=100_000)
