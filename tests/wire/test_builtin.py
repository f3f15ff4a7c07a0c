"""The built-in mail server over real sockets: who exists, what is stored, and what it says."""

import asyncio
import os
import subprocess
import sys
import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvloop

from gate.backend.client_address import ClientAddress
from gate.backend.connection import Connection, Target, connect
from gate.builtin import BuiltinServer, folder_name
from gate.rules.address import Address

CLIENT = ClientAddress("203.0.113.5", 40001, "127.0.0.1", 25)
ACCOUNTS = {
    "user1@localhost": "user1@localhost",
    "user2@localhost": "user2@localhost",
    "alias@localhost": "user2@localhost",
    "a b/c@localhost": '"a b/c"@localhost',
}


def owns(recipient: Address) -> bool:
    return recipient.domain == "localhost"


def lookup(recipient: Address) -> str | None:
    return ACCOUNTS.get(recipient.key)


def play(mail: Path, story: Callable[[Connection], Awaitable[None]], message_bytes: int = 1_000_000) -> None:
    """Starts a server on `mail`, plays one session with it, stops it; on both event loops."""

    async def session() -> None:
        server = BuiltinServer(mail, lookup=lookup, owns=owns, message_bytes=message_bytes, hostname="mail.localhost")
        host, port = await server.start()
        try:
            connection = await connect(Target(host, port), client=CLIENT, passing="proxy", timeout=10)
            assert connection.greeting.text == "220 mail.localhost ESMTP"
            assert (await connection.command(b"EHLO client.example")).code == 250
            await story(connection)
            connection.close()
        finally:
            await server.stop()

    with asyncio.Runner() as runner:
        runner.run(session())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(session())


async def say(connection: Connection, *lines: bytes) -> list[str]:
    return [(await connection.command(line, 10)).text for line in lines]


def new(mail: Path, folder: str) -> list[bytes]:
    return [path.read_bytes() for path in (mail / folder / "new").iterdir()]


def test_a_message_lies_as_received_below_two_headers(tmp_path: Path) -> None:
    async def story(connection: Connection) -> None:
        assert await say(
            connection, b"MAIL FROM:<user1@localhost> BODY=8BITMIME", b"RCPT TO:<user2@localhost>", b"DATA"
        ) == ["250 OK", "250 OK", "354 End data with <CR><LF>.<CR><LF>"]
        long = b"x" * 200_000
        body = b"Subject: \xc3\xa4\r\n\r\n..one dot\r\n" + long + b"\r\n" + bytes(range(128, 256)) + b"\r\n"
        assert await say(connection, body + b".") == ["250 OK"]
        wanted = b"Return-Path: <user1@localhost>\nDelivered-To: user2@localhost\n" + body.replace(b"\r\n", b"\n")
        assert new(tmp_path, "user2@localhost")[-1] == wanted.replace(b"\n..one", b"\n.one")

    play(tmp_path, story)
    assert not list((tmp_path / "user2@localhost" / "tmp").iterdir())
    assert (tmp_path / "user2@localhost" / "cur").is_dir()
    assert not (tmp_path / "user1@localhost").exists()


def test_a_large_message_goes_to_a_file_on_its_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gate.builtin.server.HELD_BYTES", 1000)
    body = b"Subject: x\r\n\r\n" + b"..dots\r\n..\r\n" * 30_000 + b"end\r\n"

    async def story(connection: Connection) -> None:
        await say(connection, b"MAIL FROM:<>", b"RCPT TO:<user1@localhost>", b"RCPT TO:<user2@localhost>", b"DATA")
        assert await say(connection, body + b".", b"NOOP") == ["250 OK", "250 OK"]

    play(tmp_path, story)
    wanted = body.replace(b"\r\n", b"\n").replace(b"\n..", b"\n.")
    for user in ("user1@localhost", "user2@localhost"):
        assert {message.partition(b"\n")[2].partition(b"\n")[2] for message in new(tmp_path, user)} == {wanted}
    assert {path.name for path in tmp_path.iterdir()} == {"user1@localhost", "user2@localhost"}


