"""Store and desk opened on one owner's folders, for the gate process and for a command that finds no gate.

The caller owns the lock. Slow to import (the store); the command line imports it only when it must.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gate import config as settings
from gate.config import BUILT_IN, Config
from gate.control.methods import call_desk
from gate.desk import ConfigView, Desk
from gate.events import Events
from gate.folders import Folders
from gate.forms import Form, Nothing
from gate.guard import Guard
from gate.service.domains import GateToml
from gate.store import Lists, Log, open_lists, open_log


@dataclass(frozen=True, slots=True)
class Opened:
    """What stands once the databases are open."""

    lists: Lists
    log: Log
    desk: Desk
    guard: Guard
    events: Events
    toml: GateToml

    def own_domains(self) -> frozenset[str]:
        """As the rules in force have them, canonical; from any thread."""
        return self.guard.ruleset.own_domains if self.guard.ruleset is not None else frozenset()

    def listed_domains(self) -> frozenset[str]:
        """Of these, where only what was made in Irusu exists; likewise."""
        return self.guard.ruleset.listed if self.guard.ruleset is not None else frozenset()


@contextlib.contextmanager
def opened(folders: Folders, config: Config, given: Mapping[str, Any] | None = None) -> Iterator[Opened]:
    """Both databases and the desk over them, the guard following its rules. `given`: keys of [gate] that the command
    line overrides. Raises StoreError."""
    lists = open_lists(folders.lists)
    try:
        log = open_log(folders.decisions)
        try:
            guard, events, toml = Guard(), Events(), GateToml(folders.config_file, given or {})
            desk = Desk(lists, log, view(config), guard.load, events, enforcing=lambda: guard.enforcing, settings=toml)
            yield Opened(lists, log, desk, guard, events, toml)
        finally:
            log.close()
    finally:
        lists.close()


def view(config: Config) -> ConfigView:
    """What the desk must know of gate.toml."""
    section = config.gate
    return ConfigView(
        domains=section.domains,
        listed=section.listed,
        delimiter=section.recipient_delimiter,
        built_in=section.deliver == BUILT_IN,
    )


class LocalLink:
    """Answers a command's calls in its own process, as the gate would."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def call(self, method: str, params: Form | None = None) -> Form:
        return call_desk(self._desk, method, params if params is not None else Nothing(), "cli")


@contextlib.contextmanager
def local_link(folders: Folders) -> Iterator[LocalLink]:
    """The desk in this process. Raises StoreError and ConfigError."""
    with opened(folders, settings.load(folders.config_file)) as found:
        yield LocalLink(found.desk)
