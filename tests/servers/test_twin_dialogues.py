"""Whole sessions with a denied and with an unknown recipient are the same, octet for octet, in every kind of house."""

import itertools
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trustme

from tests.servers.twin import (
    DENIED,
    SPAMMER,
    UNKNOWN,
    comparable,
    converse,
    each_on_its_own,
    in_one_packet,
    session,
    twins,
)
from tests.servers.twin_houses import House, Houses

PAIRS = [(DENIED, UNKNOWN), (b"u", b"q"), (b"me", b"zz")]
MAIL = b"MAIL FROM:<" + SPAMMER + b">"
MESSAGE = b"Subject: hello\r\n\r\nhello\r\n..\r\n.\r\n"
ORDERS = list(itertools.permutations(range(5)))
Dialogue = Callable[[House, bytes], list[bytes]]


def alone(house: House, name: bytes) -> list[bytes]:
    return each_on_its_own(session(house.to(name)))


def with_helo(house: House, name: bytes) -> list[bytes]:
    lines = session(house.to(name), b"DATA", house.to(b"user1"), house.to(name), b"RSET", hello=b"HELO mx.outside.test")
    return each_on_its_own(lines)


def nothing_but_refusals(house: House, name: bytes) -> list[bytes]:
    return each_on_its_own(session(house.to(name), b"DATA", b"DATA", house.to(name), house.to(name), b"DATA"))


def a_message_for_the_others(house: House, name: bytes) -> list[bytes]:
    lines = session(house.to(b"user1"), house.to(name), house.to(b"user3"), b"DATA")
    again = [MAIL + b"\r\n", house.to(name) + b"\r\n", b"DATA\r\n", b"QUIT\r\n"]
    return [*each_on_its_own(lines)[:-1], MESSAGE, *again]


def second_transactions(house: House, name: bytes) -> list[bytes]:
    middle = [
        house.to(name),
        b"RSET",
        MAIL,
        house.to(name),
        b"EHLO again.test",
        MAIL,
        house.to(b"user1"),
        house.to(name),
    ]
    return each_on_its_own(session(*middle, b"RSET", b"DATA"))


def out_of_order(house: House, name: bytes) -> list[bytes]:
    lines = [house.to(name), b"DATA", b"EHLO mx.outside.test", house.to(name), b"DATA", MAIL, house.to(name), MAIL]
    return each_on_its_own([*lines, house.to(name), b"HELO again.test", house.to(name), b"QUIT"])


def other_commands(house: House, name: bytes) -> list[bytes]:
    address = name + b"@" + house.domain
    asked = [b"VRFY " + name, b"VRFY <" + address + b">", b"EXPN " + name, b"HELP", b"HELP " + name, b"NOOP " + name]
    unknown = [b"FOO " + name, b"ETRN " + house.domain, b"TURN", b"SEND FROM:<" + address + b">", b"AUTH PLAIN x", b""]
    broken = [
        b"DATA x",
        b"RSET x",
        b"MAIL TO:<" + address + b">",
        b"RCPT FROM:<" + address + b">",
        b"STARTTLS",
        b"\xff",
    ]
    return each_on_its_own(session(*asked, *unknown, house.to(name), *asked, *unknown, *broken))


def sizes_and_parameters(house: House, name: bytes) -> list[bytes]:
    sized = [
        line
        for size in (b"99999999999", b"2000000000", b"x", b"20")
        for line in (MAIL + b" SIZE=" + size, house.to(name))
    ]
    odd = [MAIL + b" FOO=BAR", MAIL + b" BODY=8BITMIME RET=HDRS ENVID=1", house.to(name) + b" NOTIFY=NEVER,FAILURE"]
    more = [house.to(name) + b" NOTIFY=NEVER ORCPT=rfc822;" + name + b"@" + house.domain, house.to(name) + b" FOO=BAR"]
    return each_on_its_own([b"EHLO mx.outside.test", *sized, *odd, *more, b"QUIT"])


def four_spellings(house: House, name: bytes) -> list[bytes]:
    cased = [name, name.upper(), name.capitalize(), name[:1] + name[1:].upper()]
    return each_on_its_own(session(*map(house.to, cased), house.to(b'"' + name + b'"'), house.to(name), b"DATA"))


def many_errors(house: House, name: bytes) -> list[bytes]:
    """Ten, twenty and more of them, among others that the gate answers itself; some servers hang up at some point."""
    mixed = [house.to(name), b"FOO", house.to(b"a b"), b"VRFY " + name, house.to(b"user1"), house.to(name)]
    return each_on_its_own(session(*[house.to(name)] * 12, *mixed * 4, b"RSET", MAIL, *[house.to(name)] * 40))


