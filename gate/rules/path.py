"""The grammar of one address: RFC 5321 4.1.2 paths with the quoting, comments and spaces of RFC 5322 3.2 and 3.4.1.

It splits, it unquotes, it drops comments and source routes. It does not lower case and knows no domain rules.
`split_path` is strict and for what people write; `locate` is for what the SMTP grammar has let through and never fails.
Two leniencies, because real senders need them: dots may stand anywhere in a local part (`name..x@docomo.ne.jp`), and
non-ASCII is allowed everywhere (RFC 6531).
"""

import re
from typing import NamedTuple

from gate.rules.domain import AddressError

PATH_LIMIT = 512
"""Octets of a path on the wire, characters of one that is typed. RFC 5321 4.5.3.1.3 says 256, bounces are longer.
One limit for both: what the SMTP front lets through, the rules can read."""
_ROUTE = re.compile(r"@(?:\[[^\[\]]*\]|[^\[\]:\"])*:")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"(?=@|\Z)', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SPECIALS = frozenset('<>[]:;,\\"()')
_QUOTED_ONLY = _SPECIALS | frozenset("@ \t")


class _Char(NamedTuple):
    char: str
    quoted: bool


class Place(NamedTuple):
    """Where the local part of a path stands: from `start` to `end`, its quotes not counted; and whether it has any."""

    start: int
    end: int
    quoted: bool


def locate(path: str) -> Place:
    """The local part of a path as it stands in an envelope, behind its source route (RFC 5321 4.1.2).

    Any text has one, that of a path which the SMTP front accepts is the grammar's. A path in bytes may be given as
    Latin-1: the places are the same.
    """
    route = _ROUTE.match(path)
    start = route.end() if route else 0
    if quoted := _QUOTED.match(path, start):
        return Place(start + 1, quoted.end() - 1, True)
    at = path.rfind("@", start)
    return Place(start, len(path) if at < 0 else at, False)


def read_located(path: str) -> tuple[str, str | None]:
    """As `split_path`, by `locate`: it never raises."""
    start, end, quoted = locate(path)
    local = path[start:end]
    domain = path[end + quoted :]
    return _ESCAPE.sub(r"\1", local) if quoted else local, domain[1:] if domain else None


def split_path(text: str) -> tuple[str, str | None]:
    """Local part (unquoted) and domain (as written; None: there is no `@`). Raises `AddressError`."""
    chars = _scan(text)
    at = _last(chars, "@", len(chars))
    if at is None:
        return _local(text, chars), None
    domain = "".join(item.char for item in _trim(chars[at + 1 :]))
    if any(item.quoted for item in chars[at + 1 :]) or " " in domain or "\t" in domain:
        raise AddressError("address.domain", domain=domain)
    local = _trim(chars[:at])
    if local[:1] == [_Char("@", False)]:
        # A source route, `@relay1,@relay2:user@domain`: "MUST be accepted, SHOULD be ignored" (RFC 5321 appendix C).
        colon = _last(local, ":", len(local))
        local = local if colon is None else local[colon + 1 :]
    return _local(text, local), domain


def quote_local(local: str) -> str:
    """The local part as it may be written in a path: quoted where the grammar wants it."""
    plain = local and _QUOTED_ONLY.isdisjoint(local)
    return local if plain else '"' + local.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _scan(text: str) -> list[_Char]:
    chars: list[_Char] = []
    quoted, depth, escaped = False, 0, False
    for char in text:
        if escaped or (quoted and char not in '"\\'):
            if not depth:
                chars.append(_Char(char, quoted))
            escaped = False
        elif char == "\\" and (quoted or depth):
            escaped = True
        elif char == '"' and not depth:
            quoted = not quoted
            chars.append(_Char("", True))
        elif char == "(":
            depth += 1
        elif char == ")" and depth:
            depth -= 1
        elif not depth:
            chars.append(_Char(char, False))
    if quoted or escaped:
        raise AddressError("address.quote", text=text)
    if depth:
        raise AddressError("address.comment", text=text)
    return chars


def _last(chars: list[_Char], char: str, end: int) -> int | None:
    for index in range(end - 1, -1, -1):
        if chars[index] == (char, False):
            return index
    return None


def _trim(chars: list[_Char]) -> list[_Char]:
    start, end = 0, len(chars)
    while start < end and not chars[start].quoted and chars[start].char.isspace():
        start += 1
    while end > start and not chars[end - 1].quoted and chars[end - 1].char.isspace():
        end -= 1
    return chars[start:end]


def _local(text: str, chars: list[_Char]) -> str:
    chars = _trim(chars)
    for item in chars:
        if item.quoted:
            continue
        if item.char.isspace():
            raise AddressError("address.space", text=text)
        if item.char in _SPECIALS or item.char == "@":
            raise AddressError("address.character", text=text, char=item.char)
    if not chars:
        raise AddressError("address.no_local", text=text)
    return "".join(item.char for item in chars)
