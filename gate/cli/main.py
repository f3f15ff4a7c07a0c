"""Puts the nouns together and is the outermost edge: whatever goes wrong becomes one line and an exit code.

Exit codes: 0 done, 1 refused, 2 wrong usage.
"""

import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from gate import __version__
from gate.cli import accounts, activity, demo, domains, entries, journal, life, lines, link, output, saved
from gate.errors import Fault

NAME = "irusu-gate"
NOUNS = (life, demo, accounts, entries, domains, activity, saved, journal, lines)

_INTRODUCTION = "To unwanted senders your address does not exist: the gate in front of your mail server."

app = typer.Typer(
    help=_INTRODUCTION,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        output.say(f"{NAME} {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    socket: Annotated[
        str | None, typer.Option(metavar="PATH", help="The gate's control socket, sought nowhere else.")
    ] = None,
) -> None:
    if socket is not None:
        link.name_socket(socket)


for _noun in NOUNS:
    _noun.register(app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Never raises, never prints a traceback."""
    output.prepare()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        _check_text(given)
        app(args=_socket_first(given), prog_name=NAME)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except Fault as fault:
        output.fail(str(fault))
        return 1
    except OSError as problem:
        if isinstance(problem, BrokenPipeError):
            output.close_pipe()
        else:
            output.fail(f"{problem.filename or 'the system'}: {problem.strerror or problem}")
        return 1
    except KeyboardInterrupt:
        return 1
    except Exception as problem:  # noqa: BLE001 (the outermost edge)
        output.fail(f"Something went wrong: {type(problem).__name__}: {problem}{_keep(problem)}")
        return 1
    return 0


def _check_text(given: Sequence[str]) -> None:
    for text in given:
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            output.fail("an argument is not UTF-8 text")
            raise SystemExit(2)


def _socket_first(given: list[str]) -> list[str]:
    """`--socket` may stand anywhere: `irusu-gate status --socket PATH`."""
    for place, text in enumerate(given):
        if text == "--":
            break
        if text == "--socket" and place + 1 < len(given):
            return [*given[place : place + 2], *given[:place], *given[place + 2 :]]
        if text.startswith("--socket="):
            return [text, *given[:place], *given[place + 1 :]]
    return given


def _keep(problem: Exception) -> str:
    """Write the traceback where it can be looked up, and say where."""
    try:
        file = link.folders().log / "irusu-gate.trace"
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text("".join(traceback.format_exception(problem)), "utf-8")
    except (OSError, Fault):
        return ""
    return f" (more in {file})"
