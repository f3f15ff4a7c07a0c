"""The widgets that pages share, each by itself."""

import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QLocale, QObject, QPoint, Qt
from PySide6.QtGui import QFontMetrics, QKeySequence, QPaintEvent, QRegion, QShortcut, QStandardItemModel
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app import theme
from app.counts import counts
from app.dialogs.ask import Question
from app.language import filled, plural, speak
from app.shell.rail_item import RailItem
from app.widgets import choices
from app.widgets.buttons import Button, IconButton
from app.widgets.choices import Choices
from app.widgets.fields import PatternField, SearchField
from app.widgets.form import FormDialog
from app.widgets.frames import EmptyPage
from app.widgets.kinds import KINDS, kind_icon, kind_meaning, kind_word
from app.widgets.labels import AddressLabel, ElidedLabel, Label, elide_address, plain_tip, visible
from app.widgets.pill import Pill
from app.widgets.segmented import Choice, Segmented
from app.widgets.stepper import Stepper
from app.widgets.table import Table
from app.widgets.toast import Toast
from gate.folders import resource
from gate.rules.pattern import Kind

ADDRESS = "a.very.long.local.part@customer.eu.mail.example"

# ---------------------------------------------------------------- text


@given(local=st.text("abc.+-", min_size=1, max_size=60), width=st.integers(0, 600))
def test_an_address_loses_its_local_part_first(qapp: QApplication, local: str, width: int) -> None:
    metrics = QFontMetrics(theme.font())
    domain = "@mail.example"
    shown = elide_address(local + domain, metrics, width)
    if metrics.horizontalAdvance("…" + domain) <= width:
        assert shown.endswith(domain)
    if metrics.horizontalAdvance(local + domain) <= width:
        assert shown == local + domain
    if width > metrics.horizontalAdvance("…"):
        assert metrics.horizontalAdvance(shown) <= width
    assert shown == local + domain or not shown or "…" in shown, "what is cut says so: @mail.example is another pattern"


def test_control_and_bidi_characters_are_seen() -> None:
    assert visible("a\x07b\u202ec") == "a\\x07b\\u202ec"
    assert visible("\u034fa\ufe0f\U000e0041") == "\\u034fa\\ufe0f\\U000e0041"
    assert visible("居留守@例え.jp") == "居留守@例え.jp"


def test_a_value_that_looks_like_a_place_stays_as_it_is() -> None:
    assert filled("%1 of %2, %1", "a%2", "%1b") == "a%2 of %1b, a%2"
    assert filled("%3 and %1", "x") == "%3 and x"
    assert filled("%1", "\\1") == "\\1"


def test_english_counts_without_a_file(qapp: QApplication) -> None:
    assert "1 session is finishing" in counts.finishing(1)
    assert "3 sessions are finishing" in counts.finishing(3)
    assert counts.minutes_ago(1) == "1 minute ago"
    assert counts.hours_ago(4) == "4 hours ago"
    assert plural("残り 3 件", 3) == "残り 3 件"


def test_a_label_that_gives_way_keeps_what_its_tooltip_says_anyway(qapp: QApplication, qtbot: QtBot) -> None:
    label = ElidedLabel("This computer")
    qtbot.addWidget(label)
    label.setToolTip("127.0.0.1:25")
    label.resize(400, 20)
    assert "127.0.0.1:25" in label.toolTip() and "This" not in label.toolTip()
    label.resize(30, 20)
    label.setText("This computer here")
    assert "127.0.0.1:25" in label.toolTip() and "This" in label.toolTip()
    label.setToolTip("")
    label.resize(400, 20)
    label.setText("Here")
    assert label.toolTip() == ""


def test_labels_never_take_markup(qapp: QApplication, qtbot: QtBot) -> None:
    for label in (Label("<b>x</b>"), ElidedLabel("<b>x</b>"), AddressLabel("<b>x</b>@d.example")):
        qtbot.addWidget(label)
        assert label.textFormat() == Qt.TextFormat.PlainText
        assert label.text().startswith("<b>")
    assert "&lt;b&gt;" in plain_tip("<b>x</b>")
    assert plain_tip("") == ""


def test_a_cut_label_shows_all_in_its_tooltip(qapp: QApplication, qtbot: QtBot) -> None:
    label = AddressLabel(ADDRESS)
    qtbot.addWidget(label)
    label.resize(120, 20)
    label.show()
    assert ADDRESS in label.toolTip()
    label.resize(600, 20)
    qtbot.waitUntil(lambda: label.toolTip() == "", timeout=5000)


