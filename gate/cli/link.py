"""Which way a call goes: to the running gate, or to the same desk in this process under the same lock.

The store is imported only in the second case.
"""

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Protocol

from gate.control import client
from gate.control.messages import METHODS
from gate.errors import Fault
from gate.folders import Folders, find
from gate.forms import Form, Nothing

LOCK_SECONDS = 5.0
"""How long a command waits for another one, or for a gate that is about to answer."""

ANSWER_SECONDS = 2.0
"""A gate that closes its socket lets connections go without a word for a moment; so long is it asked again."""
AGAIN_SECONDS = 0.05

_named_socket: list[str] = []


class LinkError(Fault):
    """There is no gate to ask."""

    texts: ClassVar[Mapping[str, str]] = {
        "link.no_gate": "No gate is running; start one with: irusu-gate serve",
        "link.no_socket": "No gate answers on {path}",
        "link.elsewhere": (
            "A gate runs on {folder} (process {pid}), but not with its socket where this shell looks ({path}); ask as "
            "the gate's user and in its environment (XDG_RUNTIME_DIR, IRUSU_HOME), or name the socket with --socket "
            "PATH"
        ),
        "link.silent": "The gate does not answer: it takes connections and closes them at once",
    }


class Link(Protocol):
    """Answers calls, wherever the desk is."""

    def call(self, method: str, params: Form | None = None) -> Form: ...


def name_socket(path: str) -> None:
    """Seek the gate there and nowhere else, from now on."""
    _named_socket[:] = [path]


def folders() -> Folders:
    """This owner's folders, with the socket named on the command line."""
    return find(_named_socket[0] if _named_socket else None)


def running() -> client.Client | None:
    """A connection to the running gate; None where none runs. A Fault where one does and does not answer, or is not
    to be found: that is never taken for none. Waits a moment for one that is about to begin or to end."""
    end = time.monotonic() + ANSWER_SECONDS
    while (found := answering()) is None and not _named_socket:
        from gate.service.lock import gate_on

        pid = gate_on(folders())
        if not pid:
            break
        if time.monotonic() > end:
            raise _elsewhere(pid)
        time.sleep(AGAIN_SECONDS)
    return found


def answering() -> client.Client | None:
    """A connection to the gate where it is sought; None where nobody takes one. A Fault where one does not answer."""
    end = time.monotonic() + ANSWER_SECONDS
    while True:
        try:
            return client.connect(folders())
        except client.ClientError as problem:
            if problem.code != "control.lost":
                raise
            if time.monotonic() > end:
                raise LinkError("link.silent") from None
        time.sleep(AGAIN_SECONDS)


@contextlib.contextmanager
def the_gate() -> Iterator[client.Client]:
    """The running gate; LinkError where none runs."""
    found = running()
    if found is None:
        raise _no_gate()
    with found:
        yield found


def only_here() -> None:
    """No gate answers, and what is asked can be done without: LinkError where one was named on the command line."""
    if _named_socket:
        raise _no_gate()


def _no_gate() -> LinkError:
    return LinkError("link.no_socket", path=_named_socket[0]) if _named_socket else LinkError("link.no_gate")


def _elsewhere(pid: str) -> LinkError:
    places = folders()
    sought = ", ".join(map(str, places.socket_places()))
    return LinkError("link.elsewhere", folder=str(places.data), pid=pid, path=sought or "nowhere yet")


@contextlib.contextmanager
def link() -> Iterator[Link]:
    """The running gate, or the desk in this process. Waits a few seconds where another process has the lock."""
    found = answering()
    if found is None and _named_socket:
        raise _no_gate()
    if found is not None:
        with found:
            yield found
        return
    from gate.service.lock import OwnerError, Ownership

    places = folders()
    places.make()
    with Ownership(places, "command") as ownership:
        end = time.monotonic() + LOCK_SECONDS
        while found is None:
            try:
                ownership.take(0.1)
                break
            except OwnerError as problem:
                if time.monotonic() > end:
                    raise _elsewhere(str(problem.params["pid"])) if problem.code == "owner.gate" else problem from None
            found = answering()
        if found is not None:
            with found:
                yield found
            return
        from gate.service.opening import local_link

        with local_link(places) as here:
            yield here


def call(method: str, params: Form | None = None) -> Any:
    """The answer to one call: a form as `METHODS` says."""
    with link() as open_link:
        return open_link.call(method, params if params is not None else Nothing())


def pages(open_link: Link, method: str, query: Form) -> Iterator[Any]:
    """All rows of a list method that comes in pages, from the query's `after` on."""
    import msgspec

    assert "after" in query.__struct_fields__, METHODS[method]  # noqa: S101
    while True:
        page: Any = open_link.call(method, query)
        yield from page.rows
        if page.next is None:
            return
        query = msgspec.structs.replace(query, after=page.next)
