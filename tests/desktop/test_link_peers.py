"""What answers on the socket may be another version, no gate at all, or garbage: the window stays calm and says so.

The peer here plays what no gate of ours would send; everything a real gate does is tested against a real one.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.link.client import Client
from app.link.state import LinkState
from app.link.transport import LocalTransport
from gate.control import codec
from gate.control.messages import PROTOCOL, Changed, Event, Hello, ListsChanged, Nothing, Status, Subscribed, UndoQuery

SECONDS = 30_000


class Peer:
    """Listens where a gate would, and says what it is told to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.server = QLocalServer()
        assert self.server.listen(str(path)), self.server.errorString()
        self.way: QLocalSocket | None = None
        self.heard: list[codec.Incoming] = []
        self.greeting = codec.encode_hello(Hello(version="9"))
        self.status = Status(state="guarding", pid=1)
        self.seq = 0
        self.silent: set[str] = set()
        self._buffer = codec.LineBuffer()
        self.server.newConnection.connect(self._connected)

    def _connected(self) -> None:
        way = self.way = self.server.nextPendingConnection()
        self._buffer = codec.LineBuffer()
        way.readyRead.connect(self._read)
        way.write(self.greeting)

    def _read(self) -> None:
        assert self.way is not None
        for line in self._buffer.feed(self.way.readAll().data()):
            message = codec.decode_incoming(line)
            self.heard.append(message)
            if message.method in self.silent:
                continue
            if message.method == "subscribe":
                self.say(codec.encode_result(message.id, Subscribed(seq=self.seq, status=self.status)))
            elif message.method in ("quit", "status"):
                self.say(codec.encode_result(message.id, self.status))

    def say(self, data: bytes) -> None:
        assert self.way is not None
        self.way.write(data)

    def asked(self, method: str) -> int:
        return sum(message.method == method for message in self.heard)

    def hang_up(self) -> None:
        assert self.way is not None
        self.way.abort()


@pytest.fixture
def peer(qapp: QApplication, tmp_path: Path) -> Iterator[Peer]:
    short = Path(os.path.relpath(tmp_path)) if len(str(tmp_path)) > 80 else tmp_path
    peer = Peer(short / "control.sock")
    yield peer
    peer.server.close()


@pytest.fixture
def client(peer: Peer) -> Iterator[Client]:
    client = Client(LocalTransport(lambda: [peer.path.parent / "nobody.sock", peer.path]))
    yield client
    client.disconnect_gate()


def reaches(qtbot: QtBot, client: Client, state: LinkState) -> None:
    qtbot.waitUntil(lambda: client.state is state, timeout=SECONDS)


def test_another_protocol_is_never_asked_more_than_it_must_know(qtbot: QtBot, peer: Peer, client: Client) -> None:
    peer.greeting = codec.encode_hello(Hello(version="9", protocol=PROTOCOL + 1))
    client.connect_gate()
    reaches(qtbot, client, LinkState.FOREIGN)
    failed: list[object] = []
    client.call("account.list", Nothing(), None, failed.append)
    qtbot.waitUntil(lambda: bool(failed), timeout=SECONDS)
    assert peer.heard == []
    client.call("quit", Nothing())
    qtbot.waitUntil(lambda: peer.asked("quit") == 1, timeout=SECONDS)
    peer.hang_up()
    reaches(qtbot, client, LinkState.NOT_RUNNING)


def test_what_is_no_gate_is_left_alone(qtbot: QtBot, peer: Peer, client: Client) -> None:
    peer.greeting = codec.encode_hello(Hello(name="something-else", version="9"))
    client.connect_gate()
    reaches(qtbot, client, LinkState.NOT_RUNNING)
    assert peer.heard == []


GARBAGE = (b"\xff\xfe garbage\n", b"[1]\n", b'{"method":"hello","params":7}\n', b"x" * 5_000_000)


@pytest.mark.parametrize("garbage", GARBAGE, ids=["bytes", "list", "hello", "flood"])
def test_garbage_ends_the_connection(qtbot: QtBot, peer: Peer, client: Client, garbage: bytes) -> None:
    client.connect_gate()
    reaches(qtbot, client, LinkState.GUARDING)
    peer.say(garbage)
    reaches(qtbot, client, LinkState.LOST)
    assert client.seconds_to_retry() is not None
    reaches(qtbot, client, LinkState.GUARDING)


