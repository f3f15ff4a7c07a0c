"""The one window: rail, header, content, toast. It places pages and passes words on; it holds no mail logic.

It is the `Shell` that every page gets (see `shell.contract`).
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QSettings, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QIcon,
    QKeySequence,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QMenu, QStackedWidget, QVBoxLayout, QWidget

from app import theme
from app.link.client import CallFailed, Client
from app.link.keeper import Keeper
from app.link.state import LOOKS, LinkState
from app.models.server import ServerModel
from app.shell.contract import Page
from app.shell.farewell import Farewell
from app.shell.header import Header
from app.shell.pages import PAGES, PageSpec
from app.shell.rail import Rail
from app.shell.strips import Offer, OldStrip, WarningStrip
from app.shell.switching import Switching
from app.shell.taking_back import TakingBack
from app.shell.trouble import TroublePage
from app.theme.tokens import SMALL_HEIGHT, SMALL_WIDTH
from app.widgets.frames import Ground
from app.widgets.toast import Toast
from gate.control.messages import Change, Decision, Status
from gate.control.messages import Warning as GateWarning
from gate.folders import resource

if TYPE_CHECKING:
    from app.dialogs.sheet import Sheet
    from app.importing.page import ImportPage

SIZE = QSize(1100, 720)
SMALLEST = QSize(720, 480)


class Window(QMainWindow):
    """Attributes: `rail`, `header`, `toast`; `pages` by key. Signals: `parting()`: it is closed, and the app takes its
    leave of the gate."""

    parting = Signal()

    def __init__(
        self, client: Client, keeper: Keeper, settings: QSettings, left: Callable[[], None],
        pages: Sequence[PageSpec] = PAGES,
    ) -> None:  # fmt: skip
        super().__init__()
        self._client, self._keeper = client, keeper
        self._server = ServerModel(client, self)
        self._farewell = Farewell(keeper, settings, left, self.complain, self)
        self._small = False
        self._current = pages[0].key
        self._import: ImportPage | None = None
        self._ever_connected = False
        self.rail = Rail(pages, self)
        self.header = Header(self)
        self._old = OldStrip(self)
        self._warnings = WarningStrip(self)
        self._trouble = TroublePage(keeper.settings, self)
        self._stack = QStackedWidget(self)
        self.pages: dict[str, Page] = {spec.key: spec.create(client, self) for spec in pages}
        self._build()
        self.toast = Toast(self._content, room=self._toast_room)
        self._taking_back = TakingBack(client, self.say, self.complain, self)
        self._switching = Switching(self.header, client, keeper, self.complain, self)
        self._switching.refused.connect(self._warnings.show_refusal)
        self._connect_signals()
        self.show_page(self._current)
        self._content.setFocus()
        self._show_link(client.state)

    def _build(self) -> None:
        self.setWindowTitle(self.tr("Irusu"))
        self.setWindowIcon(QIcon(str(resource("icons/irusu.svg"))))
        self.setAcceptDrops(True)
        self.setMinimumSize(SMALLEST)
        self.resize(SIZE)
        self._content = QWidget(self)
        column = QVBoxLayout(self._content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.header, self._old, self._warnings):
            column.addWidget(part)
        column.addWidget(self._trouble, 1)
        self._trouble.hide()
        column.addWidget(self._stack, 1)
        for page in self.pages.values():
            self._stack.addWidget(page)
        whole = QWidget(self)
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        line = Ground("hairline", whole)
        line.setFixedWidth(1)
        row.addWidget(line)
        row.addWidget(self._content, 1)
        self.setCentralWidget(whole)

    def _connect_signals(self) -> None:
        self.rail.chosen.connect(self.show_page)
        self.rail.undoAsked.connect(self.undo)
        self.rail.redoAsked.connect(self.redo)
        self.rail.moreAsked.connect(lambda spot: self.menu().popup(spot))
        self._warnings.offer_taken.connect(self._take_offer)
        self.header.importAsked.connect(self.open_import)
        self._stack.currentChanged.connect(lambda _at: self.toast.place())
        for page in self.pages.values():
            page.toastRoomChanged.connect(self.toast.place)
        self._client.linkChanged.connect(self._show_link)
        self._client.status.connect(self._show_status)
        self._client.decisions.connect(self._show_asked)
        self._client.undoChanged.connect(self._show_undo)
        self._client.complaint.connect(self.complain)
        self._keeper.troubled.connect(lambda: self._show_link(self._client.state))
        for keys, do in (
            (QKeySequence.StandardKey.Undo, self.undo),
            (QKeySequence.StandardKey.Redo, self.redo),
            (QKeySequence.StandardKey.Find, self._find),
            (QKeySequence.StandardKey.Quit, self.close),
        ):
            for each in QKeySequence.keyBindings(keys):
                QShortcut(each, self, do)
        for number, key in enumerate(self.pages, 1):
            QShortcut(QKeySequence(f"Ctrl+{number}"), self, lambda key=key: self.show_page(key))

    # ------------------------------------------------------------ Shell

    def say(self, text: str, change: Change | None = None) -> None:
        """The toast: what happened, with Undo if the journal noted a change."""
        self.toast.tell(text, (lambda: self.undo(change)) if change is not None else None)

    def complain(self, failure: CallFailed | str) -> None:
        """The toast with what did not work."""
        self.toast.tell(failure if isinstance(failure, str) else failure.text)

    def go(self, page: str, **what: Any) -> None:
        """Show a page, and one thing there."""
        self.show_page(page)
        self.pages[page].show_item(**what)

    def open_lines(self) -> None:
        """The lines that put Irusu before or beside the owner's mail server."""
        from app.dialogs.setup import SetupDialog

        self._open(SetupDialog(self._server, self.open_test, self))

    def open_test(self) -> None:
        """What the gate finds out about the mail server."""
        from app.dialogs.mail_server import MailServerDialog

        self._open(MailServerDialog(self._server, self.list_only, self.open_lines, self))

    def list_only(self, domain: str) -> None:
        """Ask to let only made addresses exist in an own domain."""
        self.go("accounts", scope=f"@{domain}", list_only=True)

    def _open(self, dialog: "Sheet") -> None:
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _take_offer(self, offer: Offer, warning: GateWarning) -> None:
        if offer == "list_only":
            self.list_only(str(warning.params.get("domain", "")))
        else:
            {"lines": self.open_lines, "test": self.open_test}[offer]()

    def menu(self) -> QMenu:
        """What there is to know and to do about the gate that answers."""
        menu = self._farewell.menu()
        if LOOKS[self._client.state].live:
            first = menu.actions()[0]
            for words, do in (
                (self.tr("Test your mail server…"), self.open_test),
                (self.tr("Put Irusu before your mail server…"), self.open_lines),
            ):
                action = QAction(words, menu)
                action.triggered.connect(lambda _checked=False, do=do: do())
                menu.insertAction(first, action)
            menu.insertSeparator(first)
        return menu

    def undo(self, change: Change | None = None) -> None:
        """Take back that change, or the last one."""
        self._taking_back.undo(change)

    def redo(self) -> None:
        """Do again what was undone last."""
        self._taking_back.redo()

    def open_import(self, paths: Sequence[Path] = (), account: str | None = None) -> None:
        """The import takes the content area; it asks before other files take the place of what it holds."""
        if not LOOKS[self._client.state].live:
            self.complain(self.tr("The import needs the gate. Start it first."))
            return
        if self._import is None:
            from app.importing.page import ImportPage

            self._import = ImportPage(self._client, self)
            self._import.closed.connect(self._close_import)
            self._import.set_small(self._small)
            self._stack.addWidget(self._import)
        self._stack.setCurrentWidget(self._import)
        self.rail.show_page(None)
        self._import.start(list(paths), account)

    def _close_import(self) -> None:
        self._current_page_again()
        gone, self._import = self._import, None
        if gone is not None:
            self._stack.removeWidget(gone)
            gone.deleteLater()

    def _current_page_again(self) -> None:
        self._stack.setCurrentWidget(self.pages[self._current])
        self.rail.show_page(self._current)

    def show_page(self, key: str) -> None:
        """Show a page of the rail. An import that is left goes on, and stays as it is."""
        self._current = key
        self._current_page_again()

    def _toast_room(self) -> int:
        shown = self._stack.currentWidget()
        return shown.toast_room() if isinstance(shown, Page) else self._content.width()

    def _find(self) -> None:
        shown = self._stack.currentWidget()
        if isinstance(shown, Page):
            shown.focus_search()

    # ------------------------------------------------------------ the gate

    def _show_link(self, state: LinkState) -> None:
        latest, live = self._client.latest, LOOKS[state].live
        self._ever_connected = self._ever_connected or live
        self.header.show_state(
            state, sessions=latest.sessions if latest is not None else 0, trouble=self._keeper.trouble,
            ended=self._keeper.ended, last_word=self._client.last_word, seconds=self._client.seconds_to_retry(),
        )  # fmt: skip
        stale = self._ever_connected and not live
        self._old.show_since(self._client.last_word if stale else None)
        lost = state is LinkState.LOST
        here = self.tr("Not connected") if lost else self.tr("This computer")
        self.rail.show_gate(here, lost=lost, tip=", ".join(latest.listen) if latest is not None and live else "")
        for page in self._all_pages():
            theme.set_stale(page, stale)
            page.set_live(live)
        self._show_trouble(self._keeper.trouble, latest.warnings if live and latest is not None else [])
        self.rail.show_more(offered=live or state is LinkState.FOREIGN)
        self._show_undo()

    def _show_trouble(self, trouble: str, warnings: Sequence[GateWarning]) -> None:
        """Why the gate does not start: in place of pages that show nothing yet, above those that do."""
        alone = bool(trouble) and not self._ever_connected
        self._trouble.show_line(trouble, ended=self._keeper.ended)
        self._trouble.setVisible(alone)
        self._stack.setVisible(not alone)
        above = [GateWarning(code="link.trouble", text=trouble)] if trouble and not alone else []
        self._warnings.show_warnings([*above, *warnings])

    def _show_status(self, status: Status) -> None:
        self._warnings.show_warnings(status.warnings)
        self.header.show_status(status)

    def _show_asked(self, decisions: Sequence[Decision]) -> None:
        """A count alone is no change of state that the gate would tell: Postfix's first question shows here."""
        latest = self._client.latest
        if latest is not None and not latest.policy_asked and any(each.front == "policy" for each in decisions):
            self.header.show_status(msgspec.structs.replace(latest, policy_asked=1))

    def _show_undo(self) -> None:
        self.rail.show_changes(self._client.undo, self._client.redo, live=LOOKS[self._client.state].live)

    # ------------------------------------------------------------ the desktop

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        small = self.width() < SMALL_WIDTH or self.height() < SMALL_HEIGHT
        if small != self._small:
            self._small = small
            self.rail.set_small(small)
            self.header.set_small(small)
            for strip in (self._old, self._warnings):
                strip.set_small(small)
            for page in self._all_pages():
                page.set_small(small)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.open_import(paths)

    def come_forward(self) -> None:
        """Another start of the app: show this window."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def closeEvent(self, event: QCloseEvent) -> None:
        """The window closes when the owner knows that the gate goes on, and no page holds what would be lost."""
        shown = self.isVisible()
        if shown and self._farewell.may_part(gate_answers=LOOKS[self._client.state].live):
            self._leave_pages()
        event.setAccepted(not shown or self._farewell.parting)

    def _leave_pages(self) -> None:
        if all(page.may_close(self._leave_pages) for page in self._all_pages()):
            self._part()

    def _part(self) -> None:
        self.hide()
        if self._import is not None:
            self._import.job.stop()
        self.parting.emit()
        self._farewell.part()

    def _all_pages(self) -> list[Page]:
        return [*self.pages.values(), *([self._import] if self._import is not None else [])]
