"""The link, against a real gate process: finds or launches it, survives its death, never blocks, never kills."""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.application import Desktop
from app.link.calls import CallFailed
from app.link.keeper import STOP_AT_EXIT
from app.link.state import LinkState
from gate import folders
from gate.control.messages import AddAccount, AddEntries, Changed, ListQuery, Nothing, OneAccount
from tests.wire.gate_process import Gate, Home

SECONDS = 30_000
StartApp = Callable[..., Desktop]


def reaches(qtbot: QtBot, desktop: Desktop, *states: LinkState) -> None:
    """Wait until the window shows one of these states."""
    qtbot.waitUntil(lambda: desktop.client.state in states, timeout=SECONDS)


def answer(qtbot: QtBot, desktop: Desktop, method: str, params: Any) -> Any:
    """The answer to a call, or its failure."""
    got: list[Any] = []
    desktop.client.call(method, params, got.append, got.append)
    assert got == [], "an answer must come from the event loop, never from inside the call"
    qtbot.waitUntil(lambda: bool(got), timeout=SECONDS)
    return got[0]


def test_first_start_launches_a_stopped_gate(start_app: StartApp, home: Home, qtbot: QtBot) -> None:
    desktop = start_app()
    assert desktop.client.state is LinkState.CONNECTING
    reaches(qtbot, desktop, LinkState.STOPPED)
    assert desktop.keeper.launched_it
    assert home.json("status")["pid"] == desktop.process.pid


def test_finds_a_running_gate_and_never_ends_it(start_app: StartApp, running_gate: Gate, qtbot: QtBot) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    assert not desktop.keeper.launched_it
    desktop.settings.setValue(STOP_AT_EXIT, True)
    left: list[bool] = []
    desktop.keeper.leave(lambda: left.append(True))
    assert left == [True]
    assert running_gate.process.poll() is None
    assert running_gate.status()["state"] == "stopped"


def test_calls_answer_and_refuse_in_words(start_app: StartApp, running_gate: Gate, qtbot: QtBot) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    made = answer(qtbot, desktop, "account.add", AddAccount(address="anna@example.org"))
    assert made.address == "anna@example.org"
    wrong = answer(qtbot, desktop, "account.show", OneAccount(address="nobody@example.org"))
    assert isinstance(wrong, CallFailed)
    assert wrong.code == "account.unknown"
    assert "nobody@example.org" in wrong.text


def test_events_and_undo_follow_what_others_change(
    start_app: StartApp, running_gate: Gate, home: Home, qtbot: QtBot
) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    with qtbot.waitSignal(desktop.client.listsChanged, timeout=SECONDS):
        home.done("account", "add", "anna@example.org")
    qtbot.waitUntil(lambda: desktop.client.undo is not None, timeout=SECONDS)
    with qtbot.waitSignal(desktop.client.linkChanged, timeout=SECONDS):
        home.done("start")
    reaches(qtbot, desktop, LinkState.GUARDING)
    home.done("pause")
    reaches(qtbot, desktop, LinkState.OPEN)
    home.done("undo")
    qtbot.waitUntil(lambda: desktop.client.redo is not None, timeout=SECONDS)


def test_a_cancelled_call_stays_silent(start_app: StartApp, running_gate: Gate, qtbot: QtBot) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    got: list[Any] = []
    desktop.client.call("account.list", ListQuery(), got.append, got.append).cancel()
    answer(qtbot, desktop, "status", Nothing())
    assert got == []


def test_who_is_deleted_is_told_nothing(start_app: StartApp, running_gate: Gate, qtbot: QtBot) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    got: list[Any] = []
    dialog = QLabel("…")
    desktop.client.call("account.list", ListQuery(), lambda _page: got.append(dialog.text()), owner=dialog)
    dialog.deleteLater()
    QCoreApplication.sendPostedEvents(dialog, QEvent.Type.DeferredDelete)
    answer(qtbot, desktop, "status", Nothing())
    assert got == []


def test_one_callback_that_fails_costs_no_other_answer(
    start_app: StartApp, running_gate: Gate, qtbot: QtBot, app_faults: list[str]
) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    complaints: list[CallFailed] = []
    desktop.client.complaint.connect(complaints.append)
    desktop.client.call("account.list", ListQuery(), lambda page: page.no_such_name)
    answer(qtbot, desktop, "status", Nothing())
    assert desktop.client.state is LinkState.STOPPED
    (told,) = complaints
    assert told.code == "link.fault"
    assert told.params["reference"] in told.text and told.params["reference"] in app_faults[0]
    assert "no_such_name" in app_faults[0]
    app_faults.clear()


def test_killed_gate_is_lost_and_comes_back(start_app: StartApp, home: Home, qtbot: QtBot) -> None:
    with home.gate("--state", "guarding") as gate:
        desktop = start_app()
        reaches(qtbot, desktop, LinkState.GUARDING)
        gate.kill()
        reaches(qtbot, desktop, LinkState.LOST)
        assert desktop.client.last_word is not None
        failed = answer(qtbot, desktop, "status", Nothing())
        assert isinstance(failed, CallFailed)
        assert failed.code == "link.lost"
    with home.gate(), qtbot.waitSignal(desktop.client.resync, timeout=SECONDS):
        pass
    reaches(qtbot, desktop, LinkState.GUARDING, LinkState.NOT_RUNNING)


