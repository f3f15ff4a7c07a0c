"""Buttons: one class, its roles in the style sheet, and icons that follow the theme."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QPushButton, QWidget

from app import theme
from app.widgets.labels import plain_tip

_INKS = {
    "primary": "white",
    "link": "accent",
    "on-red": "white",
    "on-red-primary": "lost_fill",
    "on-toast": "toast_link",
}


def clicked_by_enter(button: QAbstractButton, event: QKeyEvent) -> bool:
    """Enter presses the button that has the focus, as Space does; Qt does so in dialogs only. Whether it was Enter."""
    if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        return False
    event.accept()
    if not event.isAutoRepeat():
        button.click()
    return True


class Button(QPushButton):
    """A button with words. `kind`: plain, primary (one a page), quiet, link. `do` is called on a click."""

    def __init__(
        self, text: str, icon: str = "", kind: str = "plain", do: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(text, parent)
        self.setAutoDefault(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme.set_kind(self, kind)
        if kind == "primary":
            self.setFont(theme.font(bold=True))
        if kind == "link":
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        if icon:
            self.show_icon(icon)
        if do is not None:
            self.clicked.connect(lambda _checked=False: do())

    def show_icon(self, name: str, colour: str = "") -> None:
        """Show another icon, in the ink of this kind of button or another token's."""
        theme.set_icon(self, name, 16, colour or _INKS.get(str(self.property("kind")), "text"), pad=4)

    def setToolTip(self, text: str) -> None:
        super().setToolTip(plain_tip(text))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not clicked_by_enter(self, event):
            super().keyPressEvent(event)


class IconButton(QPushButton):
    """A square button that only shows an icon; `words` are its tooltip and accessible name."""

    def __init__(
        self, icon: str, words: str, do: Callable[[], object] | None = None, *, size: int = 20, colour: str = "text",
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setAutoDefault(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme.set_kind(self, "icon")
        theme.set_icon(self, icon, size, colour)
        self.rename(words)
        if do is not None:
            self.clicked.connect(lambda _checked=False: do())

    def rename(self, words: str) -> None:
        """Say in other words what it does."""
        self.setToolTip(plain_tip(words))
        self.setAccessibleName(words)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not clicked_by_enter(self, event):
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(32, 32)
