"""`gate.toml`: what it may say, read strictly, and written with its comments kept.

All keys of the contract parse from the start. `ConfigError` names the file, the key and what is allowed. Reads and
writes that one file and nothing else; what the values do is for the rooms that use them.

To add a key: 1. its field in a section below; 2. what is allowed, in `ALLOWED`; 3. a check in `_CHECKS` where the type
alone does not say it; 4. a line in `resources/gate.toml`.
"""

import ipaddress
import os
import re
import tempfile
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qs, urlsplit

import idna
import msgspec

from gate.endpoint import split_address
from gate.errors import Fault

ClientAddress = Literal["auto", "proxy", "xclient", "none"]
BUILT_IN = "built-in"
"""`deliver`, where the mail server behind is the gate's own."""


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class GateSection(_Section, frozen=True, kw_only=True):
    listen: list[str] = msgspec.field(default_factory=lambda: ["127.0.0.1:2525"])
    domains: list[str] = []
    listed: list[str] = []
    deliver: str = BUILT_IN
    client_address: ClientAddress = "auto"
    trusted: list[str] = []
    trusted_proxies: list[str] = []
    recipient_delimiter: str = "+"
    bare_newline: Literal["reject", "normalize"] = "reject"
    hostname: str = ""


class TlsSection(_Section, frozen=True, kw_only=True):
    certificate: str = ""
    key: str = ""


class LimitsSection(_Section, frozen=True, kw_only=True):
    connections: int = 200
    connections_per_client: int = 20
    message_bytes: int = 52_428_800
    command_seconds: float = 300
    data_idle_seconds: float = 180
    final_reply_seconds: float = 600
    session_seconds: float = 3600


class PolicySection(_Section, frozen=True, kw_only=True):
    listen: list[str] = []
    reply: str = ""


class LogSection(_Section, frozen=True, kw_only=True):
    keep_days: int = 90
    max_rows: int = 2_000_000


class Config(_Section, frozen=True, kw_only=True):
    gate: GateSection = GateSection()
    tls: TlsSection = TlsSection()
    limits: LimitsSection = LimitsSection()
    policy: PolicySection = PolicySection()
    log: LogSection = LogSection()


