"""What keeps the gate or its port closed is told whole and stays until it is mended; what was decided at a farewell can
be decided anew."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QMenu
from pytestqt.qtbot import QtBot

from app.application import Desktop, cannot_start
from app.dialogs.ask import Question
from app.link.keeper import STOP_AT_EXIT
from app.link.state import Action, Connection, LinkState, sentence
from tests.wire.gate_process import Gate, Home

SECONDS = 30_000
StartApp = Callable[..., Desktop]


def reaches(qtbot: QtBot, desktop: Desktop, state: LinkState) -> None:
    qtbot.waitUntil(lambda: desktop.client.state is state, timeout=SECONDS)


def ask(qtbot: QtBot, desktop: Desktop, key: str) -> None:
    switch = desktop.window.header.switch
    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton, pos=switch.segment_rect(key).center().toPoint())


def test_a_broken_gate_toml_is_told_whole_and_mended(start_app: StartApp, home: Home, qtbot: QtBot) -> None:
    settings = home.path / "config" / "gate.toml"
    good = settings.read_text("utf-8")
    settings.write_text('[gate]\nlistem = ["127.0.0.1:0"]\n', "utf-8")
    desktop = start_app()
    window = desktop.window
    qtbot.waitUntil(window._trouble.isVisible, timeout=SECONDS)
    page = window._trouble
    assert not window._stack.isVisible()
    assert "listem" in page.line.text() and str(settings) in page.line.text()
    assert page.line.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse
    assert any(str(settings) in label.text() for label in page.findChildren(QLabel) if label is not page.line)
    assert str(settings) not in window.header.accessibleName(), "the header is short"
    for size in ((1100, 720), (720, 480)):
        window.resize(*size)
        QApplication.processEvents()
        middle = page.line.mapTo(page, page.line.rect().center()).x()
        assert abs(middle - page.width() / 2) < 60
        assert page.line.height() >= page.line.heightForWidth(page.line.width()), "no line is cut"
    settings.write_text(good, "utf-8")
    qtbot.mouseClick(window.header.button(Action.START), Qt.MouseButton.LeftButton)
    reaches(qtbot, desktop, LinkState.STOPPED)
    assert window._stack.isVisible() and not page.isVisible()


def test_a_busy_port_stays_told_until_it_is_free(start_app: StartApp, home: Home, qtbot: QtBot) -> None:
    settings = home.path / "config" / "gate.toml"
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings.write_text(f'[gate]\nlisten = ["127.0.0.1:{port}"]\n', "utf-8")
        desktop = start_app()
        reaches(qtbot, desktop, LinkState.STOPPED)
        strip = desktop.window._warnings
        ask(qtbot, desktop, "guard")
        qtbot.waitUntil(strip.isVisible, timeout=SECONDS)
        told = strip.text.text()
        assert told.startswith("The mail port cannot be opened on ") and str(port) in told
        assert "Stop the other program" in told and str(settings) in told
        assert not desktop.window.toast.isVisible()
        strip.show_warnings([])
        assert strip.isVisible(), "no news of the gate puts it away"
    ask(qtbot, desktop, "guard")
    reaches(qtbot, desktop, LinkState.GUARDING)
    assert not strip.isVisible()


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_whether_the_gate_ends_with_the_window_can_be_decided_anew(
    start_app: StartApp, home: Home, qtbot: QtBot
) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    window = desktop.window
    qtbot.waitUntil(window.rail.more.isVisible, timeout=SECONDS)
    assert window.rail._gate.elided(window.rail._gate.width()) == "This computer"
    qtbot.mouseClick(window.rail.more, Qt.MouseButton.LeftButton)
    menu = next(each for each in window.findChildren(QMenu) if each.isVisible())
    _test, _lines, _between, _end, stop = menu.actions()
    assert stop.isCheckable() and not stop.isChecked()
    stop.trigger()
    menu.close()
    assert desktop.settings.value(STOP_AT_EXIT, False, bool)
    assert window._farewell.menu().actions()[1].isChecked()
    window.resize(720, 480)
    assert not window.rail.more.isVisible()
    assert window.rail._logo.geometry().center().x() == pytest.approx(window.rail.width() / 2, abs=1)
    with qtbot.waitSignal(window.rail.moreAsked):
        window.rail._logo.menuAsked.emit(QPoint(5, 5))
    window.close()
    qtbot.waitUntil(lambda: home.json("status")["state"] == "not running", timeout=SECONDS)


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
@pytest.mark.parametrize("way", ["more", "click", "context", "key"])
def test_any_window_can_end_the_gate(start_app: StartApp, home: Home, qtbot: QtBot, way: str) -> None:
    """Also one that another start launched; at the smallest size by the logo."""
    with home.gate("--state", "stopped"):
        desktop = start_app()
        window, rail = desktop.window, desktop.window.rail
        reaches(qtbot, desktop, LinkState.STOPPED)
        window.resize(*((1100, 720) if way == "more" else (720, 480)))
        qtbot.waitUntil(lambda: rail.more.isVisible() is (way == "more"), timeout=SECONDS)
        assert (rail._logo.height() > rail._logo.width()) is (way != "more"), "three dots below it"
        if way == "context":
            rail._logo.menuAsked.emit(QPoint(5, 5))
        elif way == "key":
            assert rail._logo.focusPolicy() & Qt.FocusPolicy.TabFocus
            qtbot.keyClick(rail._logo, Qt.Key.Key_Return)
        else:
            qtbot.mouseClick(rail.more if way == "more" else rail._logo, Qt.MouseButton.LeftButton)
        menu = next(each for each in window.findChildren(QMenu) if each.isVisible())
        asks = ["Test your mail server…", "Put Irusu before your mail server…", "End the gate…"]
        assert [action.text() for action in menu.actions() if not action.isSeparator()] == asks
        menu.close()
        for do, answer in ((False, "keep_button"), (True, "do_button")):
            window._farewell.menu().actions()[0].trigger()
            asked = next(each for each in window.findChildren(Question) if each.isVisible())
            assert any("No mail comes in through it" in label.text() for label in asked.findChildren(QLabel))
            qtbot.mouseClick(getattr(asked, answer), Qt.MouseButton.LeftButton)
            assert any(call.method == "quit" for call in desktop.client._calls.values()) is do
        reaches(qtbot, desktop, LinkState.NOT_RUNNING)
    assert home.json("status")["state"] == "not running"
    assert desktop.process.pid is None and not desktop.keeper.trouble
    assert not rail.more.isVisible() and not rail._logo.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_a_gate_that_this_window_launched_and_ended_is_no_trouble(
    start_app: StartApp, home: Home, qtbot: QtBot
) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    desktop.client._become(Connection.FOREIGN)
    assert desktop.window.rail.more.isVisible(), "one of another version can be ended too"
    desktop.keeper.end_gate(desktop.window.complain)
    reaches(qtbot, desktop, LinkState.NOT_RUNNING)
    qtbot.waitUntil(lambda: desktop.process.pid is None, timeout=SECONDS)
    assert desktop.keeper.trouble == "" and desktop.client.state is LinkState.NOT_RUNNING
    assert "nobody guards" in desktop.window.header.accessibleName()


def test_the_finishing_sentence_is_whole_at_the_usual_size(
    start_app: StartApp, running_gate: Gate, qtbot: QtBot
) -> None:
    desktop = start_app()
    reaches(qtbot, desktop, LinkState.STOPPED)
    header = desktop.window.header
    for state in (LinkState.DRAINING, LinkState.GUARDING):
        header.show_state(state, sessions=12)
        QApplication.processEvents()
        label = header._sentence
        assert "…" not in label.elided(label.width())
        assert " ".join(label.lines(label.width())).replace("  ", " ") == sentence(state, 12)
        assert label.height() >= label.heightForWidth(label.width())
    assert header.height() == 72


def test_a_home_that_cannot_be_used_is_told(tmp_path: Path, qapp: QApplication, qtbot: QtBot) -> None:
    file = tmp_path / "file"
    file.write_text("", "utf-8")
    environment = {**os.environ, "IRUSU_HOME": str(file), "QT_QPA_PLATFORM": "offscreen"}
    told = subprocess.run(
        [sys.executable, "-m", "app"], env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert told.returncode == 1
    assert told.stderr.count("\n") == 1 and str(file) in told.stderr
    box = cannot_start("the folder cannot be used")
    box.open()
    assert "The folder cannot be used" in [label.text() for label in box.findChildren(QLabel)]
    qtbot.mouseClick(box.do_button, Qt.MouseButton.LeftButton)
    assert not box.isVisible()
