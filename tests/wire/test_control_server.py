"""The control socket under good and bad clients, over a real socket."""

import asyncio
import contextlib
import json
import os
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gate.control import peer as served
from gate.control import server as control
from gate.control import transport
from gate.control.messages import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    LINE_LIMIT,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    REFUSED,
    Check,
    CheckQuery,
    Form,
    Nothing,
    Status,
    Subscribed,
)
from gate.control.server import ControlServer
from gate.errors import Fault
from gate.events import Events

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="a Unix socket")

SECONDS = 20.0


class Refusal(Fault):
    texts = {"test.refused": "not {what}"}


class Desk:
    """Answers calls; notes by whom."""

    def __init__(self) -> None:
        self.by: list[str] = []
        self.subscribing = asyncio.Event()
        self.hold = asyncio.Event()
        self.hold.set()

    async def answer(self, method: str, params: Form, by: str) -> Form:
        self.by.append(by)
        if method == "subscribe":
            self.subscribing.set()
            await self.hold.wait()
            return Subscribed(seq=0, status=Status(state="open"))
        if method == "undo":
            raise Refusal("test.refused", what="that")
        if method == "redo":
            raise RuntimeError("secret inner working")
        if method == "check":
            assert isinstance(params, CheckQuery)
            return Check(verdict="accept", because="none", account=params.sender)
        return Nothing() if method == "quit" else Status(state="guarding", pid=1)


class Peer:
    """A client that speaks raw lines."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def line(self) -> dict[str, Any]:
        raw = await asyncio.wait_for(self.reader.readuntil(b"\n"), SECONDS)
        found: dict[str, Any] = json.loads(raw)
        return found

    async def ended(self) -> bool:
        return await asyncio.wait_for(self.reader.read(), SECONDS) == b""

    def send(self, raw: bytes) -> None:
        self.writer.write(raw)

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        self.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
        while "method" in (found := await self.line()):
            pass
        return found


class Room:
    """The server and its clients."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.desk = Desk()
        self.events = Events()
        self.server = ControlServer(self.desk.answer, self.events)
        self.peers: list[Peer] = []

    async def peer(self, greeted: bool = True) -> Peer:
        found = Peer(*await asyncio.open_unix_connection(self.path, limit=2 * LINE_LIMIT))
        self.peers.append(found)
        if greeted:
            assert (await found.line())["method"] == "hello"
        return found


@contextlib.asynccontextmanager
async def room(path: Path) -> AsyncIterator[Room]:
    found = Room(path)
    await found.server.open(transport.listen(path))
    try:
        yield found
    finally:
        await found.server.close()
        for peer in found.peers:
            peer.writer.close()
            with contextlib.suppress(OSError):
                await peer.writer.wait_closed()


