"""What a client's host is called, forward-confirmed: for XCLIENT, where the backend cannot look it up by itself.

As Postfix does it for a client of its own (its `smtpd_peer.c`): the name of the address, then the addresses of that
name, among which must be the first. The system's resolver blocks, so it runs in a few threads of this room's own, and
whoever waits waits `SECONDS` at most. It never raises for what a name server does, and never lets a text that is no
host name out: that would go into the backend's log and into a command line.
"""

import asyncio
import contextlib
import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from gate.backend.xclient import TEMPUNAVAIL, UNAVAILABLE, HostNames, is_host_name

SECONDS = 2.0
THREADS = 16
WAITING_LIMIT = 1000
"""Look-ups that wait for a thread; beyond that a name cannot be found out for now."""
CACHE_LIMIT = 10_000
CACHE_SECONDS = 120.0
FAILURE_SECONDS = 20.0
"""How long it is remembered that a name could not be found out for now."""

TEMPORARY = HostNames(TEMPUNAVAIL, TEMPUNAVAIL)
_TRY_AGAIN = {
    number for name in ("EAI_AGAIN", "EAI_MEMORY", "EAI_SYSTEM") if (number := getattr(socket, name, None)) is not None
}


def system_name_of(host: str) -> str:
    """The name of an IP address. Raises `socket.gaierror` where it has none, other `OSError` or `ValueError` too."""
    return socket.getnameinfo((host, 0), socket.NI_NAMEREQD)[0]


def system_addresses_of(name: str, family: socket.AddressFamily) -> list[str]:
    """The IP addresses of a name, in one family. Raises as `system_name_of`."""
    found = socket.getaddrinfo(name.encode("ascii"), None, family=family, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


@dataclass(frozen=True, slots=True)
class LookUp:
    """The two questions that a name server is asked; tests put their own in."""

    name_of: Callable[[str], str] = system_name_of
    addresses_of: Callable[[str, socket.AddressFamily], list[str]] = system_addresses_of

    def names(self, host: str) -> HostNames:
        """Blocks as long as the name server takes."""
        try:
            name = self.name_of(host)
        except (OSError, ValueError) as error:
            absent = _absent(error)
            return HostNames(absent, absent)
        if not is_host_name(name):
            return HostNames()
        address = ipaddress.ip_address(host)
        try:
            there = self.addresses_of(name, socket.AF_INET if address.version == 4 else socket.AF_INET6)
        except (OSError, ValueError) as error:
            return HostNames(_absent(error), name)
        leads_back = any(ipaddress.ip_address(each.partition("%")[0]) == address for each in there)
        return HostNames(name if leads_back else UNAVAILABLE, name)


def _absent(error: Exception) -> str:
    """As Postfix judges: `gaierror` by its number; any other trouble of the system passes."""
    passing = error.errno in _TRY_AGAIN if isinstance(error, socket.gaierror) else isinstance(error, OSError)
    return TEMPUNAVAIL if passing else UNAVAILABLE


class Resolver:
    """Looks names up, several at a time, for one event loop. Its threads end with `close`, or with the process."""

    def __init__(self, look_up: LookUp | None = None, *, seconds: float = SECONDS, threads: int = THREADS) -> None:
        self._look_up = look_up or LookUp()
        self._seconds = seconds
        self._threads = threads
        self._idle = 0
        self._started: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._asked: queue.SimpleQueue[tuple[str, asyncio.Future[HostNames]] | None] = queue.SimpleQueue()
        self._under_way: dict[str, asyncio.Future[HostNames]] = {}
        self._known: dict[str, tuple[float, HostNames]] = {}

    def begin(self, host: str) -> "asyncio.Future[HostNames]":
        """Begins to look up the names of an IP address at once. The future is done within `seconds` and never fails;
        others may wait for it too: do not cancel it."""
        loop = asyncio.get_running_loop()
        if (waited_for := self._under_way.get(host)) is not None:
            return waited_for
        future: asyncio.Future[HostNames] = loop.create_future()
        until, names = self._known.get(host, (0.0, TEMPORARY))
        if until > time.monotonic() or self._asked.qsize() >= WAITING_LIMIT:
            future.set_result(names)
            return future
        self._under_way[host] = future
        loop.call_later(self._seconds, self._late, host, future)
        self._asked.put((host, future))
        self._need_thread()
        return future

    def close(self) -> None:
        """Ends the threads, as soon as each is done with what it asks. What is under way is told as temporary."""
        for host, future in list(self._under_way.items()):
            self._late(host, future)
        with self._lock:
            started, self._started, self._idle = self._started, [], 0
        for _ in started:
            self._asked.put(None)

    # ---- in the event loop

    def _late(self, host: str, future: "asyncio.Future[HostNames]") -> None:
        if not future.done():
            self._landed(host, future, TEMPORARY)

    def _landed(self, host: str, future: "asyncio.Future[HostNames]", names: HostNames) -> None:
        """An answer that comes too late for who asked is there for who asks next."""
        if self._under_way.get(host) is future:
            del self._under_way[host]
        while len(self._known) >= CACHE_LIMIT:
            del self._known[next(iter(self._known))]
        self._known.pop(host, None)
        lasts = FAILURE_SECONDS if TEMPUNAVAIL in (names.name, names.reverse) else CACHE_SECONDS
        self._known[host] = (time.monotonic() + lasts, names)
        if not future.done():
            future.set_result(names)

    # ---- the threads

    def _need_thread(self) -> None:
        with self._lock:
            if self._idle >= self._asked.qsize() or len(self._started) >= self._threads:
                return
            # a daemon: a name server that does not answer must not hold up the end of the process
            thread = threading.Thread(target=self._work, name="names of clients", daemon=True)
            self._started.append(thread)
        thread.start()

    def _work(self) -> None:
        while True:
            with self._lock:
                self._idle += 1
            wanted = self._asked.get()
            with self._lock:
                self._idle -= 1
            if wanted is None:
                return
            host, future = wanted
            if future.done():  # nobody waits any more
                continue
            names = self._look_up.names(host)
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                future.get_loop().call_soon_threadsafe(self._landed, host, future, names)
