"""The control socket's lines: bytes in, typed messages out, and back. JSON-RPC 2.0, one message a line.

Pure: no socket, no file, no clock. Used on both ends, by the gate, the command line and the app. A line that is too
long, no JSON or no message raises `CodecError` and leaves the buffer usable or says that it is not.

    client                     gate
      |  <- hello (notification) |
      |  hello (optional) ->     |   tells by whom changes are made
      |  request id=n ->         |
      |  <- result | error id=n  |
      |  <- event (notification) |   after `subscribe`
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from gate.control.messages import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    LINE_LIMIT,
    METHOD_NOT_FOUND,
    METHODS,
    PARSE_ERROR,
    Error,
    Event,
    FaultData,
    Hello,
    MethodForms,
    Request,
)
from gate.errors import Fault
from gate.forms import Form


class CodecError(Fault):
    """What came is no message.

    Attributes:
        number: the JSON-RPC code that answers it.
        id: the call's, where it could be read.
    """

    texts: ClassVar[Mapping[str, str]] = {
        "control.line_long": "A message is longer than {limit} bytes",
        "control.not_json": "Not a JSON message: {why}",
        "control.not_request": "Not a JSON-RPC 2.0 call: {why}",
        "control.method": "There is no method {method}",
        "control.params": "Parameters of {method}: {why}",
    }

    def __init__(self, code: str, number: int, id: int | str | None = None, **params: object) -> None:  # noqa: A002
        super().__init__(code, **params)
        self.number = number
        self.id = id


class Incoming(Form, frozen=True, kw_only=True):
    """Any message, as a client reads it: a notification has `method`, an answer has not."""

    id: int | str | None = None
    method: str | None = None
    params: msgspec.Raw = msgspec.Raw(b"{}")
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: Error | None = None


class LineBuffer:
    """Cuts a stream into lines. After a line over `limit` bytes it only raises: the stream's place is lost."""

    def __init__(self, limit: int = LINE_LIMIT) -> None:
        self._limit = limit
        self._parts = bytearray()
        self._lost = False

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completed, without their newline; blank ones left out."""
        self._parts += data
        if self._lost:
            self._parts.clear()
            raise CodecError("control.line_long", INVALID_REQUEST, limit=self._limit)
        if b"\n" not in data:
            lines = []
        else:
            *lines, rest = bytes(self._parts).split(b"\n")
            self._parts = bytearray(rest)
        if len(self._parts) >= self._limit or any(len(line) >= self._limit for line in lines):
            self._lost = True
            self._parts.clear()
            raise CodecError("control.line_long", INVALID_REQUEST, limit=self._limit)
        return [line for line in lines if line.strip()]


_encoder = msgspec.json.Encoder()
_request = msgspec.json.Decoder(Request)
_incoming = msgspec.json.Decoder(Incoming)


# ---------------------------------------------------------------- towards the gate


def encode_request(id: int | str, method: str, params: Form) -> bytes:  # noqa: A002
    """A call, as a line."""
    return _line({"jsonrpc": "2.0", "id": id, "method": method, "params": params})


def decode_request(line: bytes) -> Request:
    """A call or notification of a client; CodecError with the JSON-RPC number that answers what is none."""
    try:
        request = _request.decode(line)
    except msgspec.ValidationError as problem:
        raise CodecError("control.not_request", INVALID_REQUEST, why=str(problem)) from problem
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise CodecError("control.not_json", PARSE_ERROR, why=str(problem)) from problem
    if request.jsonrpc != "2.0":
        raise CodecError("control.not_request", INVALID_REQUEST, request.answers_to, why="jsonrpc must be 2.0")
    return request


def decode_params(request: Request) -> Form:
    """The typed parameters of a call."""
    forms = _forms(request)
    try:
        return msgspec.json.decode(request.params, type=forms.params)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise CodecError(
            "control.params", INVALID_PARAMS, request.answers_to, method=request.method, why=str(problem)
        ) from problem


def _forms(request: Request) -> MethodForms:
    try:
        return METHODS[request.method]
    except KeyError:
        raise CodecError("control.method", METHOD_NOT_FOUND, request.answers_to, method=request.method) from None


# ---------------------------------------------------------------- towards the client


def encode_hello(hello: Hello) -> bytes:
    """The greeting, as a line; a client may send one too."""
    return _line({"jsonrpc": "2.0", "method": "hello", "params": hello})


def encode_event(event: Event) -> bytes:
    """An event notification, as a line."""
    return _line({"jsonrpc": "2.0", "method": "event", "params": event})


def encode_result(id: int | str | None, result: Form) -> bytes:  # noqa: A002
    """An answer, as a line; CodecError where it is too long to be sent."""
    return _line({"jsonrpc": "2.0", "id": id, "result": result})


def encode_error(id: int | str | None, number: int, message: str, data: FaultData | None = None) -> bytes:  # noqa: A002
    """An error answer, as a line. What stands in `data.params` and JSON does not know is sent as its text."""
    return _line({"jsonrpc": "2.0", "id": id, "error": Error(code=number, message=_text(message), data=data)})


def encode_fault(id: int | str | None, number: int, fault: Fault) -> bytes:  # noqa: A002
    """The error answer that tells a fault."""
    params = {key: _text(value) if isinstance(value, str) else value for key, value in fault.params.items()}
    return encode_error(id, number, str(fault), FaultData(code=fault.code, params=params))


def decode_incoming(line: bytes) -> Incoming:
    """A message from the gate."""
    try:
        return _incoming.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise CodecError("control.not_json", PARSE_ERROR, why=str(problem)) from problem


def decode_as(raw: msgspec.Raw, form: type[Form]) -> Form:
    """The typed content of a result or of a notification's params."""
    try:
        return msgspec.json.decode(raw, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise CodecError("control.not_json", PARSE_ERROR, why=str(problem)) from problem


def _line(message: Any) -> bytes:
    try:
        line = _encoder.encode(message)
    except TypeError:  # an error's parameter that JSON does not know
        line = msgspec.json.encode(msgspec.to_builtins(message, enc_hook=_text))
    if len(line) >= LINE_LIMIT:
        raise CodecError("control.line_long", INVALID_REQUEST, limit=LINE_LIMIT)
    return line + b"\n"


def _text(value: object) -> str:
    """Text that UTF-8 can say: a file name may hold lone surrogates."""
    return str(value).encode("utf-8", "replace").decode("utf-8")
