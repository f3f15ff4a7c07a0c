"""The limits of gate.toml, in a real gate before its built-in server: each with its proper answer."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.wire.gate_process import SECONDS, Gate, Home

FRIEND = "friend@localhost"


class Line:
    """A client that speaks lines."""

    def __init__(self, port: int, source: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), SECONDS, (source, 0))
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def reply(self) -> str:
        """The last line of the next reply; empty: closed."""
        while (line := self._file.readline())[3:4] == b"-":
            pass
        return line.decode().rstrip()

    def ask(self, line: str) -> str:
        self.send(line.encode() + b"\r\n")
        return self.reply()

    def begin(self, *lines: str) -> None:
        """Up to after the answer to the last line, all of them good."""
        assert self.reply().startswith("220")
        for line in ("EHLO client.example", *lines):
            assert self.ask(line)[:1] in "23"


TO_DATA = ("MAIL FROM:<a@b.example>", f"RCPT TO:<{FRIEND}>", "DATA")


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[[str], Gate]]:
    """A gate with these lines under [limits]."""
    home = Home(tmp_path / "home")
    (home.path / "config").mkdir(parents=True)
    with ExitStack() as stack:

        def start(limits: str) -> Gate:
            (home.path / "config" / "gate.toml").write_text(f"[limits]\n{limits}\n")
            home.done("account", "add", FRIEND)
            return stack.enter_context(home.gate())

        yield start


def test_sizes(started: Callable[[str], Gate]) -> None:
    port = started("message_bytes = 3000").port
    with Line(port, "127.0.0.1") as line:
        line.begin()
        assert line.ask("MAIL FROM:<a@b.example> SIZE=3001").startswith("552 5.3.4")
        assert line.ask("MAIL FROM:<a@b.example> SIZE=3000").startswith("250")
        assert line.ask(TO_DATA[1]).startswith("250")
        assert line.ask("DATA").startswith("354")
        for _ in range(40):
            line.send(b"0123456789" * 9 + b"\r\n")  # more than it said, and more than there may be
        assert line.ask(".").startswith("552 5.3.4")
    with Line(port, "127.0.0.1") as line:
        line.begin(*TO_DATA)
        line.send(b"0123456789" * 30 + b"\r\n" + b".." + b"x" * 2695 + b"\r\n")  # a stuffed dot does not count
        assert line.ask(".").startswith("250")


def test_connections_and_connections_of_one_client(started: Callable[[str], Gate]) -> None:
    port = started("connections = 3\nconnections_per_client = 2").port
    with ExitStack() as stack:
        here = [stack.enter_context(Line(port, "127.0.0.2")) for _ in range(3)]
        here[0].begin(*TO_DATA)
        assert here[1].reply().startswith("220")
        assert here[2].reply().startswith("421 4.7.0")
        assert here[2].reply() == ""
        other = stack.enter_context(Line(port, "127.0.0.3"))
        other.begin(*TO_DATA)
        last = stack.enter_context(Line(port, "127.0.0.4"))
        last.begin()
        more = stack.enter_context(Line(port, "127.0.0.5"))
        more.begin()
        assert here[1].reply().startswith("421 4.7.0"), "who was there longest without a transaction"
        for line in (here[0], other):
            assert line.ask("hello\r\n.").startswith("250")


@pytest.mark.parametrize(
    ("limits", "lines", "more"),
    [
        ("command_seconds = 0.5", ("MAIL FROM:<a@b.example>",), b"RCPT TO:<never"),
        ("data_idle_seconds = 0.5", TO_DATA, b"Subject: x\r\n"),
        ("session_seconds = 1.5", ("MAIL FROM:<a@b.example>", f"RCPT TO:<{FRIEND}>"), b""),  # a busy machine is slow
    ],
)
def test_times(started: Callable[[str], Gate], limits: str, lines: tuple[str, ...], more: bytes) -> None:
    with Line(started(limits).port, "127.0.0.1") as line:
        line.begin(*lines)
        line.send(more)
        assert line.reply().startswith("421 4.4.2")
        assert line.reply() == ""


def test_a_message_that_moves_is_not_cut_by_the_sessions_time(started: Callable[[str], Gate]) -> None:
    """As 50 MB at 1 Mbit/s to 3,600 s, so this one to its session_seconds: twice as long."""
    with Line(started("session_seconds = 1.5\ndata_idle_seconds = 1.5").port, "127.0.0.1") as line:
        line.begin(*TO_DATA)
        line._socket.settimeout(0.05)
        for _ in range(60):
            line.send(b"0123456789" * 20 + b"\r\n")  # 4,000 octets a second
            with pytest.raises(TimeoutError):  # the pace of the line: nothing may come back meanwhile
                line._socket.recv(1, socket.MSG_PEEK)
        line._socket.settimeout(SECONDS)
        line.send(b".\r\n")
        assert line.reply().startswith("250")


def test_recipients_are_bounded_by_the_server(started: Callable[[str], Gate]) -> None:
    with Line(started("").port, "127.0.0.1") as line:
        line.begin("MAIL FROM:<a@b.example>")
        line.send(f"RCPT TO:<{FRIEND}>\r\n".encode() * 1010)
        told = [line.reply()[:9] for _ in range(1010)]
        assert set(told[:1000]) == {"250 OK"} or set(told[:1000]) == {"250 2.1.5"}
        assert set(told[1000:]) == {"452 4.5.3"}
        assert line.ask("DATA").startswith("354")
        assert line.ask("x\r\n.").startswith("250")


def test_errors_are_bounded(started: Callable[[str], Gate]) -> None:
    with Line(started("").port, "127.0.0.1") as line:
        line.begin()
        line.send(b"RCPT TO:<a b@\r\n" * 1100)
        told = ""
        while reply := line.reply():
            told = reply
        assert told.startswith("421 ")
