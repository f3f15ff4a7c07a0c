"""The control socket's lines: cut, read, written; whatever bytes come."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.control import codec
from gate.control.codec import CodecError, LineBuffer
from gate.control.messages import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    LINE_LIMIT,
    METHOD_NOT_FOUND,
    METHODS,
    PARSE_ERROR,
    REFUSED,
    CheckQuery,
    Event,
    Hello,
    Nothing,
    Status,
)
from gate.control.methods import DESK_METHODS, LIFE_METHODS
from gate.errors import Fault


def test_every_method_has_its_function():
    assert set(METHODS) == {*DESK_METHODS, *LIFE_METHODS, "subscribe"}


@given(st.lists(st.binary().map(lambda line: line.replace(b"\n", b" "))), st.data())
def test_lines_are_the_same_however_the_stream_is_cut(lines, data):
    stream = b"".join(line + b"\n" for line in lines)
    buffer, found, place = LineBuffer(), [], 0
    while place < len(stream):
        step = data.draw(st.integers(1, len(stream)))
        found += buffer.feed(stream[place : place + step])
        place += step
    assert found == [line for line in lines if line.strip()]


@pytest.mark.parametrize("stream", [b"x" * 20, b"x" * 20 + b"\n", b"ok\n" + b"x" * 20])
def test_a_line_over_the_limit_ends_the_stream(stream):
    buffer = LineBuffer(limit=10)
    with pytest.raises(CodecError):
        buffer.feed(stream)
    with pytest.raises(CodecError):
        buffer.feed(b"ok\n")


GARBAGE = [
    (b"\xff", PARSE_ERROR),
    (b"hello", PARSE_ERROR),
    (b"GET / HTTP/1.0", PARSE_ERROR),
    (b'{"method":"x","params":' + b"[" * 100_000, PARSE_ERROR),
    (b'{"method":"\\ud800"}', PARSE_ERROR),
    (b"[]", INVALID_REQUEST),
    (b"1", INVALID_REQUEST),
    (b'{"id":1}', INVALID_REQUEST),
    (b'{"method":1}', INVALID_REQUEST),
    (b'{"jsonrpc":"1.0","method":"status"}', INVALID_REQUEST),
    (b'{"method":"status","id":[]}', INVALID_REQUEST),
]


@pytest.mark.parametrize(("line", "number"), GARBAGE)
def test_garbage_has_its_number(line, number):
    with pytest.raises(CodecError) as problem:
        codec.decode_request(line)
    assert problem.value.number == number


@given(st.binary())
def test_no_bytes_raise_anything_else(line):
    for read in (codec.decode_request, codec.decode_incoming):
        try:
            read(line)
        except CodecError as problem:
            codec.encode_fault(problem.id, problem.number, problem)


@pytest.mark.parametrize(
    ("method", "params", "number"),
    [
        ("nothing.there", b"{}", METHOD_NOT_FOUND),
        ("check", b"{}", INVALID_PARAMS),
        ("check", b"[]", INVALID_PARAMS),
        ("check", b"null", INVALID_PARAMS),
        ("check", b'{"sender":1,"recipient":"a@b"}', INVALID_PARAMS),
        ("account.add", b'{"address":"a@b","mode":"loud"}', INVALID_PARAMS),
    ],
)
def test_wrong_calls_keep_their_id(method, params, number):
    request = codec.decode_request(b'{"jsonrpc":"2.0","id":7,"method":"%s","params":%s}' % (method.encode(), params))
    with pytest.raises(CodecError) as problem:
        codec.decode_params(request)
    assert (problem.value.number, problem.value.id) == (number, 7)


def test_unknown_keys_are_ignored():
    request = codec.decode_request(b'{"jsonrpc":"2.0","id":"a","method":"status","params":{"new":1},"more":2}')
    assert codec.decode_params(request) == Nothing()


@given(st.text(), st.text())
def test_a_call_arrives_as_it_was_sent(sender, recipient):
    line = codec.encode_request(1, "check", CheckQuery(sender=sender, recipient=recipient))
    assert line.count(b"\n") == 1
    request = codec.decode_request(line)
    assert codec.decode_params(request) == CheckQuery(sender=sender, recipient=recipient)


def test_answers_arrive_as_they_were_sent():
    status = Status(state="open", pid=1)
    found = codec.decode_incoming(codec.encode_result(3, status))
    assert (found.id, codec.decode_as(found.result, Status)) == (3, status)
    event = codec.decode_incoming(codec.encode_event(Event(seq=4, kind="state", data=status)))
    assert event.method == "event"
    assert codec.decode_as(event.params, Event) == Event(seq=4, kind="state", data=msgspec.to_builtins(status))
    greeting = codec.encode_hello(Hello(version="1.2"))
    assert greeting == (
        b'{"jsonrpc":"2.0","method":"hello","params":{"name":"irusu-gate","version":"1.2","protocol":1}}\n'
    )


def test_an_error_tells_code_and_params_whatever_they_are():
    class Odd(Fault):
        texts = {"odd.one": "odd {what}"}

    line = codec.encode_fault("x", REFUSED, Odd("odd.one", what="\udcff", other=object))
    found = codec.decode_incoming(line)
    assert found.error is not None
    assert found.error.code == REFUSED
    assert found.error.data is not None
    assert found.error.data.code == "odd.one"
    assert found.error.data.params["what"] == "?"


def test_what_is_too_long_is_not_sent():
    with pytest.raises(CodecError):
        codec.encode_result(1, Status(state="open", home="x" * LINE_LIMIT))
