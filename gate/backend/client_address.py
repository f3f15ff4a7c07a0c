"""The client's true address on its way to the backend: PROXY protocol v2, both ways.

Pure: bytes and addresses, no socket. The format is section 2.2 of HAProxy's proxy-protocol.txt. Only TCP over IPv4
and IPv6 and LOCAL are known; optional TLVs are skipped. An IPv4 address that comes as `::ffff:a.b.c.d` is unmapped, so
that the backend's own rules for it hold. (XCLIENT: see `xclient`.)
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import ClassVar

import msgspec
from msgspec.structs import force_setattr

from gate.errors import Fault

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_HEADER = struct.Struct("!12sBBH")
_LOCAL, _PROXY = 0x20, 0x21
_UNSPEC, _TCP4, _TCP6 = 0x00, 0x11, 0x21
LENGTH_LIMIT = 536
"""Bytes after the fixed header at most, TLVs included."""


class ClientAddressError(Fault):
    """A PROXY header that cannot be believed, or an XCLIENT command; the text of `xclient.…` is Postfix's."""

    texts: ClassVar[Mapping[str, str]] = {
        "proxy.signature": "no PROXY protocol v2 header",
        "proxy.command": "a PROXY header with an unknown version or command: {value:#04x}",
        "proxy.family": "a PROXY header of a family other than TCP over IPv4 or IPv6: {value:#04x}",
        "proxy.length": "a PROXY header of a wrong length: {value}",
        "xclient.syntax": "Syntax: XCLIENT attribute=value...",
        "xclient.pair": "Error: attribute=value expected",
        "xclient.too_long": "Error: attribute value too long",
        "xclient.attribute": "Bad XCLIENT attribute name: {name}",
        "xclient.value": "Bad {name} syntax: {value}",
    }


class ClientAddress(msgspec.Struct, frozen=True):
    """Who connected, and to what: IP addresses as text, ports.

    `host` and `server_host` without brackets; mapped IPv4 (`::ffff:`) and scope ids (`%eth0`) are taken off at once.
    """

    host: str
    port: int
    server_host: str
    server_port: int

    def __post_init__(self) -> None:
        for name, given in (("host", self.host), ("server_host", self.server_host)):
            if (text := _text(given)) != given:
                force_setattr(self, name, text)


@dataclass(frozen=True, slots=True)
class ProxyHeader:
    """A parsed header: its client (None: LOCAL, the proxy speaks for itself) and its size in bytes."""

    client: ClientAddress | None
    size: int


def proxy_v2(client: ClientAddress | None) -> bytes:
    """The header to send first; for None a LOCAL one."""
    if client is None:
        return _HEADER.pack(SIGNATURE, _LOCAL, _UNSPEC, 0)
    host, server = _address(client.host), _address(client.server_host)
    if server.version != host.version:  # one header has one family, and the client's is what matters
        server = IPv4Address(0) if host.version == 4 else IPv6Address(0)
    body = host.packed + server.packed + struct.pack("!HH", client.port, client.server_port)
    return _HEADER.pack(SIGNATURE, _PROXY, _TCP4 if host.version == 4 else _TCP6, len(body)) + body


def parse_proxy_v2(data: bytes) -> ProxyHeader | None:
    """The header that `data` begins with; None while it is not whole yet.

    Raises:
        ClientAddressError: it is none, or one that cannot be used.
    """
    if not data.startswith(SIGNATURE[: len(data)]):
        raise ClientAddressError("proxy.signature")
    if len(data) < _HEADER.size:
        return None
    _, command, family, length = _HEADER.unpack_from(data)
    if command not in {_LOCAL, _PROXY}:
        raise ClientAddressError("proxy.command", value=command)
    if length > LENGTH_LIMIT:
        raise ClientAddressError("proxy.length", value=length)
    if command == _PROXY and family not in {_TCP4, _TCP6}:
        raise ClientAddressError("proxy.family", value=family)
    size = 4 if family == _TCP4 else 16
    if command == _PROXY and length < 2 * size + 4:
        raise ClientAddressError("proxy.length", value=length)
    if len(data) < _HEADER.size + length:
        return None
    client = None if command == _LOCAL else _client(data[_HEADER.size :], size)
    return ProxyHeader(client, _HEADER.size + length)


def _client(body: bytes, size: int) -> ClientAddress:
    port, server_port = struct.unpack_from("!HH", body, 2 * size)
    return ClientAddress(str(ip_address(body[:size])), port, str(ip_address(body[size : 2 * size])), server_port)


@lru_cache(maxsize=1024)
def _text(text: str) -> str:
    return str(_address(text))


@lru_cache(maxsize=1024)
def _address(text: str) -> IPv4Address | IPv6Address:
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
