"""The gate's states, and what leads from one to another. It knows the mail port as something to open and close.

Beside a policy port, which guards too, a mail port that is kept closed keeps no state: it is told, and opens later.

    stopped  -- start --> guarding    the port opens; a Fault keeps the state
    stopped  -- pause --> open
    guarding <- start/pause -> open   at once, sessions go on
    guarding, open  -- stop -->  draining  -- sessions done, 30 s at most -->  stopped
    draining -- start, pause -->  guarding, open   the port opens again, old sessions go on
    any      -- quit -->  draining  -->  the process ends; what is saved stays

What is saved is what was asked for: guarding, open or stopped.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

import msgspec

from gate import __version__
from gate.errors import Fault
from gate.events import Events
from gate.forms import BackendReport, GateState, SetupLines, Status, Warning  # noqa: A004 (the form of that name)
from gate.guard import Guard
from gate.service.policy import PolicyPort
from gate.service.port import MailPort, PortError
from gate.store import Lists, StoreError

DRAIN_SECONDS = 30.0

Wanted = Literal["guarding", "open", "stopped"]

_log = logging.getLogger(__name__)


class Life:
    """Fills `gate.desk.server.Lifecycle`. Lives on one event loop.

    Attributes:
        state: where the gate is.
        ended: set when the process may end: asked to quit, and drained.
    """

    def __init__(
        self,
        port: MailPort,
        policy: PolicyPort,
        guard: Guard,
        lists: Lists,
        events: Events,
        *,
        describe: Callable[[], Status],
        lines: Callable[[], SetupLines],
    ) -> None:
        """`describe`: a status with all that is not the life's own to know; `lines`: answers `setup.lines`."""
        self._port = port
        self._policy = policy
        self._guard = guard
        self._lists = lists
        self._events = events
        self._describe = describe
        self._lines = lines
        self._since = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self._moving = asyncio.Lock()
        self._draining: asyncio.Task[None] | None = None
        self._closed_because: Fault | None = None
        self._wanted: Wanted = "stopped"
        self._opening: asyncio.Task[None] | None = None
        self._reopening: asyncio.Task[None] | None = None
        self._quitting = False
        self.state: GateState = "stopped"
        self.ended = asyncio.Event()

    async def begin(self, asked: Wanted | None) -> None:
        """Take up the state asked for, else the saved one, at first guarding. Raises the Fault of an address that
        cannot be had; what else keeps the port closed is told and kept as a warning, and the process stays."""
        saved = await asyncio.to_thread(self._lists.saved_state)
        wanted: Wanted = asked or (saved if saved in ("open", "stopped") else "guarding")  # type: ignore[assignment]
        if asked is not None:
            await self._save(asked)
        self._wanted = wanted
        async with self._moving:
            try:
                if wanted != "stopped":
                    await self._open(wanted)
            except Fault as fault:
                if fault.code == "smtp.listen":
                    raise
                if not self._quitting:
                    self._stay_closed(fault)
        if not self._quitting:
            where = [f"mail comes in at {', '.join(self._port.listen)}"] if self._port.listen else []
            where += [f"Postfix may ask at {', '.join(self._policy.listen)}"] if self._policy.listen else []
            _log.info("ready: %s, %s", self.state, "; ".join(where) or "the mail port is closed")

    @property
    def on(self) -> bool:
        """Whether recipients are judged: guarding or open, or about to be."""
        return self.state in ("guarding", "open") or self._opening is not None

    def port_changed(self) -> None:
        """The backend is another, or what is to be told of it. A port that it kept closed opens by itself."""
        self._news()
        because = self._closed_because
        by_backend = because is not None and (because.code.startswith("backend.") or because.code == "smtp.ipv6")
        if by_backend and self._port.may_open and not self._reopening:
            self._reopening = asyncio.get_running_loop().create_task(self._reopen())

    def settings_changed(self) -> None:
        """gate.toml says something else now. A port that only the settings kept closed opens by itself."""
        self._news()
        because = self._closed_because
        if because is not None and because.code == "port.domains" and not self._reopening:
            self._reopening = asyncio.get_running_loop().create_task(self._reopen())

    async def end(self) -> None:
        """Wait for what is still under way, after `ended`."""
        for task in (self._reopening, self._draining):
            if task is not None:
                await asyncio.wait({task})

    # ------------------------------------------------------------ what an owner asks for

    async def status(self) -> Status:
        return self._status()

    async def lines(self) -> SetupLines:
        return self._lines()

    async def start(self) -> Status:
        return await self._move("guarding")

    async def pause(self) -> Status:
        return await self._move("open")

    async def stop(self) -> Status:
        self._give_up_opening()
        async with self._moving:
            self._closed_because = None
            if self.state in ("guarding", "open"):
                await self._begin_drain()
            else:
                self._news()
            if not self._quitting:
                self._wanted = "stopped"
                await self._save("stopped")
        return self._status()

    async def quit(self) -> Status:
        self._quitting = True
        self._give_up_opening()
        async with self._moving:
            if self.state in ("guarding", "open"):
                await self._begin_drain()
            if self._draining is None:
                self.ended.set()
        return self._status()

    async def check_backend(self) -> BackendReport:
        return await (self._policy.check() if self._policy.alone else self._port.check())

    # ------------------------------------------------------------ how it is done

    async def _move(self, wanted: Literal["guarding", "open"]) -> Status:
        async with self._moving:
            await self._open(wanted)
            self._wanted = wanted
            await self._save(wanted)
        return self._status()

    async def _reopen(self) -> None:
        async with self._moving:
            try:
                if self._closed_because is not None and self._wanted != "stopped":
                    await self._open(self._wanted)
            except Fault as fault:
                self._stay_closed(fault)
            finally:
                self._reopening = None

    async def _open(self, wanted: Literal["guarding", "open"]) -> None:
        if self._quitting:
            raise PortError("port.given_up")
        closed = None
        if self.state not in ("guarding", "open") or self._closed_because is not None:
            closed = await self._open_port(wanted == "guarding")
            if self._draining is not None:
                self._draining.cancel()
                self._draining = None
        self._closed_because = closed
        self._guard.enforcing = wanted == "guarding"
        self._become(wanted)

    async def _open_port(self, enforcing: bool) -> Fault | None:
        """Open it so that the first client already meets the wanted state. Told, not raised: what keeps it closed
        beside a policy port that guards without it."""
        before, self._guard.enforcing = self._guard.enforcing, enforcing
        self._opening = asyncio.create_task(self._port.open())
        try:
            await self._opening
        except BaseException as problem:
            if isinstance(problem, Fault) and problem.code != "smtp.listen" and self._policy.listen:
                _log.warning("%s", problem)
                return problem
            self._guard.enforcing = before
            if isinstance(problem, asyncio.CancelledError) and self._opening.cancelled():
                raise PortError("port.given_up") from None
            raise
        finally:
            self._opening = None
        return None

    def _give_up_opening(self) -> None:
        if self._opening is not None:
            self._opening.cancel()

    def _stay_closed(self, fault: Fault) -> None:
        _log.warning("%s", fault)
        self._closed_because = fault
        self._news()

    async def _begin_drain(self) -> None:
        await self._port.close()
        self._become("draining")
        self._draining = asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        await self._port.drain(DRAIN_SECONDS)
        self._draining = None
        self._guard.enforcing = True
        self._become("stopped")
        if self._quitting:
            self.ended.set()

    def _become(self, state: GateState) -> None:
        if state != self.state:
            _log.info("%s", state)
        self.state = state
        self._news()

    def _news(self) -> None:
        self._events.publish("state", self._status())

    async def _save(self, state: Wanted) -> None:
        try:
            await asyncio.to_thread(self._lists.save_state, state)
        except StoreError as problem:
            _log.warning("the state is not saved: %s", problem)

    def _status(self) -> Status:
        self._port.hand_over()  # so that what a client has just been answered counts
        self._policy.hand_over()
        found = self._describe()
        closed = []
        if self._closed_because is not None:
            closed = [Warning.of(self._closed_because)]
        told = {warning.code for warning in closed}
        port = [warning for warning in self._port.warnings() if warning.code not in told]
        heard = {(warning.code, warning.params.get("domain")) for warning in port}
        beside = [each for each in self._policy.warnings() if (each.code, each.params.get("domain")) not in heard]
        return msgspec.structs.replace(
            found,
            state=self.state,
            pid=os.getpid(),
            listen=list(self._port.listen),
            policy=list(self._policy.listen),
            policy_asked=self._policy.asked,
            version=__version__,
            warnings=[*closed, *port, *beside, *found.warnings],
            sessions=self._port.sessions,
            relay=self._port.relay,
            since=self._since,
        )
