"""Pictures of every page in every state, to be laid beside the references: `python -m tests.desktop.pictures OUTDIR`.

A real gate in a throw-away home, filled with made-up accounts and knocked at by made-up senders. Not a test. Without
a display it draws off screen; under Xvfb (QT_QPA_PLATFORM=xcb) through a real window.
"""

import os
import signal
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import msgspec
from PySide6.QtCore import QLocale, QSize, QTranslator
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from app import theme
from app.application import Desktop, dress
from app.dialogs.mail_server import MailServerDialog
from app.dialogs.setup import SetupDialog
from app.importing.job import Stage
from app.importing.page import ImportPage
from app.link.state import Connection, LinkState
from app.pages.accounts.list_only_dialog import ListOnlyDialog
from app.pages.accounts.page import AccountsPage
from app.widgets.form import FormDialog
from gate import folders
from gate.control.messages import (
    BackendReport,
    ClientAddressFacts,
    Decision,
    DomainFacts,
    RelayFacts,
    Status,
    TlsFacts,
)
from gate.control.messages import Warning as GateWarning
from gate.store import open_log
from tests.wire.gate_process import Gate, Home

LARGE, SMALL = QSize(1100, 720), QSize(720, 480)
ACCOUNTS = (
    ("anna@example.org", "--alias", "a.miller@example.org", "--alias", "anna.miller@example.org"),
    ("bob@example.org",), ("sales@example.org",), ("kids@example.org", "--mode", "allow"),
    ("shop-acme@example.org", "--watch", "--given-to", "Acme"), ("old-list@example.org", "--mode", "closed"),
)  # fmt: skip
DENIED = (
    "@.lotto-eu.example", "offers@mail.pillpromo.example", "/^promo[0-9]+@/", "@parcel-desk.example",
    "bounces+88213-*@*.mailway.example", "keyword:casino", "@.seo-boost.example", "noreply@crypto-gift.example",
    "a.very.long.local.part.that.goes.on.and.on@customer-4711.eu-west.mail.newsletter-carrier.example",
)  # fmt: skip
CALLERS = (
    ("kate@friends.example", "anna@example.org"), ("offers@mail.pillpromo.example", "anna@example.org"),
    ("win@lotto-eu.example", "anna@example.org"), ("orders@acme-shop.example", "shop-acme@example.org"),
    ("promo41@deal-day.example", "anna@example.org"), ("newsletter@museum.example", "bob@example.org"),
    ("unknown@hotel-mail.example", "kids@example.org"), ("billing@parcel-desk.example", "anna@example.org"),
    ("x9921@prize-desk.example", "old-list@example.org"), ("<b>bold</b>@markup.example", "bob@example.org"),
)  # fmt: skip


def fill(home: Home, gate: Gate) -> None:
    """Accounts, lists and callers."""
    for account in ACCOUNTS:
        home.done("account", "add", *account)
    home.done("deny", "anna@example.org", *DENIED)
    home.done("allow", "anna@example.org", "kate@parcel-desk.example", "--note", "a friend")
    home.done("deny", "*", "@spam.example")
    for sender, recipient in CALLERS:
        knock(gate, sender, recipient)


def knock(gate: Gate, sender: str, recipient: str) -> None:
    """Ask to write."""
    with smtplib.SMTP("127.0.0.1", gate.port, timeout=20) as smtp:
        smtp.ehlo("client.example")
        smtp.docmd("MAIL", f"FROM:<{sender}>")
        smtp.docmd("RCPT", f"TO:<{recipient}>")


def spam(path: Path, mails: int) -> Path:
    """An mbox of mail to the accounts, to one that is not there yet, and to nobody that it names."""
    own = ("anna@example.org", "bob@example.org", "shop-acme@example.org", "new.one@example.org", "")
    texts = []
    for number in range(mails):
        sender = f"offers{number % 97}@{'mail.' * (number % 3)}bulk{number % 41}.example"
        to = own[min(number % 11, 4) if number % 11 else 4]
        if to.startswith("shop") and number % 2:
            sender = "orders@acme-shop.example"
        told = f"Delivered-To: {to}\n" if to else ""
        texts.append(f"From x Tue Nov 24 08:35:36 2026\nReturn-Path: <{sender}>\n{told}Subject: x\n\ntext\n\n")
    path.write_text("".join(texts), "utf-8", newline="\n")
    return path


