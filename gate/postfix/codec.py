"""The policy protocol (Postfix's SMTPD_POLICY_README): the octets of a connection in, whole requests out.

    request = *( name "=" value LF ) LF        a name has no "=", NUL or LF; a value has no NUL or LF
    answer  = "action=" text LF LF

Any number of requests on one connection, cut anywhere, the next before the answer to the last. The order of attributes
means nothing, and of a name that comes twice the last counts. Pure: no socket, no clock.

What breaks the grammar ends the connection: Postfix then does as its `default_action` says. So all that the grammar
allows is taken, whatever octets a value holds: an address that made the gate hang up would be a way round the lists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from gate.errors import Fault

LINE_LIMIT = 16_384
"""Octets of one line at most. (Postfix's own lines have 2,048.)"""
REQUEST_LIMIT = 65_536
"""Octets of one request at most."""

DUNNO = b"DUNNO"


class PolicyError(Fault):
    """The policy front cannot do what it is to do. `before` holds the whole requests that came ahead of garbage."""

    texts: ClassVar[Mapping[str, str]] = {
        "policy.garbled": "what came is no request of the policy protocol: {line}",
        "policy.long_line": "a line of more than {limit} octets",
        "policy.long_request": "a request of more than {limit} octets",
        "policy.listen": "the policy port cannot be opened on {listen}: {why}",
    }

    def __init__(self, code: str, *, before: "tuple[Request, ...]" = (), **params: object) -> None:
        super().__init__(code, **params)
        self.before = before


@dataclass(frozen=True, slots=True)
class Request:
    """One whole request. `attributes`: as they came, those of Postfix in UTF-8."""

    attributes: Mapping[bytes, bytes]

    def text(self, name: bytes) -> str:
        """The value, empty where it was not sent; octets that are no UTF-8 become surrogates."""
        return self.attributes.get(name, b"").decode("utf-8", "surrogateescape")


class RequestParser:
    """Cuts what a client sends into requests. After an error it stays in error."""

    def __init__(self) -> None:
        self._rest = b""
        self._attributes: dict[bytes, bytes] = {}
        self._held = 0
        self._error: PolicyError | None = None

    @property
    def empty(self) -> bool:
        """True when no part of a request is waiting for the rest."""
        return not self._rest and not self._attributes

    def feed(self, data: bytes) -> list[Request]:
        """Takes the next octets and tells the requests that are whole now, oldest first.

        Raises:
            PolicyError: `policy.garbled`, `policy.long_line`, `policy.long_request`; see `PolicyError.before`.
        """
        if self._error is not None:
            self._error.before = ()
            raise self._error
        text = self._rest + data
        found: list[Request] = []
        # So little can break no limit, and mostly it is one request: 28 lines that somebody waits for.
        careful = self._held + len(text) > LINE_LIMIT or b"\0" in text
        *lines, self._rest = text.split(b"\n")
        try:
            for line in lines:
                if not line:
                    found.append(Request(self._attributes))
                    self._attributes, self._held = {}, 0
                    continue
                name, equals, value = line.partition(b"=")
                if not name or not equals:
                    raise PolicyError("policy.garbled", line=_shown(line))
                self._held += len(line) + 1
                if careful:
                    self._check(line, self._held)
                self._attributes[name] = value
            if careful:
                self._check(self._rest, self._held + len(self._rest))
        except PolicyError as error:
            error.before = tuple(found)
            self._error, self._rest, self._attributes = error, b"", {}
            raise
        return found

    def _check(self, line: bytes, held: int) -> None:
        if b"\0" in line:
            raise PolicyError("policy.garbled", line=_shown(line))
        if len(line) > LINE_LIMIT:
            raise PolicyError("policy.long_line", limit=LINE_LIMIT)
        if held > REQUEST_LIMIT:
            raise PolicyError("policy.long_request", limit=REQUEST_LIMIT)


def answer(action: bytes) -> bytes:
    """The answer to one request, such as `DUNNO` or `550 5.1.1 User unknown`: one line, whatever was put in."""
    return b"action=%b\n\n" % action.translate(_SPACES)


_SPACES = bytes(32 if each < 32 or each == 127 else each for each in range(256))


def _shown(line: bytes) -> str:
    return ascii(line[:80].decode("utf-8", "replace"))
