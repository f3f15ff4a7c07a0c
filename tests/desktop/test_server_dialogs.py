"""The test of the mail server and the lines for one, as an owner sees them; and the warnings that lead there."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from app.application import Desktop
from app.dialogs.findings import Finding, Findings
from app.dialogs.mail_server import MailServerDialog
from app.dialogs.setup import SetupDialog
from app.link.faults import FAULTS
from app.link.words import WORDS
from app.shell.strips import OFFERS, WarningStrip
from gate.control.messages import (
    BackendReport,
    ClientAddressFacts,
    DomainFacts,
    Nothing,
    RelayFacts,
    SetupLines,
    TlsFacts,
)
from gate.control.messages import Warning as GateWarning
from tests.desktop.seeing import Seen
from tests.wire.gate_process import Gate, Home, free_port

StartApp = Callable[..., Desktop]

RELAY = RelayFacts(passed=True, client="192.0.2.1", time="2026-11-24T14:05:00Z", text="it took none")
GOOD = BackendReport(
    ok=True, deliver="smtp://127.0.0.1:10025", target="127.0.0.1:10025", reached=True, greeting="220 mx ESMTP",
    tls=TlsFacts(wanted="none"), client_address=ClientAddressFacts(wanted="auto", found="proxy", ipv6=True),
    domains=[DomainFacts(domain="own.example", unknown_user="refused", reply="550 5.1.1 no", live=True)], relay=RELAY,
)  # fmt: skip


def of(report: BackendReport, **fields: object) -> dict[str, Finding]:
    return {each.title: each for each in Findings().of(msgspec.structs.replace(report, **fields))}


def test_a_good_server_is_good_in_all(qtbot: QtBot) -> None:
    found = of(GOOD)
    assert {title: each.state for title, each in found.items()} == {
        "It answers": "good", "Sees who is calling": "good", "No open relay": "good", "own.example": "good",
    }  # fmt: skip
    assert found["No open relay"].words == "Mail for others is turned away; tried as 192.0.2.1."
    assert found["Sees who is calling"].words == "by the PROXY protocol, IPv4 and IPv6"
    assert found["own.example"].reply == "550 5.1.1 no"


@pytest.mark.parametrize(
    ("fields", "title", "state"),
    [
        ({"reached": False, "problem": GateWarning(code="backend.lost", text="x")}, "It does not answer", "bad"),
        ({"problem": GateWarning(code="backend.relays", text="x", params={})}, "No mail may flow", "bad"),
        ({"relay": None}, "No open relay", "unknown"),
        ({"relay": msgspec.structs.replace(RELAY, passed=None)}, "No open relay", "todo"),
        ({"relay": msgspec.structs.replace(RELAY, passed=False, taken="x@y.example")}, "An open relay", "bad"),
        ({"client_address": ClientAddressFacts(wanted="none", found="none")}, "Sees who is calling", "todo"),
        ({"client_address": ClientAddressFacts(wanted="auto")}, "Sees who is calling", "bad"),
        ({"client_address": ClientAddressFacts(wanted="none")}, "Sees who is calling", "todo"),
        ({"tls": TlsFacts(wanted="opportunistic", offered=True)}, "Encrypted on the way to it", "todo"),
        ({"tls": TlsFacts(wanted="require", offered=True, used=True)}, "Encrypted on the way to it", "good"),
        ({"warnings": [GateWarning(code="new.code", text="a new line")]}, "To know", "todo"),
        ({"built_in": True}, "The built-in mail server", "good"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(qtbot: QtBot, fields: dict[str, object], title: str, state: str) -> None:
    assert of(GOOD, **fields)[title].state == state


@pytest.mark.parametrize(
    ("kind", "state", "offers"),
    [
        ("refused", "good", False), ("listed", "good", False), ("catch-all", "todo", True),
        ("temporary", "todo", False), ("unanswered", "unknown", False),
    ],
)  # fmt: skip
def test_every_kind_of_domain_is_told(qtbot: QtBot, kind: str, state: str, offers: bool) -> None:
    facts = DomainFacts(domain="own.example", unknown_user=kind)  # type: ignore[arg-type]
    found = of(GOOD, domains=[facts])["own.example"]
    assert (found.state, bool(found.domain)) == (state, offers)


def test_what_hinders_is_told_once_with_what_to_set(qtbot: QtBot) -> None:
    line = "it would relay for strangers: from x it took mail for y; set this and that"
    taken = msgspec.structs.replace(RELAY, passed=False, taken="y", text=line)
    problem = GateWarning(code="backend.relays", text=line, params={"target": "t", "recipient": "y"})
    found = of(GOOD, ok=False, problem=problem, relay=taken)
    assert (found["No mail may flow"].reply, found["An open relay"].reply) == ("Set this and that", "")
    assert of(GOOD, relay=taken)["An open relay"].reply == line
    down = of(GOOD, ok=False, problem=problem, relay=taken, reached=False)
    assert (down["It does not answer"].words, down["No mail may flow"].state) == (
        "No answer at 127.0.0.1:10025.",
        "bad",
    )


def open_one(see: Seen, kind: type[QDialog]) -> QDialog:
    (dialog,) = [each for each in see.window.findChildren(kind) if each.isVisible()]
    return dialog


def chosen(see: Seen, words: str) -> None:
    menu = see.window.menu()
    next(action for action in menu.actions() if action.text() == words).trigger()
    menu.close()


def test_the_test_of_the_built_in_server(running_gate: Gate, start_app: StartApp, qtbot: QtBot) -> None:
    see = Seen(qtbot, start_app())
    see.until(lambda: see.client.latest is not None)
    chosen(see, "Test your mail server…")
    dialog = open_one(see, MailServerDialog)
    assert isinstance(dialog, MailServerDialog)
    see.until(lambda: dialog.rows)
    assert [(row.finding.title, row.verdict.text()) for row in dialog.rows] == [("The built-in mail server", "Good")]
    assert dialog.waiting.text().startswith("Tested at ") and dialog.again.isEnabled()
    qtbot.mouseClick(dialog.lines, Qt.MouseButton.LeftButton)
    assert open_one(see, SetupDialog) is not None
    open_one(see, SetupDialog).reject()


def test_a_server_that_is_down_is_told_with_the_way_to_test_it(home: Home, start_app: StartApp, qtbot: QtBot) -> None:
    settings = home.path / "config" / "gate.toml"
    settings.write_text(
        f'[gate]\nlisten = ["127.0.0.1:0"]\ndomains = ["own.example"]\ndeliver = "smtp://127.0.0.1:{free_port()}"\n'
    )
    with home.gate():
        see = Seen(qtbot, start_app())
        strip = see.window._warnings
        see.until(lambda: strip.isVisible() and "cannot be reached" in strip.text.text())
        assert strip.act.text() == "Test your mail server…"
        qtbot.mouseClick(strip.act, Qt.MouseButton.LeftButton)
        dialog = open_one(see, MailServerDialog)
        assert isinstance(dialog, MailServerDialog)
        see.until(lambda: dialog.rows)
        first = dialog.rows[0].finding
        assert (first.state, first.title) == ("bad", "It does not answer")
        assert first.words.startswith("No connection to the mail server at 127.0.0.1:")
        dialog.reject()


def test_what_a_line_offers_leads_there(running_gate: Gate, start_app: StartApp, qtbot: QtBot) -> None:
    see = Seen(qtbot, start_app())
    see.until(lambda: see.client.latest is not None)
    asked: list[str] = []
    dialog = MailServerDialog(see.window._server, asked.append, lambda: None, see.window)
    dialog.open()
    see.until(lambda: dialog.rows)
    dialog._show(msgspec.structs.replace(GOOD, domains=[DomainFacts(domain="own.example", unknown_user="catch-all")]))
    row = next(row for row in dialog.rows if row.finding.domain)
    qtbot.mouseClick(row.button, Qt.MouseButton.LeftButton)
    assert asked == ["own.example"] and not dialog.isVisible()


def test_the_lines_are_copied_as_the_gate_tells_them(running_gate: Gate, start_app: StartApp, qtbot: QtBot) -> None:
    see = Seen(qtbot, start_app())
    see.until(lambda: see.client.latest is not None)
    found = see.call("setup.lines", Nothing())
    assert isinstance(found, SetupLines)
    see.window.open_lines()
    dialog = open_one(see, SetupDialog)
    assert isinstance(dialog, SetupDialog)
    see.until(lambda: dialog.files)
    assert dialog.ways.count() == len(found.ways) == 4
    assert dialog.ways.currentText() == "Beside Postfix (the easiest)" and dialog.focusWidget() is dialog.ways
    for place, way in enumerate(found.ways):
        dialog.ways.setCurrentIndex(place)
        dialog.ways.activated.emit(place)
        assert len(dialog.files) == len(way.snippets)
        for view, snippet in zip(dialog.files, way.snippets, strict=True):
            qtbot.mouseClick(view.copy, Qt.MouseButton.LeftButton)
            assert QGuiApplication.clipboard().text() == snippet.lines
            assert view.text.toPlainText() == snippet.lines.rstrip("\n") and view.copy.text() == "Copied"
            assert view.text.isReadOnly()
    dialog.reject()


def test_every_warning_that_offers_something_has_words_and_a_verb(qtbot: QtBot) -> None:
    strip = WarningStrip()
    qtbot.addWidget(strip)
    taken: list[tuple[str, GateWarning]] = []
    strip.offer_taken.connect(lambda offer, warning: taken.append((offer, warning)))
    for code, offer in OFFERS.items():
        assert code in {**FAULTS, **WORDS}, code
        warning = GateWarning(code=code, text="the gate's own line")
        strip.show_warnings([warning])
        assert strip.act.text() and not strip.act.isHidden()
        strip.act.click()
        assert taken.pop() == (offer, warning)
    strip.show_warnings([GateWarning(code="new.code", text="a new line")])
    assert strip.act.isHidden() and strip.text.text() == "A new line"


def test_an_owner_of_postfix_is_offered_the_way_beside_it(
    home: Home, start_app: StartApp, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "main.cf").write_text("")
    home.environment["MAIL_CONFIG"] = str(tmp_path)
    with home.gate("--state", "stopped"):
        see = Seen(qtbot, start_app())
        see.until(see.accounts.empty.isVisible)
        assert see.accounts.lines.text() == "A Postfix was found here: let it ask Irusu…"
        qtbot.mouseClick(see.accounts.lines, Qt.MouseButton.LeftButton)
        dialog = open_one(see, SetupDialog)
        assert isinstance(dialog, SetupDialog)
        see.until(lambda: dialog.files)
        assert dialog.found.isVisible() and dialog.ways.currentData() == "postfix-policy"
        dialog.reject()
