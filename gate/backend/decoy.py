"""The decoy of a recipient, and the way back in every reply.

A decoy is an address of the same domain that does not exist. It is asked of the backend in the place of a recipient who
must seem not to exist, so that text, code, delay and error count of the refusal are the backend's own. Pure: no socket,
no clock, no randomness. A decoy must never be shown to a client: `way_back` goes over every later reply of the session.

The rules:
- Sixteen letters and digits, the first a letter, replace the first run of ASCII letters and digits of the local part.
  Source route, quotes, separators, `+tag` and domain stay. A name (the local part without its tag and its quotes) that
  has no ASCII letter or digit is replaced whole.
- Near a limit length tells: the sixteen would make an address too long where the recipient's own name would not. So
  where the local part would have more than 64 octets, the path more than 254 or the whole line more than 512 (RFC 5321
  4.5.3.1), as they are or with the sixteen put in, the name put in has exactly the length of the run it replaces (1
  where that is nothing). In such a place nothing else changes its length, whatever a server's limits are.
- They are an HMAC-SHA256 of the installation's key and the canonical recipient: unquoted, in lower case, without source
  route and trailing dot. So one recipient always has one decoy (of one length), as a greylist or an address cache
  expects.
- The case class of the run stays: lower, UPPER, or Mixed (first letter upper, the rest lower). Hence a server that
  lower-cases names is told from one that leaves them as they are.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gate.rules.path import Place, locate

NAME_LENGTH = 16
LOCAL_LIMIT, PATH_LIMIT, LINE_LIMIT = 64, 254, 512
"""Octets beyond which a server may refuse for length (RFC 5321 4.5.3.1; the path here without its brackets)."""
_SLIDING = 8
"""A name of so many characters is found inside a longer run too; a shorter one only as a whole run."""
_WORD = 5
"""A name of fewer characters is a consonant and figures: no word that a reply may hold, and hardly anybody's name."""
_DIGITS = 48
"""Characters that one HMAC is enough for; a longer name repeats them."""
_LETTERS = b"abcdefghijklmnopqrstuvwxyz"
_FIGURES = b"0123456789"
_ALPHABET = _LETTERS + _FIGURES
_CONSONANTS = bytes(each for each in _LETTERS if each not in b"aeiouy")
_RUN = re.compile(rb"[A-Za-z0-9]+")
_RUNS_OF = tuple(re.compile(rb"[A-Za-z0-9]{%d,}" % max(1, length)) for length in range(NAME_LENGTH + 1))
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


def decoy_for(key: bytes, path: bytes, delimiter: bytes = b"+", *, line: int = 0) -> Decoy:
    """The decoy of the forward-path `path`: the bytes between `<` and `>` as the client wrote them (RFC 5321 4.1.2).

    `key` is the installation's; `delimiter` the backend's recipient delimiter, one character, or empty for none; `line`
    the octets of the whole command line, its end included. Never fails: whatever stands there has a decoy.
    """
    start, end, quoted = _local_part(path)
    stop = end
    if delimiter and (at := path.find(delimiter, start + 1, end)) > 0:
        stop = at
    run = _RUN.search(path, start, stop)
    first, last = run.span() if run else (start, stop)
    original = path[first:last]
    more = max(0, NAME_LENGTH - len(original))
    sizes = ((end - start + 2 * quoted, LOCAL_LIMIT), (len(path), PATH_LIMIT), (line, LINE_LIMIT))
    length = NAME_LENGTH if all(size + more <= limit for size, limit in sizes) else max(1, len(original))
    canonical = _canonical(path[start:end], path[end + quoted :], quoted=quoted)
    name = _in_case_of(original, _name(key, canonical, length, original.lower()))
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
    lengths = sorted({len(name) for name in as_sent}, reverse=True)

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
        while at + lengths[-1] <= len(text):
            for length in lengths:
                seen = text[at : at + length]
                if (
                    len(seen) == length
                    and (length >= _SLIDING or seen == text)
                    and (name := original(seen)) is not None
                ):
                    told += text[start:at] + name
                    start = at = at + length
                    break
            else:
                at += 1
        return told + text[start:]

    # An expression made of the names would be compiled for each new one: for longer than all else takes together, so
    # that a refused recipient could be told from a missing one by time.
    return _RUNS_OF[min(lengths[-1], NAME_LENGTH)].sub(led_back, reply)


def mailbox(path: bytes) -> bytes:
    """The path without its source route."""
    start, _, quoted = _local_part(path)
    return path[start - quoted :]


def canonical(path: bytes) -> bytes:
    """The recipient that the path names, however it is written: what a decoy is computed from."""
    start, end, quoted = _local_part(path)
    return _canonical(path[start:end], path[end + quoted :], quoted=quoted)


def _local_part(path: bytes) -> Place:
    return locate(path.decode("latin-1"))


def _canonical(local: bytes, domain: bytes, *, quoted: bool) -> bytes:
    if quoted:
        local = _ESCAPE.sub(rb"\1", local)
    text = (local + domain.removesuffix(b".")).decode("utf-8", "surrogateescape").lower()
    return text.encode("utf-8", "surrogateescape")


def _name(key: bytes, canonical: bytes, length: int, other_than: bytes) -> bytes:
    number = int.from_bytes(hmac.digest(key, canonical, "sha256"), "big")
    letters, rest = (_LETTERS, _ALPHABET) if length >= _WORD else (_CONSONANTS, _FIGURES)
    number, index = divmod(number, len(letters))
    name = bytearray([letters[index]])
    while len(name) < min(length, _DIGITS):
        number, digit = divmod(number, len(rest))
        name.append(rest[digit])
    name = (name * (length // len(name) + 1))[:length]
    if name == other_than:
        name[0] = letters[(index + 1) % len(letters)]
    return bytes(name)


def _in_case_of(original: bytes, name: bytes) -> bytes:
    if original.isupper():
        return name.upper()
    return name if original == original.lower() else name.capitalize()
