"""`irusu-gate serve`: one process, one event loop, everything wired together, and taken apart again at its end.

lock -> folders, logs, gate.toml -> store and desk -> recorder -> control socket -> policy port -> the saved state and
with it the mail port -> what is done beside the mail
"""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import msgspec

from gate import __version__
from gate.config import Config
from gate.control import transport
from gate.control.methods import Methods
from gate.control.server import ControlServer
from gate.errors import Fault
from gate.folders import Folders
from gate.forms import SetupLines, Status, Warning  # noqa: A004 (the form of that name)
from gate.recorder import Recorder
from gate.rules.ruleset import Ruleset
from gate.server_lines import setup_lines
from gate.service import logs, settings
from gate.service.life import Life, Wanted
from gate.service.lock import OwnerError, Ownership
from gate.service.neighbour import offer
from gate.service.opening import Opened, opened
from gate.service.policy import PolicyPort
from gate.service.port import MailPort
from gate.service.settling import Settling

TOUCH_SECONDS = 3600.0
"""XDG lets what was not touched for six hours be cleared from a runtime folder."""
COMMAND_SECONDS = 5.0

_log = logging.getLogger(__name__)


def run(folders: Folders, given: Mapping[str, Any], state: Wanted | None) -> None:
    """Be the gate until asked to quit. `given`: keys of [gate] that the command line overrides. Raises a Fault, one
    line, where it cannot begin."""
    os.umask(0o077)
    _allow_many_files()
    folders.make()
    with Ownership(folders, "gate") as ownership:
        _own(ownership)
        config = settings.read(folders, given)
        logs.begin(folders.log)
        _log.info("version %s, process %d, data in %s", __version__, os.getpid(), folders.data, extra=logs.FILE_ONLY)
        try:
            with opened(folders, config, given) as found, _runner() as runner:
                runner.run(_live(folders, given, config, found, state))
        except Fault as fault:
            _log.error("%s", fault, extra=logs.FILE_ONLY)  # the command line says it on the terminal
            raise
        _log.info("ended")


def _allow_many_files() -> None:
    """As many open files as the system lets this process have: a session takes two."""
    if sys.platform == "win32":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (hard, 10_240):  # macOS has a limit below "unlimited" that it does not tell
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return


def _own(ownership: Ownership) -> None:
    """Two gates are told at once; a command that is busy ends soon."""
    try:
        ownership.take(1.0)
    except OwnerError as problem:
        if problem.code != "owner.command":
            raise
        ownership.take(COMMAND_SECONDS)


@contextlib.contextmanager
def _runner() -> Iterator["asyncio.Runner"]:
    factory = None
    with contextlib.suppress(ImportError):
        if sys.platform == "win32":
            import winloop

            factory = winloop.new_event_loop
        else:
            import uvloop

            factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        yield runner


async def _live(
    folders: Folders, given: Mapping[str, Any], config: Config, found: Opened, state: Wanted | None
) -> None:
    recorder = Recorder(found.log, found.events, keep_days=config.log.keep_days, max_rows=config.log.max_rows)
    port = MailPort(folders, config, found, recorder)
    policy = PolicyPort(folders, config, found, recorder)
    settling: Settling | None = None

    def describe() -> Status:
        rules = found.guard.ruleset
        warnings = [*reload.warnings(), *_unreadable(rules), *recorder.warnings()]
        warnings += settling.warnings() if settling is not None else ()
        return _status(folders, config, rules, recorder.totals(), warnings)

    def lines() -> SetupLines:
        return setup_lines(reload.config, policy=policy.listen, offer=offer(reload.config))

    life = Life(port, policy, found.guard, found.lists, found.events, describe=describe, lines=lines)
    port.changed = policy.changed = life.port_changed
    policy.active = lambda: life.on
    methods = Methods(found.desk, life)
    reload = settings.Reload(
        folders, given, config, found=found, port=port, policy=policy, recorder=recorder, changed=life.settings_changed
    )
    loop = asyncio.get_running_loop()

    def written() -> None:
        loop.call_soon_threadsafe(reload.soon)

    found.toml.changed = written
    found.toml.unknown_users = lambda: {**policy.unknown_users, **port.unknown_users}
    recorder.start()
    try:
        async with _control(folders, methods, found), _signals(life, reload):
            await policy.open()
            await life.begin(state)
            gc.freeze()  # what stands now stays: looking through it again and again would hold every session up
            settling = Settling(found.desk, found.lists, lambda: loop.call_soon_threadsafe(life.settings_changed))
            await life.ended.wait()
            await life.end()
            found.events.publish("state", msgspec.structs.replace(describe(), state="not running"))  # a goodbye
    finally:
        await policy.close()
        await port.end()
        methods.close()
        await reload.end()
        if settling is not None:
            await asyncio.to_thread(settling.end)
        recorder.stop()


