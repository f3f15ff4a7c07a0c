"""One SMTP session from the client's side, kept line by line: what `demo` shows. Not for sending real mail."""

import itertools
import shutil
import socket
import sys
from dataclasses import dataclass, field
from typing import IO

SECONDS = 10.0


@dataclass
class Transcript:
    """What was said.

    Attributes:
        lines: `C: …` and `S: …` in order.
        to_recipient: the reply to RCPT TO.
        delivered: whether the server took the message.
    """

    lines: list[str] = field(default_factory=list)
    to_recipient: str = ""
    delivered: bool = False


def converse(port: int, sender: str, recipient: str, message: str = "") -> Transcript:
    """Go as far as RCPT TO; if that was accepted and there is a message, send it. OSError if nobody answers."""
    told = Transcript()
    with socket.create_connection(("127.0.0.1", port), SECONDS) as client, client.makefile("rb") as replies:
        _reply(replies, told)
        for command in ("EHLO client.example", f"MAIL FROM:<{sender}>"):
            _say(client, replies, told, command)
        told.to_recipient = _say(client, replies, told, f"RCPT TO:<{recipient}>")
        if message and told.to_recipient.startswith("250") and _say(client, replies, told, "DATA").startswith("354"):
            client.sendall(message.encode())
            told.lines += [f"C: {line}" for line in message.splitlines()]
            told.delivered = _say(client, replies, told, ".").startswith("250")
        _say(client, replies, told, "QUIT")
    return told


def beside(left: Transcript, right: Transcript) -> list[str]:
    """Two sessions next to each other, or one below the other where a terminal is too narrow for that."""
    width, other_width = (max(len(line) for line in each.lines) for each in (left, right))
    if sys.stdout.isatty() and width + other_width + 3 > shutil.get_terminal_size().columns:
        return [*left.lines, "", *right.lines]
    pairs = itertools.zip_longest(left.lines, right.lines, fillvalue="")
    return [f"{one:<{width}}   {other}".rstrip() for one, other in pairs]


def _say(client: socket.socket, replies: IO[bytes], told: Transcript, command: str) -> str:
    told.lines.append(f"C: {command}")
    client.sendall(f"{command}\r\n".encode())
    return _reply(replies, told)


def _reply(replies: IO[bytes], told: Transcript) -> str:
    """All lines of one reply; the last without its mark."""
    while line := replies.readline(4096):
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        told.lines.append(f"S: {text}")
        if text[3:4] != "-":
            return text
    raise ConnectionError("the server closed the connection")
