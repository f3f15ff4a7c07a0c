"""The theme: contrast that can be read, a choice that follows the desktop, icons in their ink."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.theme.tokens import DARK, LIGHT, Tokens, from_palette, staled
from app.widgets.buttons import Button
from app.widgets.labels import Label
from gate.folders import resource

INKS = ("text", "muted", "accent", "guard", "open", "stopped", "lost")
FILLS = ("primary", "guard_fill", "open_fill", "stopped_fill", "lost_fill")


def contrast(a: QColor, b: QColor) -> float:
    """WCAG 2 contrast of two colours."""

    def light(colour: QColor) -> float:
        parts = (colour.redF(), colour.greenF(), colour.blueF())
        r, g, b = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    low, high = sorted((light(a), light(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast(tokens: Tokens) -> None:
    for ground in (tokens.window, tokens.base):
        for ink in INKS:
            assert contrast(getattr(tokens, ink), ground) >= 4.5, ink
        assert contrast(tokens.border, ground) >= 3.0
    for tint in ("guard", "open", "stopped", "lost"):
        assert contrast(getattr(tokens, tint), getattr(tokens, f"{tint}_tint")) >= 4.5
        assert contrast(tokens.muted, getattr(tokens, f"{tint}_tint")) >= 4.5
    assert contrast(tokens.muted, tokens.rail) >= 4.5
    assert contrast(tokens.text, tokens.selection) >= 4.5
    for fill in FILLS:
        assert contrast(tokens.white, getattr(tokens, fill)) >= 5.5, fill


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_old_data_is_grey_but_can_be_read(tokens: Tokens) -> None:
    grey = staled(tokens)
    for ink in INKS:
        colour = getattr(grey, ink)
        assert max(colour.red(), colour.green(), colour.blue()) - min(colour.red(), colour.green(), colour.blue()) < 20
        assert contrast(colour, tokens.base) >= 4.5, ink


def test_choice_follows_the_desktop() -> None:
    dark, light = QPalette(QColor("#202020")), QPalette(QColor("#F0F0F0"))
    assert theme.choose(Qt.ColorScheme.Dark, light, high_contrast=False) is DARK
    assert theme.choose(Qt.ColorScheme.Light, dark, high_contrast=False) is LIGHT
    assert theme.choose(Qt.ColorScheme.Unknown, dark, high_contrast=False) is DARK
    assert theme.choose(Qt.ColorScheme.Unknown, light, high_contrast=False) is LIGHT


def test_high_contrast_takes_the_desktops_colours() -> None:
    system = QPalette(QColor("#000000"))
    chosen = theme.choose(Qt.ColorScheme.Dark, system, high_contrast=True)
    assert chosen.high_contrast
    assert chosen.window == system.color(QPalette.ColorRole.Window)
    assert chosen.guard_tint == chosen.base, "no tints"
    assert from_palette(QPalette(QColor("#FFFFFF"))).dark is False


def test_icons_are_there_and_follow_the_theme(qapp: QApplication, qtbot: QtBot) -> None:
    button = Button("Add", "add")
    qtbot.addWidget(button)
    before = button.icon().pixmap(16).toImage()
    theme.use(DARK)
    assert button.icon().pixmap(16).toImage() != before
    for drawing in resource("icons").glob("*.svg"):
        assert not theme.pixmap(drawing.stem).isNull(), drawing.stem


def test_stale_and_back_keeps_the_fonts(qapp: QApplication, qtbot: QtBot) -> None:
    label = Label("x", "title")
    qtbot.addWidget(label)
    theme.set_stale(label, True)
    assert theme.tokens_for(label).stale
    assert label.font().bold()
    theme.set_stale(label, False)
    assert not theme.tokens_for(label).stale
    assert label.font().pixelSize() == theme.font("title").pixelSize()
