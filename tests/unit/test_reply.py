"""Replies cut from what the backend sends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.backend.reply import REPLY_LIMIT, Reply, ReplyError, ReplyParser, whole_reply

words = st.binary(max_size=30).map(lambda text: bytes(byte for byte in text if byte not in b"\r\n\0"))


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    code = str(draw(st.integers(200, 599))).encode()
    texts = draw(st.lists(words, min_size=1, max_size=4))
    return Reply.of(*(code + b"-" + text for text in texts[:-1]), code + b" " + texts[-1])


@given(st.lists(replies(), max_size=5), st.data())
def test_what_was_sent_comes_out_however_it_is_cut(sent: list[Reply], data: st.DataObject) -> None:
    stream = b"".join(reply.raw for reply in sent)
    parser, found = ReplyParser(), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += parser.feed(stream[:size])
        stream = stream[size:]
    assert found == sent
    assert parser.empty


@given(replies(), st.data())
def test_the_short_cut_reads_what_the_parser_reads(sent: Reply, data: st.DataObject) -> None:
    assert whole_reply(sent.raw) == sent
    assert ReplyParser().feed(sent.raw) == [sent]
    at = data.draw(st.integers(0, len(sent.raw) - 1))
    other = sent.raw[:at] + data.draw(st.binary(max_size=3)) + sent.raw[at + 1 :]
    reply = whole_reply(other)
    if reply is not None:
        assert ReplyParser().feed(other) == [reply]


def test_what_a_server_says_to_everyone_is_remembered_and_no_refusal_is() -> None:
    said, refused = b"250 2.1.0 Ok\r\n", b"550 5.1.1 <x@y.example>: User unknown\r\n"
    assert whole_reply(said) is whole_reply(said)
    first, again = whole_reply(refused), whole_reply(refused)
    assert first == again
    assert first is not again


def test_a_reply_tells_itself() -> None:
    (reply,) = ReplyParser().feed(b"250-mail.example\r\n250-SIZE 10\n250 8BITMIME\r\n")
    assert (reply.code, reply.severity) == (250, 2)
    assert reply.raw == b"250-mail.example\r\n250-SIZE 10\r\n250 8BITMIME\r\n"
    assert reply.words == (b"mail.example", b"SIZE 10", b"8BITMIME")
    assert reply.text == "250-mail.example\n250-SIZE 10\n250 8BITMIME"
    assert ReplyParser().feed(b"250\r\n") == [Reply.of(b"250")]


def test_a_half_reply_waits() -> None:
    parser = ReplyParser()
    assert parser.feed(b"250-one\r\n250 t") == []
    assert not parser.empty
    assert [reply.raw for reply in parser.feed(b"wo\r\n")] == [b"250-one\r\n250 two\r\n"]


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (b"hello\r\n", "reply.garbled"),
        (b"\r\n", "reply.garbled"),
        (b"150 x\r\n", "reply.garbled"),
        (b"650 x\r\n", "reply.garbled"),
        (b"250_x\r\n", "reply.garbled"),
        (b"2500\r\n", "reply.garbled"),
        (b"250 a\rb\r\n", "reply.garbled"),
        (b"250 a\0b\r\n", "reply.garbled"),
        (b"250-a\r\n550 b\r\n", "reply.mixed_codes"),
        (b"250 " + b"x" * REPLY_LIMIT, "reply.too_long"),
        (b"250-x\r\n" * (REPLY_LIMIT // 7 + 1), "reply.too_long"),
    ],
)
def test_what_is_no_reply(stream: bytes, code: str) -> None:
    parser = ReplyParser()
    with pytest.raises(ReplyError) as caught:
        parser.feed(b"220 hello\r\n" + stream)
    assert caught.value.code == code
    assert "\n" not in str(caught.value)
    assert [reply.code for reply in caught.value.before] == [220]
    with pytest.raises(ReplyError) as again:
        parser.feed(b"250 fine\r\n")
    assert again.value.before == ()
