"""One client's session: the transports of its two ends, their back-pressure, its timers. Thin: `dialogue` decides.

It never looks into what it carries, and never holds more of it than the transports' bounded buffers: a message is
written to the backend as it comes, and whoever is not read from must wait.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Sequence
from functools import partial
from time import monotonic
from typing import cast

from gate import trouble
from gate.backend.client_address import ClientAddress
from gate.backend.connection import Connection
from gate.backend.decoy import decoy_for
from gate.backend.reply import Reply
from gate.backend.target import BackendError
from gate.smtp import actions, wording
from gate.smtp.dialogue import Dialogue, Phase
from gate.smtp.house import House
from gate.smtp.introduction import Begin
from gate.smtp.phases import MESSAGE
from gate.smtp.proxied import Proxied
from gate.smtp.settings import contains
from gate.smtp.timing import Overdue, Watch

UNREAD_LIMIT = 65_536
"""Octets of commands that wait for the backend before the client is no longer read."""
LINGER_SECONDS = 3.0
"""After the last reply: how long the client may take to read it and to close."""
_TLS = Phase.TLS
"""As in `dialogue`: for each packet."""

log = logging.getLogger(__name__)


class Session(asyncio.Protocol):
    """A client's connection, and the backend connection that belongs to it alone.

    Attributes:
        client: the true client's address.
        dialogue: what was said so far.
        admitted: past a proxy's introduction: `client` is the true one and `dialogue` is there.
        touched: monotonic time at which the client got on last: a command, a piece of a message, a reply that it waited
            for (the loop's own time is too coarse to tell who was idle longest).
    """

    client: ClientAddress
    dialogue: Dialogue

    def __init__(self, house: House) -> None:
        self._house = house
        self._settings = house.settings
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._backend: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._proxied: Proxied | None = None
        self._early = b""
        self.admitted = self._gone = self._tls = self._eof = False
        self._backend_full = self._client_full = self._paused = False
        self.touched = self._heard = monotonic()
        self._octets = 0
        self._watch = Watch(self._settings.limits, self.touched)

    # ---- the client's transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer, here = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        if not peer or not here:  # the client was gone before it was there
            self._transport.abort()
            return
        self._house.arrived(self)
        address = ClientAddress(str(peer[0]), int(peer[1]), str(here[0]), int(here[1]))
        if contains(self._settings.proxies, address.host):
            self.client = address
            self._proxied = Proxied(self._house, self._transport, address, begin=self._begin, leave=self._linger)
        else:
            self._begin(Begin(address))

    def data_received(self, data: bytes) -> None:
        if not self.admitted:
            if self._proxied is not None:
                if b"\n" in data:
                    self.touched = monotonic()
                self._proxied.data_received(data)
            return
        dialogue = self.dialogue
        phase = dialogue.phase
        if phase in MESSAGE:
            self._octets += len(data)
            self.touched = monotonic()
        elif b"\n" in data:
            self.touched = monotonic()
        if phase is _TLS:
            self._early += data  # already decrypted: the client speaks before we know that its handshake is over
            return
        try:
            self._perform(dialogue.client_data(data))
        except Exception:  # noqa: BLE001 (as in `_happened`)
            self._broken()
        if dialogue.input.held and len(dialogue.input) > UNREAD_LIMIT:
            self._read_or_wait()

    def eof_received(self) -> bool:
        """A half-close ends the client's side only; under TLS there is no such thing."""
        self._eof = True
        if self.admitted and self.dialogue.phase is not Phase.CLOSED:
            self._happened(self.dialogue.client_eof)
            return not self._tls
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish()

    def pause_writing(self) -> None:
        self._client_full = True
        if self._backend is not None:
            self._backend.pause_reading()
        self._read_or_wait()

    def resume_writing(self) -> None:
        self._client_full = False
        if self._backend is not None:
            self._backend.resume_reading()
        self._read_or_wait()

    # ---- the backend's connection (`gate.backend.connection.Receiver`)

    def backend_replied(self, reply: Reply) -> None:
        self.touched = self._heard = monotonic()
        try:
            self._perform(self.dialogue.backend_reply(reply))
        except Exception:  # noqa: BLE001 (as in `_happened`)
            self._broken()

    def backend_replied_at_once(self, replies: Sequence[Reply]) -> None:
        if self.dialogue.is_too_much(replies):
            self._happened(self.dialogue.end, wording.OUT_OF_STEP)
            return
        for reply in replies:
            self.backend_replied(reply)

    def backend_lost(self, exc: Exception | None) -> None:
        if exc is not None and self.dialogue.phase is not Phase.CLOSED:
            log.info("%s: %s", self.client.host, exc)
        self._backend_full = False
        if self._paused or self.dialogue.phase is not Phase.CLOSED:
            self._happened(self.dialogue.backend_lost)

    def backend_pause(self) -> None:
        self._backend_full = True
        self._read_or_wait()

    def backend_resume(self) -> None:
        self.touched = monotonic()
        self._backend_full = False
        self._read_or_wait()

    # ---- for the front

    def retire(self) -> None:
        """421 at once, or when the transaction under way is over."""
        if self.admitted:
            self._happened(self.dialogue.retire)
        elif self._proxied is not None:
            self._proxied.end(wording.CLOSING)

    def end(self, reply: bytes) -> None:
        """421 at once."""
        if self.admitted:
            self._happened(self.dialogue.end, reply)
        elif self._proxied is not None:
            self._proxied.end(reply)

    def check_time(self, now: float) -> None:
        """Ends what has waited long enough, at `now` of the monotonic clock: see `timing`."""
        if not self.admitted or self.dialogue.phase is Phase.CLOSED:
            if self._proxied is not None:
                self._proxied.check_time(now, self.touched)
            return
        try:
            whose = self._overdue(now)
        except Exception:  # noqa: BLE001 (as in `_happened`: the others' time goes on)
            self._broken()
            return
        if whose is Overdue.SESSION:
            self._happened(self.dialogue.end, wording.TIMED_OUT)
        elif whose is Overdue.BACKEND:
            log.info("%s: the mail server does not answer", self.client.host)
            if self._backend is not None:
                self._backend.abort()
            self._happened(self.dialogue.backend_lost)

    def _overdue(self, now: float) -> Overdue | None:
        return self._watch.overdue(
            now,
            self.dialogue.phase,
            touched=self.touched,
            heard=self._heard,
            octets=self._octets,
            unanswered=self.dialogue.awaits_backend,
            held_up=self._backend_full,
        )

    def hurry(self) -> None:
        """A client that only lingers is let go: what it was told is sent, and no more is waited for."""
        self._close()

    @property
    def in_transaction(self) -> bool:
        """Whether ending now would lose something."""
        return self.admitted and self.dialogue.in_transaction

    @property
    def awaits_client(self) -> bool:
        """Whether it is the client's turn, in a transaction or outside one."""
        return self.admitted and self.dialogue.awaits_client

    def found_crawling(self) -> bool:
        """Whether it is in a message that comes more slowly than any line in use; measured from the first look on."""
        held_up = self._backend_full or not self.admitted
        now = monotonic()
        return not held_up and self._watch.found_crawling(
            now, self.dialogue.phase, touched=self.touched, octets=self._octets
        )

    @property
    def greeted(self) -> bool:
        """Whether it holds a connection to the mail server that was greeted."""
        return self._backend is not None and not self._backend.lost

    @property
    def host(self) -> str:
        return self.client.host

    # ---- the beginning

    def _begin(self, begin: Begin) -> None:
        settings = self._settings
        client = self.client = begin.client
        self.dialogue = begin.make(
            settings.terms,
            judge=partial(self._house.judge, trusted=begin.may_be_trusted and contains(settings.trusted, client.host)),
            decoy=partial(decoy_for, self._house.key, delimiter=settings.delimiter),
            refusal=self._house.refusal,
            server_name=self._house.server_name,
        )
        self.admitted, self._proxied = True, None
        turned_away = self._house.admit(self)
        if turned_away is not None:
            self._happened(self.dialogue.end, turned_away)
            return
        self._task = self._loop.create_task(self._connect(), name="smtp session")
        if begin.data:
            self._happened(self.dialogue.client_data, begin.data)

    async def _connect(self) -> None:
        try:
            backend = await self._house.connect(self.client)
        except BackendError as error:
            log.info("%s: %s", self.client.host, error)
            self._happened(self.dialogue.backend_lost)
            return
        except Exception:  # noqa: BLE001 (the task's outermost edge)
            self._broken()
            return
        if self._gone or self.dialogue.phase is not Phase.GREETING:
            backend.close()
            return
        self._backend = backend
        backend.hand_over(self)

    # ---- what is to be done

    def _happened(self, event: Callable[..., actions.Outcome], *what: object) -> None:
        """Tells the dialogue an event and does what it wants: the outermost edge of whatever a peer can cause."""
        try:
            self._perform(event(*what))
        except Exception:  # noqa: BLE001 (a mistake of the gate's own must cost this one session only)
            self._broken()

    def _perform(self, outcome: actions.Outcome) -> None:
        """What goes the same way goes in one write."""
        if (data := outcome.to_backend) and self._backend is not None:
            self._backend.write(data)
        if (data := outcome.to_client) and not self._transport.is_closing():
            self._transport.write(data)
        for action in outcome.actions:  # after the reply: what is noted of a refusal must not be told by its time
            self._do(action)
        if self._paused:
            self._read_or_wait()

    def _do(self, action: actions.Action) -> None:
        match action:
            case actions.Answered():
                self._house.answered(self, action)
            case actions.Close(linger):
                if self._backend is not None:
                    self._backend.close()
                if linger or self._tls or self._client_full:
                    self._linger()
                else:
                    self._close()
            case actions.AbortBackend():
                if self._backend is not None:
                    self._backend.abort()
            case actions.DecoyAccepted(path):
                self._house.decoy_accepted(path)
            case actions.GateBarred():
                self._house.barred()
            case actions.Wait(seconds):
                self._loop.call_later(seconds, self._waited)
            case actions.StartTls() if not self._transport.is_closing():
                self._transport.pause_reading()  # or plain text could be taken for what TLS protects
                self._task = self._loop.create_task(self._start_tls(), name="smtp STARTTLS")

    def _waited(self) -> None:
        """Whatever became of either side meanwhile, the dialogue knows."""
        if not self._gone:
            self._happened(self.dialogue.waited)

    def _read_or_wait(self) -> None:
        """Reads from the client only while there is room for what it sends."""
        if not self.admitted or self._gone or self._transport.is_closing() or self.dialogue.phase is Phase.TLS:
            return
        full = self._backend_full or self._client_full or len(self.dialogue.input) > UNREAD_LIMIT
        wait = full and self.dialogue.phase is not Phase.CLOSED
        if wait and not self._paused:
            self._transport.pause_reading()
        elif self._paused and not wait:
            self._transport.resume_reading()
        self._paused = wait

    async def _start_tls(self) -> None:
        certificate = self._settings.tls
        try:
            assert certificate is not None, "STARTTLS was offered without a certificate"  # noqa: S101
            context = await certificate.context()
            seconds = min(60.0, self._settings.limits.command_seconds)
            transport = await self._loop.start_tls(
                self._transport, self, context, server_side=True, ssl_handshake_timeout=seconds
            )
        except (OSError, ssl.SSLError) as error:
            log.info("%s: no TLS: %s", self.client.host, error)
            self._transport.abort()
            self._finish()
        except Exception:  # noqa: BLE001 (the task's outermost edge)
            self._broken()
            self._finish()
        else:
            if transport is None or self._gone:
                self._finish()
                return
            self._transport, self._tls = transport, True
            self._happened(self.dialogue.secured)
            early, self._early = self._early, b""
            if early:
                self._happened(self.dialogue.client_data, early)

    # ---- the end

    def _close(self) -> None:
        if not self._transport.is_closing():  # as `Connection.close`
            self._transport.close()

    def _linger(self) -> None:
        """Lets the client read the last reply: a connection closed with bytes unread is reset, and the reply lost."""
        self._house.closing(self)
        self._connect_no_more()
        if self._tls or self._eof or self._transport.is_closing() or not self._transport.can_write_eof():
            self._close()
        else:
            try:
                self._transport.write_eof()
            except OSError:  # the client has reset the connection, and we were not told yet
                self._transport.abort()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(LINGER_SECONDS, self._transport.abort)

    def _broken(self) -> None:
        trouble.keep(log, f"the session of {self.client.host} ended by a mistake of the gate")
        if self._backend is not None:
            self._backend.abort()
        try:
            outcome = self.dialogue.end(wording.BROKEN)
            self._perform(outcome)
            if not outcome.actions:  # it was ending when that happened: nobody else would end it
                self._transport.abort()
        except Exception:  # noqa: BLE001 (whatever it is, it was logged above)
            self._transport.abort()

    def _finish(self) -> None:
        """The client is gone. A message past its final dot is left to the backend; anything less is taken back."""
        if self._gone:
            return
        self._gone = True
        if self._proxied is not None:
            self._proxied.stop()
            self._proxied = None
        if self._timer is not None:
            self._timer.cancel()
        self._connect_no_more()
        backend = self._backend
        if backend is not None and not backend.lost:
            if self.admitted and self.dialogue.phase is Phase.FINAL:
                backend.close()
                self._loop.call_later(self._settings.limits.final_reply_seconds, backend.abort)
            else:
                backend.abort()
        self._house.closed(self)

    def _connect_no_more(self) -> None:
        if self._backend is None and self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
