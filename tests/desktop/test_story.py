"""The main job, whole: from the first start to a refused spammer and back, through the window's own widgets."""

import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QPushButton
from pytestqt.qtbot import QtBot

from app.application import Desktop
from app.dialogs.ask import Question
from app.importing.job import Stage
from app.link.state import LinkState
from app.models.decisions import SENDER, VERDICT
from tests.desktop.conftest import _ended
from tests.desktop.seeing import Seen, knock_at
from tests.wire.gate_process import Home

SAMPLE = Path(__file__).parents[2] / "resources" / "sample" / "spam.mbox"
SPAMMER, ACCOUNT = "win@lotto-eu.example", "user2@localhost"
WITHIN_A_SECOND = 1000


def test_from_the_first_start_to_a_refused_spammer(home: Home, start_app: Callable[..., Desktop], qtbot: QtBot) -> None:
    see = Seen(qtbot, start_app())
    window, switch = see.window, see.window.header.switch
    launched = see.desktop.process

    def click(widget: object) -> None:
        qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)

    def set_switch(key: str, state: LinkState) -> None:
        spot = switch.segment_rect(key).center().toPoint()
        qtbot.mouseClick(switch, Qt.MouseButton.LeftButton, pos=spot)
        see.until(lambda: see.client.state is state)

    # First start: nobody answered, so the bundled gate was launched, and it is stopped.
    see.until(lambda: see.client.state is LinkState.STOPPED and see.accounts.empty.isVisible())
    assert launched.pid is not None

    # An account.
    click(next(button for button in see.accounts.empty.findChildren(QPushButton) if button.text() == "Add an account"))
    dialog = see.accounts.dialog
    qtbot.keyClicks(dialog.address, ACCOUNT)
    click(dialog.ok)
    see.until(lambda: see.accounts.view.head.title.text() == ACCOUNT)

    # Saved spam, for three accounts, one of which is there.
    window.open_import([SAMPLE])
    page = window._import
    assert page is not None
    see.until(lambda: page.job.stage is Stage.REVIEW)
    assert {group.account for group in page.review.model.groups} == {ACCOUNT, "anna@example.org", "bob@example.org"}
    click(page.primary)
    see.until(lambda: page.job.stage is Stage.DONE)

    # Guard; the spammer writes.
    set_switch("guard", LinkState.GUARDING)
    assert see.client.latest is not None
    (listening,) = see.client.latest.listen
    port = int(listening.rpartition(":")[2])
    window.show_page("activity")
    see.until(lambda: see.activity._decisions.fresh)
    ((code, reply),) = knock_at(port, SPAMMER, ACCOUNT)
    ((missing_code, missing_reply),) = knock_at(port, SPAMMER, "nobdy@localhost")
    assert (code, reply) == (missing_code, missing_reply.replace("nobdy", "user2"))
    decisions = see.activity._decisions

    def newest() -> tuple[str, str]:
        return tuple(decisions.index(0, column).data() for column in (VERDICT, SENDER)) if decisions.rowCount() else ()

    qtbot.waitUntil(lambda: decisions.rowCount() == 2, timeout=WITHIN_A_SECOND)
    assert decisions.index(1, VERDICT).data() == "Refused" and decisions.index(1, SENDER).data() == SPAMMER

    # A mistake: one click lets him in, and undo takes that back.
    see.activity.table.selectRow(1)
    see.until(see.activity.details.isVisible)
    click(next(b for b in see.activity.details.buttons if b.isVisible() and b.text() == "Allow this sender"))
    see.until(lambda: window.toast.text() == f"{ACCOUNT} now allows {SPAMMER}.")
    assert knock_at(port, SPAMMER, ACCOUNT)[0][0] == 250
    see.until(lambda: newest() == ("Accepted", SPAMMER))
    with qtbot.waitActive(window):  # off screen nobody gives it back the focus that a dialog had
        window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    see.until(lambda: window.toast.text().startswith("Taken back"))
    assert knock_at(port, SPAMMER, ACCOUNT)[0][0] == 550

    # Stop, and leave with the gate.
    set_switch("stop", LinkState.STOPPED)
    pid = launched.pid
    window.close()
    question = window.findChild(Question)
    assert question is not None and question.isVisible()
    question.findChild(QCheckBox).setChecked(True)
    click(next(button for button in question.findChildren(QPushButton) if button.text() == "Close"))
    see.until(lambda: not window.isVisible())
    see.until(lambda: _ended(pid))
    assert not Path(f"/proc/{pid}").exists() or os.name != "posix"
