"""`python -m gate` and `irusu-gate` are the same."""

import os
import sys

from gate.cli.main import main as run


def main() -> None:
    """The command line; ends the process with its exit code."""
    code = run()
    _let_go_of_what_is_closed()
    sys.exit(code)


def _let_go_of_what_is_closed() -> None:
    """A terminal or pipe that went away takes no last words; Python would end with 120 because of them."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
