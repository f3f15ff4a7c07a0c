"""The rail's foot: what Undo would take back, in two lines that keep what tells senders apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.shell.rail import Rail
from app.shell.rail_item import two_lines
from app.theme.tokens import RAIL
from gate.control.messages import Change


@pytest.fixture
def metrics(qapp: QApplication) -> QFontMetrics:
    return QFontMetrics(theme.font("small"))


def test_a_short_name_is_whole_and_breaks_where_both_lines_are_alike(metrics: QFontMetrics) -> None:
    room = metrics.horizontalAdvance("Deny @spam.example") + 1
    assert two_lines("Undo", metrics, room) == ["Undo"]
    assert two_lines("Deny @spam.example for everyone", metrics, room) == ["Deny @spam.example", "for everyone"]
    assert two_lines("Deny 43 senders for you@localhost", metrics, room) == ["Deny 43 senders", "for you@localhost"]


def test_an_address_keeps_its_domain_and_a_file_both_its_ends(metrics: QFontMetrics) -> None:
    room = metrics.horizontalAdvance("Deny …@mail.pillpromo.example")
    lines = two_lines("Deny a.very.long.one@mail.pillpromo.example for anna.miller@example.org", metrics, room)
    assert lines[0].endswith("@mail.pillpromo.example") and "…" in lines[0]
    assert lines[1].endswith("@example.org")
    room = metrics.horizontalAdvance("2,034 entries from")
    first, second = two_lines("2,034 entries from my-very-long-name-of-spam-2026.mbox", metrics, room)
    assert first == "2,034 entries from"
    assert second.startswith("my-") and second.endswith(".mbox") and "…" in second


def test_an_import_names_its_file_in_the_second_line(qapp: QApplication, qtbot: QtBot, metrics: QFontMetrics) -> None:
    rail = Rail([])
    qtbot.addWidget(rail)
    params = {"count": 10, "accounts": 2, "label": "spam.mbox"}
    change = Change(id=1, code="import.apply", params=params, text="", time="2026-11-24T10:00:00Z", by="app")
    rail.show_changes(change, None)
    assert two_lines(rail._undo._lines, metrics, RAIL - 16 - 44) == ["10 entries from", "spam.mbox"]
    assert rail._undo.toolTip() and "2 new accounts" in rail._undo.accessibleDescription()
    assert "2 new accounts" in rail._undo.toolTip().replace("&nbsp;", " ")


@pytest.mark.parametrize(("code", "domain"), [("domain.listed", "shop.test"), ("domain.unlisted", "shop.example.org")])
def test_a_domain_is_named_whole(code: str, domain: str, qtbot: QtBot, metrics: QFontMetrics) -> None:
    rail = Rail([])
    qtbot.addWidget(rail)
    change = Change(id=1, code=code, params={"domain": domain}, text="x", time="2026-11-24T10:00:00Z", by="app")
    rail.show_changes(change, None)
    lines = two_lines(rail._undo._lines, metrics, RAIL - 16 - 44)
    assert lines[1].endswith(domain) and "…" not in lines[1]  # the words before it may lose letters in a wide font
    assert "exist" in rail._undo.accessibleDescription()


@given(text=st.text("ab@. …", max_size=80), width=st.integers(40, 300))
def test_two_lines_at_most_and_neither_too_wide(qapp: QApplication, text: str, width: int) -> None:
    metrics = QFontMetrics(theme.font("small"))
    lines = two_lines(text, metrics, width)
    assert 0 <= len(lines) <= 2
    assert all(metrics.horizontalAdvance(line) <= width for line in lines)
