"""No open relay: before a Postfix that trusts its whole machine, whoever asks, in whatever disguise."""

import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.servers.calling import RECIPIENT, calling, configure, send, talk
from tests.servers.postfix import Postfix
from tests.wire.gate_process import Gate, Home

XCLIENT = {"smtpd_authorized_xclient_hosts": "127.0.0.1"}
DENIED, STRANGER, OWN = "spam@bad.example", "someone@outside.test", "postmaster@virtual.test"
CLIENT = "203.0.113.9"
A_SESSION = 8
"""Attempts a session: Postfix sleeps a second at each error after ten."""

FOREIGN = [
    "u@other.test", "U@OTHER.Test", "u@other.test.", '"u"@other.test', r'"\u"@other.test', "u(x)@other.test",
    "@virtual.test:u@other.test", "@virtual.test,@mx.virtual.test:u@other.test", "@other.test:u@other.test",
    "@Virtual.TEST.:u@other.test", "@[127.0.0.1]:u@other.test",
    "@" + ",@".join(f"hop{n}.virtual.test" for n in range(9)) + ":u@other.test",
    "u@other.test@virtual.test", "u@virtual.test@other.test", '"u@other.test"@virtual.test', '"u@other.test"',
    '"u@virtual.test"@other.test', r"u\@other.test@virtual.test", "u@other.test,user3@virtual.test",
    "u%other.test@virtual.test", "U%Other.Test@Virtual.TEST", "u%other.test@virtual.test.",
    '"u%other.test"@virtual.test', "u%other.test.@virtual.test", "u%other.test%virtual.test@virtual.test",
    "u%other.test@mx.virtual.test", "u%other.test",
    "u%40other.test@virtual.test", "@virtual.test:u%other.test@virtual.test",
    "other.test!u@virtual.test", "OTHER.test!u@virtual.test", "other.test!u", "virtual.test!other.test!u@virtual.test",
    '"other.test!u"@virtual.test', "virtual.test!u@other.test",
    "u@[127.0.0.1]", "u@[203.0.113.77]", "u@[IPv6:2001:db8::77]", "u@[ipv6:::1]", "u%other.test@[127.0.0.1]",
    '"u@other.test"@[127.0.0.1]', "u@127.0.0.1", "u@2130706433", "u@#2130706433", "u@localhost", "u@mx.virtual.test",
    "u", '"u"', "u@", "@other.test", "u@.other.test", "u@other..test", "u@.", "u@virtual.test.other.test",
    "u@other.test\0@virtual.test", "u@other.test\0", "\0u@other.test", "u@virtual.test\0.other.test",
    "u@other.test\r@virtual.test", "u@other.test @virtual.test", "u@other.test\t", "u@ötherwise.test",
    "=?utf-8?q?u=40other.test?=@virtual.test", "=?utf-8?q?x=3e=0d=0aRCPT_TO:=3cu=40other.test?=@virtual.test",
    "=?utf-8?b?dUBvdGhlci50ZXN0?=", "user3@virtual.test>,<u@other.test", "user3@virtual.test> TO:<u@other.test",
]  # fmt: skip


@pytest.fixture(params=["proxy", "xclient"])
def start(request: pytest.FixtureRequest, home: Home, start_postfix: Callable[..., Postfix]) -> Callable[..., Postfix]:
    """Starts a Postfix with `mynetworks = 127.0.0.0/8` and configures a gate that passes the client on to it."""

    def begin(more: str = "") -> Postfix:
        postfix = start_postfix(main=XCLIENT)
        configure(home, postfix.plain if request.param == "xclient" else postfix.proxy, more=more)
        home.done("account", "add", "user2@virtual.test")
        home.done("deny", "*", DENIED)
        return postfix

    return begin


