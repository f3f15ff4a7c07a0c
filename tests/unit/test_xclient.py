"""XCLIENT's lines, and the names that go into them: looked up, led back, and never believed as they come."""

import asyncio
import re
import socket
import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.backend.client_address import ClientAddress, ClientAddressError
from gate.backend.resolver import TEMPORARY, LookUp, Resolver
from gate.backend.xclient import (
    LINE_LIMIT,
    TEMPUNAVAIL,
    UNAVAILABLE,
    HostNames,
    client_of,
    commands,
    from_xtext,
    is_host_name,
    offered,
    read,
    xtext,
)

ALL = frozenset({"NAME", "ADDR", "PROTO", "HELO", "REVERSE_NAME", "PORT", "LOGIN", "DESTADDR", "DESTPORT"})
CLIENT = ClientAddress("203.0.113.5", 40001, "192.0.2.25", 25)
NAMES = HostNames("mail.example.org", "mail.example.org")


# ---------------------------------------------------------------- the lines


def test_all_that_is_offered_is_told_in_one_line() -> None:
    assert commands(CLIENT, NAMES, ALL) == [
        b"XCLIENT PROTO=SMTP PORT=40001 DESTADDR=192.0.2.25 DESTPORT=25 NAME=mail.example.org "
        b"REVERSE_NAME=mail.example.org ADDR=203.0.113.5"
    ]
    assert commands(CLIENT, HostNames(), {"NAME", "ADDR"}) == [b"XCLIENT NAME=[UNAVAILABLE] ADDR=203.0.113.5"]


def test_ipv6_is_marked_and_mapped_ipv4_is_none() -> None:
    (line,) = commands(ClientAddress("2001:db8::5", 2, "2001:db8::25", 25), NAMES, ALL)
    assert b" DESTADDR=IPV6:2001:db8::25 " in line and line.endswith(b" ADDR=IPV6:2001:db8::5")
    (line,) = commands(ClientAddress("::ffff:203.0.113.5", 2, "::ffff:192.0.2.25", 25), NAMES, ALL)
    assert b" DESTADDR=192.0.2.25 " in line and line.endswith(b" ADDR=203.0.113.5")
    (line,) = commands(ClientAddress("2001:db8::5", 2, "192.0.2.25", 25), NAMES, ALL)
    assert b"DEST" not in line


def test_long_names_take_two_lines_and_the_address_goes_last() -> None:
    long = ".".join(["a" * 49] * 5)
    (same_first, same_last) = commands(CLIENT, HostNames(long, long), ALL)
    assert same_first == b"XCLIENT PROTO=SMTP PORT=40001 DESTADDR=192.0.2.25 DESTPORT=25"
    assert same_last == f"XCLIENT NAME={long} ADDR=203.0.113.5".encode()
    (first, last) = commands(CLIENT, HostNames("b" * 60 + "." + long[62:], long), ALL)
    assert f" REVERSE_NAME={long}".encode() in first
    assert max(map(len, (same_first, same_last, first, last))) <= LINE_LIMIT


hosts = st.ip_addresses().map(str)
labels = r"[a-z][a-z0-9-]{0,61}[a-z0-9](\.[a-z][a-z0-9]{0,40}){0,5}"
host_names = st.from_regex(labels, fullmatch=True).filter(is_host_name) | st.sampled_from(
    [UNAVAILABLE, TEMPUNAVAIL, ".".join(["a" * 63] * 3 + ["a" * 61])]
)