class ConfigError(Fault):
    """gate.toml cannot be used; nothing was changed."""

    texts: ClassVar[Mapping[str, str]] = {
        "config.unreadable": "{file} cannot be read: {why}",
        "config.syntax": "{file} is not valid TOML: {why}",
        "config.unknown_key": "{file}: there is no key {key}; known here: {allowed}",
        "config.value": "{file}: {key} = {value} cannot be used; allowed: {allowed}",
        "config.unwritable": "{file} cannot be written: {why}",
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
    "gate.deliver": '"built-in" or "smtp://HOST:PORT", with ?tls=none, ?tls=opportunistic or ?tls=require after it',
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

# ---------------------------------------------------------------- what the types alone do not say


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
    if len(tls) != 1 or tls[0] not in ("none", "opportunistic", "require") or url.port == 0:
        raise ValueError(text)


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
                raise _unusable(file, f"{section}.{name}", value)
    if not config.gate.listen and not config.policy.listen:
        raise _unusable(file, "gate.listen", [])
    if bool(config.tls.certificate) != bool(config.tls.key):
        missing = "key" if config.tls.certificate else "certificate"
        raise _unusable(file, f"tls.{missing}", "")
    domains = set(map(_domain, config.gate.domains))
    for name in config.gate.listed:
        if _domain(name) not in domains:
            raise _unusable(file, "gate.listed", [name])
    return config


def _unusable(file: str, key: str, value: object) -> ConfigError:
    return ConfigError("config.value", file=file, key=key, value=_shown(value), allowed=ALLOWED[key])


def _shown(value: object) -> str:
    shown = msgspec.json.encode(value, enc_hook=str).decode()
    return shown if len(shown) < 120 else f"{shown[:117]}..."


# ---------------------------------------------------------------- reading


def load(path: Path) -> Config:
    """What `path` says; the defaults where there is no such file. ConfigError, one line, for anything else."""
    try:
        text = _text(path)
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8"
        raise ConfigError("config.unreadable", file=str(path), why=why) from problem
    return Config() if text is None else parse(text, str(path))


def _text(path: Path) -> str | None:
    """None: there is no such file. What is no regular file (a pipe, a device) is not read: it may never end."""
    if not path.exists():
        return None
    if not path.is_file():
        raise ConfigError("config.unreadable", file=str(path), why="it is no regular file")
    return path.read_text("utf-8")


def parse(text: str, file: str) -> Config:
    """The configuration that the TOML `text` tells; `file` is what errors name."""
    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise ConfigError("config.syntax", file=file, why=str(problem)) from problem
    _check_keys(found, file)
    try:
        config = msgspec.convert(found, Config)
    except (msgspec.ValidationError, OverflowError) as problem:
        raise _wrong_type(found, file, str(problem)) from problem
    return check(_beside(config, found), file)


def _beside(config: Config, found: Mapping[str, Any]) -> Config:
    """Where the policy front is set up and no mail port is named, none is opened: mail does not pass the gate."""
    if not config.policy.listen or "listen" in found.get("gate", {}):
        return config
    return msgspec.structs.replace(config, gate=msgspec.structs.replace(config.gate, listen=[]))


def _check_keys(found: Mapping[str, object], file: str) -> None:
    known: dict[str, list[str]] = {}
    for key in ALLOWED:
        section, _, name = key.partition(".")
        known.setdefault(section, [])
        if name:
            known[section].append(name)
    for section, fields in found.items():
        if section not in known:
            allowed = ", ".join(f"[{name}]" for name in known)
            raise ConfigError("config.unknown_key", file=file, key=section, allowed=allowed)
        for name in fields if isinstance(fields, dict) else ():
            if name not in known[section]:
                allowed = ", ".join(known[section])
                raise ConfigError("config.unknown_key", file=file, key=f"{section}.{name}", allowed=allowed)


def _wrong_type(found: Mapping[str, object], file: str, told: str) -> ConfigError:
    """The key is where msgspec says that it stumbled: `... - at `$.gate.listen[0]``."""
    place = re.search(r"`\$\.([a-z_]+)(?:\.([a-z_]+))?", told)
    if place is None:  # an overflow has no place
        return ConfigError("config.syntax", file=file, why=told)
    section, name = place[1], place[2]
    value = found[section]
    if name and isinstance(value, dict):
        return _unusable(file, f"{section}.{name}", value[name])
    return _unusable(file, section, value)


# ---------------------------------------------------------------- writing


def write(path: Path, changes: Mapping[str, object], *, template: str = "") -> Config:
    """Set keys such as `gate.listen` in the file, keeping its comments and order; `template` is the text of a file
    that is not there yet. Returns what the file says then; refused as a whole (ConfigError) if that cannot be used."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        text = _text(path)
        text = template if text is None else text
        document = tomlkit.parse(text)
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError("config.unreadable", file=str(path), why=str(problem)) from problem
    except TOMLKitError as problem:
        raise ConfigError("config.syntax", file=str(path), why=str(problem)) from problem
    for key, value in changes.items():
        section, _, name = key.partition(".")
        if section not in document:
            document[section] = tomlkit.table()
        _put(document[section], name, value)
    config = parse(tomlkit.dumps(document), str(path))
    _replace(path, tomlkit.dumps(document))
    return config


def _put(section: Any, name: str, value: object) -> None:
    """Set one key; of a list only what changed, so that what is written between its items stays."""
    old = section.get(name)
    if isinstance(value, list) and isinstance(old, list):
        for item in [each for each in old if each not in value]:
            old.remove(item)
        for item in [each for each in value if each not in old]:
            old.append(item)
    if old != value:
        section[name] = value


def _replace(path: Path, text: str) -> None:
    """All or nothing: a crash leaves the old file or the new one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".gate.toml.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as problem:
        raise ConfigError("config.unwritable", file=str(path), why=problem.strerror or str(problem)) from problem
