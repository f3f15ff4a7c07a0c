"""Who a scope is, and what holds for it: title, aliases, what was refused, its mode, watch, and the way to edit it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from app import theme
from app.language import filled
from app.models.accounts import Scope
from app.models.counts import counts
from app.models.words import EVERYONE, MODES, mode_sentence, scope_title, short
from app.pages.accounts.domain import DomainPart
from app.widgets.buttons import Button, IconButton
from app.widgets.choices import Choices
from app.widgets.labels import AddressLabel, TwoLineLabel

SMALL_MODE = 304
"""Of the mode's box beside the title: in another language it may want more than there is."""
WIDGET_MOST = 16_777_215


class ScopeHead(QWidget):
    """Signals: `mode_chosen(mode)`, `watch_chosen(on)` by the owner; `back_wanted()`.

    The actions (`edit`, `remove`, `many`, `import_spam`, `copy_all`) are for the page to connect.
    """

    mode_chosen = Signal(str)
    watch_chosen = Signal(bool)
    back_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._small = False
        self._scope: Scope | None = None
        self.back = IconButton("left", self.tr("Back to the accounts"), self.back_wanted.emit)
        self.title = AddressLabel(step="title")
        self.line = TwoLineLabel(step="body", kind="muted")
        self.mode = Choices()
        self.mode.setAccessibleName(self.tr("Who may write"))
        for mode in MODES:
            self.mode.addItem(mode_sentence(mode), mode)
        self.watch = QCheckBox(self.tr("Watch only: let in, but record"))
        self.domain = DomainPart()
        self._make_actions()
        self.edit_button = Button(self.tr("Edit account…"), "edit", do=self.edit.trigger)
        self.more = IconButton("more", self.tr("More about this account"), self._show_menu)
        self._build()
        self._connect_signals()

    def _make_actions(self) -> None:
        self.edit = QAction(self.tr("Edit account…"), self)
        self.watch_action = QAction(self.tr("Watch only: let in, but record"), self, checkable=True)
        self.many = QAction(self.tr("Add many senders…"), self)
        self.import_spam = QAction(self.tr("Import spam…"), self)
        self.copy_all = QAction(self.tr("Copy all entries"), self)
        self.remove = QAction(self.tr("Remove account"), self)
        for action, icon in (
            (self.edit, "edit"), (self.many, "add"), (self.import_spam, "import"), (self.copy_all, "copy"),
            (self.remove, "remove"),
        ):  # fmt: skip
            theme.set_icon(action, icon)

    def _build(self) -> None:
        self.mode.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self.title)
        words.addWidget(self.line)
        self._small_mode = QHBoxLayout()
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.back)
        top.addLayout(words, 1)
        top.addLayout(self._small_mode)
        top.addWidget(self.edit_button)
        top.addWidget(self.more)
        self._settings = QHBoxLayout()
        self._settings.setSpacing(16)
        self._settings.addWidget(self.mode)
        self._settings.addWidget(self.watch)
        self._settings.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.setSpacing(12)
        self._column.addLayout(top)
        self._column.addLayout(self._settings)
        self._column.addWidget(self.domain)
        self.set_small(False)

    def _connect_signals(self) -> None:
        self.mode.activated.connect(lambda place: self.mode_chosen.emit(self.mode.itemData(place)))
        self.watch.clicked.connect(self.watch_chosen)
        self.watch_action.triggered.connect(self.watch_chosen)

    # ------------------------------------------------ painting

    def show_scope(self, scope: Scope | None, own_domains: list[str]) -> None:
        """Show what the gate says; called again whenever it says something else."""
        self._scope = scope
        account = scope.account if scope is not None else None
        self.title.setText(scope_title(scope.address) if scope is not None else "")
        self.line.setText(self._sentence(scope, own_domains))
        if account is not None:
            self.mode.setCurrentIndex(self.mode.findData(account.mode))
            self.watch.setChecked(account.watch)
            self.watch_action.setChecked(account.watch)
        self.domain.show_domain(scope.domain if scope is not None else None)
        self._arrange()

    def _sentence(self, scope: Scope | None, own_domains: list[str]) -> str:
        if scope is None:
            return ""
        if scope.account is None:
            if scope.address == EVERYONE:
                return self.tr("These entries hold for every one of your addresses.")
            return filled(self.tr("These entries hold for every address of %1."), scope.address.removeprefix("@"))
        parts = []
        if scope.account.watch:
            parts.append(self.tr("only watched: all get in"))
        if scope.account.aliases:
            also = ", ".join(short(alias, own_domains) for alias in scope.account.aliases)
            parts.append(filled(self.tr("also %1"), also))
        if scope.account.given_to:
            parts.append(filled(self.tr("given to %1"), scope.account.given_to))
        refused = scope.account.refused_7_days
        parts.append(counts.refused_lately(refused) if refused else self.tr("none refused in 7 days"))
        return " · ".join(parts)

    def set_small(self, small: bool) -> None:
        self._small = small
        self.title.setFont(theme.font("section" if small else "title"))
        if small:
            self._column.setContentsMargins(8, 8, 16, 8)
            self._small_mode.addWidget(self.mode)
            self.mode.setMaximumWidth(SMALL_MODE)
            self.domain.setContentsMargins(8, 0, 0, 0)
        else:
            self._column.setContentsMargins(24, 18, 24, 16)
            self._settings.insertWidget(0, self.mode)
            self.mode.setMaximumWidth(WIDGET_MOST)
            self.domain.setContentsMargins(0, 0, 0, 0)
        self._arrange()

    def set_live(self, live: bool) -> None:
        """Whether anything can be changed."""
        for part in (self.mode, self.watch, self.edit_button, self.edit, self.watch_action, self.many,
                     self.import_spam, self.remove):  # fmt: skip
            part.setEnabled(live)
        self.domain.set_live(live)

    def _arrange(self) -> None:
        is_account = self._scope is not None and self._scope.account is not None
        self.back.setVisible(self._small)
        self.line.setVisible(not self._small)
        self.mode.setVisible(is_account)
        self.watch.setVisible(is_account and not self._small)
        self.edit_button.setVisible(is_account and not self._small)

    def _show_menu(self) -> None:
        self.menu().exec(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def menu(self) -> QMenu:
        """What "…" offers for this scope."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        is_account = self._scope is not None and self._scope.account is not None
        if is_account and self._small:
            menu.addAction(self.edit)
            menu.addAction(self.watch_action)
            menu.addSeparator()
        menu.addAction(self.many)
        menu.addAction(self.import_spam)
        menu.addAction(self.copy_all)
        if is_account:
            menu.addSeparator()
            menu.addAction(self.remove)
        return menu