@given(
    st.builds(ClientAddress, hosts, st.integers(0, 65535), hosts, st.integers(0, 65535)),
    st.builds(HostNames, host_names, host_names),
    st.sets(st.sampled_from(sorted(ALL))),
)
def test_whatever_is_told_fits_and_the_address_is_told_last(
    client: ClientAddress, names: HostNames, attributes: set[str]
) -> None:
    lines = commands(client, names, attributes | {"NAME", "ADDR"})
    assert all(re.fullmatch(rb"XCLIENT( [A-Z_]+=[!-~]+)+", line) and len(line) <= LINE_LIMIT for line in lines)
    told = dict(word.split(b"=", 1) for line in lines for word in line.split()[1:])
    assert told[b"NAME"] == xtext(names.name).encode() and told[b"ADDR"].removeprefix(b"IPV6:") == client.host.encode()
    assert lines[-1].rpartition(b" ")[2].startswith(b"ADDR=")
    assert {key.decode() for key in told} <= attributes | {"NAME", "ADDR"}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("XCLIENT NAME ADDR PORT", {"NAME", "ADDR", "PORT"}),
        ("xclient addr name", {"NAME", "ADDR"}),
        ("XCLIENT ADDR PORT", set()),
        ("XCLIENT", set()),
        ("XCLIENTELE NAME ADDR", set()),
    ],
)
def test_what_is_offered(line: str, found: set[str]) -> None:
    assert offered(["SIZE 1000", line, "DSN"]) == found


@given(st.text())
def test_xtext_is_one_plain_word(text: str) -> None:
    told = xtext(text)
    assert re.fullmatch(r"[!-~]*", told) and "=" not in told
    back = re.sub(r"\+([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), told)
    assert back.encode("latin-1") == text.encode()


# ---------------------------------------------------------------- read

PROXY = ClientAddress("198.51.100.1", 50000, "198.51.100.25", 2525)


def read_all(lines: list[bytes]) -> dict[str, str]:
    told: dict[str, str] = {}
    for line in lines:
        verb, _, arguments = line.partition(b" ")
        assert verb == b"XCLIENT"
        told |= read(arguments)
    return told


@given(
    st.builds(ClientAddress, hosts, st.integers(0, 65535), hosts, st.integers(0, 65535)),
    st.builds(HostNames, host_names, host_names),
    st.sets(st.sampled_from(sorted(ALL))),
)
def test_what_is_told_is_read(client: ClientAddress, names: HostNames, attributes: set[str]) -> None:
    offer = attributes | {"NAME", "ADDR"}
    told = read_all(commands(client, names, offer))
    found = client_of(told, PROXY)
    assert found is not None and found.host == client.host
    assert found.port == (client.port if "PORT" in offer else 0)
    one_family = (":" in client.host) == (":" in client.server_host)
    told_address, told_port = (one_family and each in offer for each in ("DESTADDR", "DESTPORT"))
    assert found.server_host == (client.server_host if told_address else PROXY.server_host)
    assert found.server_port == (client.server_port if told_port else PROXY.server_port)
    assert told["NAME"] == ("" if names.name.startswith("[") else names.name)


@given(st.text())
def test_xtext_leads_back(text: str) -> None:
    assert from_xtext(xtext(text)).encode("latin-1") == text.encode()


@given(st.binary())
def test_whatever_is_read_is_printable_or_refused_in_one_line(arguments: bytes) -> None:
    try:
        told = read(arguments)
        assert told and all(re.fullmatch(r"[!-~]*", value) for value in told.values())
        client_of(told, PROXY)
    except ClientAddressError as error:
        assert error.code.startswith("xclient.") and str(error).isprintable()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("addr=203.0.113.5 Port=25", {"ADDR": "203.0.113.5", "PORT": "25"}),
        ("ADDR=IPV6:2001:DB8::5", {"ADDR": "2001:db8::5"}),
        ("ADDR=ipv6:2001:db8::5", {"ADDR": "2001:db8::5"}),
        ("ADDR=2001:db8::5", {"ADDR": "2001:db8::5"}),
        ("ADDR=+32+30+33.0.113.5", {"ADDR": "203.0.113.5"}),
        ("ADDR=[UNAVAILABLE] NAME=[TEMPUNAVAIL] PORT=[unavailable]", {"ADDR": "", "NAME": "", "PORT": ""}),
        ("HELO=a+3Db+0D+0Ac PROTO=esmtp", {"HELO": "a=b??c", "PROTO": "ESMTP"}),
        ("LOGIN=user+tag@a.example", {"LOGIN": "user+tag@a.example"}),
        ("ADDR=192.0.2.1 ADDR=192.0.2.2", {"ADDR": "192.0.2.2"}),
    ],
)
def test_what_is_read(arguments: str, told: dict[str, str]) -> None:
    assert read(arguments.encode()) == told


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("", "Syntax: XCLIENT attribute=value..."),
        ("ADDR", "Error: attribute=value expected"),
        ("ADDR=", "Error: attribute=value expected"),
        ("HELO=" + "a" * 256, "Error: attribute value too long"),
        ("SESSION=1", "Bad XCLIENT attribute name: SESSION"),
        ("ADDR=203.0.113", "Bad ADDR syntax: 203.0.113"),
        ("addr=IPV6:203.0.113.5", "Bad ADDR syntax: IPV6:203.0.113.5"),
        ("ADDR=mail.example", "Bad ADDR syntax: mail.example"),
        ("PORT=65536", "Bad PORT syntax: 65536"),
        ("PORT=+2D1", "Bad PORT syntax: -1"),
        ("NAME=203.0.113.5", "Bad NAME syntax: 203.0.113.5"),
        ("NAME=a+20b", "Bad NAME syntax: a?b"),
        ("PROTO=HTTP", "Bad PROTO syntax: HTTP"),
    ],
)
def test_what_cannot_be_read(arguments: str, text: str) -> None:
    with pytest.raises(ClientAddressError) as caught:
        read(arguments.encode())
    assert str(caught.value) == text


