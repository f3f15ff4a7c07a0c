"""Rows that are made many at once: in order, none lost, and one that cannot be made costs no other."""

import asyncio

import pytest

from gate.batch import Batch
from gate.forms import Decision


class Recorder:
    def __init__(self) -> None:
        self.rows: asyncio.Queue[Decision] = asyncio.Queue()

    def record(self, decision: Decision) -> None:
        self.rows.put_nowait(decision)


def row(sender: str) -> Decision | None:
    if sender == "broken":
        raise ValueError(sender)
    if sender == "again":
        return None
    return Decision(
        time="2026-11-24T00:00:00.000Z", front="smtp", client="192.0.2.1", helo="h", sender=sender,
        recipient="a@b.example", verdict="accept", because="none", pattern=None, reply="",
    )  # fmt: skip


def test_they_come_by_themselves_in_order(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> list[str]:
        recorder = Recorder()
        batch = Batch(recorder, row)
        for sender in ("one", "broken", "again", "two"):
            batch.add(sender)
        assert recorder.rows.empty(), "nobody waits for the log"
        told = [(await recorder.rows.get()).sender for _ in range(2)]
        batch.add("three")  # the next ones wait anew
        return [*told, (await recorder.rows.get()).sender]

    assert asyncio.run(story()) == ["one", "two", "three"]
    assert "a decision could not be written down" in caplog.text


def test_many_wait_for_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gate.batch.SECONDS", 3600.0)
    monkeypatch.setattr("gate.batch.MANY", 3)

    async def story() -> list[str]:
        recorder = Recorder()
        batch = Batch(recorder, row)
        for sender in ("one", "two", "three", "four"):
            batch.add(sender)
        return [recorder.rows.get_nowait().sender for _ in range(recorder.rows.qsize())]

    assert asyncio.run(story()) == ["one", "two", "three"]


def test_what_waits_is_handed_over_at_the_end_and_only_once() -> None:
    async def story() -> int:
        recorder = Recorder()
        batch = Batch(recorder, row)
        batch.add("one")
        batch.hand_over()
        batch.hand_over()
        batch.add("two")
        await recorder.rows.get()
        await recorder.rows.get()
        return recorder.rows.qsize()

    assert asyncio.run(story()) == 0