@pytest.mark.parametrize(("first", "state"), [("process", "stopped"), ("socket", "stopped"), ("socket", "guarding")])
def test_a_launched_gate_that_dies_is_not_running(
    start_app: StartApp, home: Home, qtbot: QtBot, first: str, state: str
) -> None:
    """Whether its process or its socket is seen to end first: nobody can be guarding."""
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    pid = desktop.process.pid
    assert pid is not None
    if state == "guarding":
        home.done("start")
        reaches(qtbot, desktop, LinkState.GUARDING)
    poll, transport = desktop.process._poll, desktop.client._transport
    if first == "process":
        transport._socket.blockSignals(True)
    else:
        poll.stop()
    os.kill(pid, signal.SIGKILL)
    if first == "socket":
        reaches(qtbot, desktop, LinkState.LOST)
        poll.start()
    reaches(qtbot, desktop, LinkState.NOT_RUNNING)
    qtbot.waitUntil(lambda: bool(desktop.keeper.trouble), timeout=SECONDS)
    assert desktop.keeper.trouble == "The gate ended, and did not say why.", "how it was is no reason"
    header = desktop.window.header.accessibleName()
    assert "It ended" in header and "could not be started" not in header
    desktop.keeper.start_gate()
    reaches(qtbot, desktop, LinkState.GUARDING if state == "guarding" else LinkState.STOPPED)
    assert desktop.keeper.launched_it
    assert desktop.process.pid != pid
    assert desktop.keeper.trouble == ""


def test_a_gate_launched_beside_a_running_one_ends_by_itself(
    start_app: StartApp, running_gate: Gate, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under load the first look may find nobody although there is one: the lock decides."""
    places, first = folders.Folders.socket_places, [[]]
    monkeypatch.setattr(folders.Folders, "socket_places", lambda self: first.pop() if first else places(self))
    desktop = start_app()
    ended: list[tuple[int, str]] = []
    desktop.process.died.connect(lambda pid, line: ended.append((pid, line)))
    qtbot.waitUntil(lambda: desktop.process.pid is not None, timeout=SECONDS)
    launched = desktop.process.pid
    reaches(qtbot, desktop, LinkState.STOPPED)
    qtbot.waitUntil(lambda: bool(ended), timeout=SECONDS)
    assert ended[0][0] == launched and "already runs" in ended[0][1]
    assert desktop.client.state is LinkState.STOPPED
    assert desktop.client.latest is not None and desktop.client.latest.pid == running_gate.process.pid
    assert desktop.keeper.trouble == "" and not desktop.keeper.launched_it


def test_cancel_and_leaving_launch_no_more(start_app: StartApp, running_gate: Gate, qtbot: QtBot) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    keeper = desktop.keeper
    for end in (keeper.cancel, lambda: keeper.leave(lambda: None)):
        keeper._replacing, keeper._left_to_try = True, 5
        keeper._again.start()
        end()
        assert not keeper._again.isActive() and not keeper._replacing and not keeper._left_to_try


def test_a_gate_that_quits_says_goodbye(start_app: StartApp, home: Home, qtbot: QtBot) -> None:
    with home.gate("--state", "guarding"):
        desktop = start_app()
        reaches(qtbot, desktop, LinkState.GUARDING)
        seen: list[LinkState] = []
        desktop.client.linkChanged.connect(seen.append)
        home.done("quit")
        reaches(qtbot, desktop, LinkState.NOT_RUNNING)
        assert LinkState.LOST not in seen
        assert desktop.process.pid is None, "a gate that somebody ended is not started again unasked"


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no SIGSTOP here")
def test_a_silent_gate_never_blocks_the_window(
    start_app: StartApp, running_gate: Gate, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.link.client.HEARTBEAT_SECONDS", 0.5)
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    running_gate.signal(signal.SIGSTOP)
    try:
        reaches(qtbot, desktop, LinkState.LOST)
    finally:
        running_gate.signal(signal.SIGCONT)
    reaches(qtbot, desktop, LinkState.STOPPED)


def test_broken_settings_are_told_in_one_line(start_app: StartApp, home: Home, qtbot: QtBot) -> None:
    toml = home.path / "config" / "gate.toml"
    good = toml.read_text("utf-8")
    toml.write_text("[gate]\nlisten = 7\n", "utf-8")
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.NOT_RUNNING)
    qtbot.waitUntil(lambda: bool(desktop.keeper.trouble), timeout=SECONDS)
    assert "gate.toml" in desktop.keeper.trouble
    assert "\n" not in desktop.keeper.trouble
    toml.write_text(good, "utf-8")
    desktop.keeper.start_gate()
    reaches(qtbot, desktop, LinkState.STOPPED)
    assert desktop.keeper.trouble == ""


def test_stops_at_exit_only_what_it_launched_and_only_if_chosen(start_app: StartApp, home: Home, qtbot: QtBot) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    process = desktop.process._process
    assert process is not None
    assert not desktop.keeper.stops_at_exit
    desktop.keeper.set_stop_at_exit(True)
    left: list[bool] = []
    desktop.keeper.leave(lambda: left.append(True))
    qtbot.waitUntil(lambda: bool(left), timeout=SECONDS)
    assert home.json("status")["state"] == "not running"


def test_goes_on_without_the_window(start_app: StartApp, home: Home, qtbot: QtBot) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    pid = desktop.process.pid
    left: list[bool] = []
    desktop.keeper.leave(lambda: left.append(True))
    assert left == [True]
    assert home.json("status")["pid"] == pid
    home.done("quit")


def test_a_long_answer_comes_in_pages(start_app: StartApp, running_gate: Gate, qtbot: QtBot) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    answer(qtbot, desktop, "account.add", AddAccount(address="anna@example.org"))
    patterns = [f"spam{n}@bad.example" for n in range(1500)]
    done = answer(qtbot, desktop, "deny", AddEntries(scope="anna@example.org", patterns=patterns))
    assert isinstance(done, Changed)
    assert done.change is not None
