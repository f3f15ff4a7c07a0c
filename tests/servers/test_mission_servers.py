"""The mission in front of real mail servers: a denied sender hears what everybody hears of a missing account."""

import re
import smtplib
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from tests.servers.exim import Exim
from tests.servers.opensmtpd import OpenSmtpd
from tests.servers.postfix import Postfix
from tests.wire.gate_process import Gate, Home

Server = Postfix | Exim | OpenSmtpd
Swaks = Callable[..., "subprocess.CompletedProcess[str]"]

SPAMMER, FRIEND = "user1@virtual.test", "user3@virtual.test"
DENYING, MISSING = "user2@virtual.test", "nobod@virtual.test"  # names of one length

# Whole, so that a server has nothing to add to it.
HEADERS = f"From: {FRIEND}\r\nDate: Tue, 24 Nov 2026 09:00:00 +0000\r\nMessage-Id: <1@virtual.test>\r\n"


def configure(home: Home, port: int, *, client_address: str = "proxy", domains: str = '"virtual.test"') -> None:
    settings = home.path / "config" / "gate.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(
        f'[gate]\ndomains = [{domains}]\ndeliver = "smtp://127.0.0.1:{port}"\nclient_address = "{client_address}"\n'
    )


def deny(home: Home) -> None:
    home.done("account", "add", DENYING)
    home.done("deny", DENYING, SPAMMER)


@pytest.fixture
def before_postfix(home: Home, postfix: Postfix) -> Iterator[Gate]:
    configure(home, postfix.proxy)
    deny(home)
    with home.gate() as gate:
        yield gate


def transcript(port: int, *blocks: str) -> str:
    """What is answered when the blocks are sent one by one, each in one packet; the last one must lead to a close."""
    told = b""
    with socket.create_connection(("127.0.0.1", port), 60) as client, client.makefile("rb") as reader:
        told += reply(reader.readline)
        for block in blocks:
            client.sendall(block.encode())
            for _ in range(block.count("\r\n")):
                told += reply(reader.readline)
        told += reader.read()
    return told.decode()


def reply(read_line: Callable[[], bytes]) -> bytes:
    lines = [read_line()]
    while lines[-1][3:4] == b"-":
        lines.append(read_line())
    return b"".join(lines)


def session(recipient: str) -> list[str]:
    return [
        "EHLO mx.outside.test\r\n",
        f"MAIL FROM:<{SPAMMER}>\r\n",
        f"RCPT TO:<{recipient}>\r\n",
        "DATA\r\n",
        "RSET\r\n",
        f"MAIL FROM:<{SPAMMER}>\r\n",
        f"RCPT TO:<{recipient}>\r\n",
        "QUIT\r\n",
    ]


def without_name(text: str, recipient: str) -> str:
    """The replies less the recipient's name, and less what differs between any two sessions: queue ids, the time."""
    return re.sub(r"2\.0\.0 [0-9a-f]{8} |\d\d:\d\d:\d\d", "", text.replace(recipient.partition("@")[0], "NAME"))


def test_a_denied_sender_hears_what_a_missing_account_sounds_like(home: Home, server: Server) -> None:
    configure(home, server.proxy)
    deny(home)
    with home.gate() as gate:
        denied = transcript(gate.port, *session(DENYING))
        missing = transcript(gate.port, *session(MISSING))
        pipelined = transcript(gate.port, session(DENYING)[0], "".join(session(DENYING)[1:3]), *session(DENYING)[3:])
        friend = transcript(gate.port, *(line.replace(SPAMMER, FRIEND) for line in session(DENYING)[:3]), "QUIT\r\n")
    assert without_name(denied, DENYING) == without_name(missing, MISSING)
    assert pipelined == denied
    assert re.search(r"^5\d\d .*$", denied, re.MULTILINE)
    assert not re.search(r"^5", friend, re.MULTILINE)


def test_an_honest_client_may_use_tls(home: Home, server: Server, tmp_path: Path) -> None:
    """OpenSMTPD wants no second EHLO, which RFC 3207 asks of the client after STARTTLS."""
    configure(home, server.proxy)
    authority = trustme.CA()
    certificate = authority.issue_cert("mx.outside.test")
    certificate.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    both = (tmp_path / "both.pem").as_posix()
    with (home.path / "config" / "gate.toml").open("a") as settings:
        settings.write(f'[tls]\ncertificate = "{both}"\nkey = "{both}"\n')
    deny(home)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    trusting.check_hostname = False
    with home.gate() as gate, smtplib.SMTP("127.0.0.1", gate.port, "mx.outside.test", timeout=60) as client:
        client.ehlo()
        assert client.starttls(context=trusting)[0] == 220
        code, offer = client.ehlo()
        assert code == 250 and b"STARTTLS" not in offer
        assert client.sendmail(FRIEND, [DENYING], "Subject: sealed\r\n\r\nhello\r\n") == {}
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.sendmail(SPAMMER, [DENYING], "Subject: x\r\n\r\nhello\r\n")


