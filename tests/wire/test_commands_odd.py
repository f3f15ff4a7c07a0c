"""Command lines as nobody should send them, over real sockets: answered, bounded, never passed on as something else."""

import asyncio
import logging
import random

import pytest

from gate.smtp.commands import LINE_LIMIT, SHORT_LINE_LIMIT
from tests.wire.front import Client, Running, Sink, config_of, front, guard_of

DENIED = guard_of(("user2@localhost", "user1@localhost"))


def play(story: object) -> None:
    asyncio.run(story)  # type: ignore[arg-type]


async def begin(running: Running) -> Client:
    client = await running.client()
    assert (await client.reply())[:3] == b"220"
    assert (await client.ask(b"EHLO client.test"))[0][:3] == b"250"
    return client


async def still_works(client: Client, sink: Sink) -> None:
    """A message gets through, and nothing but it."""
    before = len(sink.messages)
    told = await client.ask(b"RSET", b"MAIL FROM:<a@b.test>", b"RCPT TO:<a@localhost>", b"DATA")
    assert [reply[:3] for reply in told] == [b"250", b"250", b"250", b"354"]
    assert (await client.ask(b"hello\r\n."))[0][:3] == b"250"
    assert sink.messages[before:] == [([b"a@localhost"], b"hello\r\n")]