def log_of(home: Home, domain: str) -> None:
    """Mail that a domain received, as its log tells it."""
    names = (
        "acme-shop",
        "old.friend",
        "newsletter",
        "bank.statements",
        "tickets",
        "shop-lamp",
        "shop-books",
        "club",
        "garage",
        "info",
        "a.rather.long.name.that.was.once.given.to.a.shop.with.a.long.name",
        "rent",
    )
    log = open_log(home.path / "data" / "log.db")
    now = datetime.now(UTC)
    log.append(
        [
            Decision(
                id=-1 - place, time=(now - timedelta(days=place)).strftime("%Y-%m-%dT%H:%M:%S.000Z"), front="smtp",
                client="192.0.2.1", helo="x", sender="a@b.example", recipient=f"{names[place % 12]}@{domain}",
                verdict="accept", because="none", reply="250 2.1.5 Ok",
            )
            for place in range(60)
        ]
    )  # fmt: skip
    log.close()


def told(domain: str, kind: str, reply: str | None) -> DomainFacts:
    """What a mail server says in a domain."""
    return DomainFacts(domain=domain, unknown_user=kind, reply=reply, live=kind == "refused")  # type: ignore[arg-type]


UNKNOWN = "550 5.1.1 <no-such-user@%s>: Recipient address rejected: User unknown in virtual mailbox table"
REPORT = BackendReport(
    ok=True, deliver="smtp://127.0.0.1:10025", target="127.0.0.1:10025", reached=True,
    greeting="220 mx.example.org ESMTP Postfix (Debian/GNU)", hostname="mx.example.org",
    tls=TlsFacts(wanted="none"), client_address=ClientAddressFacts(wanted="auto", found="proxy", ipv6=True),
    domains=[told("example.org", "refused", UNKNOWN % "example.org")],
    relay=RelayFacts(passed=True, client="192.0.2.1", time="2026-11-24T14:05:00Z", text="it took none"),
)  # fmt: skip
TO_DO = [
    *REPORT.domains, told("shop.example.org", "catch-all", UNKNOWN % "shop.example.org"),
    told("second.example", "listed", UNKNOWN % "second.example"), told("third.example", "unanswered", None),
]  # fmt: skip
NO_TLS = TlsFacts(wanted="opportunistic", offered=True)
TAKEN = RelayFacts(
    passed=False, client="192.0.2.1", taken="x@outside.example", time="2026-11-24T14:05:00Z",
    text="from 192.0.2.1 it took mail for x@outside.example",
)  # fmt: skip
RELAYS = GateWarning(
    code="backend.relays", text="the mail server at 127.0.0.1:10025 would relay for strangers: from 192.0.2.1 it took "
    "mail for x@outside.example; in Postfix let smtpd_relay_restrictions end in reject_unauth_destination",
    params={"target": "127.0.0.1:10025", "recipient": "x@outside.example"},
)  # fmt: skip


class Longer(QTranslator):
    """A language whose words are 1.6 times as long."""

    def isEmpty(self) -> bool:
        return False

    def translate(self, context: str, text: str, disambiguation: str | None = None, n: int = -1) -> str:
        return text + ("~~~ ~~~~~~ ~~ ~~~~ " * len(text))[: round(len(text) * 0.6)].rstrip()


