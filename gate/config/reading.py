"""gate.toml read, strictly: an unknown key, a wrong type or an unusable value is one clear line."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from gate.config.sections import Config
from gate.config.values import ALLOWED, ConfigError, check, unusable


def load(path: Path) -> Config:
    """What `path` says; the defaults where there is no such file. ConfigError, one line, for anything else."""
    try:
        text = text_of(path)
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8"
        raise ConfigError("config.unreadable", file=str(path), why=why) from problem
    return Config() if text is None else parse(text, str(path))


def text_of(path: Path) -> str | None:
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
        return unusable(file, f"{section}.{name}", value[name])
    return unusable(file, section, value)
