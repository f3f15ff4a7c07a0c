"""A connection of a trusted proxy before its session: its timers and its transport. Thin: `introduction` decides.

It holds nothing of the backend: there is none before it is known who calls.
"""

import asyncio
import logging
from collections.abc import Callable
from time import monotonic

from gate.backend.client_address import ClientAddress
from gate.smtp import wording
from gate.smtp.house import House
from gate.smtp.introduction import Begin, Cut, Introduction, Leave, Step

SILENT_SECONDS = 1.0
"""A proxy sends its header at once; whoever has said nothing by then waits for a greeting."""
HEADER_SECONDS = 10.0
"""For a header that has begun, from the connection on."""

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
        self._transport, self._limits = transport, house.settings.limits
        self._host = proxy.host
        self._introduction = Introduction(proxy, house.settings.terms.hostname or house.server_name or b"localhost")
        self._begin, self._leave = begin, leave
        self._began = monotonic()
        self._timer = asyncio.get_running_loop().call_later(SILENT_SECONDS, self._silent)

    def data_received(self, data: bytes) -> None:
        self._do(self._introduction.data(data))

    def end(self, reply: bytes) -> None:
        """421 where it was greeted, else nothing."""
        if not self._introduction.over:
            self._do(self._introduction.end(reply))

    def check_time(self, now: float, touched: float) -> None:
        """The limits of a session, which are the client's; `touched`: when it said its last line."""
        if self._introduction.greeted and (
            now - touched > self._limits.command_seconds or now - self._began > self._limits.session_seconds
        ):
            self.end(wording.TIMED_OUT)

    def stop(self) -> None:
        """No timer is left."""
        self._timer.cancel()

    def _silent(self) -> None:
        self._do(self._introduction.silent())
        if not (self._introduction.greeted or self._introduction.over):
            rest = HEADER_SECONDS - SILENT_SECONDS
            self._timer = asyncio.get_running_loop().call_later(rest, self._transport.abort)

    def _do(self, step: Step) -> None:
        if step.say and not self._transport.is_closing():
            self._transport.write(step.say)
        if step.then is None:
            return
        self.stop()
        match step.then:
            case Begin():
                self._begin(step.then)
            case Leave():
                self._leave()
            case Cut(problem):
                if problem:
                    log.warning("%s, a trusted proxy, sent %s", self._host, problem)
                self._transport.abort()