# ---------------------------------------------------------------- pattern field


@pytest.mark.parametrize(
    ("typed", "kind", "stored"),
    [
        ("Spam@Bad.Example", "address", "spam@bad.example"), ("bad.example", "domain", "@bad.example"),
        ("@.bad.example", "subdomains", "@.bad.example"), ("keyword:casino", "keyword", "keyword:casino"),
        ("bounce-*@*.bad.example", "glob", "bounce-*@*.bad.example"), ("/^promo[0-9]+@/", "regex", "/^promo[0-9]+@/"),
    ],
)  # fmt: skip
def test_the_kind_is_shown_as_one_types(qapp: QApplication, qtbot: QtBot, typed: str, kind: str, stored: str) -> None:
    field = PatternField("An address")
    qtbot.addWidget(field)
    field.show()
    height = field.height()
    qtbot.keyClicks(field.edit, typed)
    pattern = field.pattern()
    assert pattern is not None
    assert (pattern.kind, pattern.text) == (kind, stored)
    assert kind_word(kind) in field.edit.accessibleDescription()
    assert kind_meaning(kind, stored) in field.edit.accessibleDescription()
    assert field.height() == height, "nothing jumps"
    with qtbot.waitSignal(field.submitted, timeout=1000):
        qtbot.keyClick(field.edit, Qt.Key.Key_Return)


def test_what_is_wrong_is_said(qapp: QApplication, qtbot: QtBot) -> None:
    field = PatternField("An address")
    qtbot.addWidget(field)
    qtbot.keyClicks(field.edit, "casino")
    assert field.pattern() is None
    assert "keyword:casino" in field.edit.accessibleDescription()
    with qtbot.assertNotEmitted(field.submitted):
        qtbot.keyClick(field.edit, Qt.Key.Key_Return)
    field.clear()
    assert field.edit.accessibleDescription() == ""


def test_own_domain_is_a_warning_not_an_error(qapp: QApplication, qtbot: QtBot) -> None:
    field = PatternField("An address")
    qtbot.addWidget(field)
    field.set_context(["example.org"], ["anna@example.org"])
    qtbot.keyClicks(field.edit, "@example.org")
    assert field.pattern() is not None
    assert field._line.text()


@pytest.mark.parametrize("make", [lambda: PatternField("x"), lambda: SearchField("x")])
def test_what_was_added_is_taken_back_by_the_window(
    qapp: QApplication, qtbot: QtBot, make: Callable[[], QWidget]
) -> None:
    window, done = QWidget(), list[str]()
    qtbot.addWidget(window)
    whole = make()
    whole.setParent(window)
    field = whole.edit if isinstance(whole, PatternField) else whole
    assert isinstance(field, QLineEdit)
    QShortcut(QKeySequence("Ctrl+Z"), window, lambda: done.append("undo"))
    QShortcut(QKeySequence("Ctrl+Shift+Z"), window, lambda: done.append("redo"))
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5000)
    field.setFocus()
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClicks(field, "@bad.example")
    qtbot.keyClick(field, Qt.Key.Key_Z, control)
    assert (field.text(), done) == ("", []), "what is being typed is taken back in the field"
    qtbot.keyClick(field, Qt.Key.Key_Z, control | shift)
    assert (field.text(), done) == ("@bad.example", [])
    field.clear()
    qtbot.keyClick(field, Qt.Key.Key_Z, control)
    qtbot.keyClick(field, Qt.Key.Key_Z, control | shift)
    assert (field.text(), done) == ("", ["undo", "redo"])
    field.setText("@as.it.was.example")
    qtbot.keyClick(field, Qt.Key.Key_Z, control)
    assert done == ["undo", "redo", "undo"]


def test_every_kind_has_its_line_and_icon() -> None:
    assert set(KINDS) == {str(kind) for kind in Kind}
    for kind in KINDS:
        assert resource(f"icons/{kind_icon(kind)}.svg").exists()


# ---------------------------------------------------------------- choices


def three() -> Segmented:
    choices = [Choice("a", "Guard", "play", "guard_fill"), Choice("b", "Open", "pause"), Choice("c", "Stop")]
    return Segmented(choices, "x")