def test_the_words_are_the_servers_own(home: Home, postfix: Postfix) -> None:
    configure(home, postfix.proxy)
    deny(home)
    with home.gate() as gate:
        told = transcript(gate.port, *session(DENYING))
    assert f"550 5.1.1 <{DENYING}>: Recipient address rejected: User unknown in virtual mailbox table\r\n" in told


def test_swaks_plays_the_spammer(before_postfix: Gate, postfix: Postfix, swaks: Swaks) -> None:
    def play(sender: str, recipient: str) -> tuple[int, str]:
        server = f"127.0.0.1:{before_postfix.port}"
        played = swaks("--server", server, "--from", sender, "--to", recipient, "--helo", "mx.outside.test")
        refused = [line for line in played.stdout.splitlines() if line.startswith("<**")]
        return played.returncode, "\n".join(refused)

    denied, missing = play(SPAMMER, DENYING), play(SPAMMER, MISSING)
    assert denied == (24, missing[1].replace("nobod", "user2")) and missing[0] == 24
    assert "550 5.1.1" in denied[1]
    assert play(FRIEND, DENYING) == (0, "")
    assert b"From: " in postfix.wait_for_message(DENYING)
    (refused, *_) = before_postfix.home.json("log")
    assert (refused["sender"], refused["verdict"], refused["because"]) == (SPAMMER, "refuse", "entry")
    assert refused["reply"] in denied[1] and refused["client"] == "127.0.0.1"


@pytest.mark.parametrize("pipelined", [False, True], ids=["plain", "pipelined"])
def test_only_the_accepted_of_two_receives(before_postfix: Gate, postfix: Postfix, *, pipelined: bool) -> None:
    envelope = [
        f"MAIL FROM:<{SPAMMER}>\r\n",
        f"RCPT TO:<{DENYING}>\r\n",
        f"RCPT TO:<{FRIEND}>\r\n",
        f"RCPT TO:<{MISSING}>\r\n",
        "DATA\r\n",
    ]
    blocks = ["".join(envelope)] if pipelined else envelope
    message = f"Subject: for one\r\n{HEADERS}\r\nhello\r\n.\r\n"
    address = ("127.0.0.1", before_postfix.port)
    with socket.create_connection(address, 60) as client, client.makefile("rb") as reader:
        reply(reader.readline)
        client.sendall(b"EHLO mx.outside.test\r\n")
        reply(reader.readline)
        codes = []
        for block in blocks:
            client.sendall(block.encode())
            codes += [reply(reader.readline)[:3] for _ in range(block.count("\r\n"))]
        assert codes == [b"250", b"550", b"250", b"550", b"354"]
        client.sendall(message.encode() + b"QUIT\r\n")
        assert reply(reader.readline).startswith(b"250 ") and reply(reader.readline).startswith(b"221 ")
    whole = f"{HEADERS}\r\nhello\r\n".replace("\r\n", "\n")
    assert postfix.wait_for_message(FRIEND).endswith(b"\nSubject: for one\n" + whole.encode())
    assert {folder.name for folder in postfix.mail.iterdir()} == {FRIEND}


@pytest.mark.parametrize(
    "recipient",
    [
        "x@outside.test",
        '"x@outside.test"@virtual.test',
        "x%outside.test@virtual.test",
        "outside.test!x@virtual.test",
    ],
)
def test_it_never_relays_for_a_postfix_that_trusts_it(before_postfix: Gate, recipient: str) -> None:
    with smtplib.SMTP("127.0.0.1", before_postfix.port, "mx.outside.test") as client:
        client.ehlo()
        client.docmd(f"MAIL FROM:<{FRIEND}>")
        code, words = client.docmd(f"RCPT TO:<{recipient}>")
    assert (code, words) == (554, f"5.7.1 <{recipient}>: Relay access denied".encode())


def test_without_the_clients_address_a_trusting_postfix_keeps_the_port_closed(home: Home, postfix: Postfix) -> None:
    configure(home, postfix.plain, client_address="none")
    with home.gate() as gate:
        status = gate.status()
        assert status["listen"] == [] and status["state"] == "stopped"
        (told,) = [warning["text"] for warning in status["warnings"] if warning["code"] == "backend.relays"]
        assert "client_address" in told and "\n" not in told
        assert told in home.refused("start")


