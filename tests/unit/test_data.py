"""The DATA stream: one true end, nothing that any server might take for another, however it is split."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.smtp.data import DataStream, Problem, _line_ends

LIMIT = 10_000


def play(chunks: list[bytes], **options: object) -> tuple[bytes, bytes | None, Problem | None]:
    """What was forwarded, what came after the end, the first problem."""
    stream = DataStream(int(str(options.pop("limit", LIMIT))), **options)  # type: ignore[arg-type]
    forwarded, rest, problem = b"", None, None
    for chunk in chunks:
        if rest is not None:
            rest += chunk
            continue
        piece = stream.feed(chunk)
        assert not (piece.forward and problem), "forwarded after a problem"
        forwarded += piece.forward
        problem = problem or piece.problem
        rest = piece.rest
    return forwarded, rest, problem


def each_split(data: bytes) -> list[list[bytes]]:
    return [[data[:at], data[at:]] for at in range(len(data) + 1)] + [[data[i : i + 1] for i in range(len(data))]]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"a\r\n",
        b"..\r\n",
        b"a\r\n..b\r\n",
        b".a\r\n",
        b"\r\n\r\n",
        b"a.\r\n",
        b"x\r\n...\r\n.y.\r\n",
        b"8\xff\r\n",
    ],
)
def test_a_message_passes_unchanged_however_it_is_split(body: bytes) -> None:
    data = body + b".\r\n"
    for chunks in each_split(data + b"QUIT\r\n"):
        assert play(chunks) == (data, b"QUIT\r\n", None)


SMUGGLED = b"MAIL FROM:<x@y>\r\n"
ENDINGS = {
    b"\n.\n": Problem.BARE_LF,
    b"\n.\r\n": Problem.BARE_LF,
    b"\r\n.\n": Problem.BARE_LF,
    b"\r\n.\r\r\n": Problem.BARE_CR,
    b"\r.\r": Problem.BARE_CR,
    b"\r\n.\r": Problem.BARE_CR,
    b"\r.\r\n": Problem.BARE_CR,
    b"\r\n\0.\r\n": Problem.NUL,
    b"\r\n.\0\r\n": Problem.NUL,
    b"\r\r\n.\r\n": Problem.BARE_CR,
    b"\n\r.\r\n": Problem.BARE_LF,
}


@pytest.mark.parametrize("ending", ENDINGS, ids=repr)
def test_nothing_that_any_server_takes_for_an_end_is_forwarded(ending: bytes) -> None:
    data = b"Subject: x\r\n\r\nhello" + ending + SMUGGLED + b"\r\n.\r\nNOOP\r\n"
    for chunks in each_split(data):
        forwarded, rest, problem = play(chunks)
        assert problem is not None
        assert not re.search(rb"\n\.[\r\n\0]|\r\.|\0|\r(?!\n)|(?<!\r)\n", forwarded)
        if ending != b"\r\r\n.\r\n":  # here the true end comes first
            assert rest == b"NOOP\r\n"
        else:
            assert rest is not None and rest.startswith(SMUGGLED)


@pytest.mark.parametrize(
    ("raw", "sent"),
    [
        (b"a\nb\r\n.\r\n", b"a\r\nb\r\n.\r\n"),
        (b"a\n.\nb\r\n.\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"a\n.\r\nb\r\n.\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"a\r\n.\nb\r\n.\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
        (b".\nb\r\n.\r\n", b"..\r\nb\r\n.\r\n"),
        (b"\n.\n.\n\r\n.\r\n", b"\r\n..\r\n..\r\n\r\n.\r\n"),
        (b"\n.x\n\r\n.\r\n", b"\r\n.x\r\n\r\n.\r\n"),
    ],
)
def test_normalized_line_feeds_never_make_an_end(raw: bytes, sent: bytes) -> None:
    for chunks in each_split(raw):
        assert play(chunks, normalize=True) == (sent, b"", None)


def test_normalizing_still_refuses_bare_cr_and_nul() -> None:
    assert play([b"a\rb\r\n.\r\n"], normalize=True) == (b"", b"", Problem.BARE_CR)
    assert play([b"a\0b\r\n.\r\n"], normalize=True) == (b"", b"", Problem.NUL)


def test_the_limit_does_not_count_stuffed_dots() -> None:
    body = b"..\r\n" * 10
    for chunks in each_split(body + b".\r\n"):
        assert play(chunks, limit=30)[2] is None
        assert play(chunks, limit=29)[1:] == (b"", Problem.TOO_LARGE)
        assert not play(chunks, limit=29)[0].endswith(b"\r\n.\r\n")


def test_draining_finds_the_end_however_it_is_split() -> None:
    for before in (b"", b"a", b"a\r\n", b"a\r\n.", b"a\r", b"a\r\n.\r"):
        data = before + b"b\0\r\n.\r\nNOOP\r\n"
        for chunks in each_split(data[len(before) :]):
            stream = DataStream(LIMIT)
            stream.feed(before)
            stream.drain()
            rest = None
            for chunk in chunks:
                if rest is None:
                    rest = stream.feed(chunk).rest
                else:
                    rest += chunk
            assert rest == b"NOOP\r\n", (before, chunks)


PARTS = st.lists(st.sampled_from([b"\r\n", b".", b"\r", b"\n", b"a", b"\0", b"\r\n.\r\n", b"\r\n."]), max_size=12)


@given(PARTS, st.data(), st.booleans())
def test_splitting_never_matters(parts: list[bytes], choices: st.DataObject, normalize: bool) -> None:
    data = b"".join(parts) + b"z\r\n.\r\n"
    whole = play([data], normalize=normalize)
    cuts = sorted(choices.draw(st.lists(st.integers(0, len(data)), max_size=6)))
    bounds = [0, *cuts, len(data)]
    split = play([data[a:b] for a, b in pairwise(bounds)], normalize=normalize)
    assert split[1] == whole[1]
    assert (split[2] is None) == (whole[2] is None)
    if whole[2] is None:
        assert split[0] == whole[0]
        assert split[0].count(b"\r\n.\r\n") + split[0].startswith(b".\r\n") == 1
    else:
        assert b"\r\n.\r\n" not in split[0] and not split[0].startswith(b".\r\n")


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"\0", b"\xff", b"a" * 90, b"."]), max_size=40))
def test_every_kind_of_line_end_is_seen(pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    wanted = {end.decode() for end in re.findall(rb"\r\n|\r|\n", body.removesuffix(b"\r"))}
    assert set(_line_ends(body)) == wanted