class Album:
    """Takes the pictures."""

    def __init__(self, app: QApplication, desktop: Desktop, folder: Path, variant: str) -> None:
        self.app, self.desktop, self.window, self.folder = app, desktop, desktop.window, folder
        self.variant = variant

    def until(self, ready: Callable[[], bool]) -> None:
        """Let the window live until then, twenty seconds at most."""
        end = time.monotonic() + 20
        while not ready():
            self.app.processEvents()
            assert time.monotonic() < end, "it never came"

    def settle(self) -> None:
        """Let what is under way be painted."""
        end = time.monotonic() + 0.4
        while time.monotonic() < end:
            self.app.processEvents()

    def take(self, name: str, size: QSize = LARGE, of: QWidget | None = None) -> None:
        """One picture of the window, or of a dialog."""
        self.window.resize(size)
        self.settle()
        name = f"{self.variant}-{name}" if self.variant else name
        (of or self.window).grab().save(str(self.folder / f"{name}.png"))
        print(name)

    def everywhere(self, name: str) -> None:
        """The same at both sizes and, in the usual variant, in the dark."""
        self.take(name)
        self.take(f"{name}-small", SMALL)
        if not self.variant:
            theme.use(theme.DARK)
            self.take(f"{name}-dark")
            theme.use(theme.LIGHT)

    def pages(self) -> None:
        """What an owner sees while the gate guards."""
        window = self.window
        self.everywhere("accounts")
        window.pages["accounts"].show_item(scope="anna@example.org")
        self.everywhere("accounts-anna")
        window.show_page("activity")
        self.everywhere("activity")
        window.pages["activity"].table.selectRow(1)  # type: ignore[attr-defined]
        self.everywhere("activity-details")
        window.pages["activity"].table.selectRow(0)  # type: ignore[attr-defined]
        window.open_import()
        self.everywhere("import")
        window.show_page("accounts")

    def imports(self, mail: Path) -> None:
        """The assistant while it reads, with what it found, and for an address that leaked."""
        window = self.window
        window.open_import([mail])
        page = window._import
        assert isinstance(page, ImportPage)
        self.until(lambda: page.job.progress.messages > 0 or page.job.stage is not Stage.READ)
        child = page.job._child
        if child is not None and child.pid and hasattr(signal, "SIGSTOP"):
            os.kill(child.pid, signal.SIGSTOP)  # it would be over before the picture is taken
            self.everywhere("import-progress")
            os.kill(child.pid, signal.SIGCONT)
        self.until(lambda: page.job.stage is not Stage.READ)
        self.everywhere("import-review")
        page.review.kind.leak.setChecked(True)
        self.everywhere("import-leaked")
        page.job.again()
        window.show_page("accounts")

    def dialogs(self) -> None:
        """Each dialog over a large window and over a small one."""
        accounts = self.window.pages["accounts"]
        assert isinstance(accounts, AccountsPage)
        accounts.show_item(scope="anna@example.org")
        scope = accounts.view
        self.until(lambda: bool(scope.pane._model.shown))
        entry = scope.pane._model.shown[0]
        for name, ask in (
            ("dialog-account", accounts.add_account), ("dialog-account-edit", scope.edit_account),
            ("dialog-many", lambda: scope._add_many("@a.example\nno pattern\n@b.example")),
            ("dialog-entry", lambda: scope._edit_entry(entry)),
        ):  # fmt: skip
            for size, more in ((LARGE, ""), (SMALL, "-small")):
                self.window.resize(size)
                self.settle()
                ask()
                (dialog,) = [each for each in self.window.findChildren(FormDialog) if each.isVisible()]
                self.take(name + more, size, dialog)
                if not self.variant and not more:
                    theme.use(theme.DARK)
                    self.take(f"{name}-dark", size, dialog)
                    theme.use(theme.LIGHT)
                dialog.reject()
                self.settle()

    def listed(self, home: Home, gate: Gate) -> None:
        """An own domain: as it is, what would vanish, and where only made addresses exist."""
        window = self.window
        accounts = window.pages["accounts"]
        assert isinstance(accounts, AccountsPage)
        log_of(home, "example.org")
        model = accounts._accounts.domains
        real = model.find("example.org")
        assert real is not None
        model.refresh = lambda: None  # type: ignore[method-assign]
        model._domains["example.org"] = msgspec.structs.replace(real, catch_all=True)  # as before a catch-all server
        accounts._accounts._rebuild()
        accounts.show_item(scope="@example.org")
        warning = GateWarning(code="backend.catch_all", text="", params={"domain": "example.org"})
        window._warnings.show_warnings([warning])
        window._warnings.show_warnings = lambda _warnings: None  # type: ignore[method-assign]
        self.everywhere("domain-catch-all")
        del window._warnings.show_warnings  # type: ignore[method-assign]
        theme.use(theme.LIGHT)
        window._warnings.show_warnings([])
        for name in ("dialog-list-only", "dialog-list-only-filtered"):
            for size, more in ((LARGE, ""), (SMALL, "-small")):
                window.resize(size)
                self.settle()
                accounts.view.list_only()
                dialog = accounts.view.dialog
                assert isinstance(dialog, ListOnlyDialog)
                self.until(lambda dialog=dialog: not dialog.model.reading)
                if name.endswith("filtered"):
                    dialog.search.setText("shop")
                    dialog.model.toggle([1])
                self.take(name + more, size, dialog)
                if not self.variant and not more:
                    theme.use(theme.DARK)
                    self.take(f"{name}-dark", size, dialog)
                    theme.use(theme.LIGHT)
                dialog.reject()
                self.settle()
        del model.refresh  # type: ignore[method-assign]
        model.list_only("example.org", True, [], lambda _changed: None, print)
        self.until(lambda: bool((found := model.find("example.org")) and found.listed))
        self.everywhere("domain-listed")
        home.done("domains", "example.org", "--no-listed")
        self.until(lambda: bool((found := model.find("example.org")) and not found.listed))

    def server(self) -> None:
        """The test of the mail server, and the lines for one."""
        window = self.window
        reports = (
            ("good", REPORT), ("todo", msgspec.structs.replace(REPORT, domains=TO_DO, relay=None, tls=NO_TLS)),
            ("bad", msgspec.structs.replace(REPORT, ok=False, problem=RELAYS, relay=TAKEN)),
        )  # fmt: skip
        for size, more in ((LARGE, ""), (SMALL, "-small")):
            window.resize(size)
            for name, report in reports:
                test = MailServerDialog(window._server, print, print, window)
                test.open()
                self.until(lambda test=test: test.again.isEnabled())
                test._show(report)
                self.shots(f"dialog-server-{name}{more}", size, test)
            lines = SetupDialog(window._server, print, window)
            lines.open()
            self.until(lambda lines=lines: bool(lines.files))
            self.shots(f"dialog-lines{more}", size, lines)

    def shots(self, name: str, size: QSize, dialog: QDialog) -> None:
        """A dialog in both colours, then closed."""
        self.take(name, size, dialog)
        if not self.variant:
            theme.use(theme.DARK)
            self.take(f"{name}-dark", size, dialog)
            theme.use(theme.LIGHT)
        dialog.reject()
        dialog.deleteLater()
        self.settle()

    def domains(self, home: Home, gate: Gate) -> None:
        """Accounts in several domains."""
        for account in ("office@second.example", "a.much.longer.name@post.third-domain.example"):
            home.done("account", "add", account)
            home.done("deny", account, "@spam.example")
            knock(gate, "win@spam.example", account)
        self.window.show_page("accounts")
        self.everywhere("domains")
        self.window.show_page("activity")
        self.everywhere("domains-activity")

    def states(self) -> None:
        """The header in every state, on the activity page, by showing what the client would."""
        client = self.desktop.client
        self.window.show_page("activity")
        guarding = client.latest
        assert guarding is not None
        client.disconnect_gate()
        client.last_word = datetime.now().astimezone() - timedelta(minutes=3)
        for connection in (Connection.LOST, Connection.FOREIGN, Connection.CONNECTING, Connection.ABSENT):
            client._become(connection)
            self.everywhere(f"state-{client.state.value.replace(' ', '-')}")
        for state in ("draining", "stopped", "open"):
            client.latest = Status(state=state, sessions=3)  # type: ignore[arg-type]
            client._become(Connection.CONNECTED)
            self.everywhere(f"state-{state}")


