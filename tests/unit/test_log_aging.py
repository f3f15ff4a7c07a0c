"""The log under clocks that leap, and files that are not what they were."""

import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gate.events import Events
from gate.forms import Decision, LogQuery
from gate.recorder import Recorder
from gate.store import Log, open_log
from gate.store.aging import BELIEF_SECONDS, Age

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LIMIT = "2026-08-26T09:00:00"
"""Ninety days before."""


def decision(number: int, time: str = "2026-11-24T08:00:00.000Z") -> Decision:
    return Decision(
        time=time,
        front="smtp",
        client="192.0.2.7",
        helo="mx.bad.example",
        sender=f"s{number}@bad.example",
        recipient="anna@own.example",
        verdict="refuse",
        because="entry",
        id=number,
    )


def senders(log: Log) -> list[str]:
    return [row.sender.partition("@")[0] for row in log.page(LogQuery(limit=1000), None).rows]


def test_a_clock_that_runs_on_is_believed() -> None:
    age = Age("2026-11-24T08:00:00.000Z")
    assert age.oldest(NOW, 100.0, 90) == LIMIT
    later = NOW + timedelta(seconds=900)  # set forward by five minutes by time service: no leap
    assert age.oldest(later, 700.0, 90) == "2026-08-26T09:15:00"
    assert not age.doubtful


@pytest.mark.parametrize("days", [2, 80, 36_500, -36_500])
def test_a_clock_that_leaps_is_believed_after_a_day(days: int) -> None:
    age = Age()
    age.oldest(NOW, 0.0, 90)
    leapt = NOW + timedelta(days=days)
    assert age.oldest(leapt, 600.0, 90) == ""
    assert age.doubtful
    half = BELIEF_SECONDS / 2
    assert age.oldest(leapt + timedelta(seconds=half), 600.0 + half, 90) == ""
    after = leapt + timedelta(seconds=BELIEF_SECONDS)
    assert age.oldest(after, 600.0 + BELIEF_SECONDS, 90) != ""
    assert not age.doubtful


def test_a_start_at_which_all_would_go_waits_a_day_too() -> None:
    age = Age("2026-08-01T00:00:00.000Z")
    assert age.oldest(NOW, 5.0, 90) == ""
    day = timedelta(seconds=BELIEF_SECONDS)
    assert age.oldest(NOW + day, 5.0 + BELIEF_SECONDS, 90) == "2026-08-27T09:00:00"


def test_rows_of_a_clock_that_was_slow_take_no_others_with_them(tmp_path: Path) -> None:
    with contextlib.closing(open_log(tmp_path / "log.db")) as log:
        log.append([decision(1), decision(2, "1970-01-01T00:00:01.000Z"), decision(3, "2099-01-01T00:00:00.000Z")])
        log.append([decision(4)])
        assert not log.trim(oldest=LIMIT, max_rows=1000)
        assert senders(log) == ["s1", "s3", "s4"]


def test_the_recorder_keeps_all_under_a_clock_far_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = open_log(tmp_path / "log.db")
    log.append([decision(number) for number in range(1, 21)])

    class Ahead(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Ahead":
            return cls(2099, 1, 1, tzinfo=UTC)

    monkeypatch.setattr("gate.recorder.datetime", Ahead)
    recorder = Recorder(log, Events())
    recorder.start()
    recorder.record(decision(0, "2099-01-01T00:00:00.000Z"))
    recorder.stop()
    assert len(senders(log)) == 21
    assert [warning.code for warning in recorder.warnings()] == ["log.clock"]
    log.close()


@pytest.mark.parametrize("instead", ["nothing", "another log", "garbage"])
def test_a_file_that_was_put_in_its_place_is_noticed(
    instead: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "log.db"
    log = open_log(path)
    recorder = Recorder(log, Events())
    log.append([decision(number) for number in range(1, 6)])
    if instead == "another log":
        with contextlib.closing(open_log(tmp_path / "other.db")) as other:
            other.append([decision(number) for number in range(7, 9)])
        (tmp_path / "other.db").replace(path)
    else:
        path.rename(tmp_path / "moved.db")
        if instead == "garbage":
            path.write_bytes(b"no database at all\n" * 1000)
            path.chmod(0o600)
    recorder.start()
    for number in range(10, 13):
        recorder.record(decision(number))
    recorder.stop()
    log.close()
    with contextlib.closing(open_log(path)) as found:
        before = ["s7", "s8"] if instead == "another log" else []
        assert senders(found) == [*before, "s10", "s11", "s12"]
    if instead != "another log":
        with contextlib.closing(open_log(tmp_path / "moved.db")) as moved:
            assert senders(moved) == ["s1", "s2", "s3", "s4", "s5"]
    assert "is opened anew" in caplog.text
    codes = [warning.code for warning in recorder.warnings()]
    assert codes == (["log.set_aside"] if instead == "garbage" else [])


def test_pages_that_break_while_it_runs_are_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "log.db"
    log = open_log(path)
    recorder = Recorder(log, Events())
    recorder.start()
    log.append([decision(number) for number in range(1, 2000)])
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        size = path.stat().st_size
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    for number in range(2000, 2100):
        recorder.record(decision(number))
    recorder.stop()
    assert [warning.code for warning in recorder.warnings()] == ["log.set_aside"]
    assert list(tmp_path.glob("log.db.broken-*"))
    assert senders(log)[-1] == "s2099"
    assert "not sound" in caplog.text
    log.close()
