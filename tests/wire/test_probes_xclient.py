"""Examining a backend that is told who is calling by XCLIENT, over real sockets."""

import asyncio

import pytest

from gate.backend.client_address import ClientAddress
from gate.backend.connection import BackendError
from gate.backend.probes import Backend, BackendState
from gate.backend.resolver import LookUp, Resolver
from gate.config import PassingWish
from tests.wire.scripted import Xclient, domains

CLIENT = ClientAddress("203.0.113.5", 40001, "127.0.0.1", 25)

NAMED = LookUp(lambda host: f"host-{host.replace('.', '-')}.test", lambda name, _: ["203.0.113.5"])
"""Only 203.0.113.5 is the address of its own name."""


@pytest.mark.parametrize("wish", ["auto", "xclient"])
def test_xclient_is_found_tried_and_tells_who_is_calling(wish: PassingWish) -> None:
    async def story() -> None:
        server = Xclient()
        async with server.running() as target:
            backend = Backend(target, client_address=wish, domains=domains, resolver=Resolver(NAMED))
            await backend.examine()
            assert (backend.state, backend.passing, backend.ipv6) == (BackendState.UP, "xclient", True)
            assert backend.warnings() == []
            assert backend.relay is not None and (backend.relay.passed, backend.relay.client) == (True, "192.0.2.1")
            server.heard.clear()
            connection = await backend.connect(CLIENT)
            assert connection.greeting.raw == b"220 mail.example ESMTP\r\n"
            assert server.heard == [
                b"EHLO [127.0.0.1]",
                b"XCLIENT PROTO=SMTP PORT=40001 NAME=host-203-0-113-5.test REVERSE_NAME=host-203-0-113-5.test "
                b"ADDR=203.0.113.5",
            ]
            connection.abort()
            server.heard.clear()
            (await backend.connect(ClientAddress("203.0.113.6", 2, "127.0.0.1", 25))).abort()
            assert b"NAME=[UNAVAILABLE] REVERSE_NAME=host-203-0-113-6.test ADDR=203.0.113.6" in server.heard[1]
            await backend.stop()

    asyncio.run(story())


def test_a_refused_xclient_is_fatal_for_that_client_alone() -> None:
    async def story() -> None:
        server = Xclient()
        async with server.running() as target:
            backend = Backend(target, domains=domains, resolver=Resolver(NAMED))
            await backend.examine()
            for answer in (
                b"250 fine",
                b"501 5.5.4 Bad ADDR syntax",
                b"550 5.7.0 insufficient authorization",
                b"421 no",
            ):
                server.answers = (answer,)
                with pytest.raises(BackendError) as caught:
                    await backend.connect(CLIENT)
                assert caught.value.code == "backend.xclient_refused"
                assert answer.decode() in str(caught.value)
                assert backend.state is BackendState.UP
            server.answers = (b"220 mail.example ESMTP",)
            (await backend.connect(CLIENT)).abort()
            server.offer = b"SIZE"
            with pytest.raises(BackendError) as caught:
                await backend.connect(CLIENT)
            assert (caught.value.code, backend.state) == ("backend.xclient", BackendState.DOWN)
            await backend.stop()

    asyncio.run(story())


@pytest.mark.parametrize("offer", [b"SIZE", b"XCLIENT", b"XCLIENT ADDR PORT", b"XCLIENTELE NAME ADDR"])
def test_written_xclient_that_is_not_offered_names_what_to_set(offer: bytes) -> None:
    async def story() -> None:
        async with Xclient(offer=offer).running() as target:
            backend = Backend(target, client_address="xclient", domains=domains)
            await backend.examine()
            assert backend.state is BackendState.BLOCKED
            (told,) = backend.warnings()
            assert told.code == "backend.xclient"
            assert "smtpd_authorized_xclient_hosts = 127.0.0.1" in told.text and "\n" not in told.text

    asyncio.run(story())


def test_xclient_that_is_offered_but_refused_keeps_the_port_closed() -> None:
    async def story() -> None:
        server = Xclient(b"550 5.7.0 insufficient {authorization}")
        async with server.running() as target:
            backend = Backend(target, domains=domains)
            await backend.examine()
            assert backend.state is BackendState.BLOCKED
            assert [one.code for one in backend.warnings()] == ["backend.xclient_refused"]
            assert "550 5.7.0 insufficient {authorization}" in backend.warnings()[0].text
            server.answers = (b"451 4.3.0 later",)
            backend = Backend(target, domains=domains)
            await backend.examine()
            assert [one.code for one in backend.warnings()] == ["backend.down"]

    asyncio.run(story())


def test_ipv6_is_probed_under_xclient_too() -> None:
    async def story() -> None:
        async with Xclient(offer=b"XCLIENT NAME ADDR PORT IPV4ONLY").running() as target:
            backend = Backend(target, domains=domains)
            await backend.examine()
            assert (backend.state, backend.passing, backend.ipv6) == (BackendState.UP, "xclient", False)
            assert [one.code for one in backend.warnings()] == ["backend.ipv6"]

    asyncio.run(story())


def test_what_a_domain_said_is_not_forgotten_for_one_silence() -> None:
    """A catch-all that was found stays one until the server says otherwise, and so does the wording of a refusal."""

    async def story() -> None:
        server = Xclient()
        async with server.running() as target:
            backend = Backend(target, domains=domains)
            server.unknown = b"250 2.1.5 Ok"
            await backend.examine()
            assert backend.catch_all("own.test")
            server.unknown = b"450 4.2.0 later"
            await backend.examine()
            assert backend.state is BackendState.UP and backend.catch_all("own.test")
            server.unknown = b"421 4.3.2 closing"
            await backend.examine()
            assert backend.catch_all("own.test")
            server.unknown = b"550 5.1.1 no"
            await backend.examine()
            assert not backend.catch_all("own.test") and backend.learnt is not None
            server.unknown = b"450 4.2.0 later"
            await backend.examine()
            assert backend.learnt is not None and backend.warnings() == []

    asyncio.run(story())