def main(folder: Path) -> None:
    """Take all pictures; then, in processes of their own, some again at twice the size and in longer words."""
    folder.mkdir(parents=True, exist_ok=True)
    app = QApplication(sys.argv[:1])
    QLocale.setDefault(QLocale("en_GB"))
    dress(app)
    theme.use(theme.LIGHT)
    variant = os.environ.get("PICTURES", "")
    longer = Longer(app)
    if variant == "long":
        app.installTranslator(longer)
    with tempfile.TemporaryDirectory() as root:
        os.environ["IRUSU_HOME"] = root
        home = Home(Path(root))
        (Path(root) / "config").mkdir()
        (Path(root) / "config" / "gate.toml").write_text('[gate]\ndomains = ["example.org"]\n')
        with home.gate("--state", "guarding") as gate:
            desktop = Desktop(folders.find())
            album = Album(app, desktop, folder, variant)
            desktop.window.show()
            desktop.client.connect_gate()
            album.until(lambda: desktop.client.state is LinkState.GUARDING)
            album.everywhere("first")
            desktop.window.show_page("activity")
            album.take("activity-empty")
            desktop.window.show_page("accounts")
            fill(home, gate)
            album.pages()
            album.imports(spam(Path(root) / "a-rather-long-name-of-kept-spam.mbox", 40_000))
            album.dialogs()
            album.listed(home, gate)
            album.server()
            album.domains(home, gate)
            if not variant:
                album.states()
            desktop.keeper.leave(lambda: None)
    if not variant:
        for more in ({"PICTURES": "2x", "QT_SCALE_FACTOR": "2"}, {"PICTURES": "long"}):
            again = {**os.environ, **more}
            subprocess.run([sys.executable, "-m", "tests.desktop.pictures", str(folder)], env=again, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
