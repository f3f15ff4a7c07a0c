"""SMTP smuggling: whatever a server takes for the end of a message, the gate lets only the true one get there.

The same message, with a second transaction behind a false end, goes to every server through the gate, and to a default
Postfix without it too, to see that these endings are the dangerous ones. Splits across packets at every byte are tried
before a backend that only records: the gate has read one part before the next is sent.
"""

import asyncio
import re
import socket
from collections.abc import Callable, Iterator
from typing import Protocol

import pytest

from tests.servers.exim import Exim
from tests.servers.opensmtpd import OpenSmtpd
from tests.servers.postfix import Postfix
from tests.wire.front import SECONDS, Client, Running, Sink, config_of, front, guard_of
from tests.wire.gate_process import Gate, Home

ENDINGS = {
    "LF.LF": b"\n.\n",
    "LF.CRLF": b"\n.\r\n",
    "CRLF.LF": b"\r\n.\n",
    "CRLF.CRCRLF": b"\r\n.\r\r\n",
    "CRCRLF.CRLF": b"\r\r\n.\r\n",
    "CRCRLF.CRCRLF": b"\r\r\n.\r\r\n",
    "CRLF.NUL CRLF": b"\r\n.\0\r\n",
    "CRLF NUL.CRLF": b"\r\n\0.\r\n",
    "NUL LF.NUL LF": b"\0\n.\0\n",
    "CR.CR": b"\r.\r",
    "CR.CRLF": b"\r.\r\n",
    "CRLF.CR": b"\r\n.\r",
    "CRLF.CR x": b"\r\n.\rx",
    "CRLF CR.CRLF": b"\r\n\r.\r\n",
    "LFCR.LFCR": b"\n\r.\n\r",
    "LFLF.LFLF": b"\n\n.\n\n",
    "CRLF.CRLFLF": b"\r\n..\r\n\n.\n",
    "stuffed, then LF": b"\r\n..\n.\n",
    "stuffed, then CR": b"\r\n..\r.\r\n",
    "an octet of 0x8D 0x8A": b"\x8d\x8a.\x8d\x8a\n.\n",
    "a line of 1 MiB": b"x" * 1_048_576 + b"\n.\n",
}
"""False ends, each with an octet that no line end has."""
HARMLESS = {
    "only 8-bit line ends": b"\x85.\x85",
    "line separator": "\u2028.\u2028".encode(),
    "form feed": b"\r\n.\f\r\n",
    "vertical tab": b"\r\n.\v\r\n",
    "a space behind the dot": b"\r\n. \r\n",
    "a stuffed dot": b"\r\n..\r\n",
    "two stuffed dots": b"\r\n...\r\n..\r\n",
    "a space before": b"\r\n .\r\n",
}
"""Look like ends and are none to anybody: they pass as they are."""

SPAMMER, FRIEND, HONEST, VICTIM = "spam@bad.example", "friend@ok.example", "user3@virtual.test", "user2@virtual.test"
BEHIND = f"MAIL FROM:<{SPAMMER}>\r\nRCPT TO:<{VICTIM}>\r\nDATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n".encode()


class Server(Protocol):
    """What the tests need of a server; the built-in one looks the same."""

    def boxes(self) -> dict[str, list[bytes]]: ...
    def log(self) -> str: ...
    def wait(self, count: int) -> None:
        """Until so many messages are in the honest mailbox."""


class Real:
    def __init__(self, running: Postfix | Exim | OpenSmtpd) -> None:
        self.running = running

    def boxes(self) -> dict[str, list[bytes]]:
        return {folder.name: self.running.messages(folder.name) for folder in self.running.mail.iterdir()}

    def log(self) -> str:
        return "\n".join(self.running.process.lines)

    def wait(self, count: int) -> None:
        self.running.wait_for_messages(HONEST, count)


class BuiltIn:
    def __init__(self, home: Home) -> None:
        self.mail = home.path / "data" / "mail"

    def boxes(self) -> dict[str, list[bytes]]:
        folders = self.mail.iterdir() if self.mail.is_dir() else ()
        return {folder.name: [path.read_bytes() for path in (folder / "new").glob("*")] for folder in folders}

    def log(self) -> str:
        return ""

    def wait(self, count: int) -> None:
        assert len(self.boxes()[HONEST]) == count  # it is stored before the 250


def configure(home: Home, port: int | None, bare_newline: str = "reject") -> None:
    lines = ["[gate]", f'bare_newline = "{bare_newline}"']
    if port is not None:
        lines += ['domains = ["virtual.test"]', f'deliver = "smtp://127.0.0.1:{port}"', 'client_address = "proxy"']
    (home.path / "config").mkdir(parents=True, exist_ok=True)
    (home.path / "config" / "gate.toml").write_text("\n".join(lines) + "\n")
    for account in (VICTIM, HONEST):
        home.done("account", "add", account)
    home.done("deny", VICTIM, SPAMMER)


