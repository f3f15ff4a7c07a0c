"""gate.toml as the gate process uses it: read at start, and anew when it is told to.

A file that cannot be used changes nothing: what holds goes on to hold, and one line says why. It knows no signal.

To let a reload change a key: take it out of `RESTART` and see to it in `Reload._apply`.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from gate import config as settings
from gate.config import Config
from gate.errors import Fault
from gate.folders import Folders
from gate.forms import Warning  # noqa: A004 (the form of that name)
from gate.recorder import Recorder
from gate.service.opening import Opened, view
from gate.service.policy import PolicyPort
from gate.service.port import MailPort

COMMAND = "serve"
"""What a line names where an option is to blame, not the file."""
RESTART = (
    "gate.listen",
    "gate.deliver",
    "gate.client_address",
    "gate.hostname",
    "gate.recipient_delimiter",
    "policy.listen",
)
"""What a gate begins with and keeps."""

_log = logging.getLogger(__name__)


def read(folders: Folders, given: Mapping[str, Any]) -> Config:
    """gate.toml with the command line's keys of [gate] on top; ConfigError for what cannot be used."""
    config = settings.load(folders.config_file)
    if given:
        section = msgspec.structs.replace(config.gate, **given)
        config = settings.check(msgspec.structs.replace(config, gate=section), COMMAND)
    return config


def kept(config: Config, before: Config) -> tuple[Config, list[str]]:
    """`config` with the keys of `RESTART` as they were `before`, and which of them would have changed."""
    found: list[str] = []
    for key in RESTART:
        section, _, name = key.partition(".")
        wanted, was = getattr(config, section), getattr(before, section)
        if getattr(wanted, name) != getattr(was, name):
            found.append(key)
            wanted = msgspec.structs.replace(wanted, **{name: getattr(was, name)})
            config = msgspec.structs.replace(config, **{section: wanted})
    return config, found


class Reload:
    """Reads gate.toml anew, as often as it is called. Lives on one event loop.

    Attributes:
        config: what holds now.
        unusable: why the file as it is now cannot be used, or None.
        late: keys that the file sets otherwise than they hold, until the gate starts anew.
    """

    def __init__(
        self,
        folders: Folders,
        given: Mapping[str, Any],
        config: Config,
        *,
        found: Opened,
        port: MailPort,
        policy: PolicyPort,
        recorder: Recorder,
        changed: Callable[[], None],
    ) -> None:
        """`changed` is called when other settings hold, or there is something else to tell of them."""
        self.config = config
        self.unusable: Fault | None = None
        self.late: list[str] = []
        self._folders = folders
        self._given = given
        self._found = found
        self._port = port
        self._policy = policy
        self._recorder = recorder
        self._changed = changed
        self._one = asyncio.Lock()
        self._under_way: set[asyncio.Task[None]] = set()

    async def __call__(self) -> None:
        """Never raises for what stands in the file."""
        async with self._one:
            try:
                wanted = await asyncio.to_thread(read, self._folders, self._given)
                config, late = kept(wanted, self.config)
                await self._apply(config)
            except Fault as fault:
                _log.error("%s; the settings stay as they were", fault)
                self.unusable = fault
                self._changed()
                return
            self.config, self.unusable, self.late = config, None, late
            self._changed()
        _log.info("%s was read anew", self._folders.config_file)
        if late:
            _log.warning("%s: %s changed; restart the gate for that", self._folders.config_file, ", ".join(late))

    def warnings(self) -> list[Warning]:
        """A file that cannot be used, until one was read that can; keys of it that wait for a start."""
        found = []
        if self.unusable is not None:
            text = f"{self.unusable}; the settings stay as they were"
            found.append(Warning(code="settings.unusable", text=text, params={"why": str(self.unusable)}))
        if self.late:
            file, keys = str(self._folders.config_file), ", ".join(self.late)
            text = f"{file}: {keys} changed; restart the gate for that"
            found.append(Warning(code="settings.late", text=text, params={"file": file, "keys": keys}))
        return found

    def soon(self) -> None:
        """The same, by itself."""
        task = asyncio.get_running_loop().create_task(self(), name="gate.toml read anew")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def end(self) -> None:
        """Wait for what `soon` began."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    async def _apply(self, config: Config) -> None:
        self._port.reconfigure(config)
        try:
            await asyncio.to_thread(self._found.desk.configure, view(config))
        except Fault:
            self._port.reconfigure(self.config)
            raise
        self._policy.reconfigure(config)
        self._recorder.limit(keep_days=config.log.keep_days, max_rows=config.log.max_rows)
        if config.gate.domains != self.config.gate.domains:
            self._port.ask_again()
