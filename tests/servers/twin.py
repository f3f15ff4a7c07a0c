"""Two sessions that must not be told apart: the same commands for a denied recipient and for one that is not there.

The conversation is a raw socket, and what is compared is every byte that came back; nothing is taken out of it but the
denied name (in its place is put the unknown one, which is as long) and what a server makes new in each session: queue
ids and times.
"""

import contextlib
import difflib
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

SPAMMER = b"spam@bad.example"
DENIED, UNKNOWN = b"user2", b"nobo7"
SECONDS = 60.0

Script = Callable[[bytes], Iterable[bytes]]
"""What the client sends for a name, block by block: each in one packet, answered whole before the next."""

_NEW_EACH_TIME = re.compile(
    rb"queued as \w+|id=[\w-]+|2\.0\.0 [0-9a-f]{8} (?=Message)|session=\w+|\w{3}, +\d+ \w{3} \d{4} [\d:]+ [+-]\d{4}"
)
_END_OF_MESSAGE = b"\r\n.\r\n"


def converse(
    port: int,
    blocks: Iterable[bytes],
    *,
    tls: ssl.SSLContext | None = None,
    bytewise: bool = False,
    source: str = "127.0.0.1",
) -> bytes:
    """Every byte that comes back, up to the server's close: the last block must lead to it.

    A block that ends in a final dot is a message and has one reply, any other one a line. `tls`: taken up after a
    STARTTLS that got 220. `bytewise`: each octet is sent by itself. `source`: the client's own address. Where the
    server hung up early, it says so.
    """
    told = b""
    plain = socket.create_connection(("127.0.0.1", port), SECONDS, source_address=(source, 0))
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
    at_once: bool = False,
) -> bytes:
    """Plays the script for both names (in turn, so many times) and fails unless all sessions are the same.

    `at_once`: all of them side by side, where they do not touch each other. Returns what was said of the unknown one.
    """
    assert len(denied) == len(unknown)
    names = [unknown, denied] * times

    def play(name: bytes) -> list[bytes]:
        return comparable(converse(port, script(name), tls=tls, bytewise=bytewise), name, unknown).splitlines()

    with ThreadPoolExecutor(len(names) if at_once else 1) as pool:
        seen = list(pool.map(play, names))
    for other in seen[1:]:
        assert other == seen[0], "\n".join(
            difflib.unified_diff(*([ascii(line) for line in each] for each in (seen[0], other)), n=1)
        )
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