def test_a_line_that_is_too_long_hides_no_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gate.builtin.server._Smtp.line_length_limit", 2000)

    async def story(connection: Connection) -> None:
        for octets in range(1990, 4010, 7):
            await say(connection, b"MAIL FROM:<>", b"RCPT TO:<user1@localhost>", b"DATA")
            (told,) = await say(connection, b"x" * octets + b".\r\nMAIL FROM:<not@this>\r\n.")
            assert told == ("250 OK" if octets < 2000 else "500 Line too long (see RFC5321 4.5.3.1.6)"), octets

    play(tmp_path, story)


def test_who_exists_and_what_is_said_of_the_others(tmp_path: Path) -> None:
    async def story(connection: Connection) -> None:
        assert await say(
            connection,
            b"MAIL FROM:<>",
            b"RCPT TO:<USER2@LocalHost.>",
            b"RCPT TO:<alias@localhost>",
            b"RCPT TO:<user2+shop@localhost>",
            b"RCPT TO:<@relay.example:user1@localhost>",
            b'RCPT TO:<"a b/c"@localhost>',
            b"RCPT TO:<No.Body@localhost>",
            b'RCPT TO:<"no body"@localhost>',
            "RCPT TO:<ü@localhost>".encode(),
            b"RCPT TO:<\xff@localhost>",
            b"RCPT TO:<x@elsewhere.example>",
            b"RCPT TO:<postmaster>",
            b"RCPT TO:<a@localhost",
        ) == [
            *["250 OK"] * 6,
            "550 5.1.1 <No.Body@localhost>: Recipient address rejected: User unknown",
            '550 5.1.1 <"no body"@localhost>: Recipient address rejected: User unknown',
            "550 5.1.1 <ü@localhost>: Recipient address rejected: User unknown",
            "550 5.1.1 <\ufffd@localhost>: Recipient address rejected: User unknown",
            "554 5.7.1 <x@elsewhere.example>: Relay access denied",
            "550 5.1.1 <postmaster>: Recipient address rejected: User unknown",
            "553 5.1.3 Error: malformed address",
        ]

    play(tmp_path, story)


def test_each_recipient_gets_a_copy_and_the_same_twice_gets_one(tmp_path: Path) -> None:
    async def story(connection: Connection) -> None:
        recipients = [
            b"user1@localhost",
            b"user2@localhost",
            b"USER2@localhost",
            b"user2+shop@localhost",
            b'"a b/c"@localhost',
        ]
        await say(connection, b"MAIL FROM:<>", *(b"RCPT TO:<" + one + b">" for one in recipients), b"DATA")
        assert await say(connection, b"Subject: x\r\n\r\n.") == ["250 OK"]

    play(tmp_path, story)
    twice = 2  # play plays on two event loops
    head = b"Return-Path: <>\nDelivered-To: "
    assert new(tmp_path, "user1@localhost") == [head + b"user1@localhost\nSubject: x\n\n"] * twice
    assert len(new(tmp_path, "user2@localhost")) == 2 * twice
    assert len(new(tmp_path, "%22a%20b%2Fc%22@localhost")) == twice


def test_what_it_offers_and_pipelining(tmp_path: Path) -> None:
    async def story(connection: Connection) -> None:
        offer = await connection.command(b"EHLO x")
        assert offer.words == (b"mail.localhost", b"SIZE 1000000", b"8BITMIME", b"SMTPUTF8", b"PIPELINING")
        connection.write(b"MAIL FROM:<a@b>\r\nRCPT TO:<user1@localhost>\r\nRCPT TO:<x@localhost>\r\nDATA\r\n")
        assert [(await connection.next_reply(10)).code for _ in range(4)] == [250, 250, 550, 354]
        connection.write(b"\r\nbody\r\n.\r\nQUIT\r\n")
        assert [(await connection.next_reply(10)).code for _ in range(2)] == [250, 221]

    play(tmp_path, story)