def test_mapped_ipv4_is_none_here_either_and_an_unknown_address_is_nobodys() -> None:
    client = client_of(read(b"ADDR=IPV6:::ffff:203.0.113.5 PORT=7"), PROXY)
    assert client == ClientAddress("203.0.113.5", 7, "198.51.100.25", 2525)
    assert client_of(read(b"ADDR=[UNAVAILABLE] PORT=7"), PROXY) is None


# ---------------------------------------------------------------- the names


def unknown(number: int) -> Callable[..., str]:
    def ask(*_: object) -> str:
        raise socket.gaierror(number, "no")

    return ask


def names(name: object, *addresses: str, then: Callable[..., object] | None = None) -> HostNames:
    """What is found of 203.0.113.5 where its name is `name`, and that name's addresses are these."""
    name_of = name if callable(name) else lambda host: name
    return LookUp(name_of, then or (lambda name, family: list(addresses))).names("203.0.113.5")  # type: ignore[arg-type]


def test_a_name_that_leads_back_is_both() -> None:
    assert names("Mail.Example.Org", "192.0.2.9", "203.0.113.5") == HostNames("Mail.Example.Org", "Mail.Example.Org")


def test_a_name_that_does_not_is_only_the_reverse() -> None:
    assert names("bank.example", "192.0.2.9") == HostNames(UNAVAILABLE, "bank.example")
    assert names("bank.example") == HostNames(UNAVAILABLE, "bank.example")
    assert names("bank.example", then=unknown(socket.EAI_NONAME)) == HostNames(UNAVAILABLE, "bank.example")
    assert names("bank.example", then=unknown(socket.EAI_AGAIN)) == HostNames(TEMPUNAVAIL, "bank.example")


def test_no_name_at_all() -> None:
    assert names(unknown(socket.EAI_NONAME)) == HostNames()
    assert names(unknown(socket.EAI_FAIL)) == HostNames()
    assert names(unknown(socket.EAI_AGAIN)) == TEMPORARY


def test_the_systems_trouble_passes() -> None:
    def broken(*_: object) -> str:
        raise OSError(24, "Too many open files")

    assert names(broken) == TEMPORARY
    assert names("mail.example.org", then=broken) == HostNames(TEMPUNAVAIL, "mail.example.org")


@pytest.mark.parametrize(
    "name",
    ["203.0.113.5", "a..b", ".a", "a.", "-a.b", "a-.b", "a b", "a\r\nRSET", "a\x1b[1m", "a=b", "ä.example", "",
     "a" * 64, ".".join(["abc"] * 64) + ".d", "[UNAVAILABLE]", "a+41.example"],
)  # fmt: skip
def test_what_is_no_host_name_is_no_name(name: str) -> None:
    assert names(name, "203.0.113.5") == HostNames()


