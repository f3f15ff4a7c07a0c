"""The look, as every widget asks for it: `tokens()`, `icon()`, `font()`; and `install()`, which the application calls.

The theme follows the desktop while the app runs. What paints itself asks `tokens()` when it paints; a button's icon is
set with `set_icon()`, which sets it again when the theme changes; anything else connects `notifier().changed`.
Data that may be old is shown in greys: `set_stale(page, True)`, and whoever paints asks `tokens_for(widget)`.
"""

import weakref
from typing import Protocol, cast

import shiboken6
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QGuiApplication, QIcon, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from app.theme import icons
from app.theme.icons import paint as paint_icon
from app.theme.marks import mark_files
from app.theme.style import palette, style_sheet
from app.theme.tokens import DARK, LIGHT, Tokens, from_palette, staled

__all__ = [
    "DARK", "LIGHT", "Tokens", "choose", "font", "icon", "install", "notifier", "paint_icon", "pixmap", "set_icon",
    "set_kind", "set_stale", "tokens", "tokens_for", "use",
]  # fmt: skip

SCALE = {"caption": 0.85, "small": 0.92, "body": 1.0, "section": 1.15, "title": 1.55, "number": 2.45}
BOLD = frozenset({"section", "title", "number"})


class TakesIcon(Protocol):
    """A button or an action."""

    def setIcon(self, icon: QIcon, /) -> None: ...


class Notifier(QObject):
    """Says when the colours changed. Signal `changed()`."""

    changed = Signal()


class _Theme:
    """What is in use now."""

    def __init__(self) -> None:
        self.tokens = LIGHT
        self.system_palette = QPalette()
        self.body_pixels = 13
        self.notifier: Notifier | None = None
        self.iconed: weakref.WeakKeyDictionary[TakesIcon, tuple[str, int, str, int]] = weakref.WeakKeyDictionary()


_theme = _Theme()


def tokens() -> Tokens:
    """The colours in use now."""
    return _theme.tokens


def tokens_for(widget: QWidget | None) -> Tokens:
    """The colours to paint `widget` in: greys when it or what it stands in shows data that may be old."""
    while widget is not None:
        if widget.property("stale"):
            return staled(_theme.tokens)
        widget = widget.parentWidget()
    return _theme.tokens


def notifier() -> Notifier:
    """Connect `notifier().changed` to set again what was made from colours."""
    if _theme.notifier is None:
        _theme.notifier = Notifier()
    return _theme.notifier


def font(step: str = "body", *, bold: bool | None = None) -> QFont:
    """The system's font at a step of the scale: caption, small, body, section, title, number; or `mono`."""
    mono = step == "mono"
    chosen = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont) if mono else QFont(QApplication.font())
    chosen.setPixelSize(round(_theme.body_pixels * (0.92 if mono else SCALE[step])))
    heavy = step in BOLD if bold is None else bold
    chosen.setWeight(QFont.Weight.Bold if heavy else QFont.Weight.Normal)
    return chosen


def _ink(colour: str | QColor, t: Tokens) -> QColor:
    return colour if isinstance(colour, QColor) else cast(QColor, getattr(t, colour))


def icon(name: str, size: int = 16, colour: str | QColor = "text", pad: int = 0) -> QIcon:
    """The icon `name` (a file of resources/icons) at 16 or 20; `colour` is a token's name or a colour; `pad` free
    pixels on its right."""
    return icons.make_icon(name, size, _ink(colour, _theme.tokens), staled(_theme.tokens).muted, pad)


def pixmap(name: str, size: int = 16, colour: str | QColor = "text", widget: QWidget | None = None) -> QPixmap:
    """The same as a picture; `widget` tells the screen's scale and whether the data there may be old."""
    scale = widget.devicePixelRatioF() if widget is not None else 1.0
    return icons.pixmap(name, size, _ink(colour, tokens_for(widget)), scale)


def set_icon(target: TakesIcon, name: str, size: int = 16, colour: str = "text", pad: int = 0) -> None:
    """Give a button or an action its icon, now and after every change of theme."""
    _theme.iconed[target] = (name, size, colour, pad)
    target.setIcon(icon(name, size, colour, pad))
    if hasattr(target, "setIconSize"):
        target.setIconSize(QSize(size + pad, size))


def set_kind(widget: QWidget, kind: str) -> None:
    """Give a button or a label its role in the style sheet, such as `primary` or `muted`."""
    if widget.property("kind") != kind:
        widget.setProperty("kind", kind)
        _polish(widget)


def set_stale(widget: QWidget, stale: bool) -> None:
    """Show all data in `widget` in greys (it may be old), or in its colours again."""
    if bool(widget.property("stale")) == stale:
        return
    widget.setProperty("stale", stale)
    for child in [widget, *widget.findChildren(QWidget)]:
        _polish(child)
        child.update()


def _polish(widget: QWidget) -> None:
    own = QFont(widget.font()) if widget.testAttribute(Qt.WidgetAttribute.WA_SetFont) else None
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    if own is not None:  # a style sheet forgets it
        widget.setFont(own)


def choose(scheme: Qt.ColorScheme, system: QPalette, *, high_contrast: bool) -> Tokens:
    """Which colours the desktop's wishes lead to."""
    if high_contrast:
        return from_palette(system)
    if scheme == Qt.ColorScheme.Unknown:
        dark = system.color(QPalette.ColorRole.Window).lightness() < 128
        return DARK if dark else LIGHT
    return DARK if scheme == Qt.ColorScheme.Dark else LIGHT


def _wants_contrast() -> bool:
    hints = QGuiApplication.styleHints()
    if not hasattr(hints, "accessibility"):  # before Qt 6.10
        return False
    return bool(hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast)


def _follow() -> None:
    use(choose(QGuiApplication.styleHints().colorScheme(), _theme.system_palette, high_contrast=_wants_contrast()))


def use(t: Tokens) -> None:
    """Put these colours on, everywhere."""
    app = cast(QApplication, QApplication.instance())
    _theme.tokens = t
    app.setPalette(palette(t))
    app.setStyleSheet(style_sheet(t, mark_files(t)))
    for target, (name, size, colour, pad) in list(_theme.iconed.items()):
        if not isinstance(target, QObject) or shiboken6.isValid(target):
            target.setIcon(icon(name, size, colour, pad))
    notifier().changed.emit()


def install(app: QApplication) -> None:
    """Dress the application, and follow the desktop from now on. Call once, before the first widget."""
    _theme.system_palette = app.palette()
    app.setStyle("Fusion")
    body = QFont(app.font())
    _theme.body_pixels = max(13, QFontInfo(body).pixelSize())
    body.setPixelSize(_theme.body_pixels)
    app.setFont(body)
    _follow()
    hints = QGuiApplication.styleHints()
    hints.colorSchemeChanged.connect(lambda _scheme: _follow())
    if hasattr(hints, "accessibility"):
        hints.accessibility().contrastPreferenceChanged.connect(lambda _preference: _follow())
