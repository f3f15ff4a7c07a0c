"""A gate before a real server, and clients that call from anywhere: what the tests of the client's address share."""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from gate.backend.client_address import ClientAddress, proxy_v2
from tests.wire.gate_process import Home

SENDER, RECIPIENT = "friend@outside.test", "user3@virtual.test"
HEADERS = f"From: {SENDER}\r\nDate: Tue, 24 Nov 2026 09:00:00 +0000\r\nMessage-Id: <1@outside.test>\r\n"
PROXY = "127.0.0.200"
"""Whoever connects from there begins with a PROXY header."""
SECONDS = 60.0


def configure(home: Home, port: int, client_address: str = "auto", more: str = "") -> None:
    """gate.toml: before a server on this port of 127.0.0.1, for virtual.test; `more` lines of [gate]."""
    settings = home.path / "config" / "gate.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(
        f'[gate]\ndomains = ["virtual.test"]\ndeliver = "smtp://127.0.0.1:{port}"\n'
        f'client_address = "{client_address}"\ntrusted_proxies = ["{PROXY}"]\n{more}'
    )


class Caller:
    """One client's session, command by command."""

    def __init__(self, connection: socket.socket, replies: BinaryIO) -> None:
        self._socket, self._replies = connection, replies

    def say(self, line: str | bytes) -> bytes:
        """Sends a line; its reply."""
        self._socket.sendall((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return self.reply()

    def reply(self) -> bytes:
        """The next reply, its lines with their ends; empty at the end of the connection."""
        lines = [self._replies.readline()]
        while lines[-1][3:4] == b"-":
            lines.append(self._replies.readline())
        return b"".join(lines)


@contextmanager
def calling(port: int, host: str = "127.0.0.1", *, to: str = "127.0.0.1") -> Iterator[Caller]:
    """A client with this IP address: one of 127.0.0.0/8 connects by itself, any other is told by a proxy."""
    own = host.startswith("127.") or host == to
    with socket.create_connection((to, port), SECONDS, source_address=(host if own else PROXY, 0)) as connection:
        if not own:
            connection.sendall(proxy_v2(ClientAddress(host, 40001, "::" if ":" in host else "127.0.0.1", 25)))
        with connection.makefile("rb") as replies:
            yield Caller(connection, replies)


def talk(port: int, host: str, lines: Sequence[str], *, to: str = "127.0.0.1") -> list[bytes]:
    """All replies to these lines, the greeting first."""
    with calling(port, host, to=to) as caller:
        return [caller.reply(), *(caller.say(line) for line in lines)]


def send(port: int, host: str, subject: str, *, to: str = "127.0.0.1") -> None:
    """One message to RECIPIENT, accepted."""
    message = f"Subject: {subject}\r\n{HEADERS}\r\nhello\r\n."
    lines = ["EHLO mx.outside.test", f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{RECIPIENT}>", "DATA", message, "QUIT"]
    told = talk(port, host, lines, to=to)
    assert [each[:3] for each in told] == [b"220", b"250", b"250", b"250", b"354", b"250", b"221"], told


def await_message(messages: Callable[[], list[bytes]], subject: str) -> bytes:
    """The message with that subject, out of those that come."""
    return next(each for each in messages() if f"Subject: {subject}".encode() in each)
