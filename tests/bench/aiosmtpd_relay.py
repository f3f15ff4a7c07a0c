"""A rival as a process: a relay made of aiosmtpd and aiosmtplib, the two libraries that one would take.

`python -m tests.bench.aiosmtpd_relay BACKEND-PORT`; prints its port. One connection to the server behind for each
message, as both libraries are meant to be used; it judges nobody and keeps no log.
"""

import asyncio
import sys
import warnings

import aiosmtplib
import uvloop
from aiosmtpd.smtp import SMTP, Envelope, Session


class Relay:
    """The handler: gives the whole message to the server behind and tells its answer."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        try:
            _, answer = await aiosmtplib.send(
                envelope.original_content or b"",
                sender=envelope.mail_from,
                recipients=envelope.rcpt_tos,
                hostname="127.0.0.1",
                port=self._port,
                start_tls=False,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            first = refused.recipients[0]
            return f"{first.code} {first.message}"
        return f"250 {answer}"


async def main(port: int) -> None:
    def session() -> SMTP:
        return SMTP(Relay(port), hostname="relay.virtual.test", data_size_limit=100_000_000)

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    uvloop.run(main(int(sys.argv[1])))