def attempts(port: int, client: str, sender: str, recipients: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Every recipient with its reply; after each session's, DATA gets no go-ahead."""
    for begin in range(0, len(recipients), A_SESSION):
        with calling(port, client) as caller:
            assert caller.reply().startswith(b"220 ")
            assert caller.say("EHLO mx.outside.test").startswith(b"250")
            assert caller.say(f"MAIL FROM:<{sender}>").startswith(b"250 ")
            for recipient in recipients[begin : begin + A_SESSION]:
                yield recipient, caller.say(f"RCPT TO:<{recipient}>")
            assert caller.say("DATA")[:1] in {b"5", b"4"}


def queue(postfix: Postfix) -> list[Path]:
    """Messages that Postfix still has."""
    folder = postfix.mail.parent / "queue"
    kept = ("maildrop", "incoming", "active", "deferred", "hold", "corrupt")
    return [path for name in kept for path in (folder / name).rglob("*") if path.is_file()]


def relayed(postfix: Postfix) -> list[str]:
    """Lines that tell of mail that left, or was to leave, for somewhere else."""
    return [line for line in postfix.process.lines if re.search(r"status=(?!sent \(delivered to maildir\))", line)]


def test_none_of_the_classic_attempts_relays(start: Callable[..., Postfix], home: Home) -> None:
    """From a stranger, and from a client that Postfix itself trusts: the gate asks first whose recipient that is."""
    postfix = start()
    callers = [(CLIENT, DENIED), (CLIENT, STRANGER), (CLIENT, ""), (CLIENT, OWN), ("127.0.0.9", STRANGER)]
    with home.gate() as gate:
        for client, sender in callers:
            for recipient, reply in attempts(gate.port, client, sender, FOREIGN):
                assert reply[:1] == b"5", (client, sender, recipient, reply)
        send(gate.port, CLIENT, "honest")
    assert len(postfix.wait_for_messages(RECIPIENT)) == 1
    assert (queue(postfix), relayed(postfix)) == ([], [])


def test_a_foreign_recipient_hears_one_thing_whoever_asks(start: Callable[..., Postfix], home: Home) -> None:
    start()
    with home.gate() as gate:
        for sender in (DENIED, STRANGER):
            for client in (CLIENT, "127.0.0.9"):
                for recipient, reply in attempts(
                    gate.port, client, sender, ["u@other.test", "u%other.test@virtual.test"]
                ):
                    assert reply == f"554 5.7.1 <{recipient}>: Relay access denied\r\n".encode()


def test_a_trusted_network_reaches_what_the_server_lets_it_reach_and_no_more(
    start: Callable[..., Postfix], home: Home
) -> None:
    """Postfix trusts 127.0.0.0/8, and not the other one: it judges by the true address."""
    postfix = start('trusted = ["203.0.113.0/24", "127.0.0.7/32"]\n')
    with home.gate() as gate:
        for recipient, reply in attempts(gate.port, CLIENT, STRANGER, FOREIGN):
            assert reply[:1] == b"5", (recipient, reply)
        assert (queue(postfix), relayed(postfix)) == ([], [])
        lines = ["EHLO mx.outside.test", f"MAIL FROM:<{STRANGER}>", "RCPT TO:<u@other.test>", "RSET", "QUIT"]
        reached = talk(gate.port, "127.0.0.7", lines)
        assert reached[3].startswith(b"250 "), reached
        assert talk(gate.port, "127.0.0.8", lines)[3].startswith(b"554 5.7.1 ")
        lines[1] = f"MAIL FROM:<{DENIED}>"
        lines[2] = "RCPT TO:<user2@virtual.test>"
        assert talk(gate.port, "127.0.0.7", lines)[3].startswith(b"550 5.1.1 <user2@virtual.test>: ")


def test_with_none_the_port_stays_closed(home: Home, postfix: Postfix) -> None:
    configure(home, postfix.plain, "none")
    with home.gate() as gate:
        found = gate.status()
        assert (found["state"], found["listen"]) == ("stopped", [])
        assert found["relay"]["passed"] is False
        assert (found["relay"]["taken"], found["relay"]["client"]) == ("z@iana.org", "the gate itself")
        line = home.refused("start")
        assert "smtpd_authorized_xclient_hosts = 127.0.0.1" in line and "z@iana.org" in line


# ---------------------------------------------------------------- nmap


@pytest.fixture
def nmap(servers: Path) -> Callable[..., str]:
    """Runs one script of nmap's against a port; what the script has to say, line by line."""

    def run(port: int, script: str, **arguments: str) -> str:
        given = ",".join(f"{name}={value}" for name, value in arguments.items())
        done = subprocess.run(
            [str(servers / "nmap/usr/bin/nmap"), "-Pn", "-n", "-sT", "-vv", "-p", str(port), "--script", f"+{script}",
             "--script-args", given, "127.0.0.1"],
            env={"NMAPDIR": str(servers / "nmap-common/usr/share/nmap"), "LD_LIBRARY_PATH": str(servers / "lib"),
                 "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        told = [line.strip("|_ ") for line in done.stdout.splitlines() if line.startswith("|")]
        assert told, done
        return "\n".join(told)

    return run


def test_nmap_finds_no_open_relay(start: Callable[..., Postfix], home: Home, nmap: Callable[..., str]) -> None:
    start()
    with home.gate() as gate:
        assert "all tests failed" in nmap(gate.port, "smtp-open-relay")


def test_nmap_would_find_one(postfix: Postfix, nmap: Callable[..., str]) -> None:
    """Without a gate, from the machine that the server trusts."""
    assert "Server is an open relay" in nmap(postfix.plain, "smtp-open-relay")


def test_nmap_learns_the_same_of_a_denied_and_of_an_unknown_account(
    home: Home, postfix: Postfix, nmap: Callable[..., str], tmp_path: Path
) -> None:
    configure(home, postfix.proxy)
    home.done("account", "add", "user2@virtual.test")
    home.done("deny", "user2@virtual.test", "usertest@virtual.test")  # whom the script says to be
    names = tmp_path / "names"

    def learn(gate: Gate, method: str, *users: str) -> str:
        names.write_text("".join(f"{user}\n" for user in users))
        arguments = {"smtp-enum-users.domain": "virtual.test", "smtp-enum-users.methods": f"{{{method}}}"}
        return nmap(gate.port, "smtp-enum-users", userdb=str(names), **arguments)

    with home.gate() as gate:
        for method in ("RCPT", "VRFY", "EXPN"):
            denied, unknown = learn(gate, method, "user3", "user2"), learn(gate, method, "user3", "nobo7")
            assert denied.replace("user2", "nobo7") == unknown
            assert ("user3" in unknown) is (method == "RCPT")
            assert "user2" not in denied
