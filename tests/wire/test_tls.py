"""TLS with the client: the owner's certificate, renewed under a running gate; and what was said before TLS is void."""

import asyncio
import contextlib
import os
import smtplib
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from gate.backend.asking import ask_offer
from gate.backend.connection import BackendError, Target, Tls, connect
from gate.backend.probes import Backend, BackendState
from gate.config import TlsSection
from gate.smtp import certificate as room
from gate.smtp.certificate import Certificate
from gate.smtp.errors import SmtpError
from tests.wire.front import Client, Running, Sink, config_of, front
from tests.wire.gate_process import SECONDS, Home

AUTHORITY = trustme.CA()
TRUST = ssl.create_default_context()
AUTHORITY.configure_trust(TRUST)
NAME = "mail.test"
links = pytest.mark.skipif(os.name == "nt", reason="symbolic links")


class Live:
    """What certbot keeps: live/*.pem are symbolic links into archive/, and a renewal swaps them, the key first."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.number = folder, 0
        self.section = TlsSection(certificate=str(folder / "fullchain.pem"), key=str(folder / "privkey.pem"))

    def issue(self, days: float = 90) -> None:
        """Into the archive only."""
        self.number += 1
        end = datetime.now(UTC) + timedelta(days=days)
        new = AUTHORITY.issue_cert(NAME, not_before=end - timedelta(days=100), not_after=end)
        new.private_key_pem.write_to_path(str(self.folder / f"privkey{self.number}.pem"))
        chain = b"".join(each.bytes() for each in new.cert_chain_pems)
        (self.folder / f"fullchain{self.number}.pem").write_bytes(chain)

    def swap(self, *names: str) -> None:
        for name in names:
            new = self.folder / f"{name}.new"
            new.symlink_to(self.folder / f"{name}{self.number}.pem")
            new.replace(self.folder / f"{name}.pem")

    def lose(self, name: str) -> None:
        (self.folder / f"{name}.pem").unlink()

    def renew(self, days: float = 90) -> None:
        self.issue(days)
        self.swap("privkey", "fullchain")


@pytest.fixture
def live(tmp_path: Path) -> Live:
    found = Live(tmp_path)
    found.renew()
    return found


async def begin(running: Running) -> Client:
    client = await running.client()
    assert (await client.reply())[:3] == b"220"
    assert b"STARTTLS" in (await client.ask(b"EHLO client.test"))[0]
    return client


async def number_shown(running: Running) -> int:
    """The serial number of the certificate that a client is shown now."""
    client = await begin(running)
    assert (await client.ask(b"STARTTLS"))[0][:3] == b"220"
    await client.writer.start_tls(TRUST, server_hostname=NAME)
    shown = client.writer.get_extra_info("peercert")["serialNumber"]
    assert client.writer.get_extra_info("ssl_object").version() in {"TLSv1.2", "TLSv1.3"}
    assert (await client.ask(b"EHLO client.test"))[0][:3] == b"250"
    await client.close()
    return int(shown, 16)


@contextlib.asynccontextmanager
async def secured(section: TlsSection) -> AsyncIterator[Running]:
    async with front(Sink(), config_of(tls=section)) as running:
        yield running


@links
def test_a_renewed_pair_is_taken_up_by_itself(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LOOK_SECONDS", 0.0)

    async def story() -> None:
        async with secured(live.section) as running:
            first = await number_shown(running)
            assert running.front.warnings() == []
            waiting = await begin(running)
            live.issue()
            live.swap("privkey")  # out of step for a moment
            assert await number_shown(running) == first
            (told,) = running.front.warnings()
            assert told.code == "tls.unusable" and "the key is not that of the certificate" in told.text
            live.swap("fullchain")
            second = await number_shown(running)
            assert second != first
            assert running.front.warnings() == []
            # a session that was there before sees the new one too
            await waiting.ask(b"STARTTLS")
            await waiting.writer.start_tls(TRUST, server_hostname=NAME)
            assert int(waiting.writer.get_extra_info("peercert")["serialNumber"], 16) == second
            await waiting.close()

    asyncio.run(story())


def test_files_that_are_written_over_count_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LOOK_SECONDS", 0.0)
    both = tmp_path / "both.pem"

    async def story() -> None:
        AUTHORITY.issue_cert(NAME).private_key_and_cert_chain_pem.write_to_path(str(both))
        async with secured(TlsSection(certificate=str(both), key=str(both))) as running:
            first = await number_shown(running)
            good = both.read_bytes()
            for bad in (b"", good[: len(good) // 2], b"\0" * 10_000):
                both.write_bytes(bad)
                assert await number_shown(running) == first
                assert [each.code for each in running.front.warnings()] == ["tls.unusable"]
            both.unlink()
            assert await number_shown(running) == first
            AUTHORITY.issue_cert(NAME).private_key_and_cert_chain_pem.write_to_path(str(both))
            assert await number_shown(running) != first
            assert running.front.warnings() == []

    asyncio.run(story())


@links
def test_a_reload_goes_on_with_a_pair_that_went_bad(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LOOK_SECONDS", 0.0)

    async def story() -> None:
        async with secured(live.section) as running:
            first = await number_shown(running)
            live.lose("privkey")
            running.front.reconfigure(config_of(tls=live.section, domains=["other.test"]))
            assert await number_shown(running) == first
            with pytest.raises(SmtpError, match=r"elsewhere\.pem"):
                running.front.reconfigure(config_of(tls=TlsSection(certificate="elsewhere.pem", key="elsewhere.pem")))
            assert await number_shown(running) == first
            running.front.reconfigure(config_of())
            client = await running.client()
            await client.reply()
            assert b"STARTTLS" not in (await client.ask(b"EHLO client.test"))[0]
            await client.close()

    asyncio.run(story())


@links
@pytest.mark.parametrize(("days", "words"), [(90, None), (13, " ends on "), (-1, " ended on ")])
def test_the_end_of_its_time_is_told(live: Live, days: int, words: str | None) -> None:
    live.renew(days)
    found = Certificate(live.section.certificate, live.section.key)
    assert found.not_after is not None
    assert abs(found.not_after - datetime.now(UTC) - timedelta(days=days)) < timedelta(minutes=5)
    told = found.warnings()
    assert [each.code for each in told] == (["tls.expires"] if words else [])
    assert not words or (words in told[0].text and f"{found.not_after:%Y-%m-%d}" in told[0].text)


@links
def test_what_cannot_be_used_is_said_plainly(live: Live, tmp_path: Path) -> None:
    text = Path(live.section.key).read_text()
    certificate = live.section.certificate
    other = tmp_path / "other.pem"
    AUTHORITY.issue_cert(NAME).private_key_pem.write_to_path(str(other))
    locked = tmp_path / "locked.pem"
    locked.write_text(text.replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", 1))
    empty = tmp_path / "empty.pem"
    empty.touch()
    for pair, why in [
        ((certificate, str(other)), "the key is not that of the certificate"),
        ((certificate, str(tmp_path / "none.pem")), "none.pem: No such file"),
        ((str(tmp_path / "none.pem"), str(other)), "none.pem: No such file"),
        ((certificate, str(tmp_path)), f"{tmp_path}: it is no regular file"),
        ((certificate, "\0"), "embedded null"),
        ((certificate, str(empty)), "PEM"),
        ((str(empty), live.section.key), "PEM"),
        ((certificate, certificate), "PEM"),
        ((str(tmp_path), live.section.key), f"{tmp_path}: "),
        ((certificate, str(locked)), ""),
    ]:
        with pytest.raises(SmtpError) as told:
            Certificate(*pair)
        line = str(told.value)
        assert why in line and "\n" not in line
        assert "tls.certificate" in line and "tls.key" in line and pair[0] in line


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@links
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_what_is_older_than_tls_1_2_is_not_spoken(live: Live, version: ssl.TLSVersion) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.minimum_version = old.maximum_version = version
    old.set_ciphers("ALL:@SECLEVEL=0")

    async def story() -> None:
        async with secured(live.section) as running:
            client = await begin(running)
            await client.ask(b"STARTTLS")
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await client.writer.start_tls(old)
            await client.close()

    asyncio.run(story())


@links
@pytest.mark.parametrize(
    "before",
    [b"", b"NOOP\r\nEHLO evil\r\nMAIL FROM:<evil@evil.test>\r\nRCPT TO:<a@localhost>\r\n", b"MAIL FROM:<evil@e"],
    ids=["nothing", "commands", "half a command"],
)
def test_nothing_said_before_tls_counts_within(live: Live, before: bytes) -> None:
    async def story() -> None:
        sink = Sink()
        async with front(sink, config_of(tls=live.section)) as running:
            client = await begin(running)
            client.send(b"STARTTLS\r\n" + before)
            assert (await client.reply())[:3] == b"220"
            await client.writer.start_tls(TRUST, server_hostname=NAME)
            # the gate has forgotten the EHLO as well, and waits for a whole command
            assert (await client.ask(b"vil.test>"))[0][:3] == b"502"
            assert (await client.ask(b"MAIL FROM:<a@b.test>"))[0][:3] == b"503"
            await client.ask(b"EHLO client.test")
            replies = await client.ask(b"MAIL FROM:<a@b.test>", b"RCPT TO:<a@localhost>", b"DATA")
            assert [reply[:3] for reply in replies] == [b"250", b"250", b"354"]
            assert (await client.ask(b"x\r\n."))[0][:3] == b"250"
            assert not any(b"evil" in line for line in sink.commands)
            assert len(sink.messages) == 1
            await client.close()

    asyncio.run(story())


@links
def test_plain_text_after_the_220_is_no_part_of_a_session(live: Live) -> None:
    """Sent in a packet of its own, after the gate is ready for the handshake and before it."""

    async def story() -> None:
        sink = Sink()
        async with front(sink, config_of(tls=live.section)) as running:
            client = await begin(running)
            await client.ask(b"STARTTLS")
            client.send(b"MAIL FROM:<evil@evil.test>\r\nRCPT TO:<a@localhost>\r\nDATA\r\nx\r\n.\r\n")
            assert b"250" not in await client.eof()
            assert not any(b"evil" in line for line in sink.commands) and sink.messages == []
            await client.close()

    asyncio.run(story())


@links
def test_starttls_waits_for_the_replies_before_it_and_takes_nothing_along(live: Live) -> None:
    """Pipelined in one packet before a slow backend: what stands behind STARTTLS must not wait to be said under TLS."""

    async def story() -> None:
        asked, go, commands = asyncio.Event(), asyncio.Event(), list[bytes]()

        async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 mail.test\r\n")
            while line := await reader.readline():
                commands.append(line)
                if line == b"NOOP\r\n":
                    asked.set()
                    await go.wait()
                writer.write(b"250-mail.test\r\n250 PIPELINING\r\n" if line[:4] == b"EHLO" else b"250 ok\r\n")
            writer.close()

        async with front(slow, config_of(tls=live.section)) as running:
            client = await begin(running)
            client.send(b"NOOP\r\nSTARTTLS\r\nMAIL FROM:<evil@evil.test>\r\n")
            await asyncio.wait_for(asked.wait(), SECONDS)
            client.send(b"RCPT TO:<evil@localhost>\r\n")
            go.set()
            assert [(await client.reply())[:3] for _ in range(2)] == [b"250", b"220"]
            await client.writer.start_tls(TRUST, server_hostname=NAME)
            assert (await client.ask(b"EHLO client.test"))[0][:3] == b"250"
            assert (await client.ask(b"MAIL FROM:<a@b.test>"))[0][:3] == b"250"
            assert not any(b"evil" in line for line in commands)
            await client.close()

    asyncio.run(story())


# ---------------------------------------------------------------- the gate as a process


def settings(home: Home, section: TlsSection) -> None:
    (home.path / "config").mkdir(parents=True, exist_ok=True)
    text = f'[tls]\ncertificate = "{Path(section.certificate).as_posix()}"\nkey = "{Path(section.key).as_posix()}"\n'
    (home.path / "config" / "gate.toml").write_text(text)


def shown(port: int) -> str:
    with smtplib.SMTP("127.0.0.1", port, timeout=SECONDS) as client:
        client._host = NAME  # type: ignore[attr-defined]
        client.starttls(context=TRUST)
        assert client.ehlo("client.test")[0] == 250
        return str(client.sock.getpeercert()["serialNumber"])  # type: ignore[union-attr]


@links
def test_a_gate_lives_through_renewals(live: Live, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    settings(home, live.section)
    live.renew(days=10)
    with home.gate() as gate:
        first, port = shown(gate.port), gate.port
        assert [each["code"] for each in gate.status()["warnings"]] == ["tls.expires"]
        live.issue()
        live.swap("privkey")
        while "tls.unusable" not in [each["code"] for each in gate.status()["warnings"]]:
            assert shown(port) == first
        gate.wait_line("the one before stays in use")
        live.swap("fullchain")
        while shown(port) == first:
            pass
        gate.wait_line("was read anew")
        assert gate.status()["warnings"] == []


@links
def test_a_ticket_is_no_way_round_the_greeting(live: Live, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    settings(home, live.section)
    ticket = None
    with home.gate() as gate:
        for known in (False, True):
            with smtplib.SMTP("127.0.0.1", gate.port, timeout=SECONDS) as client:
                client.ehlo("client.test")
                assert client.docmd("STARTTLS")[0] == 220
                client.sock = TRUST.wrap_socket(client.sock, server_hostname=NAME, session=ticket)  # type: ignore[arg-type]
                client.file = None  # type: ignore[attr-defined]
                assert client.sock.session_reused == known
                assert client.docmd("MAIL FROM:<a@b.test>")[0] == 503
                assert client.ehlo("client.test")[0] == 250
                ticket = client.sock.session


def test_a_gate_does_not_begin_with_a_pair_it_cannot_use(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    settings(home, TlsSection(certificate=str(certificate), key=str(key)))
    line = home.refused("serve", "--listen", "127.0.0.1:0")
    assert f"{certificate.as_posix()}: No such file" in line and "tls.certificate" in line and key.as_posix() in line


# ---------------------------------------------------------------- TLS with the mail server behind


@contextlib.asynccontextmanager
async def behind(offer: bytes, answer: bytes, context: ssl.SSLContext | None) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A mail server: what its EHLO offers, what it says to STARTTLS, and the TLS it then speaks; None: it hangs up.
    Tells its port, and every line that it reads; a connection begins with `new`."""
    lines: list[bytes] = []
    serving: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        lines.append(b"new")
        writer.write(b"220 mail.test\r\n")
        with contextlib.suppress(OSError):
            while line := await reader.readline():
                lines.append(line.rstrip())
                if line == b"STARTTLS\r\n" and answer[:3] == b"220":
                    writer.write(answer)
                    if context is None:
                        break
                    await writer.start_tls(context)
                    lines.append(b"secured")
                else:
                    hello = b"250-mail.test\r\n250 " + offer + b"\r\n"
                    writer.write(hello if line[:4] == b"EHLO" else answer if line[:8] == b"STARTTLS" else b"250 ok\r\n")
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], lines
    finally:
        server.close()
        await asyncio.wait(filter(None, serving), timeout=SECONDS)  # the gate has closed its side


