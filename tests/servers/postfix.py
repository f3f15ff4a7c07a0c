"""A private Postfix, unpacked and not installed."""

import os
import shutil
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.servers.process import Mailboxes, ServerProcess, free_ports

SERVICES = """
{plain}   inet  n - n - - smtpd
{proxy}   inet  n - n - - smtpd
    -o smtpd_upstream_proxy_protocol=haproxy
    -o syslog_name=postfix/proxy
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
virtual   unix  - n n - - virtual
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""
QUEUE = ["active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace"]
NOBODY = 65534


class Postfix(Mailboxes):
    """A running Postfix.

    Attributes:
        plain: port of the listener without PROXY protocol.
        proxy: port of the listener with `smtpd_upstream_proxy_protocol=haproxy`.
        mail: the folder of Maildirs, one a mailbox, named by the address.
        process: the server; `process.lines` is its log.
    """

    def __init__(
        self,
        servers: Path,
        folder: Path,
        *,
        mailboxes: Iterable[str],
        domains: Iterable[str],
        main: Mapping[str, str],
        main_lines: str = "",
        master_lines: str = "",
    ) -> None:
        """`main_lines`, `master_lines`: put at the end of main.cf and master.cf exactly as they are."""
        self.plain, self.proxy = free_ports(2)
        self.mail = folder / "mail"
        program = servers / "postfix" / "usr" / "lib" / "postfix"
        self._make_folders(folder)
        etc = folder / "etc"
        settings = {
            "compatibility_level": "3.6",
            "queue_directory": folder / "queue",
            "data_directory": folder / "data",
            "meta_directory": etc,
            "daemon_directory": program / "sbin",
            "command_directory": servers / "postfix" / "usr" / "sbin",
            "shlib_directory": program,
            "import_environment": "MAIL_CONFIG MAIL_LOGTAG TZ LD_LIBRARY_PATH",
            "maillog_file": "/dev/stdout",
            "myhostname": "mx.virtual.test",
            "mydestination": "",
            "mynetworks": "127.0.0.0/8",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "all",
            "smtpd_peername_lookup": "no",
            "disable_dns_lookups": "yes",
            "biff": "no",
            "alias_maps": "",
            "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
            "virtual_mailbox_domains": " ".join(domains),
            "virtual_mailbox_maps": _inline(mailboxes),
            "virtual_mailbox_base": self.mail,
            "virtual_uid_maps": f"static:{NOBODY}",
            "virtual_gid_maps": f"static:{NOBODY}",
            "recipient_delimiter": "+",
            **main,
        }
        (etc / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()) + main_lines)
        (etc / "master.cf").write_text(SERVICES.format(plain=self.plain, proxy=self.proxy).lstrip() + master_lines)
        for name in ("main.cf", "master.cf"):  # Postfix reads a fresh one again and again, for two seconds
            past = time.time() - 60
            os.utime(etc / name, (past, past))
        self.process = ServerProcess(
            [program / "sbin" / "master", "-s", "-c", etc],
            environment={
                "MAIL_CONFIG": str(etc),
                "LD_LIBRARY_PATH": os.pathsep.join([str(program), str(servers / "lib")]),
            },
        )
        self.process.wait_for_line("daemon started")

    def _make_folders(self, folder: Path) -> None:
        (folder / "etc").mkdir()
        (folder / "queue").mkdir()
        for name in [*QUEUE, "maildrop", "public", "pid"]:
            place = folder / "queue" / name
            place.mkdir(mode=0o700)
            shutil.chown(place, "root" if name == "pid" else "postfix")
        shutil.chown(folder / "queue" / "maildrop", "postfix", "postdrop")
        (folder / "queue" / "maildrop").chmod(0o1730)
        shutil.chown(folder / "queue" / "public", "postfix", "postdrop")
        (folder / "queue" / "public").chmod(0o2710)
        (folder / "data").mkdir(mode=0o700)
        shutil.chown(folder / "data", "postfix")
        self.mail.mkdir()
        os.chown(self.mail, NOBODY, NOBODY)

    def wait_for_message(self, mailbox: str, *, after: int = 0) -> bytes:
        """Waits until a message for the mailbox is delivered (told in the log from line `after` on); the newest."""
        self.process.wait_for_line(f"to=<{mailbox}>.*status=sent", after=after)
        return self.messages(mailbox)[-1]


def _inline(mailboxes: Iterable[str]) -> str:
    pairs = ", ".join(f"{{{name} = {name.removeprefix('@')}/}}" for name in mailboxes)
    return f"inline:{{{pairs}}}"
