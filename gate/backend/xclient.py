"""The client's true address and name by XCLIENT, Postfix's extension of SMTP (its XCLIENT_README has the syntax), both
ways: told to the backend, and read from a trusted proxy.

Told by `connection.connect` and the probes, read by the SMTP front. Pure but for the commands that it has a connection
send, one after the other: nothing may be pipelined past EHLO or XCLIENT. An answer other than 220 is fatal: a backend
that was not told who is calling would take the client for the gate, and trust it as such.

What is told is complete or nothing: without NAME Postfix keeps the gate's own host name for the client. What the two
names mean is Postfix's (see `HostNames`); attributes that the backend's EHLO does not list are left out, but for NAME
and ADDR there is no XCLIENT without them.

What is read is read as Postfix reads it, with its replies; a name that was told is not believed, only looked at: the
gate looks names up by itself.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Protocol

from gate.backend.barred import barred
from gate.backend.client_address import ClientAddress, ClientAddressError
from gate.backend.reply import Reply
from gate.backend.target import BackendError, Target

UNAVAILABLE = "[UNAVAILABLE]"
"""There is no such name."""
TEMPUNAVAIL = "[TEMPUNAVAIL]"
"""It could not be found out for now."""

LINE_LIMIT = 510
"""Octets of a command without its line end (RFC 5321 4.5.3.1.4)."""
VALUE_LIMIT = 255
"""Octets of a value as it is written, as Postfix has it."""
_NEEDED = frozenset({"NAME", "ADDR"})
_PLAIN = re.compile(r"[!-*,-<>-~]")
_ENCODED = re.compile(r"\+([0-9A-Fa-f]{2})")
_NOT_PLAIN = re.compile(r"[^!-~]")
_PORT = re.compile(r"[0-9]{1,5}")
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")


@dataclass(frozen=True, slots=True)
class HostNames:
    """What a client's host is called, as Postfix finds it out for a client of its own.

    Attributes:
        name: the name that its address has, if that name has the address in turn; else UNAVAILABLE or TEMPUNAVAIL.
        reverse: the name that its address has, whether or not it leads back; else UNAVAILABLE or TEMPUNAVAIL.
    """

    name: str = UNAVAILABLE
    reverse: str = UNAVAILABLE


NO_NAMES = HostNames()


class Commanded(Protocol):
    """What is needed of a connection (`gate.backend.connection.Connection`)."""

    target: Target

    def own_name(self) -> bytes: ...
    async def command(self, line: bytes) -> Reply: ...


def offered(extensions: Iterable[str]) -> frozenset[str]:
    """The attributes that the XCLIENT line among a backend's EHLO lines names; empty where it is none to be used."""
    for line in extensions:
        keyword, *attributes = line.upper().split()
        if keyword == "XCLIENT" and _NEEDED.issubset(attributes):
            return frozenset(attributes)
    return frozenset()


def commands(client: ClientAddress, names: HostNames, attributes: Collection[str]) -> list[bytes]:
    """The command lines, without line end: one, or two where long names make it too long (NAME and ADDR go last)."""
    told = {
        "PROTO": "SMTP",  # until the client has said EHLO
        "PORT": str(client.port),
        "DESTADDR": _address(client.server_host),
        "DESTPORT": str(client.server_port),
        "NAME": names.name,
        "REVERSE_NAME": names.reverse,  # after NAME, which sets both
        "ADDR": _address(client.host),
    }
    if (":" in client.host) != (":" in client.server_host):  # a backend with one family may refuse the other
        del told["DESTADDR"], told["DESTPORT"]
    words = [f"{key}={xtext(value)}" for key, value in told.items() if key in attributes]
    whole = " ".join(["XCLIENT", *words])
    if len(whole) <= LINE_LIMIT:
        return [whole.encode("ascii")]
    last = [word for word in words if word.startswith(("NAME=", "ADDR="))]
    first = [word for word in words if word not in last]
    if f"NAME={names.name}" in last and names.name == names.reverse:  # NAME sets both
        first = [word for word in first if not word.startswith("REVERSE_NAME=")]
    return [" ".join(["XCLIENT", *part]).encode("ascii") for part in (first, last) if part]


def xtext(text: str) -> str:
    """RFC 3461 4: what is not printable ASCII, `+` and `=`, is written `+` and two hexadecimal digits an octet."""
    return "".join(
        each if _PLAIN.fullmatch(each) else "".join(f"+{octet:02X}" for octet in each.encode()) for each in text
    )


