"""The gate process and a mail server of the owner's that comes, goes, or cannot be used as it is."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from tests.wire.front import has_ipv6
from tests.wire.gate_process import SECONDS, Gate, free_port


class Strict:
    """Takes mail for one recipient only."""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address != "user2@localhost":
            return f"550 5.1.1 <{address}>: unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"


class Relay:
    """Takes mail for everyone."""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.rcpt_tos.append(address)
        return "250 OK"


class Server(Controller):
    """aiosmtpd's, which forgets its connections when it stops."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.made: list[SMTP] = []

    def factory(self) -> SMTP:
        self.made.append(super().factory())
        return self.made[-1]

    def stop(self, no_assert: bool = False) -> None:
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(SECONDS)
        super().stop(no_assert)

    async def _hang_up(self) -> None:
        for each in self.made:
            if each.transport is not None:
                each.transport.abort()
        await asyncio.sleep(0)


@contextmanager
def backend(handler: object, port: int, **server: Any) -> Iterator[None]:
    controller = Server(handler, hostname="127.0.0.1", port=port, **server)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


def serve(port: int) -> tuple[str, ...]:
    return ("--deliver", f"smtp://127.0.0.1:{port}", "--domain", "localhost", "--client-address", "none")


def greeting(gate: Gate) -> bytes:
    with socket.create_connection(("127.0.0.1", gate.port), SECONDS) as client:
        client.settimeout(SECONDS)
        return client.recv(200)


def codes(gate: Gate) -> list[str]:
    return [warning["code"] for warning in gate.status()["warnings"]]


def until(gate: Gate, what: Any) -> Any:
    """Ask for the status until it says so."""
    end = time.monotonic() + SECONDS
    while not what(found := gate.status()):
        assert time.monotonic() < end, found
    return found


def test_a_server_that_comes_later_is_found(home):
    port = free_port()
    with home.gate(*serve(port)) as gate:
        assert gate.status()["state"] == "guarding"
        assert "backend.down" in codes(gate)
        assert greeting(gate).startswith(b"421")
        with backend(Strict(), port):
            until(gate, lambda found: "backend.down" not in [one["code"] for one in found["warnings"]])
            assert greeting(gate).startswith(b"220")
            assert codes(gate) == ["backend.none_mode"]
            assert gate.status()["relay"]["passed"] is True
            named = greeting(gate).split(b" ")[1]
        until(gate, lambda found: greeting(gate).startswith(b"421"))
        assert greeting(gate).startswith(b"421 4.3.0 " + named + b" ")  # in the name that was heard last


class Strictly4(Strict):
    """Knows the PROXY protocol; hangs up where the client has an IPv6 address, as long as `deaf`."""

    deaf = True

    async def handle_PROXY(self, server: Any, session: Any, envelope: Any, data: Any) -> bool:
        return not (self.deaf and ":" in str(data.src_addr))


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")
def test_a_server_that_comes_later_and_takes_no_ipv6(home):
    port = free_port()
    arguments = ("--deliver", f"smtp://127.0.0.1:{port}", "--domain", "localhost", "--client-address", "proxy")
    handler = Strictly4()
    with home.gate("--listen", "[::1]:0", *arguments) as gate:
        assert [name.rpartition(":")[0] for name in gate.status()["listen"]] == ["127.0.0.1", "[::1]"]
        with backend(handler, port, proxy_protocol_timeout=5.0):
            found = until(gate, lambda found: len(found["listen"]) == 1)
            assert found["state"] == "guarding"
            assert [one["code"] for one in found["warnings"]] == ["backend.ipv6"]
            assert "inet_protocols = all" in found["warnings"][0]["text"]
            assert greeting(gate).startswith(b"220")
        assert greeting(gate).startswith(b"421")  # and now it is asked again until it is back
        handler.deaf = False
        with backend(handler, port, proxy_protocol_timeout=5.0):
            found = until(gate, lambda found: len(found["listen"]) == 2)
            assert [one["code"] for one in found["warnings"]] == []


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")
def test_ipv6_is_missed_only_where_it_is_wanted(home):
    port = free_port()
    arguments = ("--deliver", f"smtp://127.0.0.1:{port}", "--domain", "localhost", "--client-address", "proxy")
    with backend(Strictly4(), port, proxy_protocol_timeout=5.0):
        with home.gate(*arguments) as gate:
            assert gate.status()["warnings"] == []
            assert home.done("check", "--backend").splitlines()[-1] == "what to do: nothing; mail may flow"
        with home.gate("--listen", "[::1]:0", *arguments) as gate:
            assert codes(gate) == ["backend.ipv6"]
            assert any("no mail at [::1]:0: the mail server takes no clients with IPv6" in line for line in gate.said)


def test_an_open_relay_keeps_the_port_closed_until_it_is_none(home):
    port = free_port()
    with backend(Relay(), port):
        gate_context = home.gate(*serve(port))
        gate = gate_context.__enter__()
    try:
        found = gate.status()
        assert (found["state"], found["listen"]) == ("stopped", [])
        assert found["warnings"][0]["code"] == "backend.relays"
        with backend(Strict(), port):
            assert until(gate, lambda found: found["state"] == "guarding")["listen"]
            assert greeting(gate).startswith(b"220")
    finally:
        gate_context.__exit__(None, None, None)


def test_start_says_what_keeps_the_port_closed(home):
    port = free_port()
    with backend(Relay(), port), home.gate(*serve(port)) as gate:
        assert "relay" in home.refused("start")
        assert gate.status()["state"] == "stopped"
        home.done("account", "add", "user2@localhost")
        assert "elsewhere.example" in home.refused("account", "add", "user2@elsewhere.example")


def test_a_gate_that_asks_a_silent_server_can_be_ended(home):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        gate = Gate(home, "serve", "--listen", "127.0.0.1:0", *serve(silent.getsockname()[1]))
        try:
            silent.settimeout(SECONDS)
            asked, _ = silent.accept()
            with asked:
                assert gate.status()["state"] == "stopped"
                home.done("quit")
                assert gate.wait() == 0
                assert not [line for line in gate.said if "did not answer" in line], "it waited for the server"
        finally:
            gate.end()
