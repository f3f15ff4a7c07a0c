"""`python -m tests.soak NAME [options]`: loris, kill, sessions, flood or control."""

import argparse
import importlib

from tests.bench import table

NAMES = ("loris", "kill", "control", "sessions", "flood")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    soaks = parser.add_subparsers(required=True, metavar="NAME")
    for name in NAMES:
        soak = importlib.import_module(f"tests.soak.{name}")
        one = soaks.add_parser(name, help=soak.__doc__.splitlines()[0])
        soak.options(one)
        one.set_defaults(run=soak.run)
    chosen = parser.parse_args()
    print(table.machine())
    chosen.run(chosen)


if __name__ == "__main__":
    main()