def test_auto_finds_proxy_and_says_what_to_set_where_there_is_none(home: Home, postfix: Postfix) -> None:
    configure(home, postfix.proxy, client_address="auto")
    with home.gate() as gate:
        assert gate.status()["state"] == "guarding"
    configure(home, postfix.plain, client_address="auto")
    with home.gate() as gate:
        told = home.refused("start")
    assert "smtpd_upstream_proxy_protocol=haproxy" in told


def test_the_server_learns_who_is_calling(before_postfix: Gate, postfix: Postfix) -> None:
    with smtplib.SMTP("127.0.0.1", before_postfix.port, "mx.outside.test", source_address=("127.0.0.9", 0)) as client:
        client.sendmail(FRIEND, [DENYING], "Subject: from nine\r\n\r\nhello\r\n")
    stored = postfix.wait_for_message(DENYING)
    assert b"from mx.outside.test (unknown [127.0.0.9])" in stored


def message_of(megabytes: int) -> bytes:
    """Lines of 900 octets, every third with a dot at its start, 8-bit octets among them."""
    line = bytes(33 + n % 90 for n in range(897)) + b"\xe9"
    lines = [line + b"\r\n", b"." + line + b"\r\n", b".." + line[1:] + b"\r\n"]
    block = b"".join(lines)
    return (
        f"Subject: large\r\n{HEADERS}\r\n".encode()
        + block * (megabytes * 1_000_000 // len(block))
        + b".\r\n..\r\nend\r\n"
    )


def peak_of(pid: int) -> int:
    """The most memory that the process ever held, in KiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmHWM:\s+(\d+)", status, re.MULTILINE)[1])  # type: ignore[index]


def test_forty_megabytes_arrive_as_they_were_and_leave_no_trace_in_memory(
    home: Home, start_postfix: Callable[..., Postfix]
) -> None:
    postfix = start_postfix(main={"message_size_limit": "60000000", "virtual_mailbox_limit": "0"})
    configure(home, postfix.proxy)
    message = message_of(40)
    with home.gate() as gate, smtplib.SMTP("127.0.0.1", gate.port, "mx.outside.test", timeout=60) as client:
        client.sendmail(FRIEND, [DENYING], "Subject: small\r\n\r\nhello\r\n")
        postfix.wait_for_message(DENYING)
        before = peak_of(gate.process.pid)
        seen = len(postfix.process.lines)
        client.sendmail(FRIEND, [DENYING], message, mail_options=["BODY=8BITMIME"])
        grown = peak_of(gate.process.pid) - before
        postfix.wait_for_message(DENYING, after=seen)
    stored = max(postfix.messages(DENYING), key=len)
    assert stored[stored.index(b"Subject: large") :] == message.replace(b"\r\n", b"\n")
    assert grown < 8 * 1024


def test_a_server_that_is_away_means_come_again(home: Home) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        configure(home, nobody.getsockname()[1])
        with home.gate() as gate:
            status = gate.status()
            assert status["state"] == "guarding" and [w["code"] for w in status["warnings"]] == ["backend.down"]
            with socket.create_connection(("127.0.0.1", gate.port), 60) as client:
                assert client.recv(1000).startswith(b"421 ")


def test_killed_at_any_moment_it_has_promised_nothing(home: Home, postfix: Postfix) -> None:
    """Kill -9 while mail streams through several sessions: whatever was answered 250 is at the server."""
    configure(home, postfix.proxy)
    deny(home)
    promised: list[str] = []
    for kill_after in (1, 3, 8):
        with home.gate() as gate:
            port, done = gate.port, threading.Semaphore(0)

            def send(name: str, port: int = port, done: threading.Semaphore = done) -> None:
                try:
                    with smtplib.SMTP("127.0.0.1", port, "mx.outside.test", timeout=60) as client:
                        for number in range(20):
                            client.sendmail(FRIEND, [DENYING], f"Subject: {name}-{number}-\r\n\r\n{'x' * 70000}\r\n")
                            promised.append(f"{name}-{number}-")
                            done.release()
                except (OSError, smtplib.SMTPException):
                    done.release()

            senders = [threading.Thread(target=send, args=(f"k{kill_after}s{n}",)) for n in range(3)]
            for sender in senders:
                sender.start()
            for _ in range(kill_after):
                assert done.acquire(timeout=60)
            gate.kill()
            for sender in senders:
                sender.join(60)
        assert [entry["pattern"] for entry in home.json("entries", DENYING)] == [SPAMMER]
    assert promised
    seen = len(postfix.process.lines)
    while not set(promised) <= subjects(postfix):
        postfix.process.wait_for_line("status=sent", after=seen)
        seen = len(postfix.process.lines)


def subjects(postfix: Postfix) -> set[str]:
    found = (re.search(rb"^Subject: (\S+)", message, re.MULTILINE) for message in postfix.messages(DENYING))
    return {match[1].decode() for match in found if match}
