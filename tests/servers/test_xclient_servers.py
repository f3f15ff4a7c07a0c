"""XCLIENT to the gate, as real programs say it: swaks, another gate; with Postfix behind it, and as the oracle."""

import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.servers.calling import PROXY, RECIPIENT, SECONDS, SENDER, Caller, calling, configure, send, talk
from tests.servers.postfix import Postfix
from tests.servers.process import ServerProcess, free_ports, wait_for_ports
from tests.wire.gate_process import Home

XCLIENT = {"smtpd_authorized_xclient_hosts": "127.0.0.1"}
FOUR, SIX = "203.0.113.9", "2001:db8::9"
Swaks = Callable[..., "subprocess.CompletedProcess[str]"]


@contextmanager
def connected(port: int, host: str) -> Iterator[Caller]:
    """Whoever connects from there, and waits."""
    connection = socket.create_connection(("127.0.0.1", port), SECONDS, source_address=(host, 0))
    with connection, connection.makefile("rb") as replies:
        yield Caller(connection, replies)


def newest(home: Home, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The newest row of the log, when it is that: rows are written some tenths of a second after the reply."""
    rows: list[dict[str, Any]] = []
    for _ in range(30):
        rows = home.json("log")
        if rows and wanted(rows[-1]):
            break
    assert wanted(rows[-1]), rows[-1]
    return rows[-1]


def logged(postfix: Postfix) -> str:
    return "\n".join(postfix.process.lines)


REFUSED = [
    "XCLIENT",
    "XCLIENT ADDR",
    "XCLIENT ADDR=",
    "XCLIENT ADDR=203.0.113",
    "XCLIENT addr=IPV6:203.0.113.5",
    "XCLIENT ADDR=mail.example",
    "XCLIENT SESSION=1",
    "XCLIENT HELO=" + "a" * 256,
    "XCLIENT PORT=-1",
    "XCLIENT NAME=203.0.113.5",
    "XCLIENT NAME=-",
    "XCLIENT PROTO=HTTP",
    "XCLIENT DESTADDR=x",
    "XCLIENT ADDR=192.0.2.1 PORT=a",
    "RCPT TO:<user3@virtual.test>",
]
TAKEN = [
    "NOOP",
    "RSET",
    "xclient Name=[TEMPUNAVAIL] reverse_name=[unavailable] PORT=[UNAVAILABLE] LOGIN=a+tag HELO=a+0D+0Ab PROTO=esmtp "
    "ADDR=ipv6:2001:db8::5",
]


def test_what_postfix_says_to_xclient_the_gate_says(home: Home, start_postfix: Callable[..., Postfix]) -> None:
    postfix = start_postfix(main={**XCLIENT, "smtpd_error_sleep_time": "0"})
    configure(home, postfix.proxy)
    with home.gate() as gate:

        def told(port: int, host: str) -> list[bytes]:
            with connected(port, host) as caller:
                said = [caller.reply(), *(caller.say(line) for line in [*REFUSED, *TAKEN])]
                return [each.removesuffix(b" Postfix\r\n").removesuffix(b"\r\n") for each in said]

        assert told(gate.port, PROXY) == told(postfix.plain, "127.0.0.1")
        offers = []
        for port, host in ((gate.port, PROXY), (postfix.plain, "127.0.0.1")):
            with connected(port, host) as caller:
                caller.reply()
                (offer,) = re.findall(rb"250.(XCLIENT .*)\r\n", caller.say("EHLO proxy.test"))
                offers.append(offer)
        assert offers[0] == offers[1]


@pytest.mark.parametrize("passing", ["proxy", "xclient"])
def test_swaks_in_front(home: Home, start_postfix: Callable[..., Postfix], swaks: Swaks, passing: str) -> None:
    postfix = start_postfix(main=XCLIENT)
    configure(home, postfix.plain if passing == "xclient" else postfix.proxy)
    home.done("account", "add", RECIPIENT)
    home.done("deny", RECIPIENT, "spam@bad.example")
    with home.gate() as gate:
        there = ("--server", "127.0.0.1", "--port", str(gate.port), "--local-interface", PROXY, "--to", RECIPIENT)
        for number, host in enumerate((FOUR, f"IPV6:{SIX}"), 1):
            client = ("--xclient-addr", host, "--xclient-port", "40001", "--xclient-helo", "mx.outside.test")
            name = ("--xclient-name", "[UNAVAILABLE]", "--xclient-delim") if number == 2 else ()
            after = len(postfix.process.lines)
            done = swaks(*there, *name, *client, "--from", SENDER, "--ehlo", "mx.outside.test")
            assert done.returncode == 0, done.stdout
            bare = host.removeprefix("IPV6:")
            postfix.wait_for_message(RECIPIENT, after=after)
            assert re.search(rf"client=\S+\[{re.escape(bare)}\]", logged(postfix))
        found = postfix.messages(RECIPIENT)
        assert any(f"[{FOUR}]".encode() in each for each in found) and PROXY not in logged(postfix)
        refused = swaks(*there, "--xclient", f"ADDR={FOUR}", "--from", "spam@bad.example")
        assert "550 5.1.1" in refused.stdout and refused.returncode == 24, refused.stdout
        row = newest(home, lambda row: row["sender"] == "spam@bad.example")
        assert (row["client"], row["sender"], row["verdict"]) == (FOUR, "spam@bad.example", "refuse")
        own = swaks(*there, "--from", SENDER)  # without XCLIENT it speaks for itself
        assert own.returncode == 0, own.stdout
        newest(home, lambda row: row["client"] == PROXY)
        stranger = ("--server", "127.0.0.1", "--port", str(gate.port), "--local-interface", "127.0.0.9")
        unbelieved = swaks(*stranger, "--to", RECIPIENT, "--from", SENDER, "--xclient-addr", FOUR)
        assert (
            unbelieved.returncode != 0 and "XCLIENT" not in unbelieved.stdout.partition("EHLO")[2].partition("QUIT")[0]
        )


@pytest.mark.parametrize(("client_address", "found"), [("xclient", "xclient"), ("auto", "proxy")])
def test_a_gate_behind_a_gate(
    home: Home, tmp_path: Path, start_postfix: Callable[..., Postfix], client_address: str, found: str
) -> None:
    postfix = start_postfix(main=XCLIENT)
    inner = Home(tmp_path / "inner")
    (port,) = free_ports(1)
    configure(inner, postfix.proxy, more=f'listen = ["127.0.0.1:{port}"]\n')
    settings = inner.path / "config" / "gate.toml"
    settings.write_text(settings.read_text().replace(f'"{PROXY}"', '"127.0.0.1"'))
    inner.done("account", "add", RECIPIENT)
    inner.done("deny", RECIPIENT, "spam@bad.example")
    configure(home, port, client_address)
    with inner.gate(listen=None), home.gate() as outer:
        status = outer.status()
        assert status["state"] == "guarding", status
        assert home.json("check", "--backend")["client_address"]["found"] == found
        for host in (FOUR, SIX):
            after = len(postfix.process.lines)
            send(outer.port, host, f"from {host}")
            postfix.wait_for_message(RECIPIENT, after=after)
            assert re.search(rf"client=\S+\[{re.escape(host)}\]", logged(postfix))
        lines = ["EHLO mx.outside.test", "MAIL FROM:<spam@bad.example>", f"RCPT TO:<{RECIPIENT}>", "QUIT"]
        assert talk(outer.port, FOUR, lines)[3].startswith(b"550 5.1.1 <user3@virtual.test>: Recipient address rej")
        row = newest(inner, lambda row: row["sender"] == "spam@bad.example")
        assert (row["client"], row["helo"], row["verdict"]) == (FOUR, "mx.outside.test", "refuse")
        newest(home, lambda row: (row["client"], row["sender"]) == (FOUR, "spam@bad.example"))


HAPROXY = """
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
listen mail
    bind 127.0.0.1:{port}
    server gate 127.0.0.1:{gate} source {source} {sends}
"""


@contextmanager
def haproxy(servers: Path, folder: Path, gate: int, sends: str) -> Iterator[int]:
    (port,) = free_ports(1)
    settings = folder / f"haproxy{port}.cfg"
    settings.write_text(HAPROXY.format(port=port, gate=gate, source=PROXY, sends=sends))
    process = ServerProcess(
        [servers / "haproxy" / "usr" / "sbin" / "haproxy", "-db", "-f", settings],
        environment={"LD_LIBRARY_PATH": str(servers / "lib")},
    )
    try:
        wait_for_ports(process, port)
        yield port
    finally:
        process.stop()


def test_haproxy_in_front(home: Home, postfix: Postfix, servers: Path, tmp_path: Path) -> None:
    """With a header of either version, and set up without one."""
    configure(home, postfix.proxy)
    with home.gate() as gate:
        with haproxy(servers, tmp_path, gate.port, "send-proxy-v2") as port:
            after = len(postfix.process.lines)
            send(port, "127.0.0.9", "by a header")
            postfix.wait_for_message(RECIPIENT, after=after)
            assert "client=unknown[127.0.0.9]" in logged(postfix)
        with haproxy(servers, tmp_path, gate.port, "send-proxy") as port, calling(port, "127.0.0.9") as caller:
            assert caller.reply() == b""
            gate.wait_line("a PROXY header of version 1; the gate takes version 2 (HAProxy: send-proxy-v2)")
        with haproxy(servers, tmp_path, gate.port, "") as port:
            send(port, "127.0.0.9", "by nothing")
            newest(home, lambda row: row["client"] == PROXY)