def test_a_message_over_the_limit_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    async def story(connection: Connection) -> None:
        assert (await say(connection, b"MAIL FROM:<a@b> SIZE=2000"))[0].startswith("552 ")
        await say(connection, b"MAIL FROM:<a@b>", b"RCPT TO:<user1@localhost>", b"DATA")
        assert (await say(connection, b"x" * 1500 + b"\r\n."))[0].startswith("552 ")
        await say(connection, b"MAIL FROM:<a@b>", b"RCPT TO:<user1@localhost>", b"DATA")
        assert await say(connection, b"x" * 500 + b"\r\n.") == ["250 OK"]

    play(tmp_path, story, message_bytes=1000)
    assert len(new(tmp_path, "user1@localhost")) == 2


def test_without_a_proxy_header_nobody_is_greeted(tmp_path: Path) -> None:
    async def session() -> None:
        server = BuiltinServer(tmp_path, lookup=lookup, owns=owns, message_bytes=1000)
        host, port = await server.start()
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"EHLO x\r\nMAIL FROM:<a@b>\r\n")
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        await server.stop()

    asyncio.run(session())


def test_a_folder_that_cannot_be_made_is_no_250(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "mail").write_text("a file where the folder should be")

    async def story(connection: Connection) -> None:
        await say(connection, b"MAIL FROM:<a@b>", b"RCPT TO:<user1@localhost>", b"DATA")
        assert (await say(connection, b"\r\nx\r\n."))[0] == "451 4.3.0 The message could not be stored"

    play(tmp_path / "mail", story)
    assert "could not be stored" in caplog.text


@pytest.mark.skipif(os.name == "nt", reason="no limit of file size on Windows")
def test_a_full_disk_is_a_452_and_leaves_nothing(tmp_path: Path) -> None:
    story = f"""
        import asyncio, resource, sys
        from pathlib import Path
        from gate.backend.connection import Target, connect
        from gate.builtin import BuiltinServer
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))

        async def session():
            server = BuiltinServer(Path({str(tmp_path)!r}), lookup=lambda a: a.key, owns=lambda a: True,
                                   message_bytes=10**6)
            connection = await connect(Target(*await server.start()), passing="proxy", timeout=10)
            for line in (b"EHLO x", b"MAIL FROM:<a@b>", b"RCPT TO:<a@d>", b"RCPT TO:<b@d>", b"DATA"):
                await connection.command(line, 10)
            print((await connection.command(b"x" * 2000 + b"\\r\\n.", 10)).text)
            for line in (b"MAIL FROM:<a@b>", b"RCPT TO:<a@d>", b"DATA"):
                await connection.command(line, 10)
            print((await connection.command(b"x" * 200 + b"\\r\\n.", 10)).text)
            await server.stop()

        asyncio.run(session())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(story)], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout.splitlines() == ["452 4.3.1 Insufficient system storage", "250 OK"], done.stderr
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize(
    ("account", "folder"),
    [
        ("user2@localhost", "user2@localhost"),
        ("a.b+c_d-e=f@example.org", "a.b+c_d-e=f@example.org"),
        ('"../../etc/x"@d', "%22..%2F..%2Fetc%2Fx%22@d"),
        ("nul.x@d", "%6Eul.x@d"),
        ("console@d", "console@d"),
        (".x@d", "%2Ex@d"),
        ("a|b*c%d@d", "a%7Cb%2Ac%25d@d"),
    ],
)
def test_folder_names(account: str, folder: str) -> None:
    assert folder_name(account) == folder


def test_long_folder_names_are_cut_and_stay_unlike() -> None:
    one, other = (folder_name("ü" * 60 + end + "@example.org") for end in "ab")
    assert one != other
    assert max(len(one), len(other)) <= 150
