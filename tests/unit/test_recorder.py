"""The recorder over a real log.db: what is kept, what is told, and what happens when the log cannot be written."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gate.events import Events
from gate.forms import Decision, LogQuery
from gate.recorder import BATCH_SECONDS, Recorder
from gate.store import Log, open_log
from tests.unit.open_desk import open_desk


def decision(number: int = 0, **fields: Any) -> Decision:
    given: dict[str, Any] = {
        "time": f"2026-11-{1 + number % 28:02}T08:00:00Z",
        "front": "smtp",
        "client": "192.0.2.7",
        "helo": "mx.bad.example",
        "sender": f"s{number}@bad.example",
        "recipient": "anna@own.example",
        "verdict": "refuse",
        "because": "entry",
        "account": "anna@own.example",
        "entry_id": 1,
        **fields,
    }
    return Decision(**given)


class Heard:
    """What the recorder told, and a way to wait for so many decisions."""

    def __init__(self, events: Events) -> None:
        self._more = threading.Condition()
        self.batches: list[list[Decision]] = []
        events.subscribe(self._take)

    def _take(self, kind: str, data: Any) -> None:
        assert kind == "decisions"
        with self._more:
            self.batches.append(data)
            self._more.notify_all()

    @property
    def rows(self) -> list[Decision]:
        return [row for batch in self.batches for row in batch]

    def wait(self, count: int) -> list[Decision]:
        with self._more:
            assert self._more.wait_for(lambda: len(self.rows) >= count, 20)
        return self.rows


class Recording:
    def __init__(self, folder: Path, **limits: int) -> None:
        self.log: Log = open_log(folder / "log.db")
        self.events = Events()
        self.heard = Heard(self.events)
        self.recorder = Recorder(self.log, self.events, **limits)
        self.recorder.start()

    def written(self, last: int) -> None:
        """Wait until the log has so many."""
        until = time.monotonic() + 20
        while self.log.last_id() < last:
            assert time.monotonic() < until

    def rows(self, **query: Any) -> list[Decision]:
        return self.log.page(LogQuery(limit=query.pop("limit", 1000), **query), None).rows


@contextlib.contextmanager
def recording(folder: Path, **limits: int) -> Iterator[Recording]:
    it = Recording(folder, **limits)
    try:
        yield it
    finally:
        it.recorder.stop()
        it.log.close()


def test_a_decision_is_seen_at_once_and_kept(tmp_path: Path) -> None:
    with recording(tmp_path) as it:
        it.recorder.record(decision())
        (row,) = it.heard.wait(1)
        assert row.id == 1
        assert it.rows() == [row]  # who hears of it finds it in the log
        assert it.recorder.totals() == (1, 0)
        assert it.recorder.warnings() == []
    with recording(tmp_path) as it:  # numbers and totals go on after a restart
        it.recorder.record(decision(verdict="accept", because="none", entry_id=None))
        assert it.heard.wait(1)[0].id == 2
        assert it.recorder.totals() == (1, 1)
        assert [row.id for row in it.rows()] == [1, 2]


def test_an_event_comes_when_its_time_is_there_and_has_all_since_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("gate.recorder.time", SimpleNamespace(monotonic=lambda: now))
    with recording(tmp_path) as it:
        it.recorder.record(decision())
        it.heard.wait(1)
        for number in range(1, 5):
            now += 0.02
            it.recorder.record(decision(number))
            it.written(number + 1)
        assert len(it.heard.batches) == 1
        now += BATCH_SECONDS
        assert [row.id for row in it.heard.wait(5)] == list(range(1, 6))
        assert len(it.heard.batches) == 2


def test_a_burst_is_written_without_a_pause_and_told_in_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gate.recorder.BATCH_SECONDS", 3600.0)  # a pause would be for ever
    monkeypatch.setattr("gate.recorder.BATCH", 10)
    log, events = open_log(tmp_path / "log.db"), Events()
    heard, recorder = Heard(events), Recorder(log, events)
    for number in range(500):
        recorder.record(decision(number))
    recorder.start()
    until = time.monotonic() + 20
    while log.last_id() < 490 and time.monotonic() < until:
        heard.wait(1)
    assert log.last_id() >= 490
    assert len(heard.batches) == 1, "the next event is not due yet"
    recorder.stop()
    assert [row.id for row in heard.rows] == list(range(1, 501))
    assert (log.last_id(), recorder.warnings()) == (500, [])
    log.close()


def test_who_would_hear_too_late_is_told_to_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gate.recorder.BATCH_SECONDS", 3600.0)
    monkeypatch.setattr("gate.recorder.BATCH", 10)
    monkeypatch.setattr("gate.recorder.UNTOLD_LIMIT", 100)
    log, events = open_log(tmp_path / "log.db"), Events()
    asked = threading.Event()
    events.subscribe(lambda kind, _: asked.set() if kind == "resync" else None)
    recorder = Recorder(log, events)
    for number in range(200):
        recorder.record(decision(number))
    recorder.start()
    assert asked.wait(20)
    recorder.stop()
    assert log.last_id() == 200
    log.close()


def test_hits_and_totals_by_day(tmp_path: Path) -> None:
    with recording(tmp_path) as it:
        for number in range(60):
            it.recorder.record(decision(number))
        it.recorder.record(decision(verdict="accept", because="watch", would="refuse", entry_id=2))
    log = open_log(tmp_path / "log.db")
    assert log.hits([1, 2, 3]) == {1: (60, "2026-11-28T08:00:00Z"), 2: (1, "2026-11-01T08:00:00Z")}
    assert log.totals() == (60, 1)
    assert log.refused_since("2026-11-28", ["anna@own.example", "bob@own.example"]) == {"anna@own.example": 2}
    log.close()


def test_hits_are_shown_beside_the_entry(tmp_path: Path) -> None:
    with open_desk(tmp_path) as opened:
        opened.add("anna@own.example")
        opened.deny("anna@own.example", "s0@bad.example")
        (entry,) = opened.entries("anna@own.example")
        recorder = Recorder(opened.log, opened.events)
        recorder.start()
        recorder.record(decision(entry_id=entry.id))
        recorder.stop()
        (entry,) = opened.entries("anna@own.example")
        assert (entry.hits, entry.last_hit) == (1, "2026-11-01T08:00:00Z")
        opened.undo()
        opened.redo()
        assert opened.entries("anna@own.example")[0].hits == 1


def test_pages_newest_last(tmp_path: Path) -> None:
    with recording(tmp_path) as it:
        for number in range(10):
            it.recorder.record(decision(number, verdict="accept" if number % 2 else "refuse"))
    with contextlib.closing(open_log(tmp_path / "log.db")) as log:

        def page(**query: Any) -> tuple[list[int], bool]:
            found = log.page(LogQuery(**query), None)
            return [row.id for row in found.rows], found.more

        assert page(limit=3) == ([8, 9, 10], True)
        assert page(limit=3, before=4) == ([1, 2, 3], False)
        assert page(limit=3, after_id=8) == ([9, 10], False)
        assert page(limit=3, after_id=2) == ([3, 4, 5], True)
        assert page(verdict="accept", limit=2) == ([8, 10], True)
        assert page(filter="S7@") == ([8], False)
        assert page(account="bob@own.example") == ([], False)
        assert [row.id for row in log.page(LogQuery(), "2026-11-09T08:00:00").rows] == [9, 10]


def test_a_page_of_long_rows_is_cut_at_its_far_end(tmp_path: Path) -> None:
    with open_desk(tmp_path) as opened:
        opened.log.append([decision(number, id=number + 1, helo="x" * 10_000) for number in range(500)])

        def ids(**query: Any) -> tuple[int, int, bool]:
            page = opened.desk.activity.log(LogQuery(**query), "cli")
            return page.rows[0].id, page.rows[-1].id, page.more

        first, last, more = ids()
        assert first > 250
        assert (last, more) == (500, True)
        assert ids(before=first)[1] == first - 1
        first, last, more = ids(after_id=10)
        assert last < 250
        assert (first, more) == (11, True)
        assert ids(limit=10) == (491, 500, True)
        assert ids(limit=10, before=11) == (1, 10, False)


def test_the_recorder_trims_by_itself(tmp_path: Path) -> None:
    log = open_log(tmp_path / "log.db")
    log.append([decision(number, id=number + 1) for number in range(12_000)])
    log.close()
    with recording(tmp_path, max_rows=100) as it:
        it.recorder.record(decision())
        it.heard.wait(1)
        until = time.monotonic() + 20
        while len(it.rows()) == 1000 and time.monotonic() < until:
            it.recorder.record(decision())  # each is told of in its turn, in which the log is trimmed too
            it.heard.wait(len(it.heard.rows) + 1)
        assert it.rows()[0].id > 11_900
        assert it.log.totals()[0] >= 12_001


def test_a_dictionary_attack_is_bounded_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a million tries to the default of two million rows, so fifty thousand to a thousand (`python -m tests.soak
    flood` has the million)."""
    monkeypatch.setattr("gate.recorder.BATCH_SECONDS", 0.0)
    with recording(tmp_path, max_rows=1000) as it:
        most = 0
        for start in range(0, 50_000, 1000):
            for number in range(start, start + 1000):
                it.recorder.record(decision(number, account=None, entry_id=None, because="none", verdict="accept"))
            it.heard.wait(start + 1000)
            database = it.log._database
            assert database is not None
            with database.reading() as tx:
                most = max(most, tx.exec_driver_sql("SELECT count(*) FROM decision").scalar() or 0)
        assert it.recorder.totals() == (0, 50_000)
        assert most <= 1000 + 2 * 1000  # one batch, and what came while it was trimmed
        assert it.recorder.warnings() == []
    with contextlib.closing(open_log(tmp_path / "log.db")) as log:
        assert log.totals() == (0, 50_000)
    assert (tmp_path / "log.db").stat().st_size < 3_000_000


