"""A private OpenSMTPD. Its paths are compiled in, so it runs in a root of its own (chroot), away from the system's."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.servers.process import Mailboxes, ServerProcess, copy_with_libraries, free_ports, wait_for_ports

CONFIGURATION = """
table domains {{ {domains} }}
listen on 127.0.0.1 port {plain} hostname mx.virtual.test
listen on 127.0.0.1 port {proxy} hostname mx.virtual.test proxy-v2
{table}
action "store" maildir "/mail/%{{rcpt.user:lowercase|strip}}@%{{rcpt.domain:lowercase}}"{virtual}
match from any for domain <domains> action "store"
{lines}"""
PASSWD = """\
root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/sh
opensmtpd:x:990:990::/var/lib/opensmtpd/empty:/usr/sbin/nologin
opensmtpq:x:991:991::/var/lib/opensmtpd/empty:/usr/sbin/nologin
{users}"""
GROUP = "root:x:0:\nnogroup:x:65534:\nopensmtpd:x:990:\nopensmtpq:x:991:\n"


class OpenSmtpd(Mailboxes):
    """A running OpenSMTPD: ports `plain` and `proxy`, Maildirs below `mail`.

    The mailboxes are system users of its own root: what stands before the `@` exists in every one of the domains.
    `virtual`: by a table of addresses instead, which words the refusal of an unknown one differently. `lines`:
    for the end of smtpd.conf.
    """

    def __init__(
        self,
        servers: Path,
        folder: Path,
        *,
        users: Sequence[str],
        domains: Sequence[str],
        virtual: bool = False,
        lines: str = "",
    ) -> None:
        self.plain, self.proxy = free_ports(2)
        self.mail = folder / "mail"
        unpacked, libraries = servers / "opensmtpd", str(servers / "lib")
        copy_with_libraries(unpacked / "usr/sbin/smtpd", folder, libraries, "/usr/sbin/smtpd")
        copy_with_libraries(unpacked / "usr/libexec/opensmtpd/mail.maildir", folder, libraries,
                            "/usr/libexec/opensmtpd/mail.maildir")  # fmt: skip
        copy_with_libraries(Path("/bin/sh").resolve(), folder, libraries, "/bin/sh")
        for name, mode in (("etc", 0o755), ("var/lib/opensmtpd/empty", 0o755), ("var/spool/smtpd", 0o711),
                           ("run", 0o755), ("tmp", 0o1777), ("mail", 0o777), ("dev", 0o755)):  # fmt: skip
            (folder / name).mkdir(parents=True, exist_ok=True)
            (folder / name).chmod(mode)
        (folder / "var/run").symlink_to("../run")
        (folder / "dev/null").touch(0o666)
        numbered = "".join(f"{user}:x:{2000 + n}:65534::/mail:/bin/sh\n" for n, user in enumerate(users))
        (folder / "etc/passwd").write_text(PASSWD.format(users=numbered))
        (folder / "etc/group").write_text(GROUP)
        (folder / "etc/hosts").write_text("127.0.0.1 localhost mx.virtual.test\n")
        (folder / "etc/nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files\n")
        for place in Path("/lib").glob("*/libnss_files.so.2"):
            shutil.copy(place, folder / "lib")
        addresses = ", ".join(f'"{user}@{domain}" = "{user}"' for user in users for domain in domains)
        configuration = folder / "etc/smtpd.conf"
        configuration.write_text(
            CONFIGURATION.format(
                plain=self.plain,
                proxy=self.proxy,
                domains=", ".join(f'"{one}"' for one in domains),
                table=f"table addresses {{ {addresses} }}" if virtual else "",
                lines=lines,
                virtual=" virtual <addresses>" if virtual else "",
            )
        )
        configuration.chmod(0o600)
        self.process = ServerProcess(["chroot", folder, "/usr/sbin/smtpd", "-d", "-v", "-f", "/etc/smtpd.conf"])
        wait_for_ports(self.process, self.plain, self.proxy)