def test_segments_by_mouse_and_keyboard(qapp: QApplication, qtbot: QtBot) -> None:
    widget = three()
    qtbot.addWidget(widget)
    widget.show()
    with qtbot.waitSignal(widget.chosen) as told:
        qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=widget.segment_rect("c").center().toPoint())
    assert told.args == ["c"]
    assert widget.current() == "c"
    qtbot.keyClick(widget, Qt.Key.Key_Left)
    assert widget.current() == "c", "moving is not choosing"
    with qtbot.waitSignal(widget.chosen) as told:
        qtbot.keyClick(widget, Qt.Key.Key_Return)
    assert told.args == ["b"]
    assert "[Open]" in widget.accessibleDescription()


def test_segments_give_way_but_keep_the_current_word(qapp: QApplication, qtbot: QtBot) -> None:
    widget = three()
    qtbot.addWidget(widget)
    full = widget.sizeHint().width()
    widget.resize(widget.minimumSizeHint().width(), 32)
    assert widget.width() < full
    assert widget.segment_rect("a").width() > widget.segment_rect("b").width()


# ---------------------------------------------------------------- toast, question


def test_toast_takes_back_and_goes(qapp: QApplication, qtbot: QtBot) -> None:
    under = QWidget()
    qtbot.addWidget(under)
    under.resize(800, 600)
    under.show()
    toast = Toast(under, seconds=0.2)
    done: list[bool] = []
    toast.tell("Added <b>214</b> entries", lambda: done.append(True))
    assert toast.isVisible()
    assert toast.text() == "Added <b>214</b> entries"
    assert toast.geometry().center().x() == pytest.approx(400, abs=2)
    assert toast.geometry().bottom() < 600
    qtbot.mouseClick(toast.undo_button(), Qt.MouseButton.LeftButton)
    assert done == [True]
    assert not toast.isVisible()
    toast.tell("Done")
    assert not toast.undo_button().isVisible()
    qtbot.waitUntil(lambda: not toast.isVisible(), timeout=5000)


def test_a_long_toast_stays_inside(qapp: QApplication, qtbot: QtBot) -> None:
    under = QWidget()
    qtbot.addWidget(under)
    under.resize(500, 400)
    under.show()
    toast = Toast(under)
    toast.tell("word " * 60, lambda: None)
    assert under.rect().contains(toast.geometry())


@pytest.mark.parametrize("press", ["do", "keep"])
def test_question_answers_once(qapp: QApplication, qtbot: QtBot, press: str) -> None:
    answers: list[tuple[bool, bool]] = []
    asked = Question(
        "Stop?", "No mail", "Stop", lambda do, tick: answers.append((do, tick)), keep="Go on", tick="Always"
    )
    asked.open()
    qtbot.mouseClick(asked.do_button if press == "do" else asked.keep_button, Qt.MouseButton.LeftButton)
    assert answers == [(press == "do", False)]
    assert asked.result() == (QDialog.DialogCode.Accepted if press == "do" else QDialog.DialogCode.Rejected)


# ---------------------------------------------------------------- the rest


