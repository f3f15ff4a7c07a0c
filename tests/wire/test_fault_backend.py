"""A backend that fails in every way at every step: the client hears 421 or 451, never 250 and never 550."""

import asyncio
import contextlib
import socket
import struct

import pytest

from gate.config import LimitsSection
from tests.wire.front import LOOPS, SECONDS, Client, config_of, front, guard_of, play

LOOP = list(LOOPS)[-1]
RESET = struct.pack("ii", 1, 0)
SPAMMER = b"spam@bad.example"
GUARD = guard_of(("victim@localhost", SPAMMER.decode()))
SHORT = LimitsSection(command_seconds=0.3, data_idle_seconds=0.3, final_reply_seconds=0.3)
BODY = b"Subject: x\r\n\r\n" + b"0123456789" * 20 + b"\r\n"

STEPS: dict[str, tuple[bytes, bytes]] = {
    # What the client says, and what a sound backend has it hear.
    "EHLO": (b"EHLO c", b"250"),
    "MAIL": (b"MAIL FROM:<%b>" % SPAMMER, b"250"),
    "RCPT": (b"RCPT TO:<friend@localhost>", b"250"),
    "DECOY": (b"RCPT TO:<victim@localhost>", b"550"),
    "DATA": (b"DATA", b"354"),
    "BODY": (BODY, b""),
    "DOT": (b".", b"250"),
    "RSET": (b"RSET", b"250"),
    "QUIT": (b"QUIT", b"221"),
}
GOOD = {
    "EHLO": b"250-mail.test\r\n250-PIPELINING\r\n250 SIZE 1000000\r\n",
    "DECOY": b"550 5.1.1 unknown\r\n",
    "DATA": b"354 go\r\n",
    "QUIT": b"221 bye\r\n",
}
FAULTS = ("closes", "resets", "hangs", "garbage", "421", "endless line", "endless reply", "half-closes", "3xx")