def good() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("anything.test").configure_cert(context)  # nobody the gate knows: that is usual here
    return context


PLAIN = [(b"HELP", b"", None), (b"STARTTLS", b"454 not now\r\n", None), (b"STARTTLS", b"220 go\r\n", None)]
PLAIN_IDS = ["not offered", "refused", "no handshake"]


@pytest.mark.parametrize(("offer", "answer", "context"), PLAIN, ids=PLAIN_IDS)
def test_opportunistic_goes_without_on_a_connection_of_its_own(
    offer: bytes, answer: bytes, context: ssl.SSLContext | None
) -> None:
    """The client's EHLO is the first that this connection hears: OpenSMTPD takes no second one."""

    async def story() -> None:
        async with behind(offer, answer, context) as (port, lines):
            connection = await connect(Target("127.0.0.1", port, "opportunistic"), timeout=SECONDS)
            assert not connection.encrypted and connection.plain_because is not None
            assert connection.plain_because.code == "backend.tls"
            assert (await connection.command(b"EHLO client.test", SECONDS)).code == 250
            assert lines[lines.index(b"new", 1) :] == [b"new", b"EHLO client.test"]
            connection.abort()

    asyncio.run(story())


@pytest.mark.parametrize(("offer", "answer", "context"), PLAIN, ids=PLAIN_IDS)
def test_require_takes_nothing_less(offer: bytes, answer: bytes, context: ssl.SSLContext | None) -> None:
    async def story() -> None:
        async with behind(offer, answer, context) as (port, lines):
            with pytest.raises(BackendError) as told:
                await connect(Target("127.0.0.1", port, "require"), timeout=SECONDS)
            assert told.value.code == "backend.tls" and lines.count(b"new") == 1

    asyncio.run(story())


