"""The mission, over raw sockets, with a real gate process and its built-in mail server.

`user1@localhost` writes to `user2@localhost` and is delivered. After `irusu-gate deny`, while the gate runs, the next
session gets at RCPT TO what anyone gets who writes to an account that does not exist. `user3@localhost` still gets in.
"""

import socket
from pathlib import Path

import pytest

from tests.wire.gate_process import SECONDS, Gate, Home

BODY = b"Subject: Dinner\r\n\r\nAt eight?\r\n..dots stay\r\n"


class Session:
    """A client that writes bytes and keeps what it hears."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), SECONDS)
        self._replies = self._socket.makefile("rb")
        assert self.reply().startswith(b"220 ")

    def reply(self) -> bytes:
        whole = b""
        while line := self._replies.readline():
            whole += line
            if line[3:4] == b" ":
                return whole
        raise AssertionError(f"the connection ended after {whole!r}")

    def say(self, command: bytes) -> bytes:
        self._socket.sendall(command + b"\r\n")
        return self.reply()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def close(self) -> None:
        assert self.say(b"QUIT").startswith(b"221 ")
        self._replies.close()
        self._socket.close()


def begin(gate: Gate, sender: bytes) -> Session:
    session = Session(gate.port)
    assert session.say(b"EHLO client.example").startswith(b"250")
    assert session.say(b"MAIL FROM:<" + sender + b">").startswith(b"250 ")
    return session


def to_recipient(gate: Gate, sender: bytes, recipient: bytes) -> bytes:
    session = begin(gate, sender)
    reply = session.say(b"RCPT TO:<" + recipient + b">")
    session.close()
    return reply


def deliver(gate: Gate, sender: bytes, *recipients: bytes) -> list[bytes]:
    """Write a message; tells the replies to RCPT."""
    session = begin(gate, sender)
    replies = [session.say(b"RCPT TO:<" + recipient + b">") for recipient in recipients]
    assert session.say(b"DATA").startswith(b"354 ")
    session.send(BODY)
    assert session.say(b".").startswith(b"250 ")
    session.close()
    return replies


def mailbox(home: Home, account: str) -> list[bytes]:
    folder = home.path / "data" / "mail" / account / "new"
    return [path.read_bytes() for path in sorted(folder.iterdir())] if folder.exists() else []


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.done("account", "add", "user2@localhost")
    return home


def test_the_two_sessions_of_the_mission(home):
    with home.gate() as gate:
        assert deliver(gate, b"user1@localhost", b"user2@localhost")[0].startswith(b"250 ")
        expected = (
            b"Return-Path: <user1@localhost>\nDelivered-To: user2@localhost\nSubject: Dinner\n\nAt eight?\n.dots stay\n"
        )
        assert mailbox(home, "user2@localhost") == [expected]

        unknown = to_recipient(gate, b"user1@localhost", b"nobody@localhost")
        assert unknown.startswith(b"550 ")
        home.done("deny", "user2@localhost", "user1@localhost")
        refused = to_recipient(gate, b"user1@localhost", b"user2@localhost")
        assert refused == unknown.replace(b"nobody", b"user2")
        assert to_recipient(gate, b"USER1@LocalHost", b"User2@localhost") == unknown.replace(b"nobody", b"User2")

        assert deliver(gate, b"user3@localhost", b"user2@localhost")[0].startswith(b"250 ")
        assert len(mailbox(home, "user2@localhost")) == 2

        home.done("undo")
        assert to_recipient(gate, b"user1@localhost", b"user2@localhost").startswith(b"250 ")
        home.done("redo")
        assert to_recipient(gate, b"user1@localhost", b"user2@localhost") == refused
        home.done("pause")
        assert to_recipient(gate, b"user1@localhost", b"user2@localhost").startswith(b"250 ")
        home.done("start")
        assert to_recipient(gate, b"user1@localhost", b"user2@localhost") == refused


@pytest.mark.parametrize("pipelined", [False, True])
def test_a_refused_recipient_beside_an_accepted_one(home, pipelined):
    home.done("account", "add", "user3@localhost")
    home.done("deny", "user2@localhost", "user1@localhost")
    with home.gate() as gate:
        if pipelined:
            session = Session(gate.port)
            assert session.say(b"EHLO client.example").startswith(b"250")
            session.send(
                b"MAIL FROM:<user1@localhost>\r\nRCPT TO:<user2@localhost>\r\nRCPT TO:<user3@localhost>\r\nDATA\r\n"
            )
            codes = [session.reply()[:3] for _ in range(4)]
            session.send(BODY)
            assert session.say(b".").startswith(b"250 ")
            session.close()
        else:
            replies = deliver(gate, b"user1@localhost", b"user2@localhost", b"user3@localhost")
            codes = [b"250", *(reply[:3] for reply in replies), b"354"]
    assert codes == [b"250", b"550", b"250", b"354"]
    assert len(mailbox(home, "user3@localhost")) == 1
    assert [path.name for path in (home.path / "data" / "mail").iterdir()] == ["user3@localhost"]


def test_the_gate_is_no_relay(home):
    home.done("deny", "user2@localhost", "user1@localhost")
    with home.gate() as gate:
        for recipient in (b"x@elsewhere.example", b"x%elsewhere.example@localhost", b"elsewhere.example!x@localhost"):
            for sender in (b"user1@localhost", b"user3@localhost"):
                reply = to_recipient(gate, sender, recipient)
                assert reply.startswith(b"554 5.7.1 "), (recipient, reply)


def test_only_an_account_mode_or_entry_refuses(home):
    home.done("account", "set", "user2@localhost", "--mode", "allow")
    home.done("allow", "user2@localhost", "@friends.example")
    home.done("account", "add", "shut@localhost", "--mode", "closed")
    home.done("account", "add", "seen@localhost", "--watch")
    home.done("deny", "*", "keyword:casino")
    with home.gate() as gate:
        unknown = to_recipient(gate, b"a@friends.example", b"nobody@localhost")
        for sender, recipient, comes in (
            (b"a@friends.example", b"user2@localhost", True),
            (b"a@strangers.example", b"user2@localhost", False),
            (b"", b"user2@localhost", True),
            (b"a@friends.example", b"shut@localhost", False),
            (b"", b"shut@localhost", False),
            (b"my-casino@a.example", b"seen@localhost", True),
        ):
            reply = to_recipient(gate, sender, recipient)
            name = recipient.partition(b"@")[0]
            assert reply.startswith(b"250 ") if comes else reply == unknown.replace(b"nobody", name), (
                sender,
                recipient,
            )
    would = [row["would"] for row in home.json("log") if row["recipient"] == "seen@localhost"]
    assert would == ["refuse"]