ODD = {
    "too long": (b"NOOP " + b"x" * SHORT_LINE_LIMIT, b"500"),
    "much too long": (b"x" * 200_000, b"500"),
    "a MAIL too long": (b"MAIL FROM:<" + b"x" * LINE_LIMIT + b"@b.test>", b"500"),
    "a path too long": (b"MAIL FROM:<" + b"x" * 600 + b"@b.test>", b"501"),
    "NUL": (b"MAIL FROM:<a\0@b.test>", b"501"),
    "NUL alone": (b"\0", b"501"),
    "NUL in a verb": (b"MA\0IL FROM:<a@b.test>", b"501"),
    "bare CR": (b"MAIL FROM:<a@b.test>\rRCPT TO:<user2@localhost>", b"501"),
    "bare CR before the end": (b"RSET\r", b"501"),
    "TAB": (b"MAIL\tFROM:<a@b.test>", b"501"),
    "escape": (b"NOOP \x1b[31m", b"501"),
    "8-bit": ("MAIL FROM:<é@b.test>".encode(), b"500"),
    "8-bit that is no UTF-8": (b"MAIL FROM:<\xff@b.test>", b"500"),
    "8-bit elsewhere": ("NOOP é".encode(), b"500"),
    "nothing": (b"", b"500"),
    "spaces": (b"   ", b"500"),
    "a space before": (b" MAIL FROM:<a@b.test>", b"502"),
    "unknown": (b"FOO bar", b"502"),
    "a header": (b"Subject: hello", b"502"),
    "HTTP": (b"GET / HTTP/1.1", b"502"),
    "AUTH": (b"AUTH PLAIN AGEAYg==", b"502"),
    "BDAT": (b"BDAT 5 LAST", b"502"),
    "XCLIENT": (b"XCLIENT ADDR=192.0.2.1", b"502"),
    "XFORWARD": (b"XFORWARD ADDR=192.0.2.1", b"502"),
    "a header of a proxy": (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2", b"502"),
    "MAIL TO": (b"MAIL TO:<a@b.test>", b"501"),
    "RCPT FROM": (b"RCPT FROM:<a@localhost>", b"501"),
    "no colon": (b"MAIL FROM <a@b.test>", b"501"),
    "an open bracket": (b"MAIL FROM:<a@b.test", b"501"),
    "behind the bracket": (b"MAIL FROM:<a@b.test>x", b"501"),
    "an encoded word": (b"MAIL FROM:<=?utf-8?q?a=0D=0ARCPT?=@b.test>", b"501"),
    "a bad parameter": (b"MAIL FROM:<a@b.test> SIZE==", None),
    "EHLO without a name": (b"EHLO", b"501"),
    "DATA with a word": (b"DATA now", b"501"),
    "QUIT with a word": (b"QUIT now", b"501"),
}
"""Each with the code of its reply; None: whatever it is, nothing is broken."""


def test_odd_lines_are_answered_in_their_turn_and_reach_nobody() -> None:
    """Alone, then all of them in one packet, then in pieces of any size."""

    async def story() -> None:
        sink = Sink()
        async with front(sink, guard=DENIED) as running:
            client = await begin(running)
            for name, (line, code) in ODD.items():
                (told,) = await client.ask(line)
                assert code is None or told[:3] == code, (name, told)
            await still_works(client, sink)
            lines = [line for line, code in ODD.values() if code]
            told = await client.ask(*lines)
            assert [reply[:3] for reply in told] == [code for _, code in ODD.values() if code]
            rng, data = random.Random(7), b"".join(line + b"\r\n" for line in lines if len(line) < 5000)
            while data:
                size = rng.choice([1, 2, 3, 50])
                client.send(data[:size])
                await client.writer.drain()
                data = data[size:]
            assert [(await client.reply())[:1] for line in lines if len(line) < 5000] == [b"5"] * (len(lines) - 1)
            await still_works(client, sink)
            allowed = {b"EHLO", b"RSET", b"MAIL", b"RCPT", b"DATA"}
            assert {line[:4] for line in sink.commands} <= allowed
            assert not [line for line in sink.commands if not line.isascii() or not line.decode().isprintable()]
            await client.close()

    play(story())


def test_a_thousand_recipients_each_get_their_reply() -> None:
    async def story() -> None:
        sink = Sink()
        denied = {f"r{number}@localhost" for number in range(0, 1000, 7)}
        guard = guard_of(*((name, "user1@localhost") for name in sorted(denied)))
        async with front(sink, guard=guard) as running:
            client = await begin(running)
            names = [f"r{number}@localhost" for number in range(1000)]
            lines = [b"MAIL FROM:<user1@localhost>", *(f"RCPT TO:<{name}>".encode() for name in names), b"DATA"]
            client.send(b"".join(line + b"\r\n" for line in lines))
            told = [await client.reply() for _ in lines]
            for name, reply in zip(names, told[1:], strict=False):
                expected = f"550 5.1.1 <{name}>: unknown\r\n" if name in denied else "250 2.1.5 Ok\r\n"
                assert reply.decode() == expected
            assert (await client.ask(b"x\r\n."))[0][:3] == b"250"
            assert sink.messages == [([name.encode() for name in names if name not in denied], b"x\r\n")]
            await client.close()

    play(story())


def test_commands_out_of_order_are_the_mail_servers_to_refuse() -> None:
    """Whatever the order, a refused recipient never gets there, and no message without a recipient does."""
    lines = [
        b"DATA", b"RCPT TO:<user2@localhost>", b"RCPT TO:<a@localhost>", b"MAIL FROM:<user1@localhost>",
        b"MAIL FROM:<user3@localhost>", b"RSET", b"EHLO again.test", b"HELO again.test", b"NOOP", b"VRFY user2",
    ]  # fmt: skip

    class Strict(Sink):
        """As servers are: RCPT needs a MAIL, DATA a recipient."""

        async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            sender, recipients = b"", 0
            while line := await reader.readline():
                self.commands.append(line)
                verb = line[:4].upper()
                if verb == b"DATA":
                    writer.write(b"354 go\r\n" if recipients else b"503 no\r\n")
                    if recipients:
                        self.messages.append(([], await self._message(reader)))
                        writer.write(b"250 kept\r\n")
                        sender, recipients = b"", 0
                elif verb == b"RCPT":
                    path = line.partition(b"<")[2].partition(b">")[0]
                    assert path != b"user2@localhost" or sender == b"user3@localhost"
                    known = bool(sender) and len(path.partition(b"@")[0]) != 16
                    recipients += known
                    writer.write(b"250 ok\r\n" if known else b"503 no\r\n" if not sender else b"550 unknown\r\n")
                elif verb == b"MAIL" and sender:
                    writer.write(b"503 nested\r\n")
                else:
                    if verb == b"MAIL":
                        sender = line.partition(b"<")[2].partition(b">")[0]
                    elif verb in {b"EHLO", b"HELO", b"RSET"}:
                        sender, recipients = b"", 0
                    writer.write(b"250-mail.test\r\n250 PIPELINING\r\n" if verb == b"EHLO" else b"250 ok\r\n")

    async def story() -> None:
        rng = random.Random(11)
        sink = Strict()
        async with front(sink, guard=DENIED) as running:
            for _ in range(60):
                client = await begin(running)
                for line in rng.choices(lines, k=15):
                    (told,) = await client.ask(line)
                    if told[:3] == b"354":
                        assert (await client.ask(b"x\r\n."))[0][:3] == b"250"
                assert (await client.ask(b"QUIT"))[0][:3] in {b"221", b"250"}
                await client.close()
        assert not [line for line in sink.commands if line[:4] == b"VRFY"]

    play(story())


def test_nothing_is_heard_after_quit() -> None:
    async def story() -> None:
        sink = Sink()
        async with front(sink) as running:
            client = await begin(running)
            late = b"MAIL FROM:<late@b.test>\r\nRCPT TO:<a@localhost>\r\nDATA\r\nlate\r\n.\r\n"
            client.send(b"NOOP\r\nQUIT\r\n" + late)
            assert (await client.reply())[:3] == b"250"
            client.send(late)
            assert (await client.eof()).startswith(b"221 ")
            await client.close()
            await running.front.close()
            await running.front.drain(10)
            assert not [line for line in sink.commands if b"late" in line] and sink.messages == []

    play(story())


def test_a_storm_of_resets_is_one_reply_each() -> None:
    async def story() -> None:
        sink = Sink()
        async with front(sink) as running:
            client = await begin(running)
            told = await client.ask(*[b"RSET"] * 500)
            assert {reply[:3] for reply in told} == {b"250"}
            await still_works(client, sink)
            await client.close()

    play(story())


@pytest.mark.parametrize("line", [b"", b"FOO", b"MAIL FROM:<a b>", b"VRFY x", b"x" * 3000])
def test_endless_nonsense_ends(line: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """The gate's own answers are counted: nobody keeps it busy for ever."""

    async def story() -> None:
        async with front(Sink()) as running:
            client = await begin(running)
            client.send((line + b"\r\n") * 1500)
            told = await client.eof()
            assert told.count(b"\r\n") <= 1001
            await client.close()
            await running.front.drain(10)
            assert running.front.sessions == 0

    with caplog.at_level(logging.ERROR):
        play(story())
    assert not caplog.records


def test_8_bit_addresses_pass_where_the_server_takes_them() -> None:
    async def story() -> None:
        sink = Sink(b"SMTPUTF8")
        async with front(sink, config_of(), guard_of(("ü@localhost", "ü@b.test"))) as running:
            name = "ü@localhost".encode()
            running.knowledge.learnt[name] = b"550 5.1.1 <%s>: unknown\r\n" % name
            client = await begin(running)
            told = await client.ask(
                "MAIL FROM:<ü@b.test> SMTPUTF8".encode(),
                "RCPT TO:<ü@localhost>".encode(),
                "RCPT TO:<é@localhost>".encode(),
            )
            assert [reply[:3] for reply in told] == [b"250", b"550", b"250"]
            assert "<ü@localhost>".encode() in told[1]
            assert "RCPT TO:<ü@localhost>".encode() not in sink.commands
            (told_bad,) = await client.ask(b"RCPT TO:<\xff\xfe@localhost>")
            assert told_bad[:3] in {b"500", b"501"}
            await client.close()

    play(story())
