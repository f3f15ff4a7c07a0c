"""The accounts page: the list of scopes beside the one that is chosen; in the small form one after the other."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from app.language import filled
from app.models.accounts import AccountsModel
from app.models.entries import EntriesModel
from app.models.words import EVERYONE
from app.pages.accounts.account_dialog import AccountDialog
from app.pages.accounts.first import first_account, lines_words
from app.pages.accounts.list import AccountList
from app.pages.accounts.scope import ScopeView
from app.pages.unread import Unread
from app.shell.contract import Page, Shell
from app.widgets.buttons import Button
from app.widgets.frames import Hairline
from app.widgets.labels import Label
from gate.control.messages import Change

LIST_WIDTH = 256


class AccountsPage(Page):
    """What is shown: `chosen` is the scope; it is remembered while the app runs."""

    def __init__(
        self, accounts: AccountsModel, entries: EntriesModel, shell: Shell, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._accounts = accounts
        self._entries = entries
        self._shell = shell
        self._small = False
        self._inside = False
        self._live = True
        self.chosen: str | None = None
        self._hoped: str | None = None
        self.list = AccountList(accounts)
        self.view = ScopeView(accounts, entries, shell)
        self.unread = Unread(accounts.refresh)
        self.lines = Button("", kind="link", do=shell.open_lines)
        self.empty = first_account(self.add_account, shell.open_import, self.lines)
        self._build()
        self._connect_signals()
        self.show_state()

    def _build(self) -> None:
        self._both = QWidget()
        row = QHBoxLayout(self._both)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._between = Hairline(down=True)
        self.list.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        row.addWidget(self.list)
        row.addWidget(self._between)
        row.addWidget(self.view, 1)
        self.waiting = Label(
            self.tr("Your accounts are shown here as soon as the gate answers."), kind="muted", wrap=True
        )
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.waiting.setContentsMargins(24, 24, 24, 24)
        self._stack = QStackedWidget()
        for part in (self.waiting, self.empty, self._both):
            self._stack.addWidget(part)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.unread)
        whole.addWidget(self._stack, 1)
        self.set_small(False)

    def _connect_signals(self) -> None:
        self.list.chosen.connect(self._choose)
        self.list.opened.connect(self._open_scope)
        self.list.add_wanted.connect(self.add_account)
        self.view.head.back_wanted.connect(self._back)
        self.view.removed.connect(self._back)
        self._accounts.changed.connect(self.show_state)
        self._accounts.unread.connect(self.unread.tell)
        QShortcut(QKeySequence.StandardKey.New, self, self.add_account)
        QShortcut(QKeySequence.StandardKey.Back, self, self._back)

    # ------------------------------------------------ painting

    def show_state(self) -> None:
        """Paint what the models say now: nothing yet, no account, or the list and its chosen scope."""
        model = self._accounts
        self.lines.setText(lines_words(model.offer))
        if not model.loaded:
            self._stack.setCurrentWidget(self.waiting)
            return
        wide = any(
            row.denied or row.allowed or (row.domain is not None and row.domain.listed)
            for row in model.rows if row.account is None
        )  # fmt: skip
        if not model.accounts and not wide:
            self._stack.setCurrentWidget(self.empty)
            return
        if self._hoped is not None and model.scope(self._hoped) is not None:
            self.chosen, self._hoped = self._hoped, None
        if self.chosen is None or model.scope(self.chosen) is None:
            self.chosen = self._first_scope()
        self.view.set_scope(self.chosen)
        self.list.show_scope(self.chosen)
        self._stack.setCurrentWidget(self._both)
        self._arrange()

    def _first_scope(self) -> str:
        accounts = [row.address for row in self._accounts.rows if row.account is not None]
        return accounts[0] if accounts else EVERYONE

    def set_small(self, small: bool) -> None:
        self._small = small
        self.view.set_small(small)
        self.list.setMinimumWidth(0 if small else LIST_WIDTH)
        self.list.setMaximumWidth(16777215 if small else LIST_WIDTH)
        self._arrange()

    def _arrange(self) -> None:
        self.list.setVisible(not self._small or not self._inside)
        self._between.setVisible(not self._small)
        self.view.setVisible(not self._small or self._inside)

    def set_live(self, live: bool) -> None:
        self._live = live
        self.view.set_live(live)
        self.list.add.setEnabled(live)
        self.empty.setEnabled(live)

    # ------------------------------------------------ where the owner goes

    def show_item(self, **what: Any) -> None:
        """`scope`, and there the entry of `pattern`; with `list_only`, of a domain: ask to let only made addresses
        exist there."""
        scope = what.get("scope")
        if scope is None:
            return
        self.chosen = str(scope)
        self._inside = True
        pattern = what.get("pattern")
        self.list.search.clear()
        self.view.set_scope(self.chosen, None if pattern is None else str(pattern))
        self.show_state()
        if what.get("list_only"):
            self.view.list_only()

    def focus_search(self) -> None:
        if self.view.isVisible():
            self.view.pane.seek()
        else:
            self.list.search.setFocus()
            self.list.search.selectAll()

    def _choose(self, scope: str) -> None:
        self.chosen = scope
        self.view.set_scope(scope)

    def _open_scope(self, scope: str) -> None:
        self._inside = True
        self._choose(scope)
        self.list.show_scope(scope)
        self._arrange()
        if self._small:
            self.view.field.setFocus()

    def _back(self, *_ignored: object) -> None:
        if self._small and self._inside:
            self._inside = False
            self._arrange()
            self.list.view.setFocus()

    # ------------------------------------------------ accounts

    def add_account(self) -> None:
        """Open the dialog for a new account; it is chosen when it is there."""
        if not self._live:
            return
        dialog = AccountDialog(self._accounts, None, self)

        def done() -> None:
            if dialog.result_account is not None:
                self._added(dialog.result_account.address, dialog.change)

        self.dialog = dialog
        dialog.accepted.connect(done)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _added(self, address: str, change: Change | None) -> None:
        self._hoped = address
        self._inside = True
        self._shell.say(filled(self.tr("%1 is an account now."), address), change)
        self.show_state()
        self.view.field.setFocus()
