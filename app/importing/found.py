"""The line below the title: what was read, and how much was in it. A long name gives way, the counts stay."""

from PySide6.QtCore import Qt

from app.widgets.labels import ElidedLabel


class FoundLine(ElidedLabel):
    """A line that may hold a name; where there is little room, that loses its middle first."""

    _name = ""

    def tell(self, text: str, name: str = "") -> None:
        """`name` stands somewhere in `text`."""
        self._name = name
        self.setText(text)

    def elided(self, width: int) -> str:
        metrics, text = self.fontMetrics(), self.text()
        if not self._name or metrics.horizontalAdvance(text) <= width:
            return super().elided(width)
        rest = width - metrics.horizontalAdvance(text.replace(self._name, "", 1))
        name = metrics.elidedText(self._name, Qt.TextElideMode.ElideMiddle, max(rest, 24))
        return metrics.elidedText(text.replace(self._name, name, 1), Qt.TextElideMode.ElideRight, width)
