"""The command line's end of the control socket: one blocking connection, one call after the other.

It finds the gate's socket where `folders` says, checks whose it is, and never starts or ends a gate by itself. The app
has a client of its own in `app.link`.
"""

import socket
import time
from collections.abc import Iterator, Mapping
from typing import ClassVar

from gate.control import codec, transport
from gate.control.messages import METHODS, NAME, PROTOCOL, Error, Event, Hello
from gate.errors import Fault
from gate.folders import Folders
from gate.forms import Form, Nothing, Subscribed

ALWAYS = frozenset({"status", "stop", "quit"})
"""Methods that are the same for every protocol number."""
GREETING_SECONDS = 5.0
CALL_SECONDS = 300.0


class ClientError(Fault):
    """The gate cannot be talked to."""

    texts: ClassVar[Mapping[str, str]] = {
        "control.silent": "The gate does not answer on {path}",
        "control.lost": "The connection to the gate was lost",
        "control.not_gate": "What listens on {path} is no gate",
        "control.protocol": "The gate speaks protocol {theirs}, this command {ours}; use the same version of both",
    }


class CallRefused(Fault):
    """The gate refused the call, or could not do it; its own code, parameters and line."""

    def __init__(self, code: str, params: Mapping[str, object], text: str) -> None:
        super().__init__(code, **params)
        self._text = text

    def __str__(self) -> str:
        return self._text


class Client:
    """A connection to a running gate. A context manager.

    Attributes:
        hello: what the gate said of itself.
    """

    def __init__(self, connection: socket.socket, path: str) -> None:
        self._socket = connection
        self._path = path
        self._buffer = codec.LineBuffer()
        self._lines: list[bytes] = []
        self._last_id = 0
        self._socket.settimeout(GREETING_SECONDS)
        greeting = self._receive()
        if greeting.error is not None:
            raise _refused(greeting.error)
        if greeting.method != "hello":
            raise ClientError("control.not_gate", path=path)
        hello = codec.decode_as(greeting.params, Hello)
        assert isinstance(hello, Hello)  # noqa: S101 (decoded as one)
        if hello.name != NAME:
            raise ClientError("control.not_gate", path=path)
        self.hello = hello
        self._send(codec.encode_hello(hello))

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def call(self, method: str, params: Form | None = None, *, seconds: float = CALL_SECONDS) -> Form:
        """The result of a call; CallRefused with the gate's own words, ClientError if there is no talking to it."""
        if self.hello.protocol != PROTOCOL and method not in ALWAYS:
            raise ClientError("control.protocol", theirs=self.hello.protocol, ours=PROTOCOL)
        self._last_id += 1
        self._socket.settimeout(seconds)
        self._send(codec.encode_request(self._last_id, method, params if params is not None else Nothing()))
        while True:
            answer = self._receive()
            if answer.method is None and answer.id == self._last_id:
                break
        if answer.error is not None:
            raise _refused(answer.error)
        return codec.decode_as(answer.result, METHODS[method].result)

    def subscribe(self) -> Subscribed:
        """Ask for events, to be read by `events`."""
        found = self.call("subscribe")
        assert isinstance(found, Subscribed)  # noqa: S101 (METHODS says so)
        return found

    def events(self) -> Iterator[Event]:
        """Events as they come, until the gate ends the connection."""
        self._socket.settimeout(None)
        while True:
            try:
                message = self._receive()
            except ClientError:
                return
            if message.method == "event":
                event = codec.decode_as(message.params, Event)
                assert isinstance(event, Event)  # noqa: S101 (decoded as one)
                yield event

    def wait_end(self, seconds: float) -> bool:
        """Whether the gate ended the connection within that time, as it does when it quits."""
        end = time.monotonic() + seconds
        try:
            while (left := end - time.monotonic()) > 0:
                self._socket.settimeout(left)
                self._receive()
        except ClientError as problem:
            return problem.code == "control.lost"
        return False

    def _send(self, line: bytes) -> None:
        try:
            self._socket.sendall(line)
        except TimeoutError:
            raise ClientError("control.silent", path=self._path) from None
        except OSError:
            raise ClientError("control.lost") from None

    def _receive(self) -> codec.Incoming:
        while not self._lines:
            try:
                data = self._socket.recv(1 << 20)
            except TimeoutError:
                raise ClientError("control.silent", path=self._path) from None
            except OSError:
                raise ClientError("control.lost") from None
            if not data:
                raise ClientError("control.lost")
            self._lines = self._buffer.feed(data)
        return codec.decode_incoming(self._lines.pop(0))


def _refused(error: Error) -> CallRefused:
    data = error.data
    code = data.code if data is not None else "control.error"
    return CallRefused(code, data.params if data is not None else {}, error.message)


def connect(folders: Folders) -> Client | None:
    """A connection to this owner's gate; None where none runs. A Fault where one is there that is not to be used."""
    for place in folders.socket_places():
        connection = transport.connect(place, GREETING_SECONDS)
        if connection is not None:
            try:
                return Client(connection, str(place))
            except BaseException:
                connection.close()
                raise
    return None
