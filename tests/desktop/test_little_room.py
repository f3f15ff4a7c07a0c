"""In little room: what gives way, what never does, and what comes first."""

import pytest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.pages.accounts.first import first_account
from app.shell.strips import WarningStrip
from app.widgets.buttons import Button
from app.widgets.labels import Label
from gate.control.messages import Warning as GateWarning


def shown_words(whole: QWidget) -> set[str]:
    return {label.text() for label in whole.findChildren(Label) if label.isVisibleTo(whole)}


@pytest.mark.parametrize(
    ("height", "steps", "lines"), [(700, True, True), (480, True, True), (424, True, False), (300, False, False)]
)
def test_the_steps_lose_their_lines_before_they_go(
    qapp: QApplication, qtbot: QtBot, height: int, steps: bool, lines: bool
) -> None:
    link = Button("", kind="link")
    page = first_account(lambda: None, lambda: None, link)
    qtbot.addWidget(page)
    page.setMinimumHeight(1)  # as in the window, which is not asked
    page.resize(647, height)
    page.show()
    for _ in range(2):  # on the way back, too
        words = shown_words(page)
        assert ("Press Guard" in words, "By hand, or from spam that you have kept." in words) == (steps, lines)
        assert link.isVisibleTo(page)
        page.resize(647, 900)
        assert "By hand, or from spam that you have kept." in shown_words(page)
        page.resize(647, height)


def test_news_stand_before_what_lasts(qtbot: QtBot) -> None:
    strip = WarningStrip()
    qtbot.addWidget(strip)
    lasting = [GateWarning(code="backend.catch_all", text=d, params={"domain": d}) for d in ("a.test", "b.test")]
    strip.show_warnings([*lasting, GateWarning(code="new.code", text="the settings cannot be read")])
    assert strip.text.text() == "The settings cannot be read (and 2 more)"
    assert strip.act.isHidden()
    strip._put_away()
    assert strip.text.text().startswith("At a.test") and not strip.act.isHidden()


def test_a_warning_is_never_cut_whatever_the_page_wants(qapp: QApplication, qtbot: QtBot) -> None:
    whole, greedy, strip = QWidget(), QWidget(), WarningStrip()
    qtbot.addWidget(whole)
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(strip)
    column.addWidget(greedy, 1)
    greedy.setMinimumHeight(350)
    whole.setFixedSize(640, 400)
    whole.show()
    text = "many long words that the gate has to say about the mail server behind it; " * 5
    strip.show_warnings([GateWarning(code="new.code", text=text)])
    qtbot.waitUntil(lambda: strip.text.height() >= strip.text.heightForWidth(strip.text.width()) > 60)
    strip.show_warnings([GateWarning(code="new.code", text="short")])
    qtbot.waitUntil(lambda: strip.height() < 60)
