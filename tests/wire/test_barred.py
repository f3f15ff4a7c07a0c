"""A mail server that takes nothing from the gate before TLS or a login: 530, which no sender may hear of."""

import asyncio
from dataclasses import replace

import pytest

from gate.backend.client_address import ClientAddress
from gate.backend.connection import BackendError
from gate.backend.probes import Backend, BackendState
from gate.postfix.learning import Learner
from tests.wire.scripted import domains, serving

CLIENT = ClientAddress("203.0.113.5", 40001, "127.0.0.1", 25)
TLS = b"530 5.7.0 Must issue a STARTTLS command first"
TLS_TOO = b"530 5.5.1 Invalid command: Must issue an STARTTLS command first"
LOGIN = b"530 5.7.0 Authentication required"


class Barred:
    """Says `reply` to the commands that `verb` begins, and refuses every recipient."""

    def __init__(self, verb: bytes, reply: bytes) -> None:
        self.verb, self.reply = verb, reply

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            reply = {b"RCPT": b"550 5.1.1 no such user", b"QUIT": b"221 bye"}.get(verb, b"250 ok")
            writer.write((self.reply if verb == self.verb else reply) + b"\r\n")
            if verb == b"QUIT":
                await writer.drain()
                break


@pytest.mark.parametrize("verb", [b"EHLO", b"MAIL", b"RCPT"])
@pytest.mark.parametrize(
    ("reply", "code", "remedy"),
    [
        (TLS, "backend.wants_tls", "?tls=opportunistic"),
        (TLS_TOO, "backend.wants_tls", "?tls=opportunistic"),
        (LOGIN, "backend.wants_login", "name in deliver"),
    ],
)
def test_such_a_server_keeps_the_port_closed_and_says_what_to_set(
    verb: bytes, reply: bytes, code: str, remedy: str
) -> None:
    async def story() -> None:
        async with asyncio.timeout(20), serving(Barred(verb, reply)) as target:
            backend = Backend(target, client_address="none", domains=domains)
            await backend.examine()
            assert backend.state is BackendState.BLOCKED
            told = str(backend.obstacle)
            assert (backend.obstacle and backend.obstacle.code, "\n" in told) == (code, False)
            assert reply.decode() in told and remedy in told and str(target) in told
            with pytest.raises(BackendError):
                await backend.connect(CLIENT)
            learner = Learner(target, b"k" * 16, wish="none", domains=domains)
            await learner.ask_now()
            assert str(learner.trouble) == told
            assert [one.code for one in learner.warnings()] == ["policy.unlearnt"]
            assert told in learner.warnings()[0].text

    asyncio.run(story())


@pytest.mark.parametrize("reply", [TLS, LOGIN])
def test_one_that_begins_to_while_mail_flows_is_down_until_it_ends(reply: bytes) -> None:
    async def story() -> None:
        server = Barred(b"none", reply)
        async with asyncio.timeout(20), serving(server) as target:
            backend = Backend(target, client_address="none", domains=domains)
            await backend.examine()
            assert backend.state is BackendState.UP
            server.verb = b"MAIL"
            await backend.examine()
            assert (backend.state, backend.obstacle) == (BackendState.DOWN, None)
            with pytest.raises(BackendError, match="530"):
                await backend.connect(CLIENT)
            server.verb = b"none"
            await backend.examine()
            assert backend.state is BackendState.UP
            (await backend.connect(CLIENT)).abort()

    asyncio.run(story())


def test_the_remedy_is_another_where_tls_was_wanted_and_could_not_be_had() -> None:
    async def story() -> None:
        async with asyncio.timeout(20), serving(Barred(b"MAIL", TLS)) as target:
            backend = Backend(replace(target, tls="opportunistic"), client_address="none", domains=domains)
            await backend.examine()
            assert backend.obstacle is not None and backend.obstacle.code == "backend.wants_tls"
            assert "could not be had" in str(backend.obstacle)

    asyncio.run(story())


def test_a_login_that_only_foreign_recipients_need_is_no_obstacle() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        while line := await reader.readline():
            own = line.rstrip().endswith(b"test>")
            reply = b"550 5.1.1 no" if own else LOGIN
            writer.write((reply if line[:4] == b"RCPT" else b"250 ok") + b"\r\n")

    async def story() -> None:
        async with asyncio.timeout(20), serving(serve) as target:
            backend = Backend(target, client_address="none", domains=domains)
            await backend.examine()
            assert backend.state is BackendState.UP

    asyncio.run(story())
