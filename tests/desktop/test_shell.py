"""The window around the pages: state always on screen, a switch that never jumps ahead, undo, files, one instance."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app import theme
from app.application import Desktop
from app.dialogs.ask import Question
from app.importing.job import Stage
from app.instance import Instance
from app.link.keeper import STOP_AT_EXIT
from app.link.state import LOOKS, SEGMENTS, Action, Connection, LinkState, sentence, shown, title
from app.shell.farewell import TOLD_GATE_STAYS
from app.widgets.switch import GateSwitch
from app.window import Window
from gate import folders
from gate.control.messages import Status
from gate.control.messages import Warning as GateWarning
from tests.wire.gate_process import Gate, Home

SECONDS = 30_000
StartApp = Callable[..., Desktop]
SUMMON = (
    "import sys; from pathlib import Path; from PySide6.QtCore import QCoreApplication;"
    "from app.instance import Instance; from gate import folders; a = QCoreApplication([]);"
    "i = Instance(folders.find()); sys.exit(0 if not i.is_first() and i.summon([Path(sys.argv[1])]) else 1)"
)
"""What a second start does before it has a window."""


def reaches(qtbot: QtBot, desktop: Desktop, state: LinkState) -> None:
    qtbot.waitUntil(lambda: desktop.client.state is state, timeout=SECONDS)


def click_segment(qtbot: QtBot, switch: GateSwitch, key: str) -> None:
    spot = switch.segment_rect(key).center().toPoint()
    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton, pos=spot)


def pretend(desktop: Desktop, connection: Connection, status: Status | None) -> None:
    """Show a state that no gate is in now."""
    desktop.client.disconnect_gate()
    desktop.client.latest = status
    desktop.client._become(connection)


def question(window: Window) -> Question:
    found = window.findChildren(Question)
    assert len(found) == 1
    return found[0]


# ---------------------------------------------------------------- the table of states


def test_every_state_has_its_line_and_every_connection_its_state() -> None:
    assert set(LOOKS) == set(LinkState)
    for state in LinkState:
        assert title(state)
        assert sentence(state, 3)
        assert LOOKS[state].actions
    for connection in Connection:
        assert shown(connection, "guarding") in LOOKS
    assert shown(Connection.CONNECTED, None) is LinkState.CONNECTING
    assert shown(Connection.LOST, "guarding") is LinkState.LOST


def test_sessions_are_counted_in_words(qapp: QApplication) -> None:
    assert "1 session is" in sentence(LinkState.DRAINING, 1)
    assert "3 sessions are" in sentence(LinkState.DRAINING, 3)


def test_beside_postfix_stopped_closes_nothing_and_guarding_waits_to_be_asked() -> None:
    beside = Status(state="stopped", policy=["127.0.0.1:10040"])
    asked = Status(state="guarding", policy=["127.0.0.1:10040"], policy_asked=1)
    both = Status(state="guarding", policy=["127.0.0.1:10040"], listen=["127.0.0.1:25"])
    usual = {state: sentence(state) for state in (LinkState.STOPPED, LinkState.GUARDING, LinkState.OPEN)}
    assert "Postfix goes on" in sentence(LinkState.STOPPED, 0, beside)
    assert "has not asked yet" in sentence(LinkState.GUARDING, 0, beside)
    assert {sentence(LinkState.GUARDING, 0, each) for each in (asked, both)} == {usual[LinkState.GUARDING]}
    assert sentence(LinkState.OPEN, 0, beside) == usual[LinkState.OPEN]
    assert sentence(LinkState.STOPPED, 0, Status(state="stopped")) == usual[LinkState.STOPPED]


# ---------------------------------------------------------------- header and switch


def test_switch_waits_for_the_gate(start_app: StartApp, running_gate: Gate, qtbot: QtBot) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    switch = desktop.window.header.switch
    for key, state, told in (("guard", LinkState.GUARDING, "guarding"), ("open", LinkState.OPEN, "open")):
        before = switch.current()
        click_segment(qtbot, switch, key)
        assert switch.waiting() == key, "it shows … until the gate answers"
        assert switch.current() == before, "it never jumps ahead"
        reaches(qtbot, desktop, state)
        qtbot.waitUntil(lambda: switch.waiting() is None, timeout=SECONDS)
        assert switch.current() == key
        assert running_gate.status()["state"] == told
    click_segment(qtbot, switch, "stop")
    reaches(qtbot, desktop, LinkState.STOPPED)


def test_switch_by_keyboard(start_app: StartApp, running_gate: Gate, qtbot: QtBot) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    switch = desktop.window.header.switch
    qtbot.keyClick(switch, Qt.Key.Key_Right)
    qtbot.keyClick(switch, Qt.Key.Key_Space)
    reaches(qtbot, desktop, LinkState.GUARDING)


def test_a_refused_switch_stays_and_says_why(start_app: StartApp, running_gate: Gate, home: Home, qtbot: QtBot) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    switch = desktop.window.header.switch
    desktop.window._switching.call("start")
    pretended = desktop.client._calls
    number = max(n for n, call in pretended.items() if call.method == "start")
    pretended.pop(number).fail(_failure("The port is busy"))
    assert switch.waiting() is None
    assert switch.current() == "stop"
    assert desktop.window._warnings.text.text() == "The port is busy"


def _failure(text: str) -> object:
    from app.link.calls import CallFailed

    return CallFailed("port.busy", text)


def test_stop_before_a_real_server_asks_first(start_app: StartApp, running_gate: Gate, qtbot: QtBot) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    window = desktop.window
    pretend(desktop, Connection.CONNECTED, Status(state="guarding", deliver="smtp://mail.example:25"))
    click_segment(qtbot, window.header.switch, "stop")
    asked = question(window)
    assert "smtp://mail.example:25" in " ".join(label.text() for label in asked.findChildren(QLabel))
    asked.reject()
    assert window.header.switch.waiting() is None
    assert window.header.switch.current() == "guard"


@pytest.mark.parametrize("state", list(LinkState))
def test_header_offers_what_the_table_says(
    state: LinkState, start_app: StartApp, running_gate: Gate, qtbot: QtBot
) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    header = desktop.window.header
    header.show_state(state, sessions=2)
    actions = set(LOOKS[state].actions)
    assert header.switch.isVisible() == (Action.SWITCH in actions)
    assert header.import_button.isVisible() == (Action.SWITCH in actions)
    for action in Action:
        if action is not Action.SWITCH:
            assert header.button(action).isVisible() == (action in actions)
    if Action.SWITCH in actions:
        assert header.switch.current() in {segment.key for segment in SEGMENTS}
    assert title(state) in header.accessibleName()
    assert header.height() == (104 if state is LinkState.LOST else 72)


def test_lost_greys_the_data_and_start_is_a_way_back(start_app: StartApp, home: Home, qtbot: QtBot) -> None:
    with home.gate("--state", "stopped") as gate:
        desktop = start_app()
        reaches(qtbot, desktop, LinkState.STOPPED)
        gate.kill()
        reaches(qtbot, desktop, LinkState.LOST)
    window = desktop.window
    assert window._old.isVisible()
    assert all(theme.tokens_for(page).stale for page in window.pages.values())
    assert not theme.tokens_for(window.header).stale
    qtbot.mouseClick(window.header.button(Action.START), Qt.MouseButton.LeftButton)
    reaches(qtbot, desktop, LinkState.STOPPED)
    assert not window._old.isVisible()
    assert not any(theme.tokens_for(page).stale for page in window.pages.values())


def test_start_failure_shows_the_gates_line(start_app: StartApp, home: Home, qtbot: QtBot) -> None:
    (home.path / "config" / "gate.toml").write_text("[gate]\nlisten = 7\n", "utf-8")
    desktop = start_app()
    qtbot.waitUntil(lambda: bool(desktop.keeper.trouble), timeout=SECONDS)
    assert desktop.client.state is LinkState.NOT_RUNNING
    assert desktop.keeper.trouble in desktop.window._trouble.line.text()


def test_another_protocol_is_told_and_can_be_replaced(start_app: StartApp, home: Home, qtbot: QtBot) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    pid = desktop.process.pid
    desktop.client._become(Connection.FOREIGN)
    assert desktop.window.header.button(Action.REPLACE).isVisible()
    qtbot.mouseClick(desktop.window.header.button(Action.REPLACE), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: desktop.process.pid not in (pid, None), timeout=SECONDS)
    reaches(qtbot, desktop, LinkState.STOPPED)


def test_warnings_are_shown_and_put_away(start_app: StartApp, running_gate: Gate, qtbot: QtBot) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    strip = desktop.window._warnings
    first, second = GateWarning(code="a.one", text="Set <b>domains</b>"), GateWarning(code="b.two", text="Another")
    strip.show_warnings([first, second])
    assert strip.isVisible()
    assert strip.text.text() == "Set <b>domains</b> (and 1 more)"
    strip._put_away()
    assert strip.text.text() == "Another"
    strip._put_away()
    assert not strip.isVisible()
    strip.show_warnings([])
    strip.show_warnings([first])
    assert strip.isVisible(), "one that comes again is shown again"


# ---------------------------------------------------------------- rail


def test_pages_of_this_issue_only(start_app: StartApp, running_gate: Gate, qtbot: QtBot) -> None:
    desktop = start_app()
    assert list(desktop.window.pages) == ["accounts", "activity"]
    reaches(qtbot, desktop, LinkState.STOPPED)
    desktop.window.activateWindow()
    qtbot.waitUntil(desktop.window.isActiveWindow, timeout=SECONDS)
    qtbot.keyClick(desktop.window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert desktop.window._stack.currentWidget() is desktop.window.pages["activity"]


def test_undo_and_redo_by_name(start_app: StartApp, running_gate: Gate, home: Home, qtbot: QtBot) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    home.done("account", "add", "anna@example.org")
    home.done("deny", "anna@example.org", "spam@bad.example")
    client, rail = desktop.client, desktop.window.rail
    qtbot.waitUntil(lambda: client.undo is not None and "spam@bad.example" in client.undo.text, timeout=SECONDS)
    assert "spam@bad.example" in rail._undo.accessibleDescription()
    qtbot.mouseClick(rail._undo, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: client.redo is not None, timeout=SECONDS)
    assert json.loads(home.done("entries", "anna@example.org", "--json")) == []
    qtbot.waitUntil(lambda: "spam@bad.example" in desktop.window.toast.text(), timeout=SECONDS)
    qtbot.waitUntil(rail._redo.isVisible, timeout=SECONDS)
    qtbot.mouseClick(rail._redo, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: client.redo is None, timeout=SECONDS)
    assert len(json.loads(home.done("entries", "anna@example.org", "--json"))) == 1
    qtbot.waitUntil(lambda: not desktop.window.toast.undo_button().isHidden(), timeout=SECONDS)
    qtbot.mouseClick(desktop.window.toast.undo_button(), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: client.redo is not None, timeout=SECONDS)


def test_two_quick_presses_undo_two_changes(start_app: StartApp, running_gate: Gate, home: Home, qtbot: QtBot) -> None:
    for name in ("anna", "bob", "carol"):
        home.done("account", "add", f"{name}@example.org")
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    told: list[str] = []
    tell = desktop.window.toast.tell
    desktop.window.toast.tell = lambda text, *rest: (told.append(text), tell(text, *rest))  # type: ignore[method-assign]
    desktop.window.undo()
    desktop.window.undo()
    qtbot.waitUntil(lambda: len(told) == 2, timeout=SECONDS)
    assert [text.partition("account ")[2] for text in told] == ["carol@example.org", "bob@example.org"]
    desktop.window.redo()
    desktop.window.redo()
    desktop.window.redo()
    qtbot.waitUntil(lambda: len(told) == 4, timeout=SECONDS)
    assert all(text.startswith("Done again") for text in told[2:])
    qtbot.waitUntil(lambda: desktop.client.redo is None, timeout=SECONDS)
    assert len(json.loads(home.done("account", "list", "--json"))) == 3
    first = desktop.client.undo
    assert first is not None
    desktop.window.undo(first)
    desktop.window.undo(first)
    desktop.window.undo()
    qtbot.waitUntil(lambda: len(told) == 6, timeout=SECONDS)
    assert "taken back already" in told[5], "what waited behind a refusal is forgotten"
    assert len(json.loads(home.done("account", "list", "--json"))) == 2


def test_small_form(start_app: StartApp, running_gate: Gate, qtbot: QtBot) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    window = desktop.window
    window.resize(720, 480)
    assert (window.rail.width(), window.header.height()) == (72, 56)
    assert window.size().width() == 720, "nothing forces it wider"
    window.resize(1100, 720)
    assert (window.rail.width(), window.header.height()) == (184, 72)


# ---------------------------------------------------------------- files, instance, exit


def test_a_dropped_file_opens_the_import(start_app: StartApp, running_gate: Gate, qtbot: QtBot, tmp_path: Path) -> None:
    spam = tmp_path / "junk.eml"
    spam.write_text("From: a@b.example\nTo: anna@example.org\nReturn-Path: <a@b.example>\n\nbuy\n", "ascii")
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(spam))])
    event = QDropEvent(
        QPointF(10, 10), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    desktop.window.dropEvent(event)
    assert desktop.window._stack.currentWidget() is desktop.window._import
    desktop.window.show_page("accounts")
    assert desktop.window._stack.currentWidget() is not None


def test_a_second_start_hands_over_its_files(home: Home, qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    first = Instance(folders.find())
    assert first.is_first()
    second = subprocess.Popen([sys.executable, "-c", SUMMON, str(tmp_path / "x.mbox")], env=home.environment)
    with qtbot.waitSignal(first.summoned, timeout=SECONDS) as told:
        pass
    assert told.args == [[tmp_path / "x.mbox"]]
    qtbot.waitUntil(lambda: second.poll() is not None, timeout=SECONDS)
    assert second.returncode == 0
    first.close()
    third = Instance(folders.find())
    assert third.is_first(), "when the first has gone the next start is first"
    third.close()


def test_a_second_start_says_in_one_line_that_it_is_open(home: Home, qapp: QApplication, qtbot: QtBot) -> None:
    first = Instance(folders.find())
    assert first.is_first()
    second = subprocess.Popen(
        [sys.executable, "-m", "app"], env=home.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with qtbot.waitSignal(first.summoned, timeout=SECONDS):
        pass
    qtbot.waitUntil(lambda: second.poll() is not None, timeout=SECONDS)
    out, said = second.communicate(timeout=SECONDS / 1000)
    assert (second.returncode, out, said) == (0, "", "irusu: Irusu is already open: its window was brought forward\n")
    first.close()


def test_a_second_start_reaches_a_home_whose_path_is_long(
    home: Home, qapp: QApplication, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / ("long-" * 22)
    monkeypatch.setenv("IRUSU_HOME", str(place))
    first, second = Instance(folders.find()), Instance(folders.find())
    assert not second.summon([])
    assert first.is_first() and not second.is_first()
    path = Path(first._server.fullServerName())
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700 and path.parent.stat().st_uid == os.getuid()
    environment = {**home.environment, "IRUSU_HOME": str(place)}
    other = subprocess.Popen([sys.executable, "-c", SUMMON, str(tmp_path / "x.mbox")], env=environment)
    with qtbot.waitSignal(first.summoned, timeout=SECONDS) as told:
        pass
    assert told.args == [[tmp_path / "x.mbox"]]
    qtbot.waitUntil(lambda: other.poll() is not None, timeout=SECONDS)
    assert other.returncode == 0
    first.close()
    assert not path.parent.exists()
    assert second.is_first()
    first.close()
    assert not Instance(folders.find()).is_first(), "one that has gone takes nothing from the next"
    second.close()


def test_files_of_a_second_start_wait_for_the_gate(
    start_app: StartApp, home: Home, qtbot: QtBot, tmp_path: Path
) -> None:
    spam = tmp_path / "junk.eml"
    spam.write_text("From: a@b.example\nTo: anna@example.org\nReturn-Path: <a@b.example>\n\nbuy\n", "ascii")
    with home.gate("--state", "stopped"):
        desktop = start_app()
        reaches(qtbot, desktop, LinkState.STOPPED)
        home.done("quit")
        reaches(qtbot, desktop, LinkState.NOT_RUNNING)
    desktop.summoned([spam])
    assert desktop.window._import is None
    with home.gate("--state", "stopped"):
        qtbot.waitUntil(lambda: desktop.window._import is not None, timeout=SECONDS)
        page = desktop.window._import
        assert page is not None
        assert page.job.paths == [spam]
        qtbot.waitUntil(lambda: page.job.stage is Stage.REVIEW, timeout=SECONDS)


def test_a_closed_window_reads_on_nothing_and_is_no_longer_the_first(
    start_app: StartApp, running_gate: Gate, qtbot: QtBot, tmp_path: Path
) -> None:
    mail = "From a@b.example Tue Nov 24 10:00:00 2026\nFrom: a@b.example\nTo: anna@example.org\n\nbuy\n\n"
    big = tmp_path / "big.mbox"
    big.write_text(mail * 300_000, "ascii")
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    desktop.settings.setValue(TOLD_GATE_STAYS, True)
    instance = Instance(folders.find(), desktop)
    assert instance.is_first()
    desktop.window.parting.connect(instance.close)
    desktop.window._farewell._left = lambda: None  # type: ignore[method-assign]
    desktop.window.open_import([big])
    page = desktop.window._import
    assert page is not None
    with qtbot.waitSignal(page.job.progressed, timeout=SECONDS):
        pass
    assert page.job._child is not None
    pid = page.job._child.pid
    desktop.window.show_page("accounts")
    assert desktop.window.close()
    qtbot.waitUntil(lambda: not Path(f"/proc/{pid}").exists(), timeout=5000)
    following = Instance(folders.find())
    assert following.is_first()
    following.close()


def test_closing_says_once_that_the_gate_goes_on(start_app: StartApp, home: Home, qtbot: QtBot) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    window, settings = desktop.window, desktop.settings
    assert isinstance(settings, QSettings)
    window.close()
    assert window.isVisible()
    asked = question(window)
    assert not asked._box.isHidden(), "a gate that the window launched may be stopped with it"
    asked._box.setChecked(True)
    asked.accept()
    assert settings.value(TOLD_GATE_STAYS, False, bool)
    assert settings.value(STOP_AT_EXIT, False, bool)
    assert not window.isVisible()
    qtbot.waitUntil(lambda: home.json("status")["state"] == "not running", timeout=SECONDS)


def test_every_text_is_plain_and_every_control_has_a_name(
    start_app: StartApp, running_gate: Gate, home: Home, qtbot: QtBot
) -> None:
    home.done("account", "add", "anna@example.org")
    home.done("deny", "anna@example.org", '"<b>x</b>"@bad.example')
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    qtbot.waitUntil(lambda: "<b>" in desktop.window.rail._undo.accessibleDescription(), timeout=SECONDS)
    for label in desktop.window.findChildren(QLabel):
        assert label.textFormat() == Qt.TextFormat.PlainText or not label.text(), label.text()
    nameless = [
        widget
        for widget in desktop.window.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not _name(widget) and not widget.focusProxy()
        and widget.isVisible()
    ]  # fmt: skip
    assert nameless == []


def _name(widget: QWidget) -> str:
    text = getattr(widget, "text", None)
    return widget.accessibleName() or (text() if callable(text) else "")


def test_without_a_display_one_line(home: Home) -> None:
    bare = {k: v for k, v in home.environment.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    told = subprocess.run(
        [sys.executable, "-m", "app"], env=bare, capture_output=True, text=True, timeout=30, check=False
    )
    assert told.returncode == 1
    assert told.stderr.count("\n") == 1
    assert "display" in told.stderr
