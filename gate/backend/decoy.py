"""The decoy of a recipient, and the way back in every reply.

A decoy is an address of the same domain that does not exist. It is asked of the backend in the place of a recipient who
must seem not to exist, so that text, code, delay and error count of the refusal are the backend's own. Pure: no socket,
no clock, no randomness. A decoy must never be shown to a client: `way_back` goes over every later reply of the session.

The rules:
- Sixteen letters and digits, the first a letter, replace the first run of ASCII letters and digits of the local part.
  Source route, quotes, separators, `+tag` and domain stay. A name (the local part without its tag and its quotes) that
  has no ASCII letter or digit is replaced whole.
- They are an HMAC-SHA256 of the installation's key and the canonical recipient: unquoted, in lower case, without source
  route and trailing dot. So one recipient always has one decoy, as a greylist or an address cache expects.
- The case class of the run stays: lower, UPPER, or Mixed (first letter upper, the rest lower). Hence a server that
  lower-cases names is told from one that leaves them as they are.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

NAME_LENGTH = 16
_LETTERS = b"abcdefghijklmnopqrstuvwxyz"
_ALPHABET = _LETTERS + b"0123456789"
_RUN = re.compile(rb"[A-Za-z0-9]+")
_LONG_RUN = re.compile(rb"[A-Za-z0-9]{%d,}" % NAME_LENGTH)
_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Decoy:
    """What is asked of the backend in a recipient's place.

    Attributes:
        path: the forward-path to send, without `<` and `>`.
        name: the run that was put in, as sent.
        original: the run of the client's path that it stands for.
    """

    path: bytes
    name: bytes
    original: bytes


def decoy_for(key: bytes, path: bytes, delimiter: bytes = b"+") -> Decoy:
    """The decoy of the forward-path `path`: the bytes between `<` and `>` as the client wrote them (RFC 5321 4.1.2).

    `key` is the installation's; `delimiter` the backend's recipient delimiter, one character, or empty for none.
    Never fails: whatever stands there has a decoy.
    """
    start, end, quoted = _local_part(path)
    domain = path[end + quoted :]
    if quoted:
        start += 1
    stop = end
    if delimiter and (at := path.find(delimiter, start + 1, end)) > 0:
        stop = at
    run = _RUN.search(path, start, stop)
    first, last = run.span() if run else (start, stop)
    original = path[first:last]
    name = _in_case_of(original, _name(key, _canonical(path[start:end], domain, quoted=quoted)))
    return Decoy(path=path[:first] + name + path[last:], name=name, original=original)


def way_back(reply: bytes, decoys: Sequence[Decoy]) -> bytes:
    """`reply` with the name of each of the decoys replaced by what it stands for, in the case that the server chose.

    A name as it was sent becomes the recipient as the client sent it; one that the server lower-cased (upper-cased)
    becomes the recipient in lower (upper) case. Nothing else is touched.
    """
    if not decoys:
        return reply
    by_name = {decoy.name.lower(): decoy for decoy in decoys}
    as_sent = {decoy.name: decoy for decoy in decoys}

    def original(seen: bytes) -> bytes | None:
        if (sent := as_sent.get(seen)) is not None:
            return sent.original
        if (decoy := by_name.get(seen.lower())) is None:
            return None
        if seen.islower():
            return decoy.original.lower()
        return decoy.original.upper() if seen.isupper() else decoy.original

    def led_back(run: re.Match[bytes]) -> bytes:
        text, told, start, at = run[0], b"", 0, 0
        while at + NAME_LENGTH <= len(text):
            if (name := original(text[at : at + NAME_LENGTH])) is None:
                at += 1
                continue
            told += text[start:at] + name
            start = at = at + NAME_LENGTH
        return told + text[start:]

    # An expression made of the names would be compiled for each new one: for longer than all else takes together, so
    # that a refused recipient could be told from a missing one by time.
    return _LONG_RUN.sub(led_back, reply)


def mailbox(path: bytes) -> bytes:
    """The path without its source route."""
    return path[_local_part(path)[0] :]


def canonical(path: bytes) -> bytes:
    """The recipient that the path names, however it is written: what a decoy is computed from."""
    start, end, quoted = _local_part(path)
    return _canonical(path[start + quoted : end], path[end + quoted :], quoted=quoted)


def _local_part(path: bytes) -> tuple[int, int, bool]:
    """Where the local part begins and where it ends (its closing quote not counted), and whether it is quoted."""
    start = 0
    if path.startswith(b"@") and b":" in path:
        start = path.index(b":") + 1
    if quoted := _QUOTED.match(path, start):
        return start, quoted.end() - 1, True
    at = path.rfind(b"@", start)
    return start, len(path) if at < 0 else at, False


def _canonical(local: bytes, domain: bytes, *, quoted: bool) -> bytes:
    if quoted:
        local = _ESCAPE.sub(rb"\1", local)
    text = (local + domain.removesuffix(b".")).decode("utf-8", "surrogateescape").lower()
    return text.encode("utf-8", "surrogateescape")


def _name(key: bytes, canonical: bytes) -> bytes:
    number = int.from_bytes(hmac.digest(key, canonical, "sha256"), "big")
    number, index = divmod(number, len(_LETTERS))
    name = bytearray([_LETTERS[index]])
    while len(name) < NAME_LENGTH:
        number, index = divmod(number, len(_ALPHABET))
        name.append(_ALPHABET[index])
    return bytes(name)


def _in_case_of(original: bytes, name: bytes) -> bytes:
    if original.isupper():
        return name.upper()
    return name if original == original.lower() else name.capitalize()