@pytest.mark.parametrize("tls", ["opportunistic", "require"])
def test_where_it_can_be_had_it_is_used_on_the_first_connection(tls: Tls) -> None:
    async def story() -> None:
        async with behind(b"STARTTLS", b"220 go\r\n", good()) as (port, lines):
            connection = await connect(Target("127.0.0.1", port, tls), timeout=SECONDS)
            assert connection.encrypted and connection.plain_because is None
            assert (await connection.command(b"EHLO client.test", SECONDS)).code == 250
            assert lines.count(b"new") == 1 and lines[-2:] == [b"secured", b"EHLO client.test"]
            connection.abort()

    asyncio.run(story())


def test_what_goes_unencrypted_is_told_and_tried_once_until_asked_again() -> None:
    async def story() -> None:
        async with behind(b"HELP", b"", None) as (port, lines):
            backend = Backend(Target("127.0.0.1", port, "opportunistic"), client_address="none")
            backend.state, backend.passing, backend._examined = BackendState.UP, "none", True
            for _ in range(3):
                (await backend.connect(None)).abort()
            assert lines.count(b"new") == 4
            assert "backend.plain" in [notice.code for notice in backend.warnings()]

    asyncio.run(story())


@links
def test_no_certificate_before_a_server_that_has_one_is_a_warning(live: Live) -> None:
    async def story() -> None:
        async with front(Sink()) as running:
            assert running.front.warnings() == []
            running.knowledge.offers_tls = True
            (told,) = running.front.warnings()
            assert told.code == "tls.missing"
            assert all(word in told.text for word in ("MTA-STS", "DANE", "unencrypted", "[tls]"))
            running.front.reconfigure(config_of(tls=live.section))
            assert running.front.warnings() == []

    asyncio.run(story())


@pytest.mark.parametrize("tls", ["none", "require"])
def test_whether_the_server_offers_tls_is_known_either_way(tls: Tls) -> None:
    async def story() -> None:
        async with behind(b"STARTTLS", b"220 go\r\n", good()) as (port, _):
            backend = Backend(Target("127.0.0.1", port, tls), client_address="none")
            assert not backend.offers_tls
            backend.offer = await ask_offer(backend.target, "none")
            assert backend.offers_tls

    asyncio.run(story())
