"""The backend room against real mail servers: how they are examined, and decoys that look like their unknown users."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from gate.backend.client_address import ClientAddress
from gate.backend.connection import BackendError, Connection, Target, connect
from gate.backend.decoy import WayBack, decoy_for
from gate.backend.probes import Backend, BackendState
from gate.config import PassingWish
from gate.postfix.learning import Learner
from gate.postfix.report import report as report_of
from tests.servers.exim import Exim
from tests.servers.opensmtpd import OpenSmtpd
from tests.servers.postfix import Postfix

Server = Postfix | Exim | OpenSmtpd
CLIENT = ClientAddress("203.0.113.5", 40001, "127.0.0.1", 25)
KEY = b"k" * 32


def examined(port: int, wish: PassingWish = "auto", domains: tuple[str, ...] = ("virtual.test",)) -> Backend:
    """A backend that was examined once."""
    backend = Backend(Target("127.0.0.1", port), client_address=wish, domains=lambda: domains)
    asyncio.run(backend.examine())
    return backend


def codes(backend: Backend) -> list[str]:
    return [warning.code for warning in backend.warnings()]


async def begin(port: int) -> Connection:
    """A session as far as MAIL FROM, on a listener that takes PROXY."""
    connection = await connect(Target("127.0.0.1", port), client=CLIENT, passing="proxy", timeout=20)
    assert connection.greeting.code == 220
    assert (await connection.command(b"EHLO client.example", 20)).code == 250
    assert (await connection.command(b"MAIL FROM:<someone@example.org>", 20)).code == 250
    return connection


def test_each_server_is_found_to_take_proxy_and_to_relay_for_nobody(server: Server) -> None:
    backend = examined(server.proxy)
    assert backend.state is BackendState.UP, backend.warnings()
    assert backend.passing == "proxy"
    assert backend.offer is not None
    assert backend.offer.hostname == "mx.virtual.test"
    assert backend.offer.has("SIZE")
    assert backend.refusal("virtual.test", b"user1@virtual.test") is None
    assert set(codes(backend)) <= {"backend.ipv6"}


@pytest.mark.parametrize(
    "path",
    [
        b"nope@virtual.test",
        b"Nope@Virtual.Test",
        b"NOPE.x@virtual.test",
        b"nope+tag@virtual.test",
        b"n-o_p.e@virtual.test",
        b'"no pe"@virtual.test',
        b'"nope"@virtual.test',
        b"@relay.example:nope@virtual.test",
        b"nope@virtual.test.",
    ],
)
def test_a_decoy_is_answered_as_a_real_unknown_is(server: Server, path: bytes) -> None:
    async def story() -> None:
        decoy = decoy_for(KEY, path)
        answers = []
        for asked, decoys in ((path, []), (decoy.path, [decoy])):
            connection = await begin(server.proxy)
            rcpt = await connection.command(b"RCPT TO:<" + asked + b">", 20)
            data = await connection.command(b"DATA", 20)
            back = WayBack(decoys)
            answers.append((back.of(rcpt.raw), back.of(data.raw)))
            assert rcpt.severity == 5
            connection.abort()
        assert answers[0] == answers[1]

    asyncio.run(story())


def test_the_learnt_wording_is_what_is_said_of_a_real_unknown(server: Server) -> None:
    learnt = examined(server.proxy).learnt
    assert learnt is not None

    async def story() -> None:
        connection = await begin(server.proxy)
        for path in (b"nope@virtual.test", b"No.Body+tag@virtual.test", b"@relay.example:nope@virtual.test"):
            reply = await connection.command(b"RCPT TO:<" + path + b">", 20)
            assert learnt.said_of(path) == reply.raw
        connection.abort()

    asyncio.run(story())


def test_a_listener_without_proxy_keeps_the_port_closed_and_says_what_to_set(postfix: Postfix) -> None:
    for wish in ("auto", "proxy"):
        backend = examined(postfix.plain, wish)  # type: ignore[arg-type]
        assert backend.state is BackendState.BLOCKED
        assert codes(backend) == ["backend.client_address"]
        told = str(backend.obstacle)
        assert "127.0.0.1:10025 inet n - n - - smtpd -o smtpd_upstream_proxy_protocol=haproxy; Exim" in told
        assert "hosts_proxy = ${if ={$received_port}{10025}{127.0.0.1}}; OpenSMTPD" in told
        assert "listen on 127.0.0.1 port 10025 proxy-v2" in told
        assert "smtpd_authorized_xclient_hosts = 127.0.0.1" in told and "\n" not in told
    backend = examined(postfix.plain, "xclient")
    assert codes(backend) == ["backend.xclient"]
    assert "smtpd_authorized_xclient_hosts = 127.0.0.1" in str(backend.obstacle)


@pytest.mark.parametrize("wish", ["auto", "xclient"])
def test_a_listener_that_offers_xclient_is_told_who_calls(
    start_postfix: Callable[..., Postfix], wish: PassingWish
) -> None:
    backend = examined(start_postfix(main={"smtpd_authorized_xclient_hosts": "127.0.0.1"}).plain, wish)
    assert (backend.state, backend.passing, backend.ipv6) == (BackendState.UP, "xclient", True)
    assert codes(backend) == []
    assert backend.relay is not None and backend.relay.passed


def test_an_ipv4_only_postfix_takes_no_ipv6_client_either_way(start_postfix: Callable[..., Postfix]) -> None:
    postfix = start_postfix(main={"smtpd_authorized_xclient_hosts": "127.0.0.1", "inet_protocols": "ipv4"})
    for port, passing in ((postfix.plain, "xclient"), (postfix.proxy, "proxy")):
        backend = examined(port)
        assert (backend.state, backend.passing, backend.ipv6) == (BackendState.UP, passing, False)
        assert codes(backend) == ["backend.ipv6"]


def test_a_relay_is_refused_behind_xclient_too(start_postfix: Callable[..., Postfix]) -> None:
    main = {"smtpd_authorized_xclient_hosts": "127.0.0.1", "mynetworks": "192.0.2.0/24"}
    backend = examined(start_postfix(main=main).plain)
    assert codes(backend) == ["backend.relays"]
    assert backend.relay is not None
    assert (backend.relay.passed, backend.relay.taken, backend.relay.client) == (False, "z@iana.org", "192.0.2.1")


def test_none_in_front_of_a_server_that_trusts_the_gate_is_an_open_relay(postfix: Postfix) -> None:
    backend = examined(postfix.plain, "none")
    assert backend.state is BackendState.BLOCKED
    assert codes(backend) == ["backend.relays", "backend.none_mode"]
    assert "smtpd_upstream_proxy_protocol=haproxy" in str(backend.obstacle)
    with pytest.raises(BackendError):
        asyncio.run(backend.connect(CLIENT))


def test_none_in_front_of_a_server_that_trusts_nobody_only_warns(start_postfix: Callable[..., Postfix]) -> None:
    backend = examined(start_postfix(main={"mynetworks": ""}).plain, "none")
    assert backend.state is BackendState.UP
    assert codes(backend) == ["backend.none_mode"]


def test_a_server_that_relays_for_strangers_is_refused_behind_proxy_too(start_postfix: Callable[..., Postfix]) -> None:
    backend = examined(start_postfix(main={"mynetworks": "192.0.2.0/24"}).proxy)
    assert codes(backend) == ["backend.relays"]
    assert "iana.org" in str(backend.obstacle)


def test_relaying_refused_for_now_counts_as_refused(start_postfix: Callable[..., Postfix]) -> None:
    postfix = start_postfix(main={"smtpd_relay_restrictions": "permit_mynetworks, defer_unauth_destination"})
    assert examined(postfix.proxy).state is BackendState.UP


def test_a_catch_all_is_found_and_gets_the_wording_of_another_domain(start_postfix: Callable[..., Postfix]) -> None:
    domains = ("catchall.test", "virtual.test")
    postfix = start_postfix(mailboxes=["user1@virtual.test", "@catchall.test"], domains=domains)
    backend = examined(postfix.proxy, domains=domains)
    assert backend.state is BackendState.UP
    assert [(one.code, one.params) for one in backend.warnings()] == [
        ("backend.catch_all", {"domain": "catchall.test"})
    ]
    assert backend.refusal("CatchAll.test", b"User2@catchall.test") == (
        b"550 5.1.1 <User2@catchall.test>: Recipient address rejected: User unknown in virtual mailbox table\r\n"
    )
    assert backend.refusal("virtual.test", b"user2@virtual.test") is None


@pytest.mark.parametrize("passing", ["proxy", "xclient"])
def test_a_domain_of_another_is_no_catch_all_where_the_gate_may_relay(
    start_postfix: Callable[..., Postfix], passing: str
) -> None:
    domains = ("catchall.test", "other.test", "virtual.test")
    postfix = start_postfix(
        mailboxes=["user1@virtual.test", "@catchall.test"],
        domains=["virtual.test", "catchall.test"],
        main={"smtpd_authorized_xclient_hosts": "127.0.0.1"},
    )
    backend = examined(postfix.proxy if passing == "proxy" else postfix.plain, domains=domains)
    assert (backend.state, backend.passing) == (BackendState.UP, passing)
    assert [(one.code, one.params["domain"]) for one in backend.warnings()] == [("backend.catch_all", "catchall.test")]
    assert "Relay access denied" in backend.unknown_users["other.test"].wording.reply.one_line


def test_a_domain_that_is_not_the_servers_is_told_in_its_words(start_postfix: Callable[..., Postfix]) -> None:
    postfix = start_postfix(main={"smtpd_relay_restrictions": "permit_mynetworks, defer_unauth_destination"})
    backend = examined(postfix.proxy, domains=("other.test", "virtual.test"))
    (warning,) = backend.warnings()
    assert (warning.code, warning.params["domain"]) == ("backend.only_temporary", "other.test")
    assert backend.unknown_users["other.test"].wording.reply.one_line.startswith("454 4.7.1 ")


def test_whether_a_domain_is_the_servers_cannot_be_told_where_it_relays_for_all_who_ask(postfix: Postfix) -> None:
    domains = ("other.test", "virtual.test")
    backend = examined(postfix.plain, "none", domains)
    assert codes(backend) == ["backend.relays", "backend.none_mode", "backend.relayed"]
    learner = Learner(Target("127.0.0.1", postfix.plain), KEY, domains=lambda: domains)
    asyncio.run(learner.ask_now())
    assert [(one.code, one.params["domain"]) for one in learner.warnings()] == [("backend.relayed", "other.test")]
    assert learner.refusal("other.test") == learner.refusal("virtual.test")
    facts = report_of(learner, deliver="built-in", domains=domains, listed=())
    assert [one.unknown_user for one in facts.domains] == ["unanswered", "refused"]


def test_with_nothing_but_catch_alls_there_is_a_fallback(start_postfix: Callable[..., Postfix]) -> None:
    postfix = start_postfix(mailboxes=["@catchall.test"], domains=["catchall.test"])
    backend = examined(postfix.proxy, domains=("catchall.test",))
    assert backend.refusal("catchall.test", b"a@catchall.test") == (
        b"550 5.1.1 <a@catchall.test>: Recipient address rejected: User unknown\r\n"
    )


def test_a_domain_that_only_says_4xx_is_a_warning(start_postfix: Callable[..., Postfix]) -> None:
    postfix = start_postfix(main={"unknown_virtual_mailbox_reject_code": "450"})
    backend = examined(postfix.proxy)
    assert backend.state is BackendState.UP
    assert codes(backend) == ["backend.only_temporary"]


def test_many_domains_do_not_run_into_the_error_limit(start_postfix: Callable[..., Postfix]) -> None:
    domains = tuple(f"d{number}.test" for number in range(30))
    postfix = start_postfix(mailboxes=["@d29.test"], domains=domains)
    backend = examined(postfix.proxy, domains=domains)
    assert backend.state is BackendState.UP
    assert [one.params["domain"] for one in backend.warnings()] == ["d29.test"]


def test_a_server_without_ipv6_is_found(start_postfix: Callable[..., Postfix]) -> None:
    backend = examined(start_postfix(main={"inet_protocols": "ipv4"}).proxy)
    assert backend.state is BackendState.UP
    assert not backend.ipv6
    assert codes(backend) == ["backend.ipv6"]


def test_the_server_sees_the_clients_address(postfix: Postfix) -> None:
    async def story() -> None:
        for host in ("203.0.113.77", "2001:db8::77", "::ffff:203.0.113.78"):
            client = ClientAddress(host, 40001, "127.0.0.1", 25)
            connection = await connect(Target("127.0.0.1", postfix.proxy), client=client, passing="proxy", timeout=20)
            assert connection.greeting.code == 220
            await connection.command(b"QUIT", 20)
            connection.abort()

    asyncio.run(story())
    for seen in (r"203\.0\.113\.77", "2001:db8::77", r"203\.0\.113\.78"):
        postfix.process.wait_for_line(rf"disconnect from unknown\[{seen}\]")


@pytest.mark.parametrize("tls", ["opportunistic", "require"])
def test_tls_is_used_where_it_is_offered(start_postfix: Callable[..., Postfix], tmp_path: Path, tls: str) -> None:
    certificate = trustme.CA().issue_cert("mx.virtual.test")
    chain = tmp_path / "chain.pem"
    certificate.private_key_and_cert_chain_pem.write_to_path(chain)
    postfix = start_postfix(main={"smtpd_tls_security_level": "may", "smtpd_tls_chain_files": str(chain)})

    async def story() -> None:
        target = Target("127.0.0.1", postfix.proxy, tls)  # type: ignore[arg-type]
        connection = await connect(target, client=CLIENT, passing="proxy", timeout=20)
        assert connection.encrypted
        assert (await connection.command(b"EHLO client.example", 20)).code == 250
        assert (await connection.command(b"QUIT", 20)).code == 221
        connection.abort()

    asyncio.run(story())


def test_no_mail_without_tls_where_it_is_required(postfix: Postfix) -> None:
    async def story(tls: str) -> bool:
        target = Target("127.0.0.1", postfix.plain, tls)  # type: ignore[arg-type]
        connection = await connect(target, timeout=20)
        connection.abort()
        return connection.encrypted

    assert asyncio.run(story("opportunistic")) is False
    with pytest.raises(BackendError, match="no TLS") as caught:
        asyncio.run(story("require"))
    assert caught.value.code == "backend.tls"
