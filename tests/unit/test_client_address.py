"""The PROXY header, with aiosmtpd's parser as the oracle."""

import asyncio
import contextlib

import pytest
from aiosmtpd.proxy_protocol import AF, ProxyData, get_proxy
from hypothesis import given
from hypothesis import strategies as st

from gate.backend.client_address import ClientAddress, ClientAddressError, ProxyHeader, parse_proxy_v2, proxy_v2

ports = st.integers(0, 65535)
ipv4 = st.builds(ClientAddress, st.ip_addresses(v=4).map(str), ports, st.ip_addresses(v=4).map(str), ports)
ipv6 = st.builds(ClientAddress, st.ip_addresses(v=6).map(str), ports, st.ip_addresses(v=6).map(str), ports).filter(
    lambda client: ":" in client.host and ":" in client.server_host
)


def read_by_aiosmtpd(header: bytes) -> ProxyData:
    async def read() -> ProxyData:
        reader = asyncio.StreamReader()
        reader.feed_data(header)
        reader.feed_eof()
        return await get_proxy(reader)

    return asyncio.run(read())


@given(ipv4 | ipv6)
def test_what_is_written_is_read_by_aiosmtpd_and_by_ourselves(client: ClientAddress) -> None:
    header = proxy_v2(client)
    data = read_by_aiosmtpd(header)
    assert data.valid, data.error
    assert data.family == (AF.INET6 if ":" in client.host else AF.INET)
    assert (str(data.src_addr), data.src_port) == (client.host, client.port)
    assert (str(data.dst_addr), data.dst_port) == (client.server_host, client.server_port)
    assert parse_proxy_v2(header + b"EHLO x\r\n") == ProxyHeader(client, len(header))
    assert all(parse_proxy_v2(header[:size]) is None for size in range(len(header)))


def test_the_gate_itself_is_local() -> None:
    assert read_by_aiosmtpd(proxy_v2(None)).valid
    assert parse_proxy_v2(proxy_v2(None)) == ProxyHeader(None, 16)


def test_mapped_addresses_and_scopes_are_taken_off() -> None:
    client = ClientAddress("::ffff:203.0.113.9", 1, "fe80::1%eth0", 2)
    assert (client.host, client.server_host) == ("203.0.113.9", "fe80::1")
    assert read_by_aiosmtpd(proxy_v2(client)).family == AF.INET


def test_additions_are_skipped() -> None:
    header = bytearray(proxy_v2(ClientAddress("192.0.2.1", 1, "192.0.2.2", 2)) + b"\x04\x00\x01x")
    header[15] += 4
    assert parse_proxy_v2(bytes(header)) == ProxyHeader(ClientAddress("192.0.2.1", 1, "192.0.2.2", 2), len(header))


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        (0, ord("E"), "proxy.signature"),
        (12, 0x11, "proxy.command"),
        (12, 0x22, "proxy.command"),
        (13, 0x12, "proxy.family"),
        (13, 0x31, "proxy.family"),
        (15, 11, "proxy.length"),
        (14, 0xFF, "proxy.length"),
    ],
)
def test_a_header_that_cannot_be_believed(place: int, value: int, code: str) -> None:
    header = bytearray(proxy_v2(ClientAddress("192.0.2.1", 1, "192.0.2.2", 2)))
    header[place] = value
    with pytest.raises(ClientAddressError) as caught:
        parse_proxy_v2(bytes(header))
    assert caught.value.code == code
    assert str(caught.value)


@given(st.binary(max_size=60))
def test_garbage_never_does_worse(data: bytes) -> None:
    for stream in (data, proxy_v2(None)[:13] + data):
        with contextlib.suppress(ClientAddressError):
            parse_proxy_v2(stream)
