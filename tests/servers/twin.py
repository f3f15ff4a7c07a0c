"""Two sessions that must not be told apart: the same commands for a denied recipient and for one that is not there.

The conversation is a raw socket, and what is compared is every byte that came back; nothing is taken out of it but the
denied name (in its place is put the unknown one, which is as long) and what a server makes new in each session: queue
ids and times.
"""

import contextlib
import re
import shutil
import socket
import ssl
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from tests.wire.gate_process import Gate, Home

SPAMMER = b"spam@bad.example"
DENIED, UNKNOWN = b"user2", b"nobo7"
SECONDS = 60.0

Script = Callable[[bytes], Iterable[bytes]]
"""What the client sends for a name, block by block: each in one packet, answered whole before the next."""

_NEW_EACH_TIME = re.compile(
    rb"queued as \w+|id=[\w-]+|2\.0\.0 [0-9a-f]{8} (?=Message)|session=\w+|\w{3}, +\d+ \w{3} \d{4} [\d:]+ [+-]\d{4}"
)
_END_OF_MESSAGE = b"\r\n.\r\n"


def converse(port: int, blocks: Iterable[bytes], *, tls: ssl.SSLContext | None = None, bytewise: bool = False) -> bytes:
    """Every byte that comes back, up to the server's close: the last block must lead to it.

    A block that ends in a final dot is a message and has one reply, any other one a line. `tls`: taken up after a
    STARTTLS that got 220. `bytewise`: each octet is sent by itself. Where the server hung up early, it says so.
    """
    told = b""
    plain = socket.create_connection(("127.0.0.1", port), SECONDS)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.ExitStack() as stack:
        stack.enter_context(plain)
        client, reader = plain, stack.enter_context(plain.makefile("rb"))
        told += reply(reader.readline)
        for number, block in enumerate(blocks):
            for piece in [bytes([octet]) for octet in block] if bytewise else [block]:
                client.sendall(piece)
            for _ in range(1 if block.endswith(_END_OF_MESSAGE) else block.count(b"\r\n")):
                told += (one := reply(reader.readline))
                if not one:
                    return told + b"closed in block %d" % number
            if tls is not None and block == b"STARTTLS\r\n" and one.startswith(b"220"):
                client = stack.enter_context(tls.wrap_socket(plain, server_hostname="mx.outside.test"))
                reader = stack.enter_context(client.makefile("rb"))
        return told + reader.read()


def reply(read_line: Callable[[], bytes]) -> bytes:
    """One whole reply; what there was of it where the server hung up."""
    lines = [read_line()]
    while lines[-1][3:4] == b"-":
        lines.append(read_line())
    return b"".join(lines)


def twins(
    port: int,
    script: Script,
    denied: bytes = DENIED,
    unknown: bytes = UNKNOWN,
    *,
    tls: ssl.SSLContext | None = None,
    bytewise: bool = False,
    times: int = 1,
) -> bytes:
    """Plays the script for both names (in turn, so many times) and fails unless all sessions are the same.

    Returns what was said of the unknown one.
    """
    assert len(denied) == len(unknown)
    seen: list[list[bytes]] = []
    for _ in range(times):
        for name in (unknown, denied):
            told = converse(port, script(name), tls=tls, bytewise=bytewise)
            seen.append(comparable(told, name, unknown).splitlines())
    for other in seen[1:]:
        assert other == seen[0]
    return b"\n".join(seen[0])


def comparable(told: bytes, name: bytes, instead: bytes) -> bytes:
    """With one name in place of another, in its case, and less what is new in each session."""

    def renamed(match: re.Match[bytes]) -> bytes:
        seen = match[0].decode()
        if seen.isupper() or seen.islower() or len(seen) != len(instead.decode()):
            return instead.upper() if seen.isupper() else instead
        pairs = zip(seen, instead.decode(), strict=True)
        return "".join(new.upper() if old.isupper() else new.lower() for old, new in pairs).encode()

    whole = rb"(?<![A-Za-z0-9])" + re.escape(name) + rb"(?![A-Za-z0-9])"
    return re.sub(whole, renamed, _NEW_EACH_TIME.sub(b"", told), flags=re.IGNORECASE)


def each_on_its_own(lines: Iterable[bytes]) -> list[bytes]:
    """The lines as blocks of one command each."""
    return [line + b"\r\n" for line in lines]


def in_one_packet(lines: Sequence[bytes]) -> list[bytes]:
    """The greeting, and all the rest at once."""
    return [lines[0] + b"\r\n", b"".join(line + b"\r\n" for line in lines[1:])]


def session(*middle: bytes, hello: bytes = b"EHLO mx.outside.test", sender: bytes = SPAMMER) -> list[bytes]:
    """A transaction's commands between hello and QUIT."""
    return [hello, b"MAIL FROM:<" + sender + b">", *middle, b"QUIT"]


# ---------------------------------------------------------------- the gate


class Denying:
    """Homes in which `denied` of each of the domains deny SPAMMER; the lists are made once, and copied."""

    def __init__(self, folder: Path, domains: Sequence[str], denied: Sequence[str], good: Sequence[str] = ()) -> None:
        self._first = Home(folder / "first")
        self._domains = domains
        self._configure(self._first, 9)
        addresses = [f"{name}@{domain}" for domain in domains for name in denied]
        aliases = [word for address in addresses[1:] for word in ("--alias", address)]
        self._first.done("account", "add", addresses[0], *aliases)
        self._first.done("deny", addresses[0], SPAMMER.decode())
        if good:
            self._first.done("account", "add", good[0], *(word for one in good[1:] for word in ("--alias", one)))

    def _configure(self, home: Home, port: int, more: str = "") -> None:
        settings = home.path / "config" / "gate.toml"
        settings.parent.mkdir(parents=True, exist_ok=True)
        domains = ", ".join(f'"{domain}"' for domain in self._domains)
        deliver = f'deliver = "smtp://127.0.0.1:{port}"\nclient_address = "proxy"\n' if port else ""
        settings.write_text(f"[gate]\ndomains = [{domains}]\n{deliver}{more}")

    @contextlib.contextmanager
    def before(self, port: int, more: str = "") -> Iterator[Gate]:
        """A gate in front of the server on this port (0: the built-in one). `more`: lines below `[gate]`."""
        with tempfile.TemporaryDirectory(prefix="irusu-twin-") as name:
            home = Home(Path(name) / "home")
            shutil.copytree(self._first.path, home.path)
            self._configure(home, port, more)
            with home.gate() as gate:
                yield gate
