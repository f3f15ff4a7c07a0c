"""The true client reaches real servers: by PROXY to each of them, by XCLIENT to Postfix; its address and its name."""

import asyncio
import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from gate.backend.client_address import ClientAddress
from gate.backend.connection import BackendError, Target, connect
from gate.backend.xclient import TEMPUNAVAIL, UNAVAILABLE, HostNames
from tests.servers.calling import RECIPIENT, SENDER, calling, configure, send, talk
from tests.servers.exim import Exim
from tests.servers.opensmtpd import OpenSmtpd
from tests.servers.postfix import Postfix
from tests.wire.front import has_ipv6
from tests.wire.gate_process import Gate, Home

Server = Postfix | Exim | OpenSmtpd
IMPATIENT = "timeout:1 attempts:1"
"""For the system's resolver: these tests want no answer from the network, and soon."""
XCLIENT = {
    "smtpd_authorized_xclient_hosts": "127.0.0.1",
    "smtpd_peername_lookup": "yes",
    "import_environment": f"MAIL_CONFIG MAIL_LOGTAG TZ LD_LIBRARY_PATH {{RES_OPTIONS={IMPATIENT}}}",
}
FOUR, SIX = "203.0.113.9", "2001:db8::9"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("RES_OPTIONS", IMPATIENT)
    return Home(tmp_path / "home")


@pytest.fixture(params=["postfix-proxy", "postfix-xclient", "exim-proxy", "opensmtpd-proxy"])
def way(request: pytest.FixtureRequest, home: Home) -> Iterator[tuple[Server, Gate]]:
    """A server and a gate before it, that passes the client's address on."""
    name, _, passing = request.param.partition("-")
    server: Server = (
        request.getfixturevalue("start_postfix")(main=XCLIENT) if name == "postfix" else request.getfixturevalue(name)
    )
    configure(home, server.plain if passing == "xclient" else server.proxy)
    with home.gate() as gate:
        assert gate.status()["state"] == "guarding"
        yield server, gate


def received(server: Server, subject: str, count: int) -> str:
    """The first `Received` of the message with that subject, out of `count`, as one line."""
    found = server.wait_for_messages(RECIPIENT, count)
    message = next(each for each in found if f"Subject: {subject}\n".encode() in each)
    match = re.search(rb"^Received: (.*?)\n(?!\s)", message, re.MULTILINE | re.DOTALL)
    assert match, message
    return re.sub(r"\s+", " ", match[1].decode())


def logged(server: Server) -> str:
    """All of the server's log."""
    lines = "\n".join(server.process.lines)
    return lines + (server.mail.parent / "log" / "main").read_text() if isinstance(server, Exim) else lines


def name_of(host: str) -> str:
    """What the system calls that host; empty: nothing, so that a server says `unknown`."""
    try:
        return socket.getnameinfo((host, 0), socket.NI_NAMEREQD)[0]
    except OSError:
        return ""


def test_log_and_received_bear_the_clients_address_and_name(way: tuple[Server, Gate]) -> None:
    server, gate = way
    for count, host in enumerate(("127.0.0.1", "127.0.0.9", FOUR, SIX), 1):
        send(gate.port, host, f"from {host}", to="127.0.0.1")
        told = received(server, f"from {host}", count)
        address = f"IPv6:{host}" if ":" in host and isinstance(server, Postfix) else host
        assert re.search(rf"\[{re.escape(address)}\]", told), told
        assert "mx.outside.test" in told
        if isinstance(server, Postfix):
            name = name_of(host) or "unknown"
            assert f"from mx.outside.test ({name} [{address}])" in told
            assert f"client={name}[{host}]" in logged(server)
        elif isinstance(server, OpenSmtpd):  # (Exim is not told to look names up)
            assert f"mx.outside.test ({'localhost' if host == '127.0.0.1' else '<unknown>'} [{host}])" in told
        assert host in logged(server)
        assert "127.0.0.200" not in logged(server)


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")
@pytest.mark.parametrize("passing", ["proxy", "xclient"])
def test_a_client_that_comes_by_ipv6(home: Home, start_postfix: Callable[..., Postfix], passing: str) -> None:
    postfix = start_postfix(main=XCLIENT)
    configure(home, postfix.plain if passing == "xclient" else postfix.proxy)
    with home.gate(listen="[::1]:0") as gate:
        listen = {place.rpartition(":")[0]: int(place.rpartition(":")[2]) for place in gate.status()["listen"]}
        send(listen["[::1]"], "::1", "six", to="::1")
    assert f"({name_of('::1') or 'unknown'} [IPv6:::1])" in received(postfix, "six", 1)


