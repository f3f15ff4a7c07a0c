"""The table of methods: what the control socket, and the command line without a gate, can ask for.

It carries a call to the desk or to the gate's life and knows nothing of sockets. Desk calls are synchronous and run in
one worker thread, so that lists change one call after the other and the event loop never waits for a disk.

To add a method: see `gate.control.messages`; its function goes into `DESK_METHODS`.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

from gate.desk import Desk
from gate.desk.server import Lifecycle
from gate.forms import Form, Subscribed

By = Literal["app", "cli"]

DESK_METHODS: dict[str, Callable[[Desk, Any, By], Form]] = {
    "account.add": lambda desk, params, by: desk.accounts.add(params, by),
    "account.set": lambda desk, params, by: desk.accounts.set(params, by),
    "account.show": lambda desk, params, by: desk.accounts.show(params, by),
    "account.remove": lambda desk, params, by: desk.accounts.remove(params, by),
    "account.list": lambda desk, params, by: desk.accounts.list(params, by),
    "deny": lambda desk, params, by: desk.entries.deny(params, by),
    "allow": lambda desk, params, by: desk.entries.allow(params, by),
    "forget": lambda desk, params, by: desk.entries.forget(params, by),
    "entries.list": lambda desk, params, by: desk.entries.list(params, by),
    "entries.edit": lambda desk, params, by: desk.entries.edit(params, by),
    "entries.remove": lambda desk, params, by: desk.entries.remove(params, by),
    "check": lambda desk, params, by: desk.activity.check(params, by),
    "log.list": lambda desk, params, by: desk.activity.log(params, by),
    "history.list": lambda desk, params, by: desk.journal.history(params, by),
    "undo": lambda desk, params, by: desk.journal.undo(params, by),
    "redo": lambda desk, params, by: desk.journal.redo(params, by),
    "domains.list": lambda desk, params, by: desk.domains.list(params, by),
    "domains.vanishing": lambda desk, params, by: desk.domains.vanishing(params, by),
    "domains.list_only": lambda desk, params, by: desk.domains.list_only(params, by),
    "survey.context": lambda desk, params, by: desk.importing.context(params, by),
    "import.stage": lambda desk, params, by: desk.importing.stage(params, by),
    "import.apply": lambda desk, params, by: desk.importing.apply(params, by),
}

LIFE_METHODS: dict[str, Callable[[Lifecycle], Any]] = {
    "status": lambda life: life.status(),
    "start": lambda life: life.start(),
    "pause": lambda life: life.pause(),
    "stop": lambda life: life.stop(),
    "quit": lambda life: life.quit(),
    "setup.lines": lambda life: life.lines(),
    "backend.check": lambda life: life.check_backend(),
}


def call_desk(desk: Desk, method: str, params: Form, by: By) -> Form:
    """One call on the desk, in this thread; raises the desk's `Fault`."""
    return DESK_METHODS[method](desk, params, by)


class Methods:
    """Answers every method of `messages.METHODS` for the control server."""

    def __init__(self, desk: Desk, life: Lifecycle) -> None:
        self._desk = desk
        self._life = life
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="desk")

    async def answer(self, method: str, params: Form, by: By) -> Form:
        """The result of a call; raises `Fault` for a refusal."""
        if method == "subscribe":
            return await self._subscribed()
        if method in LIFE_METHODS:
            result: Form = await LIFE_METHODS[method](self._life)
            return result
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, call_desk, self._desk, method, params, by)

    def close(self) -> None:
        """Wait for the call under way and end the worker thread."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    async def _subscribed(self) -> Subscribed:
        """The present state; `seq` is the control server's to fill in."""
        loop = asyncio.get_running_loop()
        undo, redo = await loop.run_in_executor(self._worker, self._desk.journal.heads)
        return Subscribed(seq=0, status=await self._life.status(), undo=undo, redo=redo)
