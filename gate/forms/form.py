"""What every form is made of, and the words with a fixed meaning."""

from typing import Literal

import msgspec

Mode = Literal["deny", "allow", "closed"]
ListName = Literal["deny", "allow"]
KindName = Literal["address", "domain", "subdomains", "keyword", "glob", "regex"]
VerdictName = Literal["accept", "refuse"]
Because = Literal["entry", "mode", "exempt", "watch", "open", "unlisted", "relay", "none"]
GateState = Literal["not running", "stopped", "open", "guarding", "draining"]

PAGE_LIMIT = 1000
"""Rows a page at most (`account.list`, `entries.list`, `log.list`, `history.list`)."""


class Form(msgspec.Struct, frozen=True):
    """What all forms share. (Type checkers want `frozen` and `kw_only` said again by each.) Unknown keys are
    ignored when decoding."""


class Nothing(Form, frozen=True, kw_only=True):
    """The request of a method that takes no parameters, the answer of one that tells nothing."""
