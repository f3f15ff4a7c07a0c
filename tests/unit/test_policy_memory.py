"""What was learnt of a Postfix outlives the gate, and is never more than a head start."""

import logging
from pathlib import Path

import pytest

from gate.postfix.memory import FILE, Learnt, Memory
from gate.postfix.refusal import Refusal

SERVER = "127.0.0.1:25"
NAMED, NAMELESS = Refusal(b"550", b"5.1.1", b"No \xff Name", b"Name@a.test"), Refusal(b"450", b"", b"x")
LEARNT = Learnt(SERVER, {"a.test": NAMED, "": NAMELESS}, {"a.test": 0.25})


def test_it_is_recalled_by_the_next_gate_for_the_same_server(tmp_path: Path) -> None:
    path = tmp_path / FILE
    assert Memory(path).recall(SERVER) == Learnt()
    Memory(path).keep(LEARNT)
    assert Memory(path).recall(SERVER) == LEARNT
    assert Memory(path).recall("127.0.0.1:26") == Learnt()
    assert [each.name for each in tmp_path.iterdir()] == [FILE]
    assert Memory(path).recall(SERVER).refusals["a.test"].action("Anna@a.test") == b"550 5.1.1 No \xff Anna"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"server": 1}', b'{"refusals": {"a": {}}}', b"[]"])
def test_what_cannot_be_read_is_one_line_and_nothing_else(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / FILE
    path.write_bytes(content)
    memory = Memory(path)
    assert memory.recall(SERVER) == Learnt()
    ((_, level, line),) = caplog.record_tuples
    assert level == logging.WARNING and str(path) in line and "\n" not in line
    memory.keep(LEARNT)
    assert Memory(path).recall(SERVER) == LEARNT


def test_what_cannot_be_written_is_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    memory = Memory(tmp_path / "nowhere" / FILE)
    memory.keep(LEARNT)
    memory.keep(LEARNT)
    assert len(caplog.records) == 1