@pytest.mark.parametrize("passing", ["proxy", "xclient"])
def test_an_ipv4_only_postfix_has_no_ipv6_port_before_it(
    home: Home, start_postfix: Callable[..., Postfix], passing: str
) -> None:
    postfix = start_postfix(main={**XCLIENT, "inet_protocols": "ipv4"})
    configure(home, postfix.plain if passing == "xclient" else postfix.proxy)
    with home.gate() as gate:
        found = gate.status()
        assert (found["state"], len(found["listen"])) == ("guarding", 1)
        assert [one["code"] for one in found["warnings"]] == ["backend.ipv6"]  # of the proxy that it trusts
        with calling(gate.port, SIX) as caller:  # a proxy can still tell of one: then it is nobody's fault but 421
            assert caller.reply().startswith(b"421 ")
        send(gate.port, FOUR, "four")


def test_xclient_goes_through_tls(home: Home, start_postfix: Callable[..., Postfix], tmp_path: Path) -> None:
    authority = trustme.CA()
    both = tmp_path / "both.pem"
    authority.issue_cert("mx.virtual.test").private_key_and_cert_chain_pem.write_to_path(both)
    main = {**XCLIENT, "smtpd_tls_security_level": "may", "smtpd_tls_chain_files": both.as_posix()}
    postfix = start_postfix(main={**main, "smtpd_tls_received_header": "yes"})
    configure(home, postfix.plain)
    settings = home.path / "config" / "gate.toml"
    settings.write_text(settings.read_text().replace(f":{postfix.plain}", f":{postfix.plain}?tls=require"))
    with home.gate() as gate:
        send(gate.port, FOUR, "sealed")
    told = received(postfix, "sealed", 1)
    assert f"(unknown [{FOUR}])" in told and "using TLS" in told


REFUSES_NAMELESS = ("reject_unknown_client_hostname", "reject_unknown_reverse_client_hostname")


