"""`irusu [FILE]...`: the desktop app; files are imported."""

import sys


def main() -> None:
    """Entry point of the command `irusu`."""
    from app.application import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
