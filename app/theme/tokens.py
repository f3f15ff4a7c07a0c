"""Every colour, space and size of the window, in one table.

Pure values: no widget is made here and no file is read. The palette, the style sheet and what paints itself are all
filled from it, so a colour is written down once.

A colour never stands alone: a word and a shape go with it. Refusing is success: blue. Red means only "the gate is
gone" or an error.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

from PySide6.QtGui import QColor, QPalette

PAGE_MARGIN = 24
PAGE_MARGIN_SMALL = 16
ROW = 32
LIST_ROW = 52
RAIL_ITEM = 40
RAIL = 184
RAIL_SMALL = 72
HEADER = 72
HEADER_SMALL = 56
HEADER_LOST = 104
FOOT = 64
SMALL_WIDTH = 900
SMALL_HEIGHT = 560
"""A window narrower or lower than this takes the small form."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """One colouring of the window. Names are what code asks for (`tokens.accent`, `icon(…, "accent")`).

    `guard`, `open`, `stopped` and `lost` each come as text, `_fill` (under white) and `_tint` (under text).
    """

    window: QColor
    rail: QColor
    base: QColor
    hairline: QColor
    text: QColor
    muted: QColor
    border: QColor
    accent: QColor
    primary: QColor
    selection: QColor
    guard: QColor
    guard_fill: QColor
    guard_tint: QColor
    open: QColor
    open_fill: QColor
    open_tint: QColor
    stopped: QColor
    stopped_fill: QColor
    stopped_tint: QColor
    lost: QColor
    lost_fill: QColor
    lost_tint: QColor
    toast: QColor
    toast_link: QColor
    white: QColor
    dark: bool
    stale: bool = False
    """Data that can be read but may be old: all of it in greys, see `staled`."""
    high_contrast: bool = False


def _tokens(colours: str, *, dark: bool) -> Tokens:
    inks = [QColor(f"#{colour}") for colour in colours.split()]
    values: dict[str, Any] = dict(zip((field.name for field in fields(Tokens)), inks, strict=False))
    return Tokens(**values, dark=dark)


LIGHT = _tokens(
    "F6F6F4 ECEDEA FFFFFF DEDFDB 1E2225 596066 8A8F93 24598C 24598C E4EDF6 "
    "1C6847 1F6F4D E0F0E7 7A5000 8A5A00 FBEED0 484F55 555C62 E3E5E6 A3252C A3252C FBE7E6 "
    "1E2225 8FC0F0 FFFFFF",
    dark=False,
)
DARK = _tokens(
    "1B1D1F 141618 242729 34383B E6E8E6 A4ABB0 7D8489 86B8EA 2E6CA6 21384E "
    "79CBA0 23744F 1B3A2B EBBD62 8A5A00 3E3216 B9BFC4 5A6269 363B3F FF9F9A A3252C 4A2224 "
    "3A3F43 8FC0F0 FFFFFF",
    dark=True,
)


def staled(t: Tokens) -> Tokens:
    """The same colouring for data that may be old: text in one grey, every other ink in a second, no tint."""
    if t.high_contrast:
        return replace(t, stale=True)
    text = QColor("#A4ABB0") if t.dark else QColor("#596066")
    rest = QColor("#8F969B") if t.dark else QColor("#6A7076")
    return replace(
        t, text=text, muted=rest, accent=rest, guard=rest, open=rest, stopped=rest, lost=rest,
        selection=t.hairline, guard_tint=t.hairline, open_tint=t.hairline, stopped_tint=t.hairline,
        lost_tint=t.hairline, stale=True,
    )  # fmt: skip


def from_palette(palette: QPalette) -> Tokens:
    """The desktop's own colours, for an owner who asked for high contrast: no tints, no ink of ours."""
    role = QPalette.ColorRole
    window, base, text = palette.color(role.Window), palette.color(role.Base), palette.color(role.WindowText)
    link, chosen = palette.color(role.Link), palette.color(role.Highlight)
    dark = window.lightness() < 128
    fill = QColor("#003E80") if not dark else QColor("#1A4F8A")
    stopped, red = QColor("#3A3F43"), QColor("#8F1D23")
    return Tokens(
        window=window, rail=window, base=base, hairline=text, text=text, muted=text, border=text,
        accent=link if link != chosen else text, primary=fill, selection=base,
        guard=text, guard_fill=QColor("#14573A"), guard_tint=base, open=text, open_fill=QColor("#6B4500"),
        open_tint=base, stopped=text, stopped_fill=stopped, stopped_tint=base, lost=text, lost_fill=red,
        lost_tint=base, toast=QColor("#000000"), toast_link=QColor("#FFFFFF"), white=QColor("#FFFFFF"),
        dark=dark, high_contrast=True,
    )  # fmt: skip