def test_names_as_they_are_seen_in_the_wild() -> None:
    assert all(
        map(is_host_name, ["localhost", "a_b.example", "_x.example", "5.113.0.203.pool.example", "x--y.example"])
    )


def test_ipv6_addresses_are_compared_as_addresses() -> None:
    look_up = LookUp(lambda host: "six.example", lambda name, family: ["2001:DB8:0::5"])
    assert look_up.names("2001:db8::5") == HostNames("six.example", "six.example")


def test_the_systems_own_look_up() -> None:
    assert LookUp().names("127.0.0.1") == HostNames("localhost", "localhost")


# ---------------------------------------------------------------- the threads


class Servers:
    """Name servers of a test: each question is counted, and waits while `open` is cleared."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.open = threading.Event()

    def name_of(self, host: str) -> str:
        self.asked.append(host)
        if host.startswith("198."):
            assert self.open.wait(20)
        return f"host{host.replace('.', '-')}.example"

    def addresses_of(self, name: str, _: object) -> list[str]:
        return [name.removeprefix("host").removesuffix(".example").replace("-", ".")]

    def resolver(self, **options: float) -> Resolver:
        return Resolver(LookUp(self.name_of, self.addresses_of), **options)  # type: ignore[arg-type]


def test_one_slow_name_server_delays_nobody_else() -> None:
    servers = Servers()

    async def story() -> None:
        resolver = servers.resolver(seconds=20.0)
        slow = [resolver.begin(f"198.51.100.{n}") for n in range(8)]
        quick = [resolver.begin(f"203.0.113.{n}") for n in range(30)]
        async with asyncio.timeout(20):
            assert (await quick[5]).name == "host203-0-113-5.example"
            await asyncio.gather(*quick)
            assert not any(each.done() for each in slow)
            servers.open.set()
            assert (await slow[0]).name == "host198-51-100-0.example"
            await asyncio.gather(*slow)
        resolver.close()

    asyncio.run(story())


def test_who_waits_waits_no_longer_than_he_should_and_the_next_gets_the_late_answer() -> None:
    servers = Servers()

    async def story() -> None:
        resolver = servers.resolver(seconds=0.05, threads=1)
        async with asyncio.timeout(20):
            assert await resolver.begin("198.51.100.1") == TEMPORARY
            assert await resolver.begin("203.0.113.1") == TEMPORARY  # no thread was free
            assert await resolver.begin("198.51.100.1") == TEMPORARY
            assert servers.asked == ["198.51.100.1"]
            servers.open.set()
            while (await resolver.begin("198.51.100.1")) == TEMPORARY:  # noqa: ASYNC110 (it lands by itself)
                await asyncio.sleep(0)
        assert servers.asked == ["198.51.100.1"]
        resolver.close()

    asyncio.run(story())


def test_what_is_known_is_not_asked_again_and_two_ask_once() -> None:
    servers = Servers()

    async def story() -> None:
        resolver = servers.resolver()
        async with asyncio.timeout(20):
            first, second = resolver.begin("203.0.113.7"), resolver.begin("203.0.113.7")
            assert first is second
            assert await asyncio.shield(first) == await resolver.begin("203.0.113.7")
        assert servers.asked == ["203.0.113.7"]
        resolver.close()

    asyncio.run(story())


def test_its_threads_end() -> None:
    servers = Servers()
    before = set(threading.enumerate())

    async def story() -> None:
        resolver = servers.resolver()
        await asyncio.gather(*[resolver.begin(f"203.0.113.{n}") for n in range(20)])
        late = resolver.begin("198.51.100.1")
        resolver.close()
        assert await late == TEMPORARY
        servers.open.set()

    asyncio.run(story())
    for thread in set(threading.enumerate()) - before:
        thread.join(20)
        assert not thread.is_alive()
