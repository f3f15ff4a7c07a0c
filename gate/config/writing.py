"""gate.toml written: some keys set, its comments and order kept, all or nothing."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gate.config.reading import parse, text_of
from gate.config.sections import Config
from gate.config.values import ConfigError


def write(path: Path, changes: Mapping[str, object], *, template: str = "") -> Config:
    """Set keys such as `gate.listen` in the file, keeping its comments and order; `template` is the text of a file
    that is not there yet. Returns what the file says then; refused as a whole (ConfigError) if that cannot be used."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        text = text_of(path)
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
