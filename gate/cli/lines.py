"""`lines`: what the mail server's files and gate.toml need, to be copied."""

import textwrap
from typing import Annotated, get_args

import msgspec
import typer

from gate import config
from gate.cli import link, output
from gate.cli.options import Json
from gate.forms import SetupLines, Way, WayName

NOTE_WIDTH = 100

Which = Annotated[WayName | None, typer.Argument(metavar="[WAY]", help=", ".join(get_args(WayName)))]


def register(root: typer.Typer) -> None:
    root.command("lines")(lines)


def lines(way: Which = None, as_json: Json = False) -> None:
    """The very lines that set a mail server up with Irusu; without a name for every way."""
    found = _found()
    ways = [each for each in found.ways if way is None or each.name == way]
    if as_json:
        output.show_json(msgspec.structs.replace(found, ways=ways))
        return
    for each in ways:
        _show(each)


def _found() -> SetupLines:
    """From the running gate, which knows its real ports; else from gate.toml."""
    gate = link.answering()
    if gate is not None:
        with gate:
            told = gate.call("setup.lines")
            assert isinstance(told, SetupLines)  # noqa: S101
            return told
    from gate.server_lines import setup_lines
    from gate.service.neighbour import offer

    here = config.load(link.folders().config_file)
    return setup_lines(here, offer=offer(here))


def _show(way: Way) -> None:
    output.say(f"# {way.title}")
    for snippet in way.snippets:
        output.say()
        file = str(link.folders().config_file) if snippet.file == "gate.toml" else snippet.file
        output.say(f"# ---- {file}")
        for line in snippet.lines.splitlines():
            output.say(line)
        for line in textwrap.wrap(snippet.note, NOTE_WIDTH):
            output.say(f"# {line}")
    output.say()
    output.say(f"# {way.after}")
    output.say()
