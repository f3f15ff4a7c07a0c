"""A connection of a trusted proxy before its session: its timers and its transport. Thin: `introduction` decides.

It holds nothing of the backend: there is none before it is known who calls.
"""

import asyncio
import logging
from collections.abc import Callable
from time import monotonic

from gate import trouble
from gate.backend.client_address import ClientAddress
from gate.smtp import wording
from gate.smtp.house import House
from gate.smtp.introduction import Begin, Cut, Introduction, Leave, Step

HEADER_SECONDS = 10.0
"""For a header that has begun, from the first look on."""
TURN_SECONDS = 0.001
"""The least that has the event loop read what has come before it calls a timer. (uvloop calls those first.)"""

log = logging.getLogger(__name__)


class Proxied:
    """What stands in a session's place until that begins."""

    def __init__(
        self,
        house: House,
        transport: asyncio.Transport,
        proxy: ClientAddress,
        *,
        begin: Callable[[Begin], None],
        leave: Callable[[], None],
    ) -> None:
        """`begin`: called when it is known who calls; `leave`: to close the connection once the peer has read what
        was said."""
        self._transport, self._limits, self._manners = transport, house.settings.limits, house.manners
        self._host = proxy.host
        self._introduction = Introduction(proxy, house.settings.terms.hostname or house.server_name or b"localhost")
        self._begin, self._leave = begin, leave
        self._began = monotonic()
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(self._manners.seconds(self._host), self._look_again)

    def data_received(self, data: bytes) -> None:
        self._happened(self._introduction.data, data)

    def end(self, reply: bytes) -> None:
        """421 where it was greeted, else nothing."""
        if not self._introduction.over:
            self._happened(self._introduction.end, reply)

    def check_time(self, now: float, touched: float) -> None:
        """The limits of a session, which are the client's; `touched`: when it said its last line."""
        if self._introduction.greeted and (
            now - touched > self._limits.command_seconds or now - self._began > self._limits.session_seconds
        ):
            self.end(wording.TIMED_OUT)

    def stop(self) -> None:
        """No timer is left."""
        self._timer.cancel()

    def _look_again(self) -> None:
        """The loop may have been busy: a header that lies there already is no silence."""
        self._timer = self._loop.call_later(TURN_SECONDS, self._silent)

    def _silent(self) -> None:
        self._happened(self._introduction.silent)
        if not (self._introduction.greeted or self._introduction.over):
            self._timer = self._loop.call_later(HEADER_SECONDS, self._transport.abort)

    def _happened(self, event: Callable[..., Step], *what: bytes) -> None:
        try:
            self._do(event(*what))
        except Exception:  # noqa: BLE001 (the outermost edge: a mistake of the gate's own costs this connection only)
            trouble.keep(log, f"the connection of {self._host}, a trusted proxy, ended by a mistake of the gate")
            self._transport.abort()

    def _do(self, step: Step) -> None:
        if step.say and not self._transport.is_closing():
            self._transport.write(step.say)
        if step.then is None:
            return
        self.stop()
        match step.then:
            case Begin():
                if self._introduction.greeted:
                    self._manners.waited(self._host)
                if not step.then.may_be_trusted:
                    log.info("%s, a trusted proxy, told of no client: the session counts as its own", self._host)
                self._begin(step.then)
            case Leave():
                self._leave()
            case Cut(problem):
                if problem:
                    if self._introduction.greeted:
                        self._manners.was_late(self._host)
                    log.warning("%s, a trusted proxy, sent %s", self._host, problem)
                self._transport.abort()