@pytest.mark.parametrize("trim_rows", [3, 20_000])
def test_old_rows_go_and_totals_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trim_rows: int) -> None:
    monkeypatch.setattr("gate.store.decisions.TRIM_ROWS", trim_rows)
    log = open_log(tmp_path / "log.db")
    log.append([decision(number, id=number + 1, time=f"2020-01-01T00:00:{number:02}Z") for number in range(10)])
    log.append([decision(number, id=number + 1, time=f"2099-01-01T00:00:{number:02}Z") for number in range(10, 20)])
    while log.trim(oldest="2026-01-01", max_rows=1000):
        pass
    assert [row.id for row in log.page(LogQuery(), None).rows] == list(range(11, 21))
    while log.trim(oldest="2026-01-01", max_rows=4):
        pass
    assert [row.id for row in log.page(LogQuery(), None).rows] == [17, 18, 19, 20]
    assert log.totals() == (20, 0)
    assert log.last_id() == 20
    log.close()


def test_a_locked_log_delays_nothing_and_loses_nothing(tmp_path: Path) -> None:
    with recording(tmp_path) as it:
        with contextlib.closing(sqlite3.connect(tmp_path / "log.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for number in range(200):
                it.recorder.record(decision(number))  # comes back, although nobody unlocks the log meanwhile
            it.heard.wait(200)  # seen all the same
            assert [warning.code for warning in it.recorder.warnings()] == ["log.unavailable"]
            other.execute("ROLLBACK")
        it.recorder.stop()
        assert [row.id for row in it.rows()] == list(range(1, 201))
        assert it.recorder.warnings() == []


def test_a_full_disk_costs_decisions_only(tmp_path: Path) -> None:
    with recording(tmp_path) as it:
        it.recorder.record(decision())
        it.heard.wait(1)
        database = it.log._database
        assert database is not None
        with database.writing() as tx:
            tx.exec_driver_sql(f"PRAGMA max_page_count = {tx.exec_driver_sql('PRAGMA page_count').scalar()}")
        for number in range(3000):
            it.recorder.record(decision(number))
        assert len(it.heard.wait(3001)) == 3001
        assert [warning.code for warning in it.recorder.warnings()] == ["log.unavailable"]
        assert "full" in it.recorder.warnings()[0].text
        assert it.recorder.totals() == (3001, 0)


def test_a_log_that_breaks_is_set_aside_and_begun_anew(tmp_path: Path) -> None:
    with recording(tmp_path) as it:
        it.recorder.record(decision())
        it.heard.wait(1)
        with contextlib.closing(sqlite3.connect(tmp_path / "log.db")) as other:
            other.execute("DROP TABLE decision")
            other.commit()
        it.recorder.record(decision(1))
        it.heard.wait(2)
        it.recorder.stop()
        assert [warning.code for warning in it.recorder.warnings()] == ["log.set_aside"]
        assert list(tmp_path.glob("log.db.broken-*"))
        assert [row.sender for row in it.rows()] == ["s1@bad.example"]


def test_a_flood_is_dropped_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gate.recorder.QUEUE_LIMIT", 10)
    log = open_log(tmp_path / "log.db")
    recorder = Recorder(log, Events())  # not started: nobody takes
    for number in range(15):
        recorder.record(decision(number))
    assert [(warning.code, warning.params) for warning in recorder.warnings()] == [("log.dropped", {"count": 5})]
    assert recorder.totals() == (15, 0)
    log.close()


@pytest.mark.parametrize("limit", ["QUEUE_LIMIT", "PENDING_LIMIT"])
def test_what_is_dropped_stays_in_the_totals_and_hits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(f"gate.recorder.{limit}", 10)
    with contextlib.closing(open_log(tmp_path / "log.db")) as log:
        recorder = Recorder(log, Events())
        for number in range(15):
            recorder.record(decision(number, verdict="accept" if number % 5 == 0 else "refuse"))
        recorder.start()
        recorder.stop()
        assert len(log.page(LogQuery(limit=1000), None).rows) == 10
        assert log.totals() == (12, 3)
        assert log.refused_since("2026-11-15", ["anna@own.example"]) == {"anna@own.example": 1}
        assert log.hits([1]) == {1: (15, "2026-11-15T08:00:00Z")}


def test_a_row_that_no_database_can_take_is_dropped_and_the_others_are_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with recording(tmp_path) as it:
        for number in range(20):
            it.recorder.record(decision(number, helo="\udc80" if number % 10 == 3 else "mx.bad.example"))
        it.heard.wait(20)
        it.recorder.record(decision(20))
        it.heard.wait(21)
        it.recorder.stop()
        kept = [row.sender for row in it.rows()]
        assert kept == [f"s{number}@bad.example" for number in range(21) if number % 10 != 3]
        (warning,) = it.recorder.warnings()
        assert (warning.code, warning.params) == ("log.dropped", {"count": 2})
    assert caplog.text.count("could not be kept; reference") == 1


def test_a_failure_that_stays_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("gate.recorder.RETRY_SECONDS", 0.01)
    with recording(tmp_path, keep_days=900_000) as it:  # no date goes so far back; gate.toml does not let it in
        for number in range(5):
            it.recorder.record(decision(number))
            it.heard.wait(number + 1)
        it.recorder.stop()
        assert len(it.rows()) == 5
    assert caplog.text.count("could not be kept; reference") == 1


def test_a_listener_that_fails_hurts_nobody(caplog: pytest.LogCaptureFixture) -> None:
    events = Events()
    heard: list[Any] = []

    def failing(_kind: str, _data: Any) -> None:
        raise ValueError("of its own")

    end = events.subscribe(failing)
    events.subscribe(lambda _kind, data: heard.append(data))
    events.publish("state", 1)
    assert "of its own" in caplog.text
    assert "a listener failed on state; reference " in caplog.text
    end()
    end()
    events.publish("state", 2)
    assert heard == [1, 2]
