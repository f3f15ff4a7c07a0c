"""`HOST:PORT`, where something listens: read, written, and why it cannot be had. It opens nothing."""

import errno
import ipaddress
import os
import re
import socket

_NAME = re.compile(r"([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?")


def split_address(text: str) -> tuple[str, int]:
    """`HOST:PORT` or `[IPv6]:PORT` into its two parts; ValueError where it is neither."""
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = str(ipaddress.IPv6Address(host[1:-1]))
    elif len(host) > 253 or not _NAME.fullmatch(host):
        raise ValueError(text)
    if not colon or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise ValueError(text)
    return host, int(port)


def may_be_ipv6(text: str) -> bool:
    """Whether `HOST:PORT` is in IPv6 or, as a name, may be."""
    host, _ = split_address(text)
    return not re.fullmatch(r"[0-9.]+", host)


def join_address(host: str, port: int) -> str:
    """The opposite of `split_address`."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def why_not(error: OSError) -> str:
    """In few words: `OSError` of `create_server` wraps the system's reason in a sentence of its own."""
    if isinstance(error, socket.gaierror):  # its numbers are none of the system's
        return error.strerror or str(error)
    return os.strerror(error.errno) if error.errno and error.errno in errno.errorcode else str(error)