def test_a_gap_in_the_events_asks_for_all_anew(qtbot: QtBot, peer: Peer, client: Client) -> None:
    client.connect_gate()
    with qtbot.waitSignal(client.resync, timeout=SECONDS):
        pass
    data = msgspec.to_builtins(ListsChanged(scopes=["*"]))
    with qtbot.waitSignal(client.listsChanged, timeout=SECONDS):
        peer.say(codec.encode_event(Event(seq=1, kind="lists", data=data)))
    assert peer.asked("subscribe") == 1
    peer.seq = 3
    with qtbot.waitSignal(client.resync, timeout=SECONDS), qtbot.assertNotEmitted(client.listsChanged):
        peer.say(codec.encode_event(Event(seq=3, kind="lists", data=data)))
    assert peer.asked("subscribe") == 2
    with qtbot.waitSignal(client.resync, timeout=SECONDS):
        peer.say(codec.encode_event(Event(seq=3, kind="resync")))
    assert peer.asked("subscribe") == 3


def test_unknown_events_and_late_answers_hurt_nobody(qtbot: QtBot, peer: Peer, client: Client) -> None:
    client.connect_gate()
    reaches(qtbot, client, LinkState.GUARDING)
    peer.say(b'{"jsonrpc":"2.0","id":999,"result":{}}\n{"jsonrpc":"2.0","method":"news","params":{}}\n')
    peer.say(codec.encode_event(Event(seq=1, kind="leak", data={"anything": 1})))
    peer.say(codec.encode_event(Event(seq=2, kind="state", data=msgspec.to_builtins(Status(state="open")))))
    reaches(qtbot, client, LinkState.OPEN)


def test_a_call_that_takes_too_long_fails_alone(
    qtbot: QtBot, peer: Peer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.link.calls.SECONDS", 0.2)
    client.connect_gate()
    reaches(qtbot, client, LinkState.GUARDING)
    failed: list[object] = []
    client.call("check", Nothing(), None, failed.append)
    qtbot.waitUntil(lambda: bool(failed), timeout=SECONDS)
    assert getattr(failed[0], "code", "") == "link.timeout"
    assert client.state is LinkState.GUARDING


def test_a_stale_subscription_never_cuts_the_next_connection(
    qtbot: QtBot, peer: Peer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked for again while the first answer was still awaited."""
    monkeypatch.setattr("app.link.client.HEARTBEAT_SECONDS", 0.4)
    peer.silent = {"subscribe"}
    client.connect_gate()
    qtbot.waitUntil(lambda: peer.asked("subscribe") == 1, timeout=SECONDS)
    peer.silent = set()
    client.connect_gate()
    reaches(qtbot, client, LinkState.GUARDING)
    with qtbot.assertNotEmitted(client.linkChanged, wait=1):
        assert list(client._calls) == []
    qtbot.waitUntil(lambda: peer.asked("status") >= 3, timeout=SECONDS)  # heartbeats, over the same connection
    assert peer.asked("subscribe") == 2
    assert client.state is LinkState.GUARDING


def test_giving_up_leaves_nothing_behind(qtbot: QtBot, peer: Peer, client: Client) -> None:
    peer.silent = {"subscribe"}
    client.connect_gate()
    qtbot.waitUntil(lambda: peer.asked("subscribe") == 1, timeout=SECONDS)
    client.give_up()
    assert client._calls == {} and not client._watch.isActive()
    assert client.state is LinkState.NOT_RUNNING


def test_a_call_behind_a_slow_one_has_time(
    qtbot: QtBot, peer: Peer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate answers one call after the other."""
    monkeypatch.setattr("app.link.calls.SECONDS", 0.0)
    monkeypatch.setattr("app.link.client.HEARTBEAT_SECONDS", 0.2)
    client.connect_gate()
    reaches(qtbot, client, LinkState.GUARDING)
    peer.silent = {"undo", "check"}
    got: list[object] = []
    client.call("undo", UndoQuery(), None, lambda _why: got.append("undo failed"))
    client.call("check", Nothing(), None, lambda _why: got.append("check failed"))
    for _ in range(2):
        with qtbot.waitSignal(client._watch.timeout, timeout=SECONDS):
            pass
    assert got == [] and client.state is LinkState.GUARDING
    undo = next(message for message in peer.heard if message.method == "undo")
    peer.say(codec.encode_result(undo.id, Changed()))
    qtbot.waitUntil(lambda: got == ["check failed"], timeout=SECONDS)
