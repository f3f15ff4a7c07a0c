"""`serve`, and `status|start|pause|stop|quit`: the gate's own life."""

from typing import Annotated, Any, Literal

import msgspec
import typer

from gate import __version__, config
from gate.cli import link, output
from gate.cli.backend import relay_line
from gate.cli.options import Json
from gate.control.client import ClientError
from gate.errors import Fault
from gate.forms import Status, Warning  # noqa: A004 (the form of that name)

QUIT_SECONDS = 45.0
"""A gate that quits lets its sessions finish first: 30 seconds at most, more for one past its final dot."""

LOCK_SECONDS = 10.0

Listen = Annotated[list[str] | None, typer.Option("--listen", metavar="HOST:PORT", help="Where mail comes in.")]
Deliver = Annotated[str | None, typer.Option("--deliver", metavar="URL", help="built-in, or smtp://HOST:PORT.")]
Domain = Annotated[list[str] | None, typer.Option("--domain", metavar="NAME", help="A domain of the server behind.")]
ClientAddress = Annotated[
    Literal["auto", "proxy", "xclient", "none"] | None,
    typer.Option("--client-address", help="How the server behind learns who the client is."),
]
State = Annotated[
    Literal["guarding", "open", "stopped"] | None,
    typer.Option("--state", help="What to do at once; else what it did last."),
]


def register(root: typer.Typer) -> None:
    for command in (serve, status, start, pause, stop, quit_):
        root.command(command.__name__.rstrip("_"))(command)


def serve(
    listen: Listen = None,
    deliver: Deliver = None,
    domain: Domain = None,
    client_address: ClientAddress = None,
    state: State = None,
) -> None:
    """Run the gate in this terminal, until Ctrl-C or `quit`."""
    from gate.service.process import run

    given: dict[str, Any] = {
        "listen": listen or None,
        "deliver": deliver,
        "domains": domain or None,
        "client_address": client_address,
    }
    run(link.folders(), {name: value for name, value in given.items() if value is not None}, state)


def status(as_json: Json = False) -> None:
    """What the gate is doing."""
    gate = link.running()
    if gate is None:
        _show(_not_running(), as_json)
        return
    with gate:
        _show(gate.call("status"), as_json)


def start(as_json: Json = False) -> None:
    """Guard: refuse whom you do not want."""
    _tell("start", as_json)


def pause(as_json: Json = False) -> None:
    """Let everyone through; mail goes on flowing."""
    _tell("pause", as_json)


def stop(as_json: Json = False) -> None:
    """Close the mail port; the process stays."""
    _tell("stop", as_json)


def quit_(as_json: Json = False) -> None:
    """Close the mail port and end the gate."""
    gate = link.running()
    if gate is None:
        output.note("No gate is running")
    else:
        with gate:
            try:
                gate.call("quit")
            except ClientError as problem:
                if problem.code != "control.lost":
                    raise
            if not gate.wait_end(QUIT_SECONDS):
                output.note("irusu-gate: the gate still lets a session finish; it ends when that is done")
                return
        _await_lock()
    if as_json:
        output.show_json(_not_running())
    elif gate is not None:
        output.say("The gate has ended")


def _not_running() -> Status:
    """What can be told without a gate; folders or a gate.toml that cannot be used are a warning here."""
    places = link.folders()
    found = Status(state="not running", version=__version__, home=str(places.data), settings=str(places.config_file))
    try:
        places.check()
        settings = config.load(places.config_file)
    except Fault as problem:
        return msgspec.structs.replace(found, warnings=[Warning.of(problem)])
    from gate.service.neighbour import offer

    return msgspec.structs.replace(found, deliver=settings.gate.deliver, offer=offer(settings))


def _await_lock() -> None:
    """The gate gives its lock back as its last deed: who starts another one now will not meet it."""
    from gate.service.lock import Ownership

    places = link.folders()
    if places.socket is None and places.data.is_dir():
        with Ownership(places, "command") as ownership:
            ownership.take(LOCK_SECONDS)


def _tell(method: str, as_json: bool) -> None:
    with link.the_gate() as gate:
        _show(gate.call(method), as_json)


def _show(found: Any, as_json: bool) -> None:
    if as_json:
        output.show_json(found)
        return
    output.say(f"state: {found.state}")
    if found.pid is not None:
        if found.listen or not found.policy:
            output.say(f"mail comes in at: {', '.join(found.listen) or 'nowhere (the port is closed)'}")
        if found.policy:
            output.say(f"Postfix may ask at: {', '.join(found.policy)} (it has {found.policy_asked} times)")
        if found.listen or not found.policy:
            output.say(f"delivers to: {found.deliver}")
        if found.relay is not None and found.relay.passed and found.deliver != "built-in":  # else a warning says it
            output.say(relay_line(found.relay))
        output.say(f"refused: {found.refused}   accepted: {found.accepted}")
    output.say(f"data: {found.home}")
    output.say(f"settings: {found.settings}")
    if found.offer is not None:
        output.say("A Postfix is on this machine: Irusu can work beside it, no port and no mail of it is touched.")
        output.say(f"What to write where: irusu-gate lines {found.offer}")
    for warning in found.warnings:
        output.warn(warning)
