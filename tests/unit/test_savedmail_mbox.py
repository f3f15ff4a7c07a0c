"""Splitting an mbox: every dialect, any damage, whatever the reads cut apart."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.savedmail import mbox

DATE = "Tue Nov 24 08:35:36 2026"


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def split(path: Path, data: bytes) -> list[mbox.Message]:
    write(path, data)
    with path.open("rb", buffering=0) as stream:
        return list(mbox.split(stream))


def message(number: int, body: str = "text\n", extra: str = "") -> bytes:
    head = f"From s{number}@bad.example {DATE}\nSubject: {number}\n{extra}"
    return f"{head}\n{body}\n".encode()


def subjects(found: list[mbox.Message]) -> list[str]:
    return [
        line.split(b": ")[1].strip().decode() for each in found for line in each.header.splitlines() if b": " in line
    ]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_plain(tmp_path: Path, ends: str) -> None:
    data = b"".join(message(number) for number in range(3)).replace(b"\n", ends.encode())
    found = split(tmp_path / "m", data)
    assert subjects(found) == ["0", "1", "2"]
    assert [data[each.offset :][:5] for each in found] == [b"From "] * 3
    assert found[1].from_line == f"s1@bad.example {DATE}".encode()


@pytest.mark.parametrize(
    "body",
    [
        "From here on all is text\n",
        "a\n\nFrom my point of view: no\nNote: still text\n",
        f">From s9@bad.example {DATE}\nSubject: quoted\n",
        f"a\nFrom s9@bad.example {DATE}\nno header line follows\n",
        "From s9@bad.example at ten\n\nSubject: text\n",
    ],
)
def test_from_in_a_body_is_text(tmp_path: Path, body: str) -> None:
    assert subjects(split(tmp_path / "m", message(0, body) + message(1))) == ["0", "1"]


def test_no_blank_line_between(tmp_path: Path) -> None:
    data = b"".join(message(number, "text").rstrip(b"\n") + b"\n" for number in range(5))
    assert subjects(split(tmp_path / "m", data)) == ["0", "1", "2", "3", "4"]


def test_no_body_between(tmp_path: Path) -> None:
    data = b"".join(f"From s@bad.example {DATE}\nSubject: {number}\n".encode() for number in range(3))
    assert subjects(split(tmp_path / "m", data)) == ["0", "1", "2"]


def test_content_length_is_believed_where_a_separator_stands(tmp_path: Path) -> None:
    inner = f"\nFrom x@y.example {DATE}\nSubject: inner\n\ntext\n"
    data = message(0, inner, f"Content-Length: {len(inner)}\n") + message(1)
    assert subjects(split(tmp_path / "m", data))[:1] == ["0"]
    assert [each.header for each in split(tmp_path / "m", data)][1] == b"Subject: 1\n"
    last = message(1) + message(0, inner, f"Content-Length: {len(inner)}\n")
    assert len(split(tmp_path / "m", last)) == 2


@pytest.mark.parametrize("told", ["18708448", "0", "3", "999999999999999", "12x", "-4"])
def test_content_length_that_lies(tmp_path: Path, told: str) -> None:
    data = message(0, extra=f"Content-Length: {told}\n") + message(1) + message(2)
    assert len(split(tmp_path / "m", data)) == 3


def test_cut_anywhere_never_fails(tmp_path: Path) -> None:
    data = message(0) + message(1, f"a\n\nFrom x@y.example {DATE}\nnot a field\n") + message(2)
    for end in range(len(data)):
        assert len(split(tmp_path / "m", data[:end])) <= 3


def test_undated_separators(tmp_path: Path) -> None:
    data = b"From a@bad.example\nSubject: 0\n\ntext\n\nFrom b@bad.example\nSubject: 1\n\ntext\n"
    assert subjects(split(tmp_path / "m", data)) == ["0", "1"]


def test_a_header_larger_than_the_cap_is_cut(tmp_path: Path) -> None:
    data = message(0, extra="X: " + "x" * (3 * mbox.HEADER_CAP) + "\n") + message(1)
    found = split(tmp_path / "m", data)
    assert len(found) == 2
    assert len(found[0].header) <= mbox.HEADER_CAP


def test_a_line_of_hostile_dates_takes_linear_time(tmp_path: Path) -> None:
    hostile = b"\nFrom " + b"Mon 1:1 " * 200 + b"\nno field\n"
    assert len(split(tmp_path / "m", message(0) + hostile * 2000)) == 1


@given(
    bodies=st.lists(st.text(alphabet="aF:> \nrom", max_size=40), min_size=1, max_size=8),
    crlf=st.booleans(),
    window=st.integers(2100, 4000),
)
def test_reads_cut_anywhere_find_the_same(bodies: list[str], crlf: bool, window: int) -> None:
    """Whatever the size of a read: one message a separator, its own header each."""
    padded = (body + "x" * 700 for body in bodies)
    data = b"".join(message(number, body) for number, body in enumerate(padded))
    data = data.replace(b"\n", b"\r\n") if crlf else data
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryFile(buffering=0) as stream:
        patch.setattr(mbox, "CHUNK", window)
        stream.write(data)
        assert subjects(list(mbox.split(stream))) == [str(number) for number in range(len(bodies))]


_TOKENS = (
    f"From a@bad.example {DATE}\n", "From b@bad.example\n", "From - Mon 1:2\r\n", "From nowhere\n", ">From x\n",
    "\n", "\r\n", "Subject: x\n", "Content-Length: 5\n", "Content-Length: 40\r\n", " folded\n", "text text text\n",
    "\x00", "z" * 900,
)  # fmt: skip


@given(st.lists(st.sampled_from(_TOKENS), max_size=60), st.integers(1, 5000))
def test_the_size_of_a_read_never_matters(tokens: list[str], window: int) -> None:
    data = f"From a@bad.example {DATE}\nSubject: 0\n".encode() + "".join(tokens).encode()
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryFile(buffering=0) as stream:
        stream.write(data)
        whole = list(mbox.split(stream))
        patch.setattr(mbox, "CHUNK", window)
        assert list(mbox.split(stream)) == whole
    assert [each.offset for each in whole] == sorted({each.offset for each in whole})
