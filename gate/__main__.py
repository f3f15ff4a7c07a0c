"""`python -m gate` and `irusu-gate` are the same."""

import sys

from gate.cli.main import main as run


def main() -> None:
    """The command line; ends the process with its exit code."""
    sys.exit(run())


if __name__ == "__main__":
    main()
