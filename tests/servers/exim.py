"""A private Exim (Debian's heavy build, which knows the PROXY protocol), unpacked and not installed."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from tests.servers.process import Mailboxes, ServerProcess, free_ports, wait_for_ports

CONFIGURATION = """
exim_path = {program}
keep_environment = LD_LIBRARY_PATH
spool_directory = {folder}/spool
log_file_path = {folder}/log/%s
pid_file_path = {folder}/spool/pid
deliver_drop_privilege = true
never_users =
primary_hostname = mx.virtual.test
# without the time, so that two sessions can be compared
smtp_banner = $primary_hostname ESMTP Exim
{ports}
domainlist local_domains = {domains}
acl_smtp_rcpt = check_recipient
host_lookup =
# it looks up whom a PROXY header names all the same; here nobody answers, and five seconds are long
dns_retrans = 1s
dns_retry = 1
{more}
rfc1413_hosts =
tls_advertise_hosts =

begin acl
check_recipient:
  deny message = relay not permitted
       domains = !+local_domains
  require verify = recipient
  accept

begin routers
mailboxes:
  driver = accept
  domains = +local_domains
  # looked up, because Exim lets nothing that a client wrote name a folder
  address_data = ${{lookup{{$local_part@$domain}}lsearch{{{folder}/mailboxes}}{{$value}}fail}}
  transport = maildir
  cannot_route_message = Unknown user

begin transports
maildir:
  driver = appendfile
  directory = {folder}/mail/$address_data
  maildir_format
  delivery_date_add
  envelope_to_add
  return_path_add
  user = Debian-exim
"""
PORTS = """\
local_interfaces = 127.0.0.1
daemon_smtp_ports = {plain} : {proxy}
hosts_proxy = ${{if ={{$received_port}}{{{proxy}}}{{127.0.0.1}}{{}}}}
"""


class Exim(Mailboxes):
    """A running Exim: ports `plain` and `proxy`, Maildirs below `mail`. `lines`: instead of those for the ports;
    `more`: others of the main section."""

    def __init__(
        self,
        servers: Path,
        folder: Path,
        *,
        mailboxes: Iterable[str],
        domains: Iterable[str],
        lines: str = "",
        more: str = "",
    ) -> None:
        self.plain, self.proxy = free_ports(2)
        self.mail = folder / "mail"
        program = servers / "exim4-daemon-heavy" / "usr" / "sbin" / "exim4"
        for name in ("spool", "log", "mail"):
            (folder / name).mkdir(mode=0o750)
            shutil.chown(folder / name, "Debian-exim", "Debian-exim")
        (folder / "mailboxes").write_text("".join(f"{name}: {name}\n" for name in mailboxes))
        configuration = folder / "exim.conf"
        configuration.write_text(
            CONFIGURATION.format(
                program=program,
                folder=folder,
                # (It looks up even a default that is not used, and not every machine has /etc/services.)
                ports=f"daemon_smtp_ports = 25\n{lines}" if lines else PORTS.format(plain=self.plain, proxy=self.proxy),
                domains=" : ".join(domains),
                more=more,
            )
        )
        self.process = ServerProcess(
            [program, "-C", configuration, "-bdf"], environment={"LD_LIBRARY_PATH": str(servers / "lib")}
        )
        wait_for_ports(self.process, *(() if lines else (self.plain, self.proxy)))
