"""What each key of gate.toml may hold, and the one line for what it may not. Pure: it opens nothing."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import idna
import msgspec

from gate.config.sections import BUILT_IN, Config
from gate.endpoint import split_address
from gate.errors import Fault


class ConfigError(Fault):
    """gate.toml cannot be used; nothing was changed."""

    texts: ClassVar[Mapping[str, str]] = {
        "config.unreadable": "{file} cannot be read: {why}",
        "config.syntax": "{file} is not valid TOML: {why}",
        "config.unknown_key": "{file}: there is no key {key}; known here: {allowed}",
        "config.value": "{file}: {key} = {value} cannot be used; allowed: {allowed}",
        "config.unwritable": "{file} cannot be written: {why}",
        "config.one_port": "{file}: gate.listen and policy.listen both name port {port} of {host}; give each its "
        "own, such as 127.0.0.1:2525 for mail and 127.0.0.1:10040 for Postfix's questions",
    }


KEEP_DAYS_LIMIT = 36_500
"""A hundred years: what goes beyond is no date."""

_ADDRESSES = 'a list of "HOST:PORT", such as ["127.0.0.1:2525"] or ["[::1]:25"]'
_DOMAINS = 'a list of domain names, such as ["example.org"]'
_NETWORKS = 'a list of networks, such as ["192.168.1.0/24"]'
_COUNT = "a whole number from 1"
_SECONDS = "a number of seconds above 0"

ALLOWED: dict[str, str] = {
    "gate": "a section [gate]",
    "gate.listen": f"{_ADDRESSES}, one at least; none where policy.listen is set",
    "gate.domains": _DOMAINS,
    "gate.listed": f"{_DOMAINS}, each of them in gate.domains",
    "gate.deliver": '"built-in" or "smtp://HOST:PORT", with ?tls=none, ?tls=opportunistic or ?tls=require after '
    "it; not where the gate itself listens",
    "gate.client_address": '"auto", "proxy", "xclient" or "none"',
    "gate.trusted": _NETWORKS,
    "gate.trusted_proxies": _NETWORKS,
    "gate.recipient_delimiter": 'characters that are no letter, digit or "@", such as "+" or "+-"; "" for none',
    "gate.bare_newline": '"reject" or "normalize"',
    "gate.hostname": 'a host name, such as "mail.example.org"; "" for the one of the server behind',
    "tls": "a section [tls]",
    "tls.certificate": "the path of a PEM file, together with tls.key",
    "tls.key": "the path of a PEM file, together with tls.certificate",
    "limits": "a section [limits]",
    "limits.connections": _COUNT,
    "limits.connections_per_client": _COUNT,
    "limits.message_bytes": _COUNT,
    "limits.command_seconds": _SECONDS,
    "limits.data_idle_seconds": _SECONDS,
    "limits.final_reply_seconds": _SECONDS,
    "limits.session_seconds": _SECONDS,
    "policy": "a section [policy]",
    "policy.listen": _ADDRESSES,
    "policy.reply": 'a reply to RCPT such as "550 5.1.1 User unknown"; "" for the one learnt from the server',
    "log": "a section [log]",
    "log.keep_days": f"a whole number from 1 to {KEEP_DAYS_LIMIT}",
    "log.max_rows": _COUNT,
}

# ---- what the types alone do not say


def _domain(text: str) -> bytes:
    """In A-labels, so that two spellings of one name are the same."""
    name = idna.encode(text.removesuffix("."), uts46=True)
    if "@" in text or "*" in text:
        raise ValueError(text)
    return name.lower()


def _deliver(text: str) -> None:
    if text == BUILT_IN:
        return
    url = urlsplit(text)
    query = parse_qs(url.query, strict_parsing=True) if url.query else {}
    tls = query.pop("tls", ["none"])
    plain = url.username is None and url.path in ("", "/") and not url.fragment and not query
    if url.scheme != "smtp" or not url.hostname or not plain or re.search(r"[\s\x00-\x1f]", text):
        raise ValueError(text)
    url.hostname.encode("idna")  # as whoever looks it up does; UnicodeError
    if len(tls) != 1 or tls[0] not in ("none", "opportunistic", "require") or url.port == 0:
        raise ValueError(text)


def _delivers_to_itself(config: Config) -> bool:
    """Whether `deliver` names a port that the gate itself listens at, as far as that can be seen from here."""
    if config.gate.deliver == BUILT_IN:
        return False
    url = urlsplit(config.gate.deliver)
    host, port = _LOOPBACK.get(url.hostname or "", url.hostname), url.port or 25
    here = {split_address(text) for text in (*config.gate.listen, *config.policy.listen)}
    hosts = {_LOOPBACK.get(name, name) for name, number in here if number == port}
    return host in hosts or (host == _LOOPBACK["localhost"] and not hosts.isdisjoint({"0.0.0.0", "::"}))  # noqa: S104


_LOOPBACK = {"localhost": "127.0.0.1", "::1": "127.0.0.1"}


def _for_both(config: Config) -> tuple[str, int] | None:
    """Where `gate.listen` and `policy.listen` would both listen, as far as that can be seen from here."""
    for one, port in map(split_address, config.gate.listen):
        for other, number in map(split_address, config.policy.listen):
            if port == number != 0 and _meet(_places(one), _places(other)):
                return other, port
    return None


_Place = ipaddress.IPv4Address | ipaddress.IPv6Address | str


def _places(host: str) -> list[_Place]:
    """The addresses of a host of `listen`; its name where that would have to be looked up."""
    name = host.lower().removesuffix(".")
    if name == "localhost":
        return [ipaddress.IPv4Address("127.0.0.1"), ipaddress.IPv6Address("::1")]
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return [name]
    return [(isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped) or address]


def _meet(some: list[_Place], others: list[_Place]) -> bool:
    """Whether there is an address in both; `0.0.0.0` and `::` are all of their family."""
    return any(
        one == other or (type(one) is type(other) and not isinstance(one, str) and _all_of_it(one, other))
        for one in some
        for other in others
    )


def _all_of_it(*addresses: _Place) -> bool:
    return any(not isinstance(each, str) and each.is_unspecified for each in addresses)


def _network(text: str) -> None:
    ipaddress.ip_network(text, strict=False)


def _delimiter(text: str) -> None:
    twice = len(set(text)) < len(text)
    if twice or any(not char.isascii() or not char.isprintable() or char.isalnum() or char in '@" ' for char in text):
        raise ValueError(text)


_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def _hostname(text: str) -> None:
    if text.startswith("[") and text.endswith("]"):  # an address literal, RFC 5321 4.1.3
        six, four = text[1:-1].removeprefix("IPv6:"), text[1:-1]
        if six != four and "%" not in six:
            ipaddress.IPv6Address(six)
        else:
            ipaddress.IPv4Address(four)
    elif text and (len(text) > 253 or not all(map(_LABEL.fullmatch, text.split(".")))):
        raise ValueError(text)


def _above_zero(number: float) -> None:
    if not 0 < number < 1e12:
        raise ValueError(number)


def _keep_days(text: str) -> None:
    if int(text) > KEEP_DAYS_LIMIT:
        raise ValueError(text)


def _reply(text: str) -> None:
    if text and not re.fullmatch(r"[45][0-9][0-9] [ -~]{1,400}", text):
        raise ValueError(text)


_CHECKS: dict[str, Callable[[str], object]] = {
    "gate.listen": split_address,
    "gate.domains": _domain,
    "gate.listed": _domain,
    "gate.deliver": _deliver,
    "gate.trusted": _network,
    "gate.trusted_proxies": _network,
    "gate.recipient_delimiter": _delimiter,
    "gate.hostname": _hostname,
    "policy.listen": split_address,
    "policy.reply": _reply,
    "log.keep_days": _keep_days,
}


def _problem(key: str, value: object) -> bool:
    try:
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, (int, float)):
                _above_zero(one)
            if key in _CHECKS:
                _CHECKS[key](str(one))
    except (ValueError, UnicodeError):
        return True
    return False


def check(config: Config, file: str) -> Config:
    """The same configuration, when every value is usable. `file` is what the error names."""
    for section, fields in msgspec.to_builtins(config).items():
        for name, value in fields.items():
            if _problem(f"{section}.{name}", value):
                raise unusable(file, f"{section}.{name}", value)
    if not config.gate.listen and not config.policy.listen:
        raise unusable(file, "gate.listen", [])
    if (place := _for_both(config)) is not None:
        raise ConfigError("config.one_port", file=file, host=place[0], port=place[1])
    if _delivers_to_itself(config):
        raise unusable(file, "gate.deliver", config.gate.deliver)
    if bool(config.tls.certificate) != bool(config.tls.key):
        missing = "key" if config.tls.certificate else "certificate"
        raise unusable(file, f"tls.{missing}", "")
    domains = set(map(_domain, config.gate.domains))
    for name in config.gate.listed:
        if _domain(name) not in domains:
            raise unusable(file, "gate.listed", [name])
    return config


def unusable(file: str, key: str, value: object) -> ConfigError:
    """The error of a key whose value, also one of a wrong type, cannot be used."""
    return ConfigError("config.value", file=file, key=key, value=_shown(value), allowed=ALLOWED[key])


def _shown(value: object) -> str:
    shown = msgspec.json.encode(value, enc_hook=str).decode()
    return shown if len(shown) < 120 else f"{shown[:117]}..."
