"""The policy port: the policy front, and what it learns of the Postfix that asks it.

It is open as long as the process lives, whatever the gate's state: a Postfix that finds it closed waits and grumbles at
every recipient. A gate that is stopped says DUNNO to all, so that mail flows as if it were not there.
"""

import asyncio
from collections.abc import Callable, Mapping

from gate.backend.asking import UnknownUser
from gate.backend.target import Target, parse_deliver
from gate.config import BUILT_IN, Config
from gate.events import EventKind
from gate.folders import Folders
from gate.forms import BackendReport, Warning  # noqa: A004 (the form of that name)
from gate.postfix.learning import Learner
from gate.postfix.memory import FILE as MEMORY
from gate.postfix.memory import Memory
from gate.postfix.refusal import chosen
from gate.postfix.report import report
from gate.postfix.server import PolicyFront
from gate.recorder import Recorder
from gate.service.opening import Opened

HERE = Target("127.0.0.1", 25, "none")
"""The Postfix of this machine: who is asked where `deliver` names no server."""
CHECK_SECONDS = 5.0
"""So long at most it is measured while somebody waits for it."""


class PolicyPort:
    """Everything that a Postfix's questions pass through, in the running event loop.

    Attributes:
        listen: where it is open, `HOST:PORT`; empty: gate.toml has none.
        active: whether the gate is on; see `PolicyFront`.
        changed: called in the event loop when the warnings may be others.
    """

    def __init__(self, folders: Folders, config: Config, found: Opened, recorder: Recorder) -> None:
        self._config = config
        self._found = found
        self._asked_for: frozenset[str] = frozenset()
        self._unsubscribe: Callable[[], None] | None = None
        self.listen: list[str] = []
        self.active: Callable[[], bool] = lambda: False
        self.changed: Callable[[], None] = lambda: None
        section = config.gate
        self._learner = Learner(
            HERE if section.deliver == BUILT_IN else parse_deliver(section.deliver),
            found.lists.installation_key(),
            wish=section.client_address,
            domains=self._own_domains,
            listed=found.listed_domains,
            fixed=chosen(config.policy.reply) if config.policy.reply else None,
            delimiter=section.recipient_delimiter,
            memory=Memory(folders.data / MEMORY) if config.policy.listen else None,
            changed=self._tell,
        )
        self._front = PolicyFront(
            found.guard, self._learner, recorder, active=self._is_on, own_domains=found.own_domains
        )

    def hand_over(self) -> None:
        """Has what was answered so far recorded now."""
        self._front.hand_over()

    @property
    def asked(self) -> int:
        """Questions about a recipient since the start: 0 for long, and no Postfix knows of the port."""
        return self._front.asked

    @property
    def alone(self) -> bool:
        """Whether there is no mail port beside it."""
        return bool(self._config.policy.listen) and not self._config.gate.listen

    @property
    def unknown_users(self) -> Mapping[str, UnknownUser]:
        """What Postfix answered to an unknown name, by own domain."""
        return self._learner.unknown_users

    async def check(self) -> BackendReport:
        """Ask the Postfix anew, and tell all that is known of it."""
        await self._learner.ask_now(measuring=CHECK_SECONDS)
        return report(
            self._learner,
            deliver=self._config.gate.deliver,
            domains=sorted(self._found.own_domains()),
            listed=self._found.listed_domains(),
        )

    async def open(self) -> None:
        """Listen where gate.toml says, if it does. Raises PolicyError: an address cannot be had."""
        if self._config.policy.listen:
            self.listen = await self._front.open(self._config.policy.listen)
            self._unsubscribe = self._watch_domains(asyncio.get_running_loop())
            self._learner.start()

    def reconfigure(self, config: Config) -> None:
        """Another wording of the owner's, other domains; or the server has other words, and is to be heard."""
        reply = config.policy.reply
        if reply != self._config.policy.reply:
            self._learner.set_fixed(chosen(reply) if reply else None)
        self._learner.ask_again()
        self._config = config

    async def close(self) -> None:
        self.listen = []
        if self._unsubscribe is not None:
            self._unsubscribe()
        await self._learner.stop()
        await self._front.close()

    def warnings(self) -> list[Warning]:
        if not self.listen:
            return []
        if not self._found.own_domains():
            text = "the policy front has nobody to guard yet: name your domains in [gate] domains of gate.toml"
            if self._config.gate.deliver == BUILT_IN:
                text += ", or add an account"
            return [Warning(code="policy.domains", text=text)]
        return self._learner.warnings()

    def _tell(self) -> None:
        self.changed()

    def _is_on(self) -> bool:
        return self.active()

    def _own_domains(self) -> frozenset[str]:
        """For the learner, as it asks."""
        self._asked_for = self._found.own_domains()
        return self._asked_for

    def _watch_domains(self, loop: asyncio.AbstractEventLoop) -> Callable[[], None]:
        """An account may bring a domain with it, where `deliver` names no server."""

        def listener(_: EventKind, __: object) -> None:
            if self._found.own_domains() != self._asked_for:
                loop.call_soon_threadsafe(self._learner.ask_again)

        return self._found.events.subscribe(listener, "lists")
