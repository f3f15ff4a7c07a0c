"""`gate.toml`: what it may say, read strictly, and written with its comments kept.

    sections.py   the keys, their types and defaults
    values.py     what each may hold, and the error that names file, key and what is allowed
    reading.py    the file read
    writing.py    keys of it set

All keys of the contract parse from the start. It reads and writes that one file and nothing else; what the values do
is for the rooms that use them.

To add a key: 1. its field in `sections`; 2. what is allowed, in `values.ALLOWED`; 3. a check in `values._CHECKS` where
the type alone does not say it; 4. a line in `resources/gate.toml`.
"""

from gate.config.reading import load, parse
from gate.config.sections import (
    BUILT_IN,
    Config,
    GateSection,
    LimitsSection,
    LogSection,
    PassingWish,
    PolicySection,
    TlsSection,
)
from gate.config.values import ALLOWED, ConfigError, check
from gate.config.writing import write

__all__ = [
    "ALLOWED",
    "BUILT_IN",
    "Config",
    "ConfigError",
    "GateSection",
    "LimitsSection",
    "LogSection",
    "PassingWish",
    "PolicySection",
    "TlsSection",
    "check",
    "load",
    "parse",
    "write",
]
