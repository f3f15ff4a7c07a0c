"""The decoy of a recipient, and the way back in every reply.

A decoy is an address of the same domain that does not exist. It is asked of the backend in the place of a recipient who
must seem not to exist, so that text, code, delay and error count of the refusal are the backend's own. Pure: no socket,
no clock, no randomness. A decoy must never be shown to a client: `WayBack` goes over every later reply of the session.

The rules:
- Sixteen letters and digits, the first a letter, replace the first run of ASCII letters and digits of the local part.
  Source route, quotes, separators, `+tag` and domain stay. In a name (the local part without its tag and its quotes)
  that has no ASCII letter or digit they stand behind its first character, so that what a server says of its characters
  (`-` first, a dot last, non-ASCII without SMTPUTF8, a backslash that it takes away) stays too.
- Near a limit length tells: the sixteen would make an address too long where the recipient's own name would not. So
  where the local part would have more than 64 octets, the path more than 254 or the whole line more than 512 (RFC 5321
  4.5.3.1), as they are or with the sixteen put in, the name put in has exactly the length of the run it replaces; a
  name without a run is replaced whole (by 1 where it is nothing). In such a place nothing else changes its length,
  whatever a server's limits are.
- They are an HMAC-SHA256 of the installation's key and the canonical recipient: unquoted, in lower case, without source
  route and trailing dot. So one recipient always has one decoy (of one length), as a greylist or an address cache
  expects. Escapes in the run (`"al\\ias"`) stand at the same characters of the decoy, which is that of `alias` so.
  Only where there is no room, or another escape cuts the run short, the run counts too: a server that lower-cases both
  would leave nothing to tell which of the two it means.
- The case class of the run stays: lower, UPPER, or mixed (first letter upper, of the others those that the HMAC of the
  run says). Hence a server that lower-cases names is told from one that leaves them as they are; and to a cache or a
  greylist that minds case (Postfix's verify does) `uSer` and `usEr` are two names, as of a missing account.
"""

import hmac
import re
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from gate.rules.path import Place, locate

NAME_LENGTH = 16
LOCAL_LIMIT, PATH_LIMIT, LINE_LIMIT = 64, 254, 512
"""Octets beyond which a server may refuse for length (RFC 5321 4.5.3.1; the path here without its brackets)."""
DECOY_LIMIT = 1000
"""Decoys of one session that are led back."""
SLIDING = 8
"""A name of so many characters is found inside a longer run too; a shorter one only as a whole run."""
_WORD = 5
"""A name of fewer characters is a consonant and figures: no word that a reply may hold, and hardly anybody's name."""
_LETTERS, _CONSONANTS, _FIGURES = b"abcdefghijklmnopqrstuvwxyz", b"bcdfghjklmnpqrstvwxz", b"0123456789"


