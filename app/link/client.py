"""Calls to the gate and what it tells: the only way the app has to the gate's data.

Nothing here ever waits: an answer comes to a callback, or `failed` says why there is none. It connects again by itself,
checks the protocol before anything else, and asks anew for all when it may have missed something. It launches nothing:
that is `keeper`.

    CONNECTING --hello, subscribe--> CONNECTED --goodbye, end--> ABSENT --retry--> (CONNECTED)
        |  nobody there --> ABSENT       |--------cut off-----> LOST --retry--> (CONNECTED)
        |  other protocol --> FOREIGN
"""

import logging
import secrets
import time
from datetime import datetime
from typing import Any

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from app.link.calls import SLOW, Call, CallFailed, Done, Failed, failure
from app.link.state import Connection, LinkState, shown
from app.link.transport import Transport
from gate.control import codec
from gate.control.messages import (
    METHODS,
    NAME,
    PROTOCOL,
    Change,
    Decision,
    Event,
    Form,
    Hello,
    ListsChanged,
    Nothing,
    Status,
    Subscribed,
)

__all__ = ["Call", "CallFailed", "Client"]

BACK_OFF = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds before each next try; the last one stays."""
ABSENT_SECONDS = 3.0
"""How often an absent gate is looked for: the command line may start one."""
EXPECT_SECONDS = 0.1
GREETING_SECONDS = 5.0
HEARTBEAT_SECONDS = 10.0
"""A connected gate that has been silent this long is asked for its status; if that takes as long again, it is lost."""
log = logging.getLogger(__name__)
ALWAYS = frozenset({"status", "stop", "quit"})
"""Methods that are the same for every protocol number."""


class Client(QObject):
    """The gate as the app sees it.

    Signals:
        linkChanged(LinkState): what is shown about the gate may have changed.
        status(Status): a new status (state, counters, warnings).
        decisions(list[Decision]): new rows of the log, oldest first.
        listsChanged(ListsChanged): accounts or entries changed, by whomever; `scopes` None: any.
        resync(): all that is shown may have changed unseen (first connection, after a loss, a gap): load again.
        undoChanged(): `undo` or `redo` changed.
        complaint(CallFailed): a call failed for which nobody listens.
    Attributes:
        state: LinkState now. latest: the last Status or None. undo, redo: the Change that they would take, or None.
        last_word: local time when the gate was last known to be there. hello: what it said of itself.
    """

    linkChanged = Signal(object)
    status = Signal(object)
    decisions = Signal(object)
    listsChanged = Signal(object)
    resync = Signal()
    undoChanged = Signal()
    complaint = Signal(object)

    def __init__(self, transport: Transport, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = LinkState.CONNECTING
        self.latest: Status | None = None
        self.undo: Change | None = None
        self.redo: Change | None = None
        self.last_word: datetime | None = None
        self.hello: Hello | None = None
        self._connection = Connection.CONNECTING
        self._transport = transport
        self._buffer = codec.LineBuffer()
        self._calls: dict[int, Call] = {}
        self._last_id = 0
        self._seq = 0
        self._goodbye = False
        self._expecting = False
        self._was_lost = False
        self._tries = 0
        self._heard = 0.0
        self._retry = QTimer(self, singleShot=True)
        self._greeting = QTimer(self, singleShot=True, interval=round(GREETING_SECONDS * 1000))
        self._watch = QTimer(self, interval=1000)
        self._connect_signals()

    def _connect_signals(self) -> None:
        self._transport.opened.connect(self._greeting.start)
        self._transport.received.connect(self._received)
        self._transport.ended.connect(self._ended)
        self._retry.timeout.connect(self._transport.open)
        self._greeting.timeout.connect(self._cut_off)
        self._watch.timeout.connect(self._look_at_clock)

    # ------------------------------------------------------------ for the app

    def call(
        self, method: str, params: Form, done: Done | None = None, failed: Failed | None = None, *,
        owner: QObject | None = None,
    ) -> Call:  # fmt: skip
        """Call `method` of `messages.METHODS`; `done` gets its result form.

        Without a connection `failed` follows from the event loop, never from inside this call. Without `failed` a
        failure is told by `complaint`. Name the `owner` where a callback is no method of the object that it needs:
        when that is deleted, nobody is called.
        """
        call = Call(method, done, failed or self.complaint.emit, owner)
        may = self._connection is Connection.CONNECTED or (self._connection is Connection.FOREIGN and method in ALWAYS)
        if not may:
            self._fail_later([call], failure("link.lost"))
            return call
        self._send(call, params)
        return call

    def connect_gate(self) -> None:
        """Look for the gate now; what is shown stays, or is connecting if nothing was known."""
        self._tries = 0
        self._retry.stop()
        if self._connection not in (Connection.CONNECTED, Connection.FOREIGN):
            self._reset()
            self._transport.open()

    def expect(self) -> None:
        """A gate was launched: look for it again and again until it answers or `give_up`."""
        self._expecting = True
        self._was_lost = self._connection is Connection.LOST
        self._become(Connection.CONNECTING)
        self.connect_gate()

    def give_up(self) -> None:
        """Stop expecting: nobody is there, or it is as lost as before. It is still looked for now and then."""
        self._expecting = False
        self._transport.close()
        self._reset()
        self._become(Connection.LOST if self._was_lost else Connection.ABSENT)
        self._try_in(ABSENT_SECONDS)

    def ended(self, pid: int) -> bool:
        """That gate process has ended for certain. True: it was the one that answered last, and said no goodbye."""
        if self.latest is None or self.latest.pid != pid or self._goodbye:
            return False
        self._goodbye = True
        self._was_lost = False
        if self._connection in (Connection.CONNECTED, Connection.FOREIGN):
            self._cut_off()
        elif self._connection is Connection.LOST:
            self._become(Connection.ABSENT)
            self._try_in(ABSENT_SECONDS)
        return self._connection is Connection.ABSENT

    def disconnect_gate(self) -> None:
        """The window ends: cut the connection and look no more."""
        self._retry.stop()
        self._transport.close()
        for call in self._calls.values():
            call.cancel()
        self._reset()

    def seconds_to_retry(self) -> int | None:
        """Seconds until it is tried again; None when no try is planned."""
        return max(0, round(self._retry.remainingTime() / 1000)) if self._retry.isActive() else None

    # ------------------------------------------------------------ the connection

    def _become(self, connection: Connection) -> None:
        self._connection = connection
        self.state = shown(connection, self.latest.state if self.latest is not None else None)
        self.linkChanged.emit(self.state)

    def _try_in(self, seconds: float) -> None:
        self._retry.start(round(seconds * 1000))

    def _cut_off(self) -> None:
        """The other end is silent: end it from here."""
        self._transport.close()
        self._ended()

    def _reset(self) -> None:
        """Nothing of the last connection reaches into the next one: no clock, no half line, no call."""
        self._greeting.stop()
        self._watch.stop()
        self._buffer = codec.LineBuffer()
        calls, self._calls = list(self._calls.values()), {}
        self._fail_later(calls, failure("link.lost"))

    def _ended(self) -> None:
        self._reset()
        was = self._connection
        if was in (Connection.CONNECTED, Connection.FOREIGN):
            self.last_word = datetime.now().astimezone()
            self._become(Connection.ABSENT if self._goodbye else Connection.LOST)
        elif was is Connection.CONNECTING and not self._expecting:
            self._become(Connection.ABSENT)
        if self._expecting:
            self._try_in(EXPECT_SECONDS)
        elif self._connection is Connection.LOST:
            self._try_in(BACK_OFF[min(self._tries, len(BACK_OFF) - 1)])
            self._tries += 1
            self.linkChanged.emit(self.state)
        else:
            self._try_in(ABSENT_SECONDS)

    def _greeted(self, hello: Hello) -> None:
        if hello.name != NAME:
            self._cut_off()
            return
        self._greeting.stop()
        self.hello = hello
        self._goodbye = self._expecting = self._was_lost = False
        self._tries = 0
        self._heard = time.monotonic()
        self._watch.start()
        if hello.protocol != PROTOCOL:
            self._become(Connection.FOREIGN)
            return
        self._transport.write(codec.encode_hello(Hello(name="irusu", version=hello.version)))
        self._subscribe()

    def _subscribe(self) -> None:
        self._send(Call("subscribe", self._subscribed, self._not_subscribed), Nothing())

    def _not_subscribed(self, why: CallFailed) -> None:
        if why.code != "link.lost":
            self._cut_off()

    def _subscribed(self, found: Subscribed) -> None:
        self._seq = found.seq
        self.latest = found.status
        self._become(Connection.CONNECTED)
        self.status.emit(found.status)
        self._set_undo(found.undo, found.redo)
        self.resync.emit()

    # ------------------------------------------------------------ calls

    def _send(self, call: Call, params: Form) -> None:
        self._last_id += 1
        try:
            line = codec.encode_request(self._last_id, call.method, params)
        except codec.CodecError as problem:
            self._fail_later([call], failure(problem.code, dict(problem.params), str(problem)))
            return
        self._calls[self._last_id] = call
        self._transport.write(line)

    def _fail_later(self, calls: list[Call], why: CallFailed) -> None:
        for call in calls:
            QTimer.singleShot(0, self, lambda call=call: call.fail(why))

    def _look_at_clock(self) -> None:
        """Once a second: a call that takes too long, and a gate that has been silent too long.

        The gate answers one call after the other, so only the first one's time runs, and one that may take long is
        no silence.
        """
        now = time.monotonic()
        number = next(iter(self._calls), 0)
        if number and self._calls[number].overdue(now):
            self._calls.pop(number).fail(failure("link.timeout"))
        if any(call.method in SLOW for call in self._calls.values()):
            return
        if not self._calls and now - self._heard > HEARTBEAT_SECONDS:
            self._send(Call("status", None, lambda _why: None), Nothing())
        elif now - self._heard > 2 * HEARTBEAT_SECONDS:
            self._cut_off()

    # ------------------------------------------------------------ what comes

    def _received(self, data: bytes) -> None:
        self._heard = time.monotonic()
        self.last_word = datetime.now().astimezone()
        try:
            buffer = self._buffer
            for line in buffer.feed(data):
                self._take(codec.decode_incoming(line))
                if self._buffer is not buffer:  # it was cut off meanwhile
                    return
        except codec.CodecError:
            self._cut_off()

    def _take(self, message: codec.Incoming) -> None:
        """One message. A callback of the app that fails is told by reference, and costs no other message."""
        try:
            self._message(message)
        except codec.CodecError:
            raise
        except Exception:  # the outermost edge of all callbacks
            reference = secrets.token_hex(4)
            log.exception("What the gate told was not taken in; reference %s", reference)
            self.complaint.emit(failure("link.fault", {"reference": reference}))

    def _message(self, message: codec.Incoming) -> None:
        if message.method == "hello":
            hello = codec.decode_as(message.params, Hello)
            if isinstance(hello, Hello):
                self._greeted(hello)
        elif message.method == "event":
            event = codec.decode_as(message.params, Event)
            if isinstance(event, Event):
                self._event(event)
        elif message.method is None and isinstance(message.id, int):
            self._answer(message.id, message)

    def _answer(self, number: int, message: codec.Incoming) -> None:
        call = self._calls.pop(number, None)
        if call is None:
            return
        if message.error is not None:
            data = message.error.data
            code = data.code if data is not None else "link.internal"
            params = dict(data.params) if data is not None else {"text": message.error.message}
            call.fail(failure(code, params, message.error.message))
            return
        try:
            result = codec.decode_as(message.result, METHODS[call.method].result)
        except codec.CodecError:
            call.fail(failure("link.answer"))
            return
        if isinstance(result, Status):
            self._goodbye = self._goodbye or call.method == "quit"
            self._take_status(result)
        call.finish(result)

    def _event(self, event: Event) -> None:
        missed = event.seq > self._seq + 1
        if event.seq <= self._seq and event.kind != "resync":
            return
        self._seq = event.seq
        if missed or event.kind == "resync":
            self._subscribe()
            return
        try:
            self._tell(event.kind, event.data)
        except msgspec.ValidationError:
            self._subscribe()

    def _tell(self, kind: str, data: Any) -> None:
        if kind == "state":
            self._take_status(msgspec.convert(data, Status))
        elif kind == "decisions":
            self.decisions.emit(msgspec.convert(data, list[Decision]))
        elif kind == "lists":
            changed = msgspec.convert(data, ListsChanged)
            self._set_undo(changed.undo, changed.redo)
            self.listsChanged.emit(changed)

    def _take_status(self, status: Status) -> None:
        self.latest = status
        self._goodbye = self._goodbye or status.state == "not running"
        self._become(self._connection)
        self.status.emit(status)

    def _set_undo(self, undo: Change | None, redo: Change | None) -> None:
        self.undo, self.redo = undo, redo
        self.undoChanged.emit()