@pytest.fixture(params=["postfix", "exim", "opensmtpd", "built-in"])
def guarded(request: pytest.FixtureRequest, home: Home) -> Iterator[tuple[Gate, Server]]:
    """A gate before each of the servers in turn, as they are by default."""
    if request.param == "built-in":
        server: Server = BuiltIn(home)
        configure(home, None)
    else:
        running = request.getfixturevalue(request.param)
        server = Real(running)
        configure(home, running.proxy)
    with home.gate() as gate:
        yield gate, server


class Talk:
    """A client; every `sendall` is a packet of its own."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile("rb")
        self.reply()

    def reply(self) -> bytes:
        line = self.reader.readline()
        while line[3:4] == b"-":
            line = self.reader.readline()
        return line

    def ask(self, *lines: str) -> bytes:
        """The last reply."""
        told = b""
        for line in lines:
            self.socket.sendall(f"{line}\r\n".encode())
            told = self.reply()
        return told

    def close(self) -> bytes:
        """All that is still said."""
        with self.socket, self.reader:
            self.socket.sendall(b"QUIT\r\n")
            return self.reader.read()


def begin(port: int) -> Talk:
    talk = Talk(port)
    told = talk.ask("EHLO mx.outside.test", f"MAIL FROM:<{FRIEND}>", f"RCPT TO:<{HONEST}>", "DATA")
    assert told.startswith(b"354")
    return talk


def message(ending: bytes, name: str) -> bytes:
    return f"From: {FRIEND}\r\nSubject: [{name}]\r\n\r\nhello".encode() + ending + BEHIND + b".\r\n"


def goodbye(ending: bytes) -> bytes:
    """The answer to QUIT; an ending with the true one in it has commands behind it, and the first of them ends it."""
    return b"421" if b"\r\n.\r\n" in ending else b"221"


def subjects(boxes: dict[str, list[bytes]]) -> list[bytes]:
    texts = [text for box in boxes.values() for text in box]
    return sorted(found[1] for text in texts for found in re.finditer(rb"^Subject: \[(.*)\]\r?$", text, re.MULTILINE))


def deliver(port: int, server: Server, name: str) -> None:
    """An honest message, waited for: what was said to the server before it has had its time."""
    before = len(server.boxes().get(HONEST, ()))
    talk = begin(port)
    talk.socket.sendall(f"From: {FRIEND}\r\nSubject: [{name}]\r\n\r\nhello\r\n.\r\n".encode())
    assert talk.reply().startswith(b"250")
    talk.close()
    server.wait(before + 1)


def nothing_was_smuggled(server: Server, *names: str) -> None:
    """The honest messages of these names are there, and nothing else."""
    boxes = server.boxes()
    assert subjects(boxes) == sorted(name.encode() for name in names)
    assert not boxes.get(VICTIM)
    assert SPAMMER not in server.log()


SPLIT = {"LF.CRLF", "CRLF.LF", "CRLF.CRCRLF", "CRLF.NUL CRLF", "CRLF.CR"}
"""Real servers get only these in two parts as well."""


def parts(text: bytes, ending: bytes) -> list[list[bytes]]:
    """Unsplit, and cut once within the ending and behind it."""
    end = text.index(ending) + len(ending)
    return [[text], *([text[:cut], text[cut:]] for cut in (end - 2, end - 1, end))]


def test_no_server_behind_a_gate_sees_a_second_transaction(guarded: tuple[Gate, Server]) -> None:
    gate, server = guarded
    port = gate.port
    for name, ending in ENDINGS.items():
        for pieces in parts(message(ending, name), ending)[: None if name in SPLIT else 1]:
            talk = begin(port)
            for piece in pieces:
                talk.socket.sendall(piece)
            refused = [b"550 5.5.2"]
            if name == "a line of 1 MiB" and isinstance(server, Real) and isinstance(server.running, OpenSmtpd):
                refused.append(b"451 4.3.0")  # it may hang up in that line, before the gate has seen its end
            assert talk.reply().startswith(tuple(refused)), name
            # there is no mail server behind this session any more: nothing of what follows is mail
            assert talk.close()[:3] == goodbye(ending), name
    talk = begin(port)
    talk.socket.sendall(message(b"\n.\n", "x"))
    assert talk.reply().startswith(b"550 5.5.2")
    assert talk.ask(f"MAIL FROM:<{FRIEND}>").startswith(b"421")
    assert talk.close() == b""
    deliver(port, server, "after all")
    nothing_was_smuggled(server, "after all")
    assert not [line for line in gate.said if "reference" in line]


def test_what_only_looks_like_an_end_passes_as_it_is(guarded: tuple[Gate, Server]) -> None:
    gate, server = guarded
    for name, text in HARMLESS.items():
        talk = begin(gate.port)
        talk.socket.sendall(message(text, name))
        assert talk.reply().startswith(b"250"), name
        assert talk.close().startswith(b"221"), name
    server.wait(len(HARMLESS))
    deliver(gate.port, server, "after all")
    nothing_was_smuggled(server, "after all", *HARMLESS)
    for text in server.boxes()[HONEST]:
        assert b"after all" in text or b"RCPT TO:<" + VICTIM.encode() in text


def test_normalized_it_is_one_message(home: Home, start_postfix: Callable[..., Postfix]) -> None:
    postfix = start_postfix(main={"in_flow_delay": "0"})
    server = Real(postfix)
    configure(home, postfix.proxy, "normalize")
    bare = {
        name: ending
        for name, ending in ENDINGS.items()
        if b"\r" not in ending.replace(b"\r\n", b"\n") and b"\0" not in ending
    }
    with home.gate() as gate:
        for name, ending in bare.items():
            talk = begin(gate.port)
            talk.socket.sendall(message(ending, name))
            assert talk.reply().startswith(b"250"), name
            assert talk.close().startswith(b"221"), name
        for ending in ENDINGS.values():
            if ending not in bare.values():
                talk = begin(gate.port)
                talk.socket.sendall(message(ending, "x"))
                assert talk.reply().startswith(b"550 5.5.2")
                talk.close()
        server.wait(len(bare))
        deliver(gate.port, server, "after all")
    nothing_was_smuggled(server, "after all", *bare)
    for text in server.boxes()[HONEST]:
        name = subjects({"": [text]})[0].decode()
        if name in bare:
            dots = bare[name].replace(b"\r\n", b"\n").replace(b"\n..", b"\n.")  # stuffed dots are taken off
            assert b"hello" + dots + BEHIND.replace(b"\r\n", b"\n") in text, name


@pytest.mark.parametrize("name", ["LF.LF", "LF.CRLF", "CRLF.LF", "CRLF.CRCRLF"])
def test_these_ends_are_the_dangerous_ones(postfix: Postfix, name: str) -> None:
    """Without the gate: a default Postfix takes the rest for commands. Else all above would prove nothing."""
    talk = begin(postfix.plain)
    talk.socket.sendall(message(ENDINGS[name], name))
    talk.reply()
    talk.close()
    assert b"smuggled" in postfix.wait_for_message(VICTIM)


# ---------------------------------------------------------------- every byte, before a backend that only records


async def open_message(running: Running) -> Client:
    client = await running.client()
    await client.reply()
    told = await client.ask(b"EHLO c", b"MAIL FROM:<%s>" % FRIEND.encode(), b"RCPT TO:<a@localhost>", b"DATA")
    assert told[-1][:3] == b"354"
    return client


async def read_by_the_gate(running: Running, client: Client, data: bytes) -> None:
    """Sends, and waits until the gate has read it: what follows is a packet of its own."""
    (session,) = running.front._crowd.here
    before = session.touched
    client.send(data)
    async with asyncio.timeout(SECONDS):
        while session.touched == before:  # noqa: ASYNC110 (nothing tells it)
            await asyncio.sleep(0)


@pytest.mark.parametrize("normalize", [False, True], ids=["reject", "normalize"])
def test_a_split_at_any_byte_changes_nothing(normalize: bool) -> None:
    inner = b"MAIL FROM:<evil@bad.example>\r\n"

    async def story() -> None:
        sink = Sink()
        config = config_of(bare_newline="normalize" if normalize else "reject")
        async with front(sink, config, guard_of()) as running:
            for ending in (one for one in {**ENDINGS, **HARMLESS}.values() if len(one) < 100):
                text = b"hello" + ending + inner + b".\r\n"
                told = set()
                for cut in range(3, len(text)):
                    client = await open_message(running)
                    await read_by_the_gate(running, client, text[:cut])
                    client.send(text[cut:])
                    told.add((await client.reply())[:9])
                    client.send(b"QUIT\r\n")
                    assert (await client.eof())[:3] == goodbye(ending)
                    await client.close()
                    await running.front.drain(SECONDS)
                assert len(told) == 1, ending
            assert not [line for line in sink.commands if b"evil" in line]
            for recipients, kept in sink.messages:
                assert recipients == [b"a@localhost"] and kept.endswith(inner)
                assert not re.search(rb"\0|\r(?!\n)|(?<!\r)\n", kept)

    asyncio.run(story())
