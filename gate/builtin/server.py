"""The built-in server's SMTP: aiosmtpd on a private loopback port; which recipients exist; a message on its way."""

import asyncio
import contextlib
import errno
import logging
import platform
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session, syntax

from gate import trouble
from gate.builtin.maildir import Copy, deliver
from gate.rules.address import Address, from_wire, without_tag

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
LINE_LIMIT = 1024 * 1024
"""Bytes of one line of a message at most; aiosmtpd's own limit is 1001."""
COMMAND_LIMIT = 4096
PROXY_SECONDS = 30.0
IDLE_SECONDS = 86_400.0
"""The gate in front has the real limits; aiosmtpd's would cut a DATA that is merely slow."""
RECIPIENTS = 1000
"""Of one message; RFC 5321 4.5.3.1.8 asks for 100."""
HELD_BYTES = 256 * 1024
"""Of a message that is kept in memory while it comes; a longer one goes to a file."""

Lookup = Callable[[Address], str | None]
"""The account (its address as stored) that a canonical recipient is or is an alias of; None: there is none."""
Owns = Callable[[Address], bool]
"""Whether the recipient's domain is one of the owner's."""


class BuiltinServer:
    """The server, in the running event loop.

    Attributes:
        port: the private port; 0 before `start`.
        message_bytes: the size limit of the sessions that follow.
    """

    def __init__(
        self, mail: Path, *, lookup: Lookup, owns: Owns, message_bytes: int, delimiter: str = "+", hostname: str = ""
    ) -> None:
        """`mail`: the folder that holds one Maildir an account. `lookup` and `owns` are asked at every RCPT."""
        self.port = 0
        self.handler = _Handler(mail, lookup, owns, delimiter)
        self.message_bytes = message_bytes
        self._hostname = hostname or platform.node() or "localhost"
        self._server: asyncio.Server | None = None
        self._sessions: set[_Smtp] = set()

    async def start(self) -> tuple[str, int]:
        """Opens the private port and tells it: host, port."""
        with contextlib.suppress(OSError):  # what is wrong with it is told with each message
            self.handler.mail.mkdir(mode=0o700, parents=True, exist_ok=True)
        loop = asyncio.get_running_loop()

        def session() -> _Smtp:
            return _Smtp(self.handler, self._sessions, loop, self.message_bytes, self._hostname)

        self._server = await loop.create_server(session, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return HOST, self.port

    async def stop(self) -> None:
        """Closes the port and every session; a delivery under way comes to its end first."""
        if self._server is None:
            return
        self._server.close()
        await self.handler.settle()
        for session in list(self._sessions):
            session.abort()
        while self._sessions:
            await asyncio.wait([session.ended for session in self._sessions])
        await self._server.wait_closed()
        self._server = None


_PATH = re.compile(r'<(?P<path>(?:"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*"|[^">\x00-\x1f\x7f])*)>(?P<rest>.*)')


class _Smtp(SMTP):
    """aiosmtpd's protocol, but for three things: longer lines, a count of sessions, and paths taken as they are
    written (its own header parser decodes comments and encoded words, which are part of no SMTP path)."""

    line_length_limit = LINE_LIMIT
    command_size_limit = COMMAND_LIMIT
    command_size_limits: dict[str, int] = defaultdict(lambda: COMMAND_LIMIT)

    def __init__(
        self,
        handler: "_Handler",
        sessions: "set[_Smtp]",
        loop: asyncio.AbstractEventLoop,
        message_bytes: int,
        hostname: str,
    ) -> None:
        super().__init__(
            handler,
            loop=loop,
            data_size_limit=message_bytes,
            enable_SMTPUTF8=True,
            hostname=hostname,
            ident="ESMTP",
            timeout=IDLE_SECONDS,
            proxy_protocol_timeout=PROXY_SECONDS,
        )
        self._sessions = sessions
        self.ended: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._sessions.discard(self)
        self.ended.set_result(None)

    def abort(self) -> None:
        if self.transport is not None:
            cast("asyncio.Transport", self.transport).abort()

    def _create_envelope(self) -> "_Envelope":
        return _Envelope()

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """aiosmtpd's own, but that it holds no message in memory."""
        envelope = cast(_Envelope, self.envelope)
        if await self.check_helo_needed():
            return
        if arg or not envelope.rcpt_tos:
            await self.push("501 Syntax: DATA" if arg else "503 Error: need RCPT command")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        body, whole = _Body(self.event_handler.mail, self.data_size_limit or 0), True
        try:
            while (line := await self._line()) != b".\r\n" or not whole:
                whole = line.endswith(b"\r\n")
                body.add(line)
            status = await self.event_handler.take(envelope, body)
        finally:
            body.close()
        self._set_post_data_state()  # type: ignore[no-untyped-call]
        await self.push(status)

    async def _line(self) -> bytes:
        """The next line of a message, whole; of one that is too long its next piece."""
        try:
            return await self._reader.readuntil(b"\r\n")
        except asyncio.LimitOverrunError as error:
            return await self._reader.read(max(1, error.consumed))

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        match = _PATH.fullmatch(arg)
        if match is None:
            return None, None
        return match["path"] or "<>", match["rest"]


class _Envelope(Envelope):
    """A transaction; each recipient was looked up once, when it was accepted."""

    def __init__(self) -> None:
        super().__init__()
        self.copies: list[Copy] = []


class _Body:
    """A message on its way: its lines as they are to lie on the disk.

    Attributes:
        refusal: why it will not be taken; the rest of it is thrown away.
        delivery: what reads it.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.refusal: str | None = None
        self.delivery: asyncio.Future[None] | None = None
        self.file = tempfile.SpooledTemporaryFile(HELD_BYTES, dir=str(folder))  # noqa: SIM115 (see `close`)
        self._folder = folder
        self._left = limit or sys.maxsize

    def add(self, line: bytes) -> None:
        """A line as it came, or a piece of one that is too long."""
        if self.refusal is not None:
            return
        line = line[1:] if line.startswith(b".") else line  # RFC 5321 4.5.2
        self._left -= len(line)
        if not line.endswith(b"\r\n"):
            self.refusal = "500 Line too long (see RFC5321 4.5.3.1.6)"
        elif self._left < 0:
            self.refusal = "552 Error: Too much mail data"
        else:
            try:
                self.file.write(line[:-2] + b"\n")
            except OSError as error:
                self.refusal = _not_stored(error, self._folder)

    def close(self) -> None:
        """No more is read from it, but by a delivery under way."""
        if self.delivery is None or self.delivery.done():
            self.file.close()
        else:
            self.delivery.add_done_callback(lambda _: self.file.close())


def _not_stored(error: OSError, folder: Path) -> str:
    """The reply, and a line in the log."""
    log.error("a message could not be stored in %s: %s", folder, error.strerror or error)
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return "452 4.3.1 Insufficient system storage"
    return "451 4.3.0 The message could not be stored"


class _Handler:
    """aiosmtpd's hooks: which recipients exist, and the delivery."""

    def __init__(self, mail: Path, lookup: Lookup, owns: Owns, delimiter: str) -> None:
        self.mail = mail
        self._lookup = lookup
        self._owns = owns
        self._delimiter = delimiter
        self._deliveries: set[asyncio.Future[None]] = set()

    async def handle_PROXY(self, server: SMTP, session: Session, envelope: _Envelope, data: object) -> bool:  # noqa: N802
        return True

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: _Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250 PIPELINING"]

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: _Envelope, path: str, options: list[str]
    ) -> bytes:
        if len(envelope.copies) >= RECIPIENTS:
            return b"452 4.5.3 Error: too many recipients"
        recipient = from_wire(path)
        account = self._lookup(recipient) or self._lookup(without_tag(recipient, self._delimiter))
        if account is not None:
            envelope.rcpt_tos.append(path)
            envelope.copies.append(Copy(account, recipient))
            return b"250 OK"
        shown = path.encode("utf-8", "surrogateescape")
        if recipient.domain and not self._owns(recipient):
            return b"554 5.7.1 <" + shown + b">: Relay access denied"
        return b"550 5.1.1 <" + shown + b">: Recipient address rejected: User unknown"

    async def take(self, envelope: _Envelope, body: _Body) -> str:
        """Delivers a message that has come whole; the reply to it."""
        if body.refusal is not None:
            return body.refusal
        sender = (envelope.mail_from or "").replace("<>", "")
        body.delivery = delivery = asyncio.ensure_future(
            asyncio.to_thread(deliver, self.mail, sender, dict.fromkeys(envelope.copies), body.file)
        )
        self._deliveries.add(delivery)
        delivery.add_done_callback(self._deliveries.discard)
        try:
            await asyncio.shield(delivery)
        except OSError as error:
            return _not_stored(error, self.mail)
        return "250 OK"

    async def handle_exception(self, error: Exception) -> str:
        reference = trouble.keep(log, "the built-in mail server failed")
        return f"451 4.3.0 Internal error, reference {reference}"

    async def settle(self) -> None:
        """Waits until what is being delivered is delivered."""
        while self._deliveries:
            await asyncio.wait(self._deliveries)