def many_errors_at_once(house: House, name: bytes) -> list[bytes]:
    return in_one_packet(session(*[house.to(name), house.to(b"user1")] * 30, b"RSET", b"NOOP"))


DIALOGUES: list[Dialogue] = [
    alone,
    with_helo,
    nothing_but_refusals,
    a_message_for_the_others,
    second_transactions,
    out_of_order,
    other_commands,
    sizes_and_parameters,
    four_spellings,
    many_errors,
    many_errors_at_once,
]


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue.__name__)
def test_the_two_cannot_be_told_apart(house: House, dialogue: Dialogue) -> None:
    def play(pair: tuple[bytes, bytes]) -> bytes:
        return twins(house.port, lambda name: dialogue(house, name), *pair, times=2, at_once=True)

    with ThreadPoolExecutor(len(PAIRS)) as pool:
        for told in pool.map(play, PAIRS):
            assert any(line.startswith(b"5") for line in told.splitlines())


@pytest.mark.parametrize("pipelined", [False, True], ids=["one by one", "pipelined"])
def test_in_every_order_among_others(house: House, *, pipelined: bool) -> None:
    """Good, denied or unknown, good, foreign, malformed: all their orders, eight to a session."""

    def script(orders: list[tuple[int, ...]]) -> Callable[[bytes], list[bytes]]:
        def blocks(name: bytes) -> list[bytes]:
            each = [
                house.to(b"user1"),
                house.to(name),
                house.to(b"user3"),
                b"RCPT TO:<x@foreign.test>",
                house.to(b"a b"),
            ]
            lines = [line for order in orders for line in [MAIL, *(each[index] for index in order), b"RSET"]]
            whole = [b"EHLO mx.outside.test", *lines, b"QUIT"]
            return in_one_packet(whole) if pipelined else each_on_its_own(whole)

        return blocks

    batches = [ORDERS[begin : begin + 8] for begin in range(0, len(ORDERS), 8)]
    with ThreadPoolExecutor(6) as pool:
        for told in pool.map(lambda orders: twins(house.port, script(orders), at_once=True), batches):
            assert b"closed" not in told


@pytest.mark.parametrize("pipelined", [False, True], ids=["one by one", "pipelined"])
def test_octet_by_octet(house: House, *, pipelined: bool) -> None:
    def script(name: bytes) -> list[bytes]:
        lines = session(house.to(b"user1"), house.to(name), house.to(name), house.to(b"user3"), b"RSET", b"DATA")
        return in_one_packet(lines) if pipelined else each_on_its_own(lines)

    twins(house.port, script, bytewise=True)


def test_packets_change_nothing(house: House) -> None:
    lines = session(house.to(b"user1"), house.to(DENIED), house.to(DENIED), b"RSET", MAIL, house.to(DENIED), b"NOOP")
    told = [converse(house.port, blocks) for blocks in (each_on_its_own(lines), in_one_packet(lines))]
    assert comparable(told[0], DENIED, DENIED) == comparable(told[1], DENIED, DENIED)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, ssl.SSLContext]]:
    authority = trustme.CA()
    both = tmp_path_factory.mktemp("certificate") / "both.pem"
    authority.issue_cert("mx.outside.test").private_key_and_cert_chain_pem.write_to_path(both)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    yield both, trusting


@pytest.mark.parametrize("kind", ["postfix-virtual", "exim", "opensmtpd", "built-in"])
def test_over_starttls(houses: Houses, kind: str, certificate: tuple[Path, ssl.SSLContext]) -> None:
    both, trusting = certificate
    server_port = houses.server_port(kind)
    with houses.gate(server_port, f'[tls]\ncertificate = "{both}"\nkey = "{both}"\n') as gate:
        house = House(kind, gate.port, b"virtual.test")

        def script(name: bytes) -> list[bytes]:
            before = [b"EHLO mx.outside.test", MAIL, house.to(name), b"RSET", b"STARTTLS"]
            after = session(house.to(name), house.to(b"user1"), b"DATA")
            return [*each_on_its_own([*before, *after])[:-1], MESSAGE, b"QUIT\r\n"]

        told = twins(gate.port, script, tls=trusting, times=2)
        assert b"\n220 2.0.0 Ready to start TLS\n" in told and b"closed" not in told
