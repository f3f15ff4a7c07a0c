"""The right side of the accounts page: one scope, a sender to add, and its entries."""

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.language import filled
from app.link.client import CallFailed
from app.models.accounts import AccountsModel, Scope
from app.models.counts import counts
from app.models.entries import EntriesModel
from app.models.words import EVERYONE, mode_sentence, scope_title, short, with_caution
from app.pages.accounts.account_dialog import AccountDialog
from app.pages.accounts.domain import words_of
from app.pages.accounts.entries import EntriesPane
from app.pages.accounts.entry_dialog import EntryDialog
from app.pages.accounts.head import ScopeHead
from app.pages.accounts.list_only_dialog import ListOnlyDialog
from app.pages.accounts.many_dialog import ManyDialog
from app.shell.contract import Shell
from app.widgets.buttons import Button
from app.widgets.fields import PatternField
from app.widgets.form import FormDialog
from app.widgets.frames import Ground, Hairline
from app.widgets.labels import Label
from gate.control.messages import Account, Change, Changed, EditEntry, Entry, ListName, Mode, SetAccount


class ScopeView(Ground):
    """Signals: `removed(address)`: the account is gone, by this view's doing."""

    removed = Signal(str)

    def __init__(
        self, accounts: AccountsModel, entries: EntriesModel, shell: Shell, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent=parent)
        self._accounts = accounts
        self._entries = entries
        self._shell = shell
        self._live = True
        self._waiting = False
        self._sought: str | None = None
        self.head = ScopeHead()
        self.add_title = Label(self.tr("Add a sender"), "section")
        self.deny = Button(self.tr("Deny"), kind="primary", do=lambda: self._add("deny"))
        self.allow = Button(self.tr("Allow"), do=lambda: self._add("allow"))
        self.field = PatternField(
            self.tr("Address, domain or keyword:word, such as @spam.example"), (self.deny, self.allow), takes_many=True
        )
        self.pane = EntriesPane(entries)
        self._build()
        self._connect_signals()
        self._show_buttons()

    def _build(self) -> None:
        self._adding = QVBoxLayout()
        self._adding.setSpacing(8)
        self._adding.addWidget(self.add_title)
        self._adding.addWidget(self.field)
        self._line = Hairline()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self._line)
        column.addLayout(self._adding)
        column.addWidget(Hairline())
        column.addWidget(self.pane, 1)
        self.set_small(False)

    def _connect_signals(self) -> None:
        self.head.mode_chosen.connect(self._set_mode)
        self.head.watch_chosen.connect(self._set_watch)
        self.head.domain.asked.connect(self.list_only)
        self.head.edit.triggered.connect(self.edit_account)
        self.head.remove.triggered.connect(self._remove_account)
        self.head.many.triggered.connect(lambda: self._add_many(""))
        self.head.copy_all.triggered.connect(self.pane.copy_all)
        self.head.import_spam.triggered.connect(self._import)
        self.field.edit.installEventFilter(self)
        self.field.changed.connect(self._show_buttons)
        self.field.submitted.connect(lambda: self._add("deny"))
        self.field.many_wanted.connect(self._add_typed)
        self.pane.edit_wanted.connect(self._edit_entry)
        self.pane.move_wanted.connect(self._move_entry)
        self.pane.remove_wanted.connect(self._remove_entries)
        self.pane.paste_wanted.connect(self._add_many)
        self.pane.import_wanted.connect(self._import)
        self._entries.loading.connect(self._loading)
        self._accounts.changed.connect(self.show_state)

    # ------------------------------------------------ painting

    def set_scope(self, scope: str | None, pattern: str | None = None) -> None:
        """Show another scope, and there the entry of `pattern`."""
        if pattern is not None or scope != self._entries.scope:
            self._sought = pattern
        if scope != self._entries.scope:
            self.pane.filter.clear()
            self.field.clear()
        self._entries.set_scope(scope)
        self.show_state()
        if pattern is not None and self._entries.loaded:
            self._loading(False)

    def show_state(self) -> None:
        """Paint what the models say now."""
        self.head.show_scope(self._scope(), self._accounts.own_domains)
        own = [name for account in self._accounts.accounts for name in (account.address, *account.aliases)]
        if not self.field.text():
            self.field.set_context(self._accounts.own_domains, own)

    def set_small(self, small: bool) -> None:
        self.head.set_small(small)
        self.pane.set_small(small)
        self.add_title.setVisible(not small)
        self._line.setVisible(not small)
        self._adding.setContentsMargins(*((16, 0, 16, 8) if small else (24, 12, 24, 8)))

    def set_live(self, live: bool) -> None:
        self._live = live
        self.head.set_live(live)
        self.pane.set_live(live)
        self.field.setEnabled(live)
        self._show_buttons()

    def _show_buttons(self, *_ignored: object) -> None:
        ready = self._live and not self._waiting and self.field.pattern() is not None
        self.deny.setEnabled(ready)
        self.allow.setEnabled(ready)

    def _scope(self) -> Scope | None:
        return self._accounts.scope(self._entries.scope) if self._entries.scope is not None else None

    def _account(self) -> Account | None:
        scope = self._scope()
        return scope.account if scope is not None else None

    def _name(self, scope: str) -> str:
        """A scope in a sentence."""
        return scope_title(scope) if scope == EVERYONE else short(scope, self._accounts.own_domains)

    def _loading(self, loading: bool) -> None:
        if not loading and self._sought is not None:
            pattern, self._sought = self._sought, None
            if not self.pane.show_pattern(pattern):
                self._shell.say(filled(self.tr("%1 is no longer on this list."), pattern))

    # ------------------------------------------------ adding

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Several lines pasted into the field of one sender are many senders."""
        if watched is self.field.edit and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            text = QGuiApplication.clipboard().text() if event.matches(QKeySequence.StandardKey.Paste) else ""
            if len(text.split("\n")) > 1 and len(text.split()) > 1:
                self._add_many(text)
                return True
        return super().eventFilter(watched, event)

    def _add(self, name: ListName) -> None:
        pattern, scope = self.field.pattern(), self._entries.scope
        if pattern is None or scope is None or self._waiting or not self._live:
            return
        button = self.deny if name == "deny" else self.allow
        words = button.text()
        self._waiting = True
        button.setText("…")
        self._show_buttons()

        def answered() -> None:
            self._waiting = False
            button.setText(words)
            self._show_buttons()

        def done(changed: Changed) -> None:
            if self._entries.scope == scope and self.field.pattern() == pattern:
                self.field.clear()
            answered()
            self._said_added(changed, name, pattern.text, scope)

        def failed(fault: CallFailed) -> None:
            answered()
            if self._entries.scope == scope and self.field.pattern() == pattern:
                self.field.complain(fault.text)
            else:  # the owner is elsewhere by now
                self._shell.complain(fault)

        self._entries.add(scope, name, [pattern.text], done=done, failed=failed)

    def _said_added(self, changed: Changed, name: ListName, what: str, scope: str) -> None:
        if changed.change is None:
            text = self.tr("%1 was on the list already.")
        elif scope == EVERYONE:
            text = self.tr("Denied for everyone: %1.") if name == "deny" else self.tr("Allowed for everyone: %1.")
        else:
            text = self.tr("%2 now denies %1.") if name == "deny" else self.tr("%2 now allows %1.")
        self._shell.say(filled(text, what, self._name(scope)), changed.change)

    def _add_many(self, text: str) -> None:
        def done(changed: Changed, name: ListName, sent: int) -> None:
            self._shell.say(with_caution(_many_added(changed, name, sent), changed), changed.change)

        if self._live and self._entries.scope is not None:
            self._open(ManyDialog(self._entries, self._entries.scope, text, done, self))

    def _add_typed(self, text: str) -> None:
        """Several senders stand in the field of one: they leave it when they are added."""
        typed = self.field.text()
        self._add_many(text)
        if isinstance(self.dialog, ManyDialog):
            self.dialog.accepted.connect(lambda: self.field.clear() if self.field.text() == typed else None)

    def _import(self) -> None:
        account = self._account()
        self._shell.open_import((), account.address if account is not None else None)

    # ------------------------------------------------ entries

    def _edit_entry(self, entry: Entry) -> None:
        def done(changed: Changed) -> None:
            if changed.change is not None:
                self._shell.say(self.tr("Entry changed."), changed.change)

        self._open(EntryDialog(self._entries, entry, done, self))

    def _move_entry(self, entry: Entry) -> None:
        other: ListName = "allow" if entry.list == "deny" else "deny"

        def done(changed: Changed) -> None:
            self._said_added(changed, other, entry.pattern, entry.scope)

        self._entries.edit(EditEntry(id=entry.id, list=other), done, self._shell.complain)

    def _remove_entries(self, entries: list[Entry]) -> None:
        def done(changed: Changed) -> None:
            several = len(entries) > 1
            text = counts.removed(len(entries)) if several else filled(self.tr("%1 removed."), entries[0].pattern)
            self._shell.say(text, changed.change)

        self._entries.remove([entry.id for entry in entries], done, self._shell.complain)

    # ------------------------------------------------ the account

    def _set_mode(self, mode: Mode) -> None:
        account = self._account()
        if account is None or account.mode == mode:
            return

        def done(_account: Account, change: Change | None) -> None:
            self._shell.say(filled(self.tr("%1: %2."), self._name(account.address), mode_sentence(mode)), change)

        self._accounts.set(SetAccount(address=account.address, mode=mode), done, self._refused)

    def _set_watch(self, on: bool) -> None:
        account = self._account()
        if account is None or account.watch == on:
            return

        def done(_account: Account, change: Change | None) -> None:
            text = self.tr("%1 is only watched: all get in.") if on else self.tr("%1 is no longer only watched.")
            self._shell.say(filled(text, self._name(account.address)), change)

        self._accounts.set(SetAccount(address=account.address, watch=on), done, self._refused)

    # ------------------------------------------------ the domain

    def list_only(self, on: bool = True) -> None:
        """Ask which addresses of the present domain are to be kept, then let only made ones exist; or switch it off."""
        scope = self._scope()
        if scope is None or scope.domain is None or scope.domain.listed == on or not self._live:
            return
        domain = scope.domain.name
        if not scope.domain.changeable:
            self._shell.complain(words_of("account" if scope.domain.source == "account" else "fixed"))
            return

        def switched_on(changed: Changed, kept: int) -> None:
            text = counts.kept(kept) if kept else self.tr("Only made addresses exist in %1 now.")
            self._shell.say(filled(text, domain), changed.change)

        def switched_off(changed: Changed) -> None:
            self._shell.say(
                filled(self.tr("Your mail server decides again what exists in %1."), domain), changed.change
            )

        if on:
            self._open(ListOnlyDialog(self._accounts.domains, domain, switched_on, self))
        else:
            self._accounts.domains.list_only(domain, False, [], switched_off, self._refused)

    def _refused(self, fault: CallFailed) -> None:
        self.show_state()  # what was clicked is not so
        self._shell.complain(fault)

    def edit_account(self) -> None:
        """Open the dialog of the present account."""
        account = self._account()
        if account is None or not self._live:
            return
        dialog = AccountDialog(self._accounts, account, self)

        def done() -> None:
            if dialog.change is not None:
                self._shell.say(filled(self.tr("%1 changed."), account.address), dialog.change)

        dialog.accepted.connect(done)
        self._open(dialog)

    def _remove_account(self) -> None:
        account = self._account()
        if account is None:
            return

        def done(changed: Changed) -> None:
            self._shell.say(filled(self.tr("%1 and its entries removed."), account.address), changed.change)
            self.removed.emit(account.address)

        self._accounts.remove(account.address, done, self._shell.complain)

    def _open(self, dialog: FormDialog) -> None:
        self.dialog = dialog
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def _many_added(changed: Changed, name: ListName, sent: int) -> str:
    """How many of the patterns that were sent the gate has put on the list, and how many stood there."""
    told = changed.change.params.get("count") if changed.change is not None else 0
    added = told if isinstance(told, int) else sent
    if not added:
        return counts.were_there(sent)
    if sent <= added:
        return counts.were_denied(added) if name == "deny" else counts.were_allowed(added)
    words = counts.denied_of(added) if name == "deny" else counts.allowed_of(added)
    return filled(words, counts.some_there(sent - added))