def play(path: Path, story: Callable[[Room], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with asyncio.timeout(60), room(path) as found:
            await story(found)

    asyncio.run(whole())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


def test_greets_answers_and_refuses(path):
    async def story(found: Room) -> None:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        peer = Peer(*await asyncio.open_unix_connection(path))
        found.peers.append(peer)
        hello = await peer.line()
        assert hello["params"]["name"] == "irusu-gate"
        assert hello["params"]["protocol"] == 1
        assert (await peer.call("check", sender="a@b", recipient="c@d"))["result"]["account"] == "a@b"
        error = (await peer.call("undo"))["error"]
        assert error == {
            "code": REFUSED,
            "message": "not that",
            "data": {"code": "test.refused", "params": {"what": "that"}},
        }
        assert (await peer.call("nothing"))["error"]["code"] == METHOD_NOT_FOUND

    play(path, story)


def test_an_inner_error_is_told_by_a_reference_only(path, caplog):
    async def story(found: Room) -> None:
        error = (await (await found.peer()).call("redo"))["error"]
        assert error["code"] == INTERNAL_ERROR
        assert "secret" not in json.dumps(error)
        assert error["data"]["params"]["reference"] in caplog.text
        assert "secret inner working" in caplog.text

    play(path, story)


def test_changes_are_made_by_who_said_hello(path):
    async def story(found: Room) -> None:
        peer = await found.peer()
        await peer.call("status")
        peer.send(b'{"jsonrpc":"2.0","method":"hello","params":{"name":"irusu-gate","version":"1"}}\n')
        await peer.call("status")
        peer.send(b'{"jsonrpc":"2.0","method":"hello","params":{"name":"irusu","version":"1"}}\n')
        await peer.call("status")
        assert found.desk.by == ["app", "cli", "app"]

    play(path, story)


def test_a_notification_gets_no_answer(path):
    async def story(found: Room) -> None:
        peer = await found.peer()
        peer.send(b'{"jsonrpc":"2.0","method":"status"}\n{"jsonrpc":"2.0","id":9,"method":"status"}\n')
        assert (await peer.line())["id"] == 9
        peer.send(b'{"jsonrpc":"2.0","id":null,"method":"status"}\n')
        answer = await peer.line()
        assert (answer["id"], answer["result"]["pid"]) == (None, 1), "an id that is null is an id"

    play(path, story)


def test_garbage_gets_errors_and_then_the_door(path):
    async def story(found: Room) -> None:
        bad, good = await found.peer(), await found.peer()
        bad.send(b"GET / HTTP/1.1\n" * 10)
        for _ in range(10):
            assert (await bad.line())["error"]["code"] == PARSE_ERROR
        assert (await bad.call("status"))["result"]["pid"] == 1, "a few are forgiven"
        bad.send(b"\xff\n" * 100)
        for _ in range(served.GARBAGE_LIMIT):
            await bad.line()
        with contextlib.suppress(ConnectionResetError):
            assert await bad.ended()
        assert (await good.call("status"))["result"]["pid"] == 1

    play(path, story)


def test_a_line_without_end_is_cut_off(path):
    async def story(found: Room) -> None:
        bad, good = await found.peer(), await found.peer()
        bad.send(b"x" * (LINE_LIMIT + 1))
        assert (await bad.line())["error"]["code"] == INVALID_REQUEST
        with contextlib.suppress(ConnectionResetError):
            assert await bad.ended()
        assert (await good.call("status"))["result"]["pid"] == 1

    play(path, story)


def test_half_a_line_and_silence_hurt_nobody(path):
    async def story(found: Room) -> None:
        half, good = await found.peer(), await found.peer()
        half.send(b'{"jsonrpc":"2.0","id":1,')
        await half.writer.drain()
        assert (await good.call("status"))["result"]["pid"] == 1
        half.send(b'"method":"status"}\n')
        assert (await half.line())["result"]["pid"] == 1

    play(path, story)


def test_a_flood_leaves_room_for_others(path):
    async def story(found: Room) -> None:
        flood, good = await found.peer(), await found.peer()

        async def pour() -> None:
            while True:
                flood.send(b'{"jsonrpc":"2.0","id":1,"method":"status"}\n' * 1000)
                await flood.writer.drain()

        pouring = asyncio.create_task(pour())
        for _ in range(50):
            assert (await good.call("status"))["result"]["pid"] == 1
        pouring.cancel()
        await asyncio.gather(pouring, return_exceptions=True)
        flood.writer.transport.abort()

    play(path, story)


def test_silent_clients_make_room_and_listeners_stay(path, monkeypatch):
    monkeypatch.setattr(control, "CLIENT_LIMIT", 4)

    async def story(found: Room) -> None:
        listener = await found.peer()
        await listener.call("subscribe")
        silent = [await found.peer() for _ in range(3)]
        late = await found.peer()
        assert (await late.call("status"))["result"]["pid"] == 1
        with contextlib.suppress(ConnectionResetError):
            assert await silent[0].ended()
        found.events.publish("lists", None)
        assert (await listener.line())["params"]["kind"] == "lists"

    play(path, story)


def test_listeners_never_shut_the_owner_out(path, monkeypatch):
    monkeypatch.setattr(control, "CLIENT_LIMIT", 4)

    async def story(found: Room) -> None:
        listeners = [await found.peer() for _ in range(4)]
        for each in listeners:
            await each.call("subscribe")
        listeners[2].writer.transport.pause_reading()
        for _ in range(40):
            found.events.publish("decisions", ["x" * 100_000])
            await listeners[3].line()
        late = await found.peer()
        assert (await late.call("stop"))["result"]["pid"] == 1
        listeners[2].writer.transport.resume_reading()
        with contextlib.suppress(ConnectionResetError):
            while await asyncio.wait_for(listeners[2].reader.read(1 << 20), SECONDS):
                pass
        found.events.publish("lists", None)
        assert (await listeners[3].line())["params"]["kind"] == "lists", "who reads stays"

    play(path, story)


def test_where_all_are_busy_another_is_told_why_it_is_not_served(path, monkeypatch):
    monkeypatch.setattr(control, "CLIENT_LIMIT", 2)

    async def story(found: Room) -> None:
        busy = [await found.peer() for _ in range(2)]
        found.desk.hold.clear()
        for each in busy:
            each.send(b'{"jsonrpc":"2.0","id":5,"method":"subscribe","params":{}}\n')
            await found.desk.subscribing.wait()
            found.desk.subscribing.clear()
        late = await found.peer(greeted=False)
        told = await late.line()
        assert (told["id"], told["error"]["data"]) == (None, {"code": "control.full", "params": {"limit": 2}})
        assert await late.ended()
        found.desk.hold.set()
        assert [(await each.line())["id"] for each in busy] == [5, 5]

    play(path, story)


def test_a_listener_that_reads_nothing_is_cut_off(path, monkeypatch):
    monkeypatch.setattr(served, "WRITE_SECONDS", 0.2)

    async def story(found: Room) -> None:
        dead, quick = await found.peer(), await found.peer()
        await dead.call("subscribe")
        await quick.call("subscribe")
        dead.writer.transport.pause_reading()
        for _ in range(40):
            found.events.publish("decisions", ["x" * 100_000])
            await quick.line()
        async with asyncio.timeout(SECONDS):
            while found.server.clients > 1:
                await quick.call("status")
        dead.writer.transport.resume_reading()
        with contextlib.suppress(ConnectionResetError):
            while await asyncio.wait_for(dead.reader.read(1 << 20), SECONDS):
                pass

    play(path, story)


def test_nothing_is_lost_between_asking_and_listening(path):
    async def story(found: Room) -> None:
        peer, other = await found.peer(), await found.peer()
        found.events.publish("lists", None)
        await other.call("status")
        found.desk.hold.clear()
        peer.send(b'{"jsonrpc":"2.0","id":5,"method":"subscribe","params":{}}\n')
        await found.desk.subscribing.wait()
        found.events.publish("decisions", [])
        await other.call("status")
        found.desk.hold.set()
        answer = await peer.line()
        assert (answer["id"], answer["result"]["seq"]) == (5, 1)
        event = (await peer.line())["params"]
        assert (event["seq"], event["kind"]) == (2, "decisions")

    play(path, story)


def test_events_come_from_any_thread_in_order(path):
    async def story(found: Room) -> None:
        peer = await found.peer()
        await peer.call("subscribe")

        def publish() -> None:
            for number in range(100):
                found.events.publish("decisions", [number])

        await asyncio.to_thread(publish)
        told = [(await peer.line())["params"] for _ in range(100)]
        assert [event["data"] for event in told] == [[number] for number in range(100)]
        assert [event["seq"] for event in told] == list(range(1, 101))

    play(path, story)


def test_who_does_not_read_gets_one_resync_and_the_rest_goes_on(path):
    async def story(found: Room) -> None:
        slow, quick = await found.peer(), await found.peer()
        await slow.call("subscribe")
        await quick.call("subscribe")
        slow.writer.transport.pause_reading()
        for _ in range(64):
            found.events.publish("decisions", ["x" * 100_000])
            await quick.line()
        slow.writer.transport.resume_reading()
        kinds = []
        while "resync" not in kinds:
            event = (await slow.line())["params"]
            kinds.append(event["kind"])
        assert len(kinds) < 64
        assert event["seq"] == 64
        found.events.publish("lists", None)
        event = (await slow.line())["params"]
        assert (event["kind"], event["seq"]) == ("lists", 65)

    play(path, story)


def test_an_event_too_long_to_send_is_a_resync(path):
    async def story(found: Room) -> None:
        peer = await found.peer()
        await peer.call("subscribe")
        found.events.publish("decisions", ["x" * LINE_LIMIT])
        assert (await peer.line())["params"]["kind"] == "resync"

    play(path, story)


def test_the_socket_of_a_dead_gate_is_replaced(path):
    transport.listen(path).close()
    assert path.is_socket()

    async def story(found: Room) -> None:
        assert (await (await found.peer()).call("status"))["result"]["pid"] == 1

    play(path, story)


def test_a_file_in_the_way_is_one_line_and_stays(path):
    path.write_text("mine")
    with pytest.raises(transport.TransportError, match="cannot be opened"):
        transport.listen(path)
    assert path.read_text() == "mine"


def test_answers_under_way_are_written_before_the_end(path):
    async def story(found: Room) -> None:
        peer = await found.peer()
        found.desk.hold.clear()
        peer.send(b'{"jsonrpc":"2.0","id":5,"method":"subscribe","params":{}}\n')
        await found.desk.subscribing.wait()
        closing = asyncio.create_task(found.server.close())
        await asyncio.sleep(0)
        found.desk.hold.set()
        assert (await peer.line())["id"] == 5
        assert await peer.ended()
        await closing

    play(path, story)
