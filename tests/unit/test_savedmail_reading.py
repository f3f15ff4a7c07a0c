"""Files and folders: the kind by content, what cannot be read told, the rest read."""

import os
import sys
from pathlib import Path

import pytest

from gate.forms import Unreadable
from gate.savedmail.reading import Reader

MBOX = b"From a@bad.example Tue Nov 24 08:35:36 2026\nFrom: a@bad.example\n\ntext\n"
EML = b"From: a@bad.example\r\nSubject: x\r\n\r\ntext\r\n"


def read(*paths: Path) -> tuple[int, list[tuple[str, str, int]]]:
    reader = Reader(paths)
    messages, problems = 0, []
    for file, found in reader:
        if isinstance(found, Unreadable):
            assert file == found.file
            problems.append((Path(file).name, found.why, found.offset))
        else:
            messages += 1
    assert reader.done == reader.total
    return messages, problems


def test_kinds(tmp_path: Path) -> None:
    for name, data in {"a": MBOX, "b.eml": EML, "c.eml": MBOX, "d": b"\n\n" + EML, "e": b"\xef\xbb\xbf" + EML}.items():
        (tmp_path / name).write_bytes(data)
    assert read(tmp_path) == (5, [])
    assert read(tmp_path / "a", tmp_path / "b.eml") == (2, [])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"hello\n", "not-mail"),
        (b"key: value\nother: 1\n", "not-mail"),
        (os.urandom(4000) + b"\x00", "not-mail"),
        (b"PK\x03\x04rest", "compressed"),
        (b"\x1f\x8brest", "compressed"),
    ],
)
def test_what_is_no_mail(tmp_path: Path, data: bytes, why: str) -> None:
    (tmp_path / "x").write_bytes(data)
    assert read(tmp_path / "x") == (0, [("x", why, 0)])


def test_empty_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"")
    (tmp_path / "y").write_bytes(b"\n\r\n \n")
    assert read(tmp_path) == (0, [])


def test_damaged_start_and_a_message_without_header(tmp_path: Path) -> None:
    bare = b"From a@bad.example Tue Nov 24 08:35:36 2026\n\nonly text\n\n"
    (tmp_path / "x").write_bytes(b"\x00\x01torn\n\n" + MBOX + b"\n" + bare + MBOX)
    assert read(tmp_path / "x") == (2, [("x", "not-mail", 0), ("x", "no-header", 8 + len(MBOX) + 1)])


def test_an_empty_path_is_not_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.eml").write_bytes(b"From: a@b.example\n\nhello\n")
    monkeypatch.chdir(tmp_path)
    (found,) = Reader([""])
    assert found == ("", Unreadable(file="", offset=0, why="missing"))


def test_missing(tmp_path: Path) -> None:
    assert read(tmp_path / "x") == (0, [("x", "missing", 0)])


def test_denied(refusable: Path) -> None:
    (refusable / "x").write_bytes(MBOX)
    (refusable / "x").chmod(0)
    assert read(refusable / "x") == (0, [("x", "denied", 0)])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system")
def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x")
    assert read(tmp_path) == (0, [("x", "special", 0)])


def test_maildir(tmp_path: Path) -> None:
    for folder in ("cur", "new", "tmp", ".Junk/cur", ".Junk/new", ".Junk/tmp"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "dovecot-uidlist").write_bytes(b"3 V1\n")
    (tmp_path / "cur" / "1.x.host_2,S").write_bytes(EML)
    (tmp_path / "new" / "2.x.host").write_bytes(EML)
    (tmp_path / "tmp" / "3.x.host").write_bytes(EML)
    (tmp_path / ".Junk" / "cur" / "4.x.host").write_bytes(EML)
    (tmp_path / ".Junk" / "cur" / "5.x.host;2,ST").write_bytes(EML)
    assert read(tmp_path) == (3, [])


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "m").write_bytes(EML)
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert read(tmp_path) == (1, [])


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="names are text there")
def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xfe")
    (tmp_path / name).write_bytes(b"hello")
    (_, found), *_ = list(Reader([tmp_path / name]))
    assert isinstance(found, Unreadable)
    found.file.encode()
