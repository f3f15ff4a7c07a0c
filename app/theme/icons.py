"""The drawn icons, in the ink that is asked for.

Every icon is an SVG in `resources/icons` drawn with `currentColor`: 20 grid, shown at 16 or 20; the `state-` icons are
on a 16 grid. Colours come from the tokens by name, so that an icon can be made again when the theme changes.
"""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from gate.folders import resource

SCALES = (1.0, 1.25, 1.5, 2.0, 3.0)
"""Pixmaps are drawn once for each, so an icon is sharp on any screen that the window may move to."""


@lru_cache(maxsize=256)
def _drawing(name: str) -> str:
    return resource(f"icons/{name}.svg").read_text(encoding="utf-8")


_MARKS = ("#DC3F45", "#BD7800")
"""Inks of the marks in state icons, which stand on the panel's ground; on a disc they take the disc's own inks."""


def _renderer(name: str, ink: QColor, ground: QColor | None = None) -> QSvgRenderer:
    svg = _drawing(name)
    if ground is not None:
        svg = svg.replace("#fff", ground.name())
        for mark in _MARKS:
            svg = svg.replace(mark, "currentColor")
    svg = svg.replace("currentColor", ink.name())
    return QSvgRenderer(QByteArray(svg.encode()))


@lru_cache(maxsize=1024)
def _pixmap(name: str, size: int, rgb: str, scale: float, pad: int = 0) -> QPixmap:
    pixels = round(size * scale)
    picture = QPixmap(QSize(round((size + pad) * scale), pixels))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _renderer(name, QColor(rgb)).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    picture.setDevicePixelRatio(scale)
    return picture


def pixmap(name: str, size: int, ink: QColor, scale: float = 1.0) -> QPixmap:
    """The icon `name` as a picture of `size` logical pixels for a screen of `scale`."""
    return _pixmap(name, size, ink.name(), scale)


def paint(painter: QPainter, name: str, rect: QRectF, ink: QColor, ground: QColor | None = None) -> None:
    """Draw the icon `name` into `rect`, for what paints itself. `ground`: in two inks only, its own and this one."""
    _renderer(name, ink, ground).render(painter, rect)


@lru_cache(maxsize=512)
def _icon(name: str, size: int, rgb: str, disabled: str, pad: int) -> QIcon:
    icon = QIcon()
    for scale in SCALES:
        icon.addPixmap(_pixmap(name, size, rgb, scale, pad))
        icon.addPixmap(_pixmap(name, size, disabled, scale, pad), QIcon.Mode.Disabled)
        icon.addPixmap(_pixmap(name, size, rgb, scale, pad), QIcon.Mode.Selected)
    return icon


def make_icon(name: str, size: int, ink: QColor, disabled: QColor, pad: int = 0) -> QIcon:
    """The icon `name` for buttons and models; sharp at every scale. `pad`: free pixels on its right."""
    return _icon(name, size, ink.name(), disabled.name(), pad)
