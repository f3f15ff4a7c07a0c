"""The policy port over real sockets: one answer to each whole request, whatever else comes."""

import asyncio
import contextlib
import random
import signal
import socket
from pathlib import Path

import pytest

from gate.guard import Guard
from gate.postfix import server as policy
from gate.rules.address import Address
from gate.rules.ruleset import AccountRule, EntryRule, Verdict, compile_ruleset
from tests.wire.front import LOOPS, SECONDS, play
from tests.wire.gate_process import Gate, Home
from tests.wire.policy_front import DUNNO, REFUSED, Running, request, story


@pytest.mark.parametrize("loop", LOOPS)
def test_each_request_has_its_answer_in_order(loop: str) -> None:
    async def tell(running: Running) -> None:
        asked = [
            request(),
            request("user3@localhost"),
            request(),
            request(sender=""),
            request(sender="x@casino.example"),
        ]
        assert await running.asked(*asked) == [REFUSED, DUNNO, REFUSED, DUNNO, REFUSED]
        client = await running.client()
        for octet in request() + request("user3@localhost"):
            client.send(bytes([octet]))
            await asyncio.sleep(0)
        assert [await client.line() for _ in range(4)] == [REFUSED[:-1], b"\n", DUNNO[:-1], b"\n"]
        assert running.front.asked == 7

    story(tell, loop)