def _status(
    folders: Folders, config: Config, rules: Ruleset | None, totals: tuple[int, int], warnings: list[Warning]
) -> Status:
    """All that is not the life's own to know."""
    refused, accepted = totals
    return Status(
        state="stopped",
        deliver=config.gate.deliver,
        refused=refused,
        accepted=accepted,
        own_domains=sorted(rules.own_domains) if rules is not None else [],
        listed_domains=sorted(rules.listed) if rules is not None else [],
        home=str(folders.data),
        settings=str(folders.config_file),
        offer=offer(config),
        warnings=warnings,
    )


def _unreadable(rules: Ruleset | None) -> list[Warning]:
    """Entries that an older Irusu took and this one cannot read match nothing."""
    found = rules.unreadable if rules is not None else ()
    return [
        Warning(
            code="entry.unreadable",
            text=f"{entry.pattern} on the {entry.list} list of {entry.scope} cannot be read and matches nothing",
            params={"pattern": entry.pattern, "list": entry.list, "scope": entry.scope},
        )
        for entry in found[:20]
    ]


@contextlib.asynccontextmanager
async def _control(folders: Folders, methods: Methods, found: Opened) -> AsyncIterator[None]:
    """The control socket, open; touched now and then."""
    path = folders.socket_to_open()
    server = ControlServer(methods.answer, found.events)
    await server.open(transport.listen(path))

    async def touch() -> None:
        while True:
            await asyncio.sleep(TOUCH_SECONDS)
            with contextlib.suppress(OSError):
                for place in (path, path.parent):
                    os.utime(place)

    touching = asyncio.create_task(touch())
    try:
        yield
    finally:
        touching.cancel()
        await server.close()
        path.unlink(missing_ok=True)
        folders.forget_socket()


@contextlib.asynccontextmanager
async def _signals(life: Life, reload: settings.Reload) -> AsyncIterator[None]:
    """SIGTERM and Ctrl-C: let the sessions finish, then end. SIGHUP: read gate.toml anew; but a terminal that is
    closed ends the gate that was started in it."""
    loop = asyncio.get_running_loop()
    asked: set[asyncio.Task[Any]] = set()
    terminals = _terminals()

    def end() -> None:
        asked.add(loop.create_task(life.quit()))

    def hang_up() -> None:
        if _terminals() != terminals:
            end()
        else:
            asked.add(loop.create_task(reload()))

    caught = {signal.SIGINT: end, signal.SIGTERM: end}
    if hasattr(signal, "SIGHUP"):
        caught[signal.SIGHUP] = hang_up
    for each, act in caught.items():
        try:
            loop.add_signal_handler(each, act)
        except NotImplementedError:  # Windows
            signal.signal(each, lambda *_, act=act: loop.call_soon_threadsafe(act))
    try:
        yield
    finally:
        for each in caught:
            signal.signal(each, signal.SIG_IGN)  # it is ending already: what is still to be written is written
    await asyncio.gather(*asked)


def _terminals() -> list[bool]:
    """Which of stdin, stdout, stderr are a terminal that is still there."""
    return [os.isatty(number) for number in range(3)]