def _alphabet(characters: bytes) -> bytes:
    """For `bytes.translate`: each octet as one of the characters."""
    return (characters * (256 // len(characters) + 1))[:256]


_WORDS = _alphabet(_LETTERS), _alphabet(_LETTERS + _FIGURES)
_CODES = _alphabet(_CONSONANTS), _alphabet(_FIGURES)
"""For the first character of a name, and for those that follow."""
_RUN = re.compile(rb"[A-Za-z0-9]+")
_RUNS_OF = tuple(re.compile(rb"[A-Za-z0-9]{%d,}" % max(1, length)) for length in range(NAME_LENGTH + 1))
_ESCAPABLE = re.compile(rb"\\?[A-Za-z0-9]")
_ESCAPED_RUN = re.compile(rb"(?:\\?[A-Za-z0-9])+")
_UNPLAIN = frozenset({b"@", b'"'})
"""What a path with a source route or quotes begins with."""
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_CHARACTER = re.compile(rb"\\?[\x00-\x7f]|[\x80-\xff][\x80-\xbf]*|")


class Decoy(msgspec.Struct, frozen=True):
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

    `key` is the installation's; each octet of `delimiter` is a recipient delimiter of the backend's, the first found
    cuts; `line`: the octets of the whole command line, its end included. Never fails: whatever stands there has one.
    """
    start, end, quoted = _local_part(path)
    stop = end
    for octet in delimiter:
        if (at := path.find(octet, start + 1, stop)) > 0:
            stop = at
    run = _RUN.search(path, start, stop)
    first, last = run.span() if run else (_beyond_first(path, start, stop),) * 2
    more = max(0, NAME_LENGTH - last + first)
    roomy = end - start + 2 * quoted + more <= LOCAL_LIMIT and len(path) + more <= PATH_LIMIT
    roomy = roomy and line + more <= LINE_LIMIT
    if not run and not roomy:
        first, last = start, stop
    original = path[first:last]
    length = NAME_LENGTH if roomy else len(original) or 1
    canonical = _canonical(path[start:end], path[end + quoted :], quoted=quoted)
    lower = original.lower()
    if quoted and path.find(b"\\", start, end) >= 0:
        if roomy and (escaped := _escaped_run(key, path, (start, stop), canonical)) is not None:
            return escaped
        canonical += b"\\" + lower
    name = _name(key, canonical, length, lower)
    if original != lower:
        name = _in_case_of(original, name, key)
    return Decoy(path[:first] + name + path[last:], name, original)


def _escaped_run(key: bytes, path: bytes, place: tuple[int, int], canonical: bytes) -> Decoy | None:
    """The decoy of a run that holds escapes: that of the same run without them, with escapes at the same characters.
    None: there are none in it, or it is too long for that."""
    found = _ESCAPED_RUN.search(path, *place)
    if found is None or b"\\" not in found[0]:
        return None
    characters = [each[0] for each in _ESCAPABLE.finditer(found[0])]
    if len(characters) > NAME_LENGTH:
        return None
    plain = found[0].replace(b"\\", b"")
    made = _name(key, canonical, NAME_LENGTH, plain.lower())
    if plain != plain.lower():
        made = _in_case_of(plain, made, key)
    signs = [b"\\" if at < len(characters) and len(characters[at]) > 1 else b"" for at in range(NAME_LENGTH)]
    name = b"".join(sign + made[at : at + 1] for at, sign in enumerate(signs))
    return Decoy(path=path[: found.start()] + name + path[found.end() :], name=name, original=found[0])


class WayBack:
    """Puts recipients back into replies in the place of their decoys, for one session.

    A name as it was sent becomes the recipient as the client sent it; one that the server lower-cased (upper-cased)
    becomes the recipient in lower (upper) case. Nothing else is touched.
    """

    def __init__(self, decoys: Iterable[Decoy] = ()) -> None:
        self._new: list[Decoy] = []
        """Not sorted in below yet: that is done when something is found in a reply that may be a name."""
        self._newest: tuple[tuple[bytes, bytes], ...] = ()
        """Its name and what stands for that, as sent and as servers rewrite it, where it is replaced wherever it is."""
        self._as_sent: dict[bytes, Decoy] = {}
        self._by_name: dict[bytes, Decoy] = {}
        self._escaped: dict[bytes, bytes] = {}
        self._lengths: tuple[int, ...] = ()  # of the names, the longest first
        self._runs = _RUNS_OF[NAME_LENGTH]
        for decoy in decoys:
            self.add(decoy)

    def add(self, decoy: Decoy) -> None:
        """From now on this decoy is led back too. Of two with one name the last is meant; beyond `DECOY_LIMIT` the
        oldest are forgotten."""
        name, original = decoy.name, decoy.original
        if b"\\" in name:
            while len(self._escaped) >= DECOY_LIMIT:
                del self._escaped[next(iter(self._escaped))]
            self._escaped[name] = original
            name, original = name.replace(b"\\", b""), original.replace(b"\\", b"")
            decoy = Decoy(decoy.path, name, original)
        self._new.append(decoy)
        self._newest = _cases(name, original) if len(name) >= SLIDING else ()
        if len(name) not in self._lengths:
            self._lengths = tuple(sorted((*self._lengths, len(name)), reverse=True))
            self._runs = _RUNS_OF[min(self._lengths[-1], NAME_LENGTH)]
        if len(self._new) >= DECOY_LIMIT:
            self._sort_in()

    def _sort_in(self) -> None:
        for decoy in self._new:
            self._as_sent.pop(decoy.name, None)  # it is the newest again
            self._as_sent[decoy.name] = self._by_name[decoy.name.lower()] = decoy
            if len(self._as_sent) > DECOY_LIMIT:
                oldest = self._as_sent.pop(next(iter(self._as_sent)))
                self._by_name.pop(oldest.name.lower(), None)
        self._new.clear()

    def of(self, reply: bytes) -> bytes:
        """The reply as the client may see it."""
        # An expression made of the names would be compiled for each new one: for longer than all else takes together,
        # so that a refused recipient could be told from a missing one by time.
        for name, original in self._escaped.items() if self._escaped and b"\\" in reply else ():
            for cased in (bytes, bytes.lower, bytes.upper):
                reply = reply.replace(cased(name), cased(original))
        if not self._lengths:
            return reply
        for name, original in self._newest:  # whether it is there takes as long as that it is not
            reply = reply.replace(name, original)
        return self._runs.sub(self._led_back, reply)

    def _led_back(self, run: re.Match[bytes]) -> bytes:
        if self._new:
            self._sort_in()
        text, lengths = run[0], self._lengths
        told, start, at = b"", 0, 0
        while at + lengths[-1] <= len(text):
            for length in lengths:
                seen = text[at : at + length]
                if (
                    len(seen) == length
                    and (length >= SLIDING or seen == text)
                    and (name := self._original(seen)) is not None
                ):
                    told += text[start:at] + name
                    start = at = at + length
                    break
            else:
                at += 1
        return told + text[start:]

    def _original(self, seen: bytes) -> bytes | None:
        if (sent := self._as_sent.get(seen)) is not None:
            return sent.original
        if (decoy := self._by_name.get(seen.lower())) is None:
            return None
        if seen.islower():
            return decoy.original.lower()
        return decoy.original.upper() if seen.isupper() else decoy.original


def _cases(name: bytes, original: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """What a server makes of a name, and what that leads back to."""
    upper = (name.upper(), original.upper())
    lower = name.lower()
    return ((name, original), upper) if lower == name else ((name, original), (lower, original.lower()), upper)


def mailbox(path: bytes) -> bytes:
    """The path without its source route."""
    start, _, quoted = _local_part(path)
    return path[start - quoted :]


def canonical(path: bytes) -> bytes:
    """The recipient that the path names, however it is written: what a decoy is computed from."""
    start, end, quoted = _local_part(path)
    return _canonical(path[start:end], path[end + quoted :], quoted=quoted)


def _local_part(path: bytes) -> Place:
    if path[:1] in _UNPLAIN:
        return locate(path.decode("latin-1"))
    at = path.rfind(b"@")
    return Place(0, at if at >= 0 else len(path), False)


def _beyond_first(path: bytes, start: int, stop: int) -> int:
    character = _CHARACTER.match(path, start, stop)
    return character.end() if character else start


def _canonical(local: bytes, domain: bytes, *, quoted: bool) -> bytes:
    if quoted:
        local = _ESCAPE.sub(rb"\1", local)
    if local.isascii() and domain.isascii():
        return (local + domain.removesuffix(b".")).lower()
    text = (local + domain.removesuffix(b".")).decode("utf-8", "surrogateescape").lower()
    return text.encode("utf-8", "surrogateescape")


@lru_cache(maxsize=4)
def _keyed(key: bytes) -> hmac.HMAC:
    """Ready for one message after the other: most of the work is the key's."""
    return hmac.new(key, digestmod="sha256")


def _name(key: bytes, canonical: bytes, length: int, other_than: bytes) -> bytes:
    first, others = _WORDS if length >= _WORD else _CODES
    mac = _keyed(key).copy()
    mac.update(canonical)
    digest = mac.digest()
    name = digest[:1].translate(first) + digest[1:length].translate(others)
    if length > len(digest):
        name = (name * (length // len(digest) + 1))[:length]
    if name == other_than:
        name = bytes([digest[0] ^ 1]).translate(first) + name[1:]
    return name


def _in_case_of(original: bytes, name: bytes, key: bytes) -> bytes:
    """The name, which is in lower case, as the original, which is not."""
    if original.isupper():
        return name.upper()
    mac = _keyed(key).copy()
    mac.update(original)
    bits = int.from_bytes(mac.digest(), "little")
    upper = name.upper()
    mixed = bytes((upper if at == 0 or bits >> at & 1 else name)[at] for at in range(len(name)))
    return name.capitalize() if mixed.isupper() else mixed