@pytest.mark.parametrize(
    "asked",
    [
        b"\n",
        b"request=smtpd_access_policy\n\n",
        request(protocol_state="DATA"),
        request(protocol_state="VRFY"),
        request(request="junk"),
        request(""),
        request("user2@elsewhere.example"),
        request("postmaster@localhost"),
        request("postmaster"),
        request("probe@localhost", sender="x@casino.example"),
        request("x" * 5000 + "@localhost", sender="y" * 5000),
        request("\udcff\udcfe@localhost", sender="\udc80"),
        request("@", sender="@"),
    ],
)
def test_all_else_is_dunno(asked: bytes) -> None:
    async def tell(running: Running) -> None:
        assert await running.asked(asked) == [DUNNO]

    story(tell)


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"a=\0\n\n", b"x" * 20_000, b"a=b\n" * 20_000, b"=\n"])
def test_garbage_ends_its_own_connection_with_a_line(garbage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async def tell(running: Running) -> None:
        other, client = await running.client(), await running.client()
        client.send(request() + garbage)
        assert await client.eof() == REFUSED
        other.send(request())
        assert await other.line() == REFUSED[:-1]

    story(tell)
    (line,) = [record.getMessage() for record in caplog.records if record.name == policy.__name__]
    assert "127.0.0.1" in line and "\n" not in line and len(line) < 300


def test_a_client_that_never_reads_is_not_read_either() -> None:
    async def tell(running: Running) -> None:
        deaf = socket.create_connection(("127.0.0.1", running.port), SECONDS)
        deaf.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            for _ in range(400):  # more than what the sockets hold
                await asyncio.sleep(0)
                deaf.send(request() * 500)
        assert await running.asked(request()) == [REFUSED]
        deaf.close()

    story(tell)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("how", ["evicted", "evicted after garbage", "closed"])
def test_one_that_never_reads_is_cut_off_when_its_time_has_come(
    how: str, loop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = asyncio.Event()
    pause_reading = policy._Connection.pause_writing

    def pause(connection: policy._Connection) -> None:
        pause_reading(connection)
        full.set()

    monkeypatch.setattr(policy._Connection, "pause_writing", pause)

    async def tell(running: Running) -> None:
        with socket.create_connection(("127.0.0.1", running.port), SECONDS) as deaf:
            deaf.setblocking(False)
            sending = asyncio.create_task(asyncio.get_running_loop().sock_sendall(deaf, b"\n" * (1 << 26)))
            await asyncio.wait_for(full.wait(), SECONDS)
            if how == "evicted after garbage":
                (connection,) = running.front._connections
                connection.data_received(b"garbage\n")
            if how == "closed":
                await running.front.close()
            else:
                monkeypatch.setattr(policy, "CONNECTIONS", 1)
                assert await running.asked(request()) == [REFUSED]
            with pytest.raises(ConnectionError):
                await asyncio.wait_for(sending, SECONDS)

    story(tell, loop)


@pytest.mark.parametrize("loop", LOOPS)
def test_who_comes_while_it_closes_is_not_kept(loop: str) -> None:
    async def tell(running: Running) -> None:
        # As one that the system had accepted, but the loop had not told of yet.
        late = await asyncio.get_running_loop().create_server(lambda: policy._Connection(running.front), "127.0.0.1", 0)
        running.port = late.sockets[0].getsockname()[1]
        assert await running.asked(request()) == [REFUSED]
        await running.front.close()
        client = await running.client()
        with contextlib.suppress(ConnectionError):
            client.send(request())
            assert await client.eof() == b""
        late.close()

    story(tell, loop)


@pytest.mark.parametrize("loop", LOOPS)
def test_many_at_once_get_what_is_theirs(loop: str) -> None:
    kinds = [(request(), REFUSED), (request("user3@localhost"), DUNNO), (b"\n", DUNNO), (request("postmaster"), DUNNO)]

    async def tell(running: Running) -> None:
        async def one(number: int) -> None:
            chance = random.Random(number)
            asked = chance.choices(kinds, k=100)
            data = b"".join(sent for sent, _ in asked)
            client = await running.client()
            while data:
                cut = chance.randrange(1, 3000)
                client.send(data[:cut])
                data = data[cut:]
                await asyncio.sleep(0)
            for _, answer in asked:
                assert await client.line() + await client.line() == answer

        await asyncio.gather(*map(one, range(20)))

    story(tell, loop)


def test_too_many_connections_cost_the_idle_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "CONNECTIONS", 3)

    async def tell(running: Running) -> None:
        first, second, third = [await running.client() for _ in range(3)]
        for each in (first, second, third):
            each.send(request())
            assert await each.line() == REFUSED[:-1]
        first.send(request("user3@localhost"))
        await first.line(), await first.line()
        fourth = await running.client()
        assert await second.eof() == b"\n"
        for each in (first, third, fourth):
            each.send(request())
            assert b"action=" in await each.line() + await each.line()

    story(tell)


def test_what_is_asked_again_is_judged_again() -> None:
    """An instance names one message; a client that gives the same to all its questions is answered each by itself."""

    async def tell(running: Running) -> None:
        denied, friend = request(instance="1.a"), request(instance="1.a", sender="friend@outside.example")
        assert await running.asked(denied, friend, denied) == [REFUSED, DUNNO, REFUSED]
        running.guard.enforcing = False
        assert await running.asked(denied) == [DUNNO]

    story(tell)


def test_what_is_recorded() -> None:
    async def tell(running: Running) -> None:
        both = [request(instance="1.a"), request("user3@localhost", instance="1.a")]
        await running.asked(*both, *both, request(protocol_state="DATA", instance="1.a"))
        await running.asked(request(instance="2.b"), request("x@elsewhere.example"), request("probe@localhost"))
        running.on = False
        assert await running.asked(request()) == [DUNNO]
        running.on, running.guard.enforcing = True, False
        assert await running.asked(request(instance="2.c")) == [DUNNO]
        await running.front.close()  # nothing waits any more
        rows = [running.rows.decisions.get_nowait() for _ in range(running.rows.decisions.qsize())]
        assert [(row.recipient, row.verdict, row.because, row.would) for row in rows] == [
            ("user2@localhost", "refuse", "entry", None),
            ("user3@localhost", "accept", "none", None),
            ("user2@localhost", "refuse", "entry", None),
            ("user2@localhost", "accept", "open", "refuse"),
        ]
        row = rows[0]
        assert (row.front, row.client, row.helo, row.pattern) == (
            "policy",
            "192.0.2.9",
            "mx.outside.test",
            "user1@localhost",
        )
        said = "550 5.1.1 <user2@localhost>: Recipient address rejected: User unknown in virtual mailbox table"
        assert (row.reply, rows[1].reply) == (said, "")

    story(tell)


class Counting(Guard):
    """Counts what it is asked."""

    decided = 0

    def decide(self, sender: Address, to: Address, *, trusted: bool = False) -> Verdict:
        self.decided += 1
        return super().decide(sender, to, trusted=trusted)


def test_a_name_that_may_be_in_many_domains_is_judged_in_all_of_them_whatever_is_found() -> None:
    """Or time would tell who is in the first."""
    own = [f"{letter}.test" for letter in "abcdefgh"]
    entries = [EntryRule(number, f"{name}@{name}.test", "deny", "x@y.example") for number, name in enumerate("adh", 1)]
    guard = Counting()
    watched = AccountRule("all@d.test", watch=True)
    guard.load(
        compile_ruleset([watched], [*entries, EntryRule(9, "all@d.test", "deny", "x@y.example")], own_domains=own)
    )

    async def tell() -> None:
        running = Running(guard)
        running.own = frozenset(own)
        async with running.open():
            for name, answer in (("a", REFUSED), ("d", REFUSED), ("h", REFUSED), ("z", DUNNO), ("all", DUNNO)):
                guard.decided = 0
                assert await running.asked(request(name, sender="x@y.example")) == [answer]
                assert guard.decided == len(own)
            await running.front.close()
            rows = [running.rows.decisions.get_nowait() for _ in range(5)]
            told = [row.recipient for row in rows]
            assert told == ["a@a.test", "d@d.test", "h@h.test", "z@a.test", "all@d.test"]
            assert rows[-1].would == "refuse"

    play(tell(), "asyncio")


def test_without_rules_mail_flows() -> None:
    async def tell() -> None:
        async with Running(Guard()).open() as running:
            assert await running.asked(request(), request()) == [DUNNO, DUNNO]

    play(tell(), "asyncio")


# ---------------------------------------------------------------- the whole gate


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.write('[policy]\nlisten = ["127.0.0.1:0"]\nreply = "550 5.1.1 User unknown"\n')
    return found


def ask(gate: Gate, *requests: bytes) -> bytes:
    host, _, port = gate.status()["policy"][0].rpartition(":")
    with socket.create_connection((host, int(port)), SECONDS) as client:
        client.sendall(b"".join(requests))
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no SIGHUP here")
def test_a_gate_with_nothing_but_a_policy_port(home: Home) -> None:
    home.done("account", "add", "user2@localhost")
    home.done("deny", "user2@localhost", "user1@localhost")
    refused = b"action=550 5.1.1 User unknown\n\n"
    with home.gate(listen=None) as gate:
        found = gate.status()
        assert (found["state"], found["listen"], found["warnings"], found["offer"]) == ("guarding", [], [], None)
        assert ask(gate, request(), request("user3@localhost")) == refused + DUNNO
        home.done("pause")
        assert ask(gate, request()) == DUNNO
        home.done("stop")
        assert ask(gate, request()) == DUNNO and gate.status()["state"] == "stopped"
        home.done("start")
        assert ask(gate, request()) == refused
        assert gate.status()["policy_asked"] == 5
        assert "Postfix may ask at" in home.done("status")
        file = home.path / "config" / "gate.toml"
        file.write_text(file.read_text().replace("User unknown", "Nobody"))
        gate.signal(signal.SIGHUP)
        gate.wait_line("was read anew")
        assert ask(gate, request()) == b"action=550 5.1.1 Nobody\n\n"
    rows = home.json("log")
    assert [(row["front"], row["verdict"], row["because"]) for row in rows] == [
        ("policy", "refuse", "entry"),
        ("policy", "accept", "none"),
        ("policy", "accept", "open"),
        ("policy", "refuse", "entry"),
        ("policy", "refuse", "entry"),
    ]


def test_a_mail_port_that_stays_closed_is_no_matter_to_it(home: Home) -> None:
    home.write('[gate]\ndeliver = "smtp://127.0.0.1:9"\n[policy]\nlisten = ["127.0.0.1:0"]\nreply = "550 5.1.1 No"\n')
    with home.gate() as gate:
        found = gate.status()
        assert (found["state"], found["listen"], len(found["policy"])) == ("guarding", [], 1)
        assert {each["code"] for each in found["warnings"]} == {"port.domains", "policy.domains"}
        assert ask(gate, request()) == DUNNO
        assert home.json("start")["state"] == "guarding"


def test_an_address_that_cannot_be_had_is_one_line(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        home.write(f'[policy]\nlisten = ["127.0.0.1:{taken.getsockname()[1]}"]\n')
        assert "the policy port cannot be opened on 127.0.0.1:" in home.refused("serve")


def test_no_port_at_all_is_refused(home: Home) -> None:
    home.write("[gate]\nlisten = []\n")
    assert "none where policy.listen is set" in home.refused("serve")


def test_where_a_postfix_is_the_way_beside_it_is_offered(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.environment["MAIL_CONFIG"] = str(tmp_path)
    assert home.json("status")["offer"] is None and "lines" not in home.done("status")
    (tmp_path / "main.cf").touch()
    with home.gate() as gate:
        assert gate.status()["offer"] == "postfix-policy"
        assert "irusu-gate lines postfix-policy" in home.done("status")
        told = home.json("lines")
        assert told["offer"] == "postfix-policy"
        assert [way["name"] for way in told["ways"]] == ["postfix-policy", "postfix", "exim", "opensmtpd"]
        assert "check_policy_service { inet:127.0.0.1:10040," in home.done("lines", "postfix-policy")
    home.write('[policy]\nlisten = ["127.0.0.1:10044"]\n')
    assert home.json("status")["offer"] is None
    assert "inet:127.0.0.1:10044," in home.done("lines")