@pytest.mark.parametrize("restriction", REFUSES_NAMELESS)
@pytest.mark.parametrize("delayed", ["yes", "no"])
def test_a_client_without_a_name_hears_the_same_as_without_the_gate(
    home: Home, start_postfix: Callable[..., Postfix], restriction: str, delayed: str
) -> None:
    """Said at RCPT TO, or by way of greeting where Postfix does not delay it."""
    lines = ["EHLO mx.outside.test", f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{RECIPIENT}>", "QUIT"]
    restrictions = f"check_client_access inline:{{{{192.0.2.1 = OK}}, {{2001:db8::1 = OK}}}}, {restriction}"
    more = {"smtpd_client_restrictions": restrictions, "smtpd_delay_reject": delayed}
    alone = start_postfix(main={**XCLIENT, **more})
    for passing in ("proxy", "xclient"):
        postfix = start_postfix(main={**XCLIENT, **more})
        configure(home, postfix.plain if passing == "xclient" else postfix.proxy)
        with home.gate() as gate:
            for host in ("127.0.0.1", "127.0.0.9"):
                direct = [offers_less(each) for each in talk(alone.plain, host, lines)]
                through = [offers_less(each) for each in talk(gate.port, host, lines)]
                assert (direct[3][:3] == b"250") is (host == "127.0.0.1")
                if direct[0].startswith(b"220 "):
                    assert through == direct
                elif passing == "proxy":
                    assert (delayed, through[0]) == ("no", direct[0])
                else:
                    assert (delayed, through[0][:4]) == ("no", b"421 ")


def offers_less(reply: bytes) -> bytes:
    """A reply, of an EHLO only its first line: what a gate does not offer is another test's."""
    return reply.partition(b"\r\n")[0].replace(b"250-", b"250 ")


def test_what_postfix_makes_of_names_that_are_not_there(start_postfix: Callable[..., Postfix]) -> None:
    """NAME and REVERSE_NAME mean to it what they would if it had looked itself."""
    postfix = start_postfix(
        main={
            **XCLIENT,
            "smtpd_recipient_restrictions": "reject_unauth_destination, reject_unknown_reverse_client_hostname, "
            "reject_unknown_client_hostname",
        }
    )

    async def reply(name: str, reverse: str) -> bytes:
        connection = await connect(
            Target("127.0.0.1", postfix.plain),
            client=ClientAddress(FOUR, 40001, "127.0.0.1", 25),
            passing="xclient",
            names=HostNames(name, reverse),
            timeout=20,
        )
        try:
            await connection.command(b"EHLO mx.outside.test", 20)
            await connection.command(f"MAIL FROM:<{SENDER}>".encode(), 20)
            return (await connection.command(f"RCPT TO:<{RECIPIENT}>".encode(), 20)).raw
        finally:
            connection.abort()

    def told(name: str, reverse: str) -> bytes:
        return asyncio.run(reply(name, reverse))

    long = ".".join(["a" * 49] * 5)
    assert told("host.outside.test", "host.outside.test").startswith(b"250 ")
    assert told(long, long).startswith(b"250 ")
    assert told("b" + long[1:], long).startswith(b"250 ")
    assert b"cannot find your hostname, [203.0.113.9]" in told(UNAVAILABLE, "host.outside.test")
    assert b"cannot find your hostname, [203.0.113.9]" in told(TEMPUNAVAIL, "host.outside.test")
    assert b"cannot find your reverse hostname, [203.0.113.9]" in told(UNAVAILABLE, UNAVAILABLE)
    assert b"cannot find your reverse hostname, [203.0.113.9]" in told(TEMPUNAVAIL, TEMPUNAVAIL)
    assert f"client={long}[{FOUR}]" not in "\n".join(postfix.process.lines) or len(long) < 250


def test_a_refused_xclient_is_fatal(start_postfix: Callable[..., Postfix]) -> None:
    """Postfix would go on and take the client for the gate."""
    postfix = start_postfix(main={**XCLIENT, "inet_protocols": "ipv4"})

    async def story() -> None:
        with pytest.raises(BackendError) as caught:
            await connect(
                Target("127.0.0.1", postfix.plain),
                client=ClientAddress(SIX, 40001, "::1", 25),
                passing="xclient",
                timeout=20,
            )
        assert caught.value.code == "backend.xclient_refused"
        assert "501 5.5.4" in str(caught.value)

    asyncio.run(story())


def test_xclient_that_is_offered_no_more_is_fatal_too(home: Home, start_postfix: Callable[..., Postfix]) -> None:
    postfix = start_postfix(main=XCLIENT)
    configure(home, postfix.plain)
    with home.gate() as gate:
        send(gate.port, FOUR, "before")
        main = postfix.mail.parent / "etc" / "main.cf"
        main.write_text(main.read_text().replace("smtpd_authorized_xclient_hosts = 127.0.0.1\n", ""))
        os.utime(main, (past := time.time() - 60, past))
        postfix.process.reload()
        postfix.process.wait_for_line("reload")
        with calling(gate.port, FOUR) as caller:
            assert caller.reply() == b"421 4.3.0 mx.virtual.test Service not available, try again later\r\n"
        assert "smtpd_authorized_xclient_hosts" in gate.status()["warnings"][0]["text"]


def test_a_denied_sender_and_a_missing_account_are_one_behind_xclient(
    home: Home, start_postfix: Callable[..., Postfix]
) -> None:
    postfix = start_postfix(main=XCLIENT)
    configure(home, postfix.plain)
    home.done("account", "add", "user2@virtual.test")
    home.done("deny", "user2@virtual.test", SENDER)

    def told(recipient: str) -> list[bytes]:
        commands = ["EHLO mx.outside.test", f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{recipient}>", "DATA", "RSET", "QUIT"]
        return [each.replace(recipient.encode(), b"NAME") for each in talk(gate.port, FOUR, commands)]

    with home.gate() as gate:
        denied, missing = told("user2@virtual.test"), told("nobo7@virtual.test")
        assert denied == missing
        assert denied[3].startswith(b"550 5.1.1 <NAME>: Recipient address rejected: User unknown in virtual ")


@pytest.mark.parametrize("hello", ["EHLO mx.outside.test", "HELO mx.outside.test", "NOOP"])
def test_what_the_client_says_of_itself_is_its_own(
    home: Home, start_postfix: Callable[..., Postfix], hello: str
) -> None:
    """No EHLO of the gate's, which has to greet before XCLIENT, is left over."""
    postfix = start_postfix(main=XCLIENT)
    configure(home, postfix.plain)
    message = f"Subject: {hello}\r\n\r\nhello\r\n."
    lines = [hello, f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{RECIPIENT}>", "DATA", message, "QUIT"]
    with home.gate() as gate:
        for port in (postfix.plain, gate.port):
            assert talk(port, "127.0.0.1", lines)[5].startswith(b"250 ")
        found = postfix.wait_for_messages(RECIPIENT, 2)
    heads = [re.sub(rb"(?m)id \w+$|; .*|\d\d:\d\d:\d\d|\.\w+@", b"", each.partition(b"\nSubject")[0]) for each in found]
    assert heads[0] == heads[1]
    assert (b"with ESMTP" in heads[0]) is hello.startswith("EHLO")
