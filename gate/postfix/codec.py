"""The policy protocol (Postfix's SMTPD_POLICY_README): the octets of a connection in, whole requests out.

    request = *( name "=" value LF ) LF        a name has no "=", NUL or LF; a value has no NUL or LF
    answer  = "action=" text LF LF

Any number of requests on one connection, cut anywhere, the next before the answer to the last. The order of attributes
means nothing, and of a name that comes twice the last counts. Pure: no socket, no clock.

What breaks the grammar ends the connection: Postfix then does as its `default_action` says. So all that the grammar
allows is taken, whatever octets a value holds: an address that made the gate hang up would be a way round the lists.
"""

from collections.abc import Mapping
from typing import ClassVar, TypeAlias

from gate.errors import Fault

LINE_LIMIT = 16_384
"""Octets of one line at most. (Postfix's own lines have 2,048.)"""
REQUEST_LIMIT = 65_536
"""Octets of one request at most."""

Request: TypeAlias = str
"""One whole request as it came, behind an LF of its own; octets that are no UTF-8 are surrogates."""


def key(name: str) -> str:
    """What `value` finds an attribute by."""
    return f"\n{name}="


def value(request: Request, key: str) -> str:
    """The value of an attribute, empty where it was not sent: what stands before the request's own LF."""
    return request.rpartition(key)[2].partition("\n")[0]


class PolicyError(Fault):
    """The policy front cannot do what it is to do. `before` holds the whole requests that came ahead of garbage."""

    texts: ClassVar[Mapping[str, str]] = {
        "policy.garbled": "what came is no request of the policy protocol: {line}",
        "policy.long_line": "a line of more than {limit} octets",
        "policy.long_request": "a request of more than {limit} octets",
        "policy.listen": "the policy port cannot be opened on {listen}: {why}; [policy] listen takes an address of "
        "this machine and a free port, such as 127.0.0.1:10040",
    }

    def __init__(self, code: str, *, before: "tuple[Request, ...]" = (), **params: object) -> None:
        super().__init__(code, **params)
        self.before = before


class RequestParser:
    """Cuts what a client sends into requests. After an error it stays in error."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []
        self._held = 0
        self._error: PolicyError | None = None

    @property
    def empty(self) -> bool:
        """True when no part of a request is waiting for the rest."""
        return not self._rest and not self._lines

    def feed(self, data: bytes) -> list[Request]:
        """Takes the next octets and tells the requests that are whole now, oldest first.

        Raises:
            PolicyError: `policy.garbled`, `policy.long_line`, `policy.long_request`; see `PolicyError.before`.
        """
        if self._error is not None:
            self._error.before = ()
            raise self._error
        if not self._rest and not self._lines and _is_one(data):
            return ["\n" + data.decode("utf-8", "surrogateescape")]
        text = self._rest + data
        found: list[Request] = []
        careful = self._held + len(text) > LINE_LIMIT or b"\0" in text
        *lines, self._rest = text.split(b"\n")
        try:
            for line in lines:
                if not line:
                    found.append(b"\n".join([b"", *self._lines, b"\n"]).decode("utf-8", "surrogateescape"))
                    self._lines, self._held = [], 0
                    continue
                if line.find(b"=") < 1:
                    raise PolicyError("policy.garbled", line=_shown(line))
                self._held += len(line) + 1
                if careful:
                    self._check(line, self._held)
                self._lines.append(line)
            if careful:
                self._check(self._rest, self._held + len(self._rest))
        except PolicyError as error:
            error.before = tuple(found)
            self._error, self._rest, self._lines = error, b"", []
            raise
        return found

    def _check(self, line: bytes, held: int) -> None:
        if b"\0" in line:
            raise PolicyError("policy.garbled", line=_shown(line))
        if len(line) > LINE_LIMIT:
            raise PolicyError("policy.long_line", limit=LINE_LIMIT)
        if held > REQUEST_LIMIT:
            raise PolicyError("policy.long_request", limit=REQUEST_LIMIT)


def _is_one(data: bytes) -> bool:
    """Whether it is one whole request and nothing else, too short to break a limit: what Postfix sends, and waits for.
    It says no of some that are."""
    if len(data) > LINE_LIMIT:
        return False
    signs = data.translate(None, _NO_SIGN)
    return (
        signs.find(b"\n\n") == len(signs) - 2  # no line is without = before the last
        and data.endswith(b"\n\n")
        and signs.startswith(b"=")
        and not data.startswith(b"=")
        and data.rfind(b"\n=") < 0  # (faster than `in`: an LF is not rare here)
        and b"\0" not in data
    )


_NO_SIGN = bytes(each for each in range(256) if each not in b"=\n")


def answer(action: bytes) -> bytes:
    """The answer to one request, such as `DUNNO` or `550 5.1.1 User unknown`: one line, whatever was put in."""
    return b"action=%b\n\n" % action.translate(_SPACES)


_SPACES = bytes(32 if each < 32 or each == 127 else each for each in range(256))
DUNNO = answer(b"DUNNO")


def _shown(line: bytes) -> str:
    return ascii(line[:80].decode("utf-8", "replace"))