class Faulty:
    """A backend that is sound up to a step and then fails."""

    def __init__(self, step: str, fault: str) -> None:
        self.step, self.fault = step, fault
        self.accepted = 0
        """Messages that it said 250 to."""
        self.over = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            writer.write(b"220 mail.test ESMTP\r\n")
            while line := await reader.readline():
                step = self._step(line)
                if step == self.step:
                    await self._fail(reader, writer)
                    break
                writer.write(GOOD.get(step, b"250 2.0.0 Ok\r\n"))
                if step == "DATA" and not await self._message(reader, writer):
                    break
        writer.close()

    def _step(self, line: bytes) -> str:
        verb = line[:4].decode().upper()
        return "DECOY" if verb == "RCPT" and b"<friend@" not in line else verb

    async def _message(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        while (line := await reader.readline()) and line != b".\r\n":
            if self.step == "BODY" and b"0123456789" in line:
                await self._fail(reader, writer)
                return False
        if self.step == "DOT" or not line:
            await self._fail(reader, writer)
            return False
        self.accepted += 1
        writer.write(b"250 2.0.0 kept\r\n")
        return True

    async def _fail(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match self.fault:
            case "closes":
                return
            case "resets":
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                writer.transport.abort()
            case "hangs":
                await self.over.wait()
            case "garbage":
                writer.write(b"\x00\xff\xfe no reply at all\r\n")
                await reader.read()
            case "421":
                writer.write(b"421 4.3.2 mail.test shutting down\r\n")
            case "3xx":
                writer.write(b"399 what now\r\n")
                await reader.read()
            case "half-closes":
                writer.write_eof()
                await reader.read()
            case "endless line" | "endless reply":
                piece = b"2" * 10_000 if self.fault == "endless line" else b"250-and more\r\n" * 1000
                while not writer.is_closing():
                    writer.write(piece)
                    await writer.drain()


async def converse(client: Client) -> list[tuple[str, bytes]]:
    """The step and the code of every reply up to the end; an empty code: the gate has closed."""
    heard = [("greeting", (await client.reply())[:3])]
    for step, (line, _) in STEPS.items():
        client.send(line if step == "BODY" else line + b"\r\n")
        if step != "BODY":
            heard.append((step, (await client.reply())[:3]))
            if heard[-1][1] in {b"", b"421"}:
                break
            if step == "DATA" and heard[-1][1] != b"354":
                break
    return heard


CASES = [
    (step, fault)
    for step in STEPS
    for fault in FAULTS
    if not (fault in {"3xx", "421", "garbage"} and step == "BODY")  # a reply before the end: see the next test
    and not (fault == "3xx" and step == "DATA")
]


@pytest.mark.parametrize(("step", "fault"), CASES)
def test_whatever_fails_is_to_be_tried_again(step: str, fault: str) -> None:
    async def story() -> None:
        backend = Faulty(step, fault)
        try:
            async with front(backend, config_of(limits=SHORT), GUARD) as running:
                client = await running.client()
                heard = dict(await converse(client))
                await client.close()
        finally:
            backend.over.set()
        failing = "DOT" if step == "BODY" else step
        for each, (_, good) in STEPS.items():
            if each == failing:
                break
            assert each == "BODY" or heard[each] == good, heard
        if fault == "3xx" and step != "DOT":  # a reply of its own, however odd: handed on as it is
            assert heard[failing] == b"399"
        elif step == "QUIT":
            assert heard[failing] in {b"221", b"421"}
        else:
            assert heard[failing] in {b"421", b"451"}, heard
        assert backend.accepted == (step in {"RSET", "QUIT"})
        assert running.front.sessions == 0

    play(story(), LOOP)


@pytest.mark.parametrize(
    "reply", [b"250 2.0.0 kept already\r\n", b"550 5.7.1 no\r\n", b"451 4.3.0 later\r\n", b"?\r\n"]
)
def test_a_reply_before_the_final_dot_is_no_250(reply: bytes) -> None:
    async def backend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test\r\n")
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                if line == b"DATA\r\n":
                    writer.write(b"354 go\r\n")
                    await reader.readline()
                    writer.write(reply)
                    await reader.read()  # until the gate, which has heard it, is gone
                    cut.set()
                    break
                writer.write(b"250 Ok\r\n")
        cut.set()
        writer.close()

    cut = asyncio.Event()

    async def story() -> None:
        async with front(backend) as running:
            client = await running.client()
            await client.reply()
            for line in (b"EHLO c", b"MAIL FROM:<a@b.test>", b"RCPT TO:<a@localhost>", b"DATA"):
                await client.ask(line)
            client.send(BODY)
            await asyncio.wait_for(cut.wait(), SECONDS)
            client.send(b"more\r\n.\r\n")
            said = (await client.reply())[:3]
            assert said == (reply[:3] if reply[:1] in b"45" else b"451")
            await client.close()

    play(story(), LOOP)


@pytest.mark.parametrize("recipient", [b"friend@localhost", b"victim@localhost"])
def test_a_backend_that_hangs_while_the_client_goes_on_sending_is_left(recipient: bytes) -> None:
    async def story() -> None:
        backend = Faulty("DECOY" if recipient.startswith(b"victim") else "RCPT", "hangs")
        try:
            async with front(backend, config_of(limits=SHORT), GUARD) as running:
                client = await running.client()
                await client.reply()
                await client.ask(b"EHLO c", b"MAIL FROM:<%b>" % SPAMMER)
                client.send(b"RCPT TO:<%b>\r\n" % recipient)

                async def chatter() -> None:
                    while not client.writer.is_closing():
                        client.send(b"NOOP\r\n")
                        await asyncio.sleep(0.02)

                chatting = asyncio.create_task(chatter())
                assert (await client.reply())[:3] == b"421"
                await client.eof()
                await client.close()
                await chatting
        finally:
            backend.over.set()

    play(story(), LOOP)


def test_a_backend_that_says_more_than_it_was_asked_ends_its_session_alone() -> None:
    async def backend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test\r\n")
        with contextlib.suppress(ConnectionError):
            await reader.readline()
            while not writer.is_closing():
                writer.write(b"250 2.0.0 and again\r\n" * 1000)
                await writer.drain()
        writer.close()

    async def story() -> None:
        async with front(backend) as running:
            for _ in range(3):
                client = await running.client()
                await client.reply()
                assert (await client.ask(b"EHLO c"))[0][:3] in {b"250", b"421"}
                client.send(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<a@localhost>\r\nDATA\r\n")
                told = await client.eof()
                assert b"\r\n354" not in told
                assert b"421" in told or told == b""
                await client.close()
            assert running.front.sessions == 0

    play(story(), LOOP)


@pytest.mark.parametrize("surplus", ["MAIL", "RCPT", "greeting"])
def test_an_answer_that_came_before_its_question_answers_nothing(surplus: str) -> None:
    """One 250 too many, in one piece with a true reply: taken for the answer to the decoy that is asked only then, the
    next would be taken for that to DATA."""
    heard: list[bytes] = []

    async def backend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        extra = b"250 2.0.0 too many\r\n"
        writer.write(b"220 mail.test\r\n" + extra * (surplus == "greeting"))
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                heard.append(line[:4])
                reply = b"550 5.1.1 unknown\r\n" if line[:4] == b"RCPT" else b"250-mail.test\r\n250 PIPELINING\r\n"
                writer.write(reply + extra * (line[:4] == surplus.encode()))
        writer.close()

    async def story() -> None:
        async with front(backend, config_of(), GUARD) as running:
            client = await running.client()
            client.send(b"EHLO c\r\n")
            client.send(b"MAIL FROM:<%b>\r\nRCPT TO:<victim@localhost>\r\nDATA\r\n" % SPAMMER)
            told = await client.eof()
            assert told.endswith(b"421 4.3.0 mail.test Error: mail server out of step\r\n") or surplus == "greeting"
            assert b"421 4.3.0 " in told
            assert b"DATA" not in heard
            await client.close()

    play(story(), LOOP)


def test_a_farewell_may_come_in_one_piece_with_a_reply() -> None:
    async def backend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test\r\n")
        await reader.readline()
        writer.write(b"250 mail.test\r\n421 4.4.2 mail.test closes\r\n")
        writer.close()

    async def story() -> None:
        async with front(backend, config_of(), GUARD) as running:
            client = await running.client()
            await client.reply()
            client.send(b"EHLO c\r\n")
            assert await client.eof() == b"250 mail.test\r\n421 4.4.2 mail.test closes\r\n"
            await client.close()

    play(story(), LOOP)


def test_a_backend_that_takes_nothing_of_a_message_is_left_and_the_client_told() -> None:
    """It reads nothing after its 354: the client is held up, then heard to its end and told to come again."""

    async def backend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        writer.write(b"220 mail.test\r\n")
        while (line := await reader.readline()) != b"DATA\r\n":
            writer.write(b"250 Ok\r\n" if line else b"")
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"354 go\r\n")
        await over.wait()
        writer.close()

    over = asyncio.Event()

    async def story() -> None:
        try:
            async with front(backend, config_of(limits=SHORT), backlog=2**12) as running:
                client = await running.client()
                await client.reply()
                for line in (b"EHLO c", b"MAIL FROM:<a@b.test>", b"RCPT TO:<a@localhost>", b"DATA"):
                    await client.ask(line)
                client.send((b"x" * 998 + b"\r\n") * 10_000 + b".\r\n")
                assert (await client.reply())[:3] == b"451"
                await client.close()
        finally:
            over.set()

    play(story(), LOOP)
