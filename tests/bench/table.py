"""How every bench prints: a title, the machine, rows in columns; and what they share in arithmetic."""

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence


def machine() -> str:
    """The class of the machine and how busy it is now: a bench on a busy machine says so itself."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    cores = os.cpu_count()
    python = platform.python_version()
    return f"{time.strftime('%Y-%m-%d')}, {cores} cores {platform.machine()}, {sys.platform}, Python {python}{load}"


def show(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print as a Markdown table, so that it can go into docs/measured.md as it is."""
    texts = [list(heads), *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[column]) for row in texts) for column in range(len(heads))]
    texts.insert(1, ["-" * width for width in widths])
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in texts]
    print(f"\n{title}\n")
    print("\n".join(f"| {line} |" for line in lines), flush=True)


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median and, in brackets, the least and the most."""
    middle = statistics.median(values)
    return f"{middle:.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def seconds(act: Callable[[], object], times: int = 1) -> float:
    """The best of some runs: what the work costs when nothing else is in the way."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        act()
        best = min(best, time.perf_counter() - start)
    return best