async def introduce(connection: Commanded, client: ClientAddress, names: HostNames | Awaitable[HostNames]) -> Reply:
    """Tells the backend who is calling; the greeting that it has for that client. `names` is awaited at the last.

    Raises:
        BackendError: `backend.xclient`: it does not offer that; `backend.xclient_refused`; as `barred` and
            `Connection.command`.
    """
    target = connection.target
    hello = await connection.command(b"EHLO " + connection.own_name())
    if hello.code != 250:
        not_ready = BackendError("backend.not_ready", target=str(target), reply=hello.one_line)
        raise barred(target, hello) or not_ready
    attributes = offered(word.decode("ascii", "replace") for word in hello.words[1:])
    if not attributes:
        raise BackendError("backend.xclient", target=str(target), gate=target.gate)
    known = names if isinstance(names, HostNames) else await names
    answer = hello
    for line in commands(client, known, attributes):
        answer = await connection.command(line)
        if answer.code != 220:
            refused = BackendError("backend.xclient_refused", target=str(target), reply=answer.one_line)
            raise barred(target, answer) or refused
    return answer


def _address(host: str) -> str:
    return f"IPV6:{host}" if ":" in host else host


# ---- the other way


def is_host_name(text: str) -> bool:
    """Whether it can be a host name: labels of letters, digits, `-` and (seen in the wild) `_`, and no number."""
    labels = text.split(".")
    return len(text) <= 255 and all(map(_LABEL.fullmatch, labels)) and not text.replace(".", "").isdigit()


def read(arguments: bytes) -> dict[str, str]:
    """What an XCLIENT command tells behind its verb: values by attribute (in capitals), `""` for one that is not known
    (UNAVAILABLE, TEMPUNAVAIL); addresses without `IPV6:`. Of an attribute that is told twice the last counts.

    Raises:
        ClientAddressError: `xclient.…`; its text is the reply, but for the code.
    """
    told: dict[str, str] = {}
    for word in arguments.decode("ascii", "replace").split():
        name, _, raw = word.partition("=")
        if not raw:
            raise ClientAddressError("xclient.pair")
        if len(raw) > VALUE_LIMIT:
            raise ClientAddressError("xclient.too_long")
        reader = _READERS.get(name.upper())
        if reader is None:
            raise ClientAddressError("xclient.attribute", name=_NOT_PLAIN.sub("?", name))
        text = _NOT_PLAIN.sub("?", from_xtext(raw))
        value = "" if text.upper() in {UNAVAILABLE, TEMPUNAVAIL} else reader(text)
        if value is None:
            raise ClientAddressError("xclient.value", name=name.upper(), value=text)
        told[name.upper()] = value
    if not told:
        raise ClientAddressError("xclient.syntax")
    return told


def client_of(told: Mapping[str, str], proxy: ClientAddress) -> ClientAddress | None:
    """The client that a proxy has told of, by what `read` found in its commands; None: the proxy does not know it.
    What was left out of the port and of the server's end is 0 and the gate's own."""
    if not told.get("ADDR"):
        return None
    server, server_port = told.get("DESTADDR") or proxy.server_host, told.get("DESTPORT") or proxy.server_port
    return ClientAddress(told["ADDR"], int(told.get("PORT") or 0), server, int(server_port))


def from_xtext(text: str) -> str:
    """RFC 3461 4. What is no xtext is taken as it is: proxies write a bare `+` too, and Postfix takes it."""
    if "+" in _ENCODED.sub("", text):
        return text
    return _ENCODED.sub(lambda octet: chr(int(octet[1], 16)), text)


def _read_address(text: str) -> str | None:
    marked = text[:5].upper() == "IPV6:"
    try:
        address = ip_address(text[5:] if marked else text)
    except ValueError:
        return None
    return str(address) if address.version == 6 or not marked else None


def _read_port(text: str) -> str | None:
    return text if _PORT.fullmatch(text) and int(text) < 65_536 else None


def _read_name(text: str) -> str | None:
    return text if is_host_name(text) else None


def _read_protocol(text: str) -> str | None:
    return text.upper() if text.upper() in {"SMTP", "ESMTP"} else None


_READERS: Mapping[str, Callable[[str], str | None]] = {
    "NAME": _read_name,
    "ADDR": _read_address,
    "PROTO": _read_protocol,
    "HELO": str,
    "REVERSE_NAME": _read_name,
    "PORT": _read_port,
    "LOGIN": str,
    "DESTADDR": _read_address,
    "DESTPORT": _read_port,
}
"""What each attribute's value means; None: it cannot be one. The order is that of Postfix's offer."""
OFFER = " ".join(["XCLIENT", *_READERS]).encode("ascii")
"""For an EHLO reply."""