MAKERS: list[Callable[[], QWidget]] = [
    lambda: Button("Add", "add", "primary"), lambda: IconButton("more", "More"),
    lambda: Pill("Refused", "accent", "refused"),
    lambda: SearchField("Search"), lambda: Stepper(["Choose", "Read"]), three, lambda: PatternField("x"),
    lambda: EmptyPage("accounts", "Which?", "An account.", buttons=[Button("Add")], second_way="Or drop"),
]  # fmt: skip


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("tokens", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_all_can_be_painted_in_every_theme_and_size(
    qapp: QApplication, qtbot: QtBot, make: Callable[[], QWidget], tokens: theme.Tokens
) -> None:
    theme.use(tokens)
    widget = make()
    qtbot.addWidget(widget)
    widget.show()
    for width, height in ((40, 20), (300, 60), (900, 600)):
        widget.resize(width, height)
        assert not widget.grab().isNull()
    theme.set_stale(widget, True)
    assert not widget.grab().isNull()


def test_search_field_clears(qapp: QApplication, qtbot: QtBot) -> None:
    field = SearchField("Search")
    qtbot.addWidget(field)
    field.show()
    assert not field._clear.isVisible()
    qtbot.keyClicks(field, "x")
    assert field._clear.isVisible()
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == ""


class Painted(QObject):
    """What is painted anew of a widget."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__(watched)
        self.region = QRegion()
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.region = self.region.united(event.region())
        return False


def test_the_focus_frame_leaves_the_row_that_was_current(qapp: QApplication, qtbot: QtBot) -> None:
    table = Table("Rows", sortable=False)
    qtbot.addWidget(table)
    table.setModel(QStandardItemModel(4, 3))
    table.resize(400, 300)
    table.show()
    table.activateWindow()
    table.setFocus()
    qtbot.waitUntil(table.hasFocus, timeout=5000)
    table.selectRow(0)
    QApplication.processEvents()
    seen = Painted(table.viewport())
    qtbot.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QApplication.processEvents()
    for row in (0, 1):
        for column in range(3):
            assert seen.region.contains(table.visualRect(table.model().index(row, column)).center())


@pytest.mark.parametrize("height", [480, 720])
def test_a_form_fits_the_window_it_stands_over(qapp: QApplication, qtbot: QtBot, height: int) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(720, height)
    window.show()
    form = FormDialog("Add", "Add the account", window)
    for number in range(8):
        form.add_field(f"Field {number}", QLineEdit(), "What it is for, in a line. " * 4)
    form.open()
    assert form.height() <= height
    for button in (form.ok, form.cancel):
        assert form.rect().contains(button.geometry().translated(button.parentWidget().mapTo(form, QPoint(0, 0))))
    QApplication.processEvents()
    below = form._room.mapTo(form, QPoint(0, form._room.height())).y()
    assert below <= form.ok.mapTo(form, QPoint(0, 0)).y(), "nothing lies under the buttons"
    form.complain("The gate has something against it. " * 5)
    assert form.height() <= height
    assert form.rect().contains(form.ok.mapTo(form, form.ok.rect().bottomRight()))
    form.reject()


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_the_focused_button_is_pressed_by_enter_and_by_space(qapp: QApplication, qtbot: QtBot, key: Qt.Key) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    for button in (Button("Do", parent=page), IconButton("close", "Put away", parent=page), RailItem("undo", "Undo")):
        button.setParent(page)
        pressed: list[bool] = []
        button.clicked.connect(lambda _checked=False, pressed=pressed: pressed.append(True))
        qtbot.keyClick(button, key)
        assert len(pressed) == 1
        button.setEnabled(False)
        qtbot.keyClick(button, key)
        assert len(pressed) == 1


def test_enter_on_the_way_back_of_a_question_goes_back(qapp: QApplication, qtbot: QtBot) -> None:
    told: list[bool] = []
    asked = Question("Really?", "It stays.", "Do", lambda do, _tick: told.append(do), keep="Go back")
    asked.open()
    qtbot.keyClick(asked.keep_button, Qt.Key.Key_Return)
    assert told == [False]


def test_icon_buttons_have_words(qapp: QApplication, qtbot: QtBot) -> None:
    button = IconButton("more", "More <things>")
    qtbot.addWidget(button)
    assert button.accessibleName() == "More <things>"
    assert "&lt;things&gt;" in button.toolTip()
    assert button.rect().contains(QPoint(1, 1))


def test_the_binding_keeps_its_references(qapp: QApplication, qtbot: QtBot) -> None:
    """PySide6 6.12.0 took a reference from None at each void call and aborted after some thousands."""
    widget = QWidget()
    qtbot.addWidget(widget)
    before = sys.getrefcount(None)
    for _ in range(2000):
        widget.update()
    assert sys.getrefcount(None) > before - 1000


def test_a_box_to_choose_from_cuts_only_what_does_not_fit(qtbot: QtBot) -> None:
    """What it was made wide enough for stands there whole; an address that does not fit shows that it is cut."""
    box = Choices()
    qtbot.addWidget(box)
    box.addItems(["shop-acme@example.org", "All time"])
    box.show()
    whole = box.sizeHint().width()
    box.resize(whole, 32)
    assert box.shown_text() == "shop-acme@example.org"
    box.resize(whole - 30, 32)
    assert box.shown_text().endswith("…@example.org")
    box.resize(whole, 32)
    assert box.shown_text() == "shop-acme@example.org"


@pytest.mark.parametrize("text", ["All time", "Everyone may write, except these senders"])
def test_a_choice_that_has_the_room_it_asks_for_is_whole(
    qapp: QApplication, qtbot: QtBot, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Choices()
    qtbot.addWidget(box)
    box.addItem(text)
    box.resize(box.sizeHint())
    shown: list[str] = []
    monkeypatch.setattr(choices, "elide_address", lambda *given: shown.append(elide_address(*given)) or shown[-1])
    box.grab()
    assert shown == [text]


def test_a_locale_of_no_country_still_parts_thousands(qapp: QApplication) -> None:
    before = QLocale()
    try:
        assert speak(qapp, QLocale.c()).toString(40_000) == "40,000"
    finally:
        QLocale.setDefault(before)
