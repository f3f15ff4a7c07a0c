"""The small marks that a style sheet can only take from files: boxes, radio buttons, the arrow of a list.

They are written in the theme's colours into a folder that lives as long as the process; a file's name holds its
colours, because Qt remembers pictures by name.
"""

import hashlib
from pathlib import Path

from PySide6.QtCore import QTemporaryDir

from app.theme.tokens import Tokens

_BOX = '<rect x="1" y="1" width="14" height="14" rx="3" fill="{base}" stroke="{border}" stroke-width="1.5"/>'
_FULL = '<rect x=".5" y=".5" width="15" height="15" rx="3.5" fill="{primary}"/>'
_INK = 'fill="none" stroke="{white}" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
_RING = '<circle cx="8" cy="8" r="7" fill="{base}" stroke="{border}" stroke-width="1.5"/>'
_MARKS = {
    "box": _BOX,
    "box_checked": _FULL + '<path d="M4.2 8.3l2.6 2.6 5-5.6" ' + _INK + "/>",
    "box_part": _FULL + '<path d="M4.5 8h7" ' + _INK + "/>",
    "radio": _RING,
    "radio_checked": '<circle cx="8" cy="8" r="8" fill="{primary}"/><circle cx="8" cy="8" r="3" fill="{white}"/>',
    "arrow": '<path d="M4 6.2L8 10.2 12 6.2" fill="none" stroke="{muted}" stroke-width="1.5" stroke-linecap="round"/>',
}

_folders: list[QTemporaryDir] = []


def mark_files(t: Tokens) -> dict[str, str]:
    """Write the marks in these colours; returns the path of each by name, as a style sheet wants it."""
    if not _folders:
        _folders.append(QTemporaryDir())
    folder = Path(_folders[0].path())
    colours = {name: getattr(t, name).name() for name in ("base", "border", "primary", "white", "muted")}
    paths = {}
    for name, drawing in _MARKS.items():
        svg = drawing.format_map(colours)
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16">{svg}</svg>'
        path = folder / f"{name}-{hashlib.sha256(svg.encode()).hexdigest()[:12]}.svg"
        if not path.exists():
            path.write_text(svg, encoding="utf-8")
        paths[name] = path.as_posix()
    return paths
