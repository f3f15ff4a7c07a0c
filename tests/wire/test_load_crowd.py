"""A gate that is crowded: an honest client is served all the same."""

import asyncio
import contextlib
import resource
import socket
import sys
from collections import Counter
from pathlib import Path

import pytest

from gate.config import LimitsSection
from tests.wire import loris
from tests.wire.front import LOOPS, SECONDS, Client, Sink, config_of, front, play
from tests.wire.gate_process import Home

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="127.1.0.0/16 on the loopback")

LOOP = list(LOOPS)[-1]
FRIEND = "friend@localhost"
PROCESSES = 12


class Crowded(Sink):
    """A backend that serves so many connections at once. `refuses`: more hear 421, as of Exim; else they wait without
    an answer, as of Postfix."""

    def __init__(self, *, refuses: bool) -> None:
        super().__init__()
        self._refuses = refuses
        self._free = asyncio.Semaphore(PROCESSES)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses and self._free.locked():
            writer.write(b"421 Too many concurrent SMTP connections; please try again later.\r\n")
            writer.close()
            return
        async with self._free:
            await super().__call__(reader, writer)


@pytest.mark.parametrize(
    ("refuses", "kinds"),
    [(False, ("silent",)), (False, tuple(loris.KINDS)), (True, ("ehlo", "letters")), (True, tuple(loris.KINDS))],
)
def test_those_who_sit_leave_an_honest_client_served_beyond_the_backends_own_limit(
    refuses: bool, kinds: tuple[str, ...]
) -> None:
    async def story() -> None:
        async with (
            front(Crowded(refuses=refuses), config_of(limits=LimitsSection(connections=100))) as running,
            loris.crowd(running.port, 50, FRIEND, kinds) as crowd,
        ):
            said = b""
            for _ in range(5):
                _, said = await loris.honest(running.port, FRIEND, patience=SECONDS * 2)
                assert said[:3] == b"250" or refuses  # those who came before him are asked for as often
            assert said[:3] == b"250"
            assert set(crowd.told()) <= {b"", b"220", b"250", b"354", b"421"}

    play(story(), LOOP)


@pytest.mark.parametrize("kinds", [("trickle",), ("data",), tuple(loris.KINDS)])
def test_at_connections_whoever_gets_nowhere_goes(kinds: tuple[str, ...]) -> None:
    async def story() -> None:
        async with (
            front(Sink(), config_of(limits=LimitsSection(connections=20))) as running,
            loris.crowd(running.port, 20, FRIEND, kinds, seconds=SECONDS),
        ):
            for _ in range(200):  # those in a message are given two seconds to show what they are
                _, said = await loris.honest(running.port, FRIEND)
                if said[:3] == b"250":
                    break
                assert said[:9] == b"421 4.7.0"
                await asyncio.sleep(0.05)
            assert said[:3] == b"250"
            assert running.front.sessions <= 20

    play(story(), LOOP)


def test_who_holds_a_proxys_header_back_is_in_nobodys_way() -> None:
    async def story() -> None:
        config = config_of(limits=LimitsSection(connections=10), trusted_proxies=["127.0.0.9/32"])
        async with front(Sink(), config) as running:
            nameless = [await running.client("127.0.0.9") for _ in range(25)]
            assert running.front.sessions <= 10
            for _ in range(3):
                _, said = await loris.honest(running.port, FRIEND)
                assert said[:3] == b"250"
            assert await nameless[0].eof() == b""
            for client in nameless:
                await client.close()

    play(story(), LOOP)


def test_whoever_floods_from_one_address_puts_nobody_else_out() -> None:
    async def story() -> None:
        limits = LimitsSection(connections=10, connections_per_client=3)
        async with front(Sink(), config_of(limits=limits)) as running:
            others = [await running.client(f"127.0.0.{number}") for number in range(10, 17)]
            for other in others:
                await other.reply()
            flood = [await running.client("127.0.0.5") for _ in range(40)]
            told = Counter([(await client.reply())[:9] for client in flood])
            assert told[b"421 4.7.0"] == 37
            for other in others:
                assert (await other.ask(b"NOOP"))[0][:3] == b"250"
            for client in (*others, *flood):
                await client.close()

    play(story(), LOOP)


def test_a_gate_without_a_file_descriptor_left_goes_on(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.done("account", "add", FRIEND)
    with home.gate() as gate:
        port, pid = gate.port, gate.process.pid
        held = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (held + 12, held + 12))
        crowd = []
        for number in range(60):
            with contextlib.suppress(OSError):
                crowd.append(socket.create_connection(("127.0.0.1", port), 5, (f"127.0.1.{number + 1}", 0)))
        assert gate.process.poll() is None
        for each in crowd:
            each.close()

        async def come() -> bytes:
            for _ in range(100):  # the last of the crowd may still be on its way out
                with contextlib.suppress(OSError):
                    _, said = await loris.honest(port, FRIEND, patience=SECONDS)
                    if said[:3] == b"250":
                        return said
                await asyncio.sleep(0.1)
            return b""

        assert asyncio.run(come())[:3] == b"250"
        assert gate.status()["state"] == "guarding"
        gate.end()
        assert not [line for line in gate.said if "Traceback" in line]


def test_a_late_client_is_told_at_once_where_nobody_can_go() -> None:
    async def story() -> None:
        sink = Sink()
        sink.hold.clear()
        async with front(sink, config_of(limits=LimitsSection(connections=3))) as running:
            busy: list[Client] = []
            for _ in range(3):
                client = await running.client()
                await client.reply()
                for line in (b"EHLO c", b"MAIL FROM:<a@b.test>", b"RCPT TO:<a@localhost>", b"DATA"):
                    await client.ask(line)
                client.send(b"x\r\n.\r\n")
                await asyncio.wait_for(sink.received.wait(), SECONDS)
                sink.received.clear()
                busy.append(client)
            late = await running.client()
            assert (await late.reply())[:9] == b"421 4.7.0"
            sink.hold.set()
            for client in busy:
                assert (await client.reply())[:3] == b"250"
                await client.close()
            await late.close()

    play(story(), LOOP)
