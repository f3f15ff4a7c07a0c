"""The gate process: one owner of the data, everything below wired together, from start to drained end.

    lock.py       who owns the data folder
    opening.py    store and desk, for the gate process and for a command without one
    process.py    `serve`: settings, logging, signals, one event loop
    life.py       the states: guard, open, stop, quit
    port.py       the mail port: the server behind, and the SMTP front
    policy.py     the policy port, and what is learnt of the Postfix that asks there
    settings.py   gate.toml, at start and when it is read anew
    domains.py    gate.toml as the desk writes it
    settling.py   what is done beside the mail once it flows
    checking.py   `check --backend` where no gate runs
    neighbour.py  whether a Postfix is on this machine
    logs.py       the log file and stderr

Light to import: the command line uses `lock` before it knows whether it needs any of the rest.
"""
