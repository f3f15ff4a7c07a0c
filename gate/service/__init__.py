"""The gate process: one owner of the data, everything below wired together, from start to drained end.

    lock.py       who owns the data folder
    opening.py    store and desk, for the gate process and for a command without one
    life.py       the states: guard, open, stop, quit
    settings.py   gate.toml, at start and when it is read anew
    process.py    `serve`: settings, logging, signals, one event loop
    logs.py       the log file and stderr

Light to import: the command line uses `lock` before it knows whether it needs any of the rest.
"""
