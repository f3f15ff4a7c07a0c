"""One SMTP command line in, its meaning out, or why not (RFC 5321 4.1, 4.5.3.1, RFC 6531 3.3).

Pure: bytes in, a `Command` or a `Malformed` out. It knows no session state but whether SMTPUTF8 was announced, and it
changes nothing: the bytes that were judged here are the bytes that go to the backend, always with CRLF.

The grammar is narrower than what servers accept, so that no two readers can see two addresses in one line:
- a line ends with LF; one CR before it belongs to the end; any other CR, NUL, TAB or control character is refused;
- a path stands in `<` and `>`, or bare without any quoting; spaces after the colon are allowed (old clients);
- dots may stand anywhere in a local part (`name..x@docomo.ne.jp` is a real sender), comments may not;
- a path holds no control, bidi or invisible characters (joiners and variation selectors are letters' own: RFC 5892);
- an RFC 2047 encoded word (`=?`) in an address is refused: header parsers unfold it into something else;
- a recipient without a domain is `postmaster` or an error; a sender without one is an error;
- parameters are checked for their form only and go on as they are (SIZE, BODY, RET, ENVID, NOTIFY, ORCPT, ...).

To add a verb: 1. its member in `Verb`; 2. its reader in `_READERS`; 3. what it causes, in `requests._HANDLERS`;
4. what its reply changes, if anything, in `dialogue._ANSWERED`.
"""

import enum
import re
from collections.abc import Callable

import msgspec

from gate.rules.domain import hidden_character
from gate.rules.path import PATH_LIMIT, locate

LINE_LIMIT = 2048
"""Octets of MAIL and RCPT with their parameters, line end included (RFC 5321 4.5.3.1.4 and every extension's more)."""
MAILBOX_LIMIT = 254
"""Octets of a recipient without its source route at most (RFC 5321 4.5.3.1.3, less the brackets): nobody's is longer,
and a server that cuts a longer one short in its reply would cut a decoy short too."""
SHORT_LINE_LIMIT = 1024
"""Octets of any other command line. (The RFC asks for 512; EHLO names and VRFY arguments have been longer.)"""


class Verb(enum.Enum):
    """What a line asks for. AUTH and whatever else is not here is `UNKNOWN`: it never reaches the backend."""

    EHLO = b"EHLO"
    HELO = b"HELO"
    MAIL = b"MAIL"
    RCPT = b"RCPT"
    DATA = b"DATA"
    RSET = b"RSET"
    NOOP = b"NOOP"
    QUIT = b"QUIT"
    VRFY = b"VRFY"
    EXPN = b"EXPN"
    HELP = b"HELP"
    STARTTLS = b"STARTTLS"
    UNKNOWN = b""

    __hash__ = object.__hash__  # Enum's own is slow


class Command(msgspec.Struct, frozen=True):
    """A well-formed command.

    Attributes:
        line: as it came, without its line end.
        path: of MAIL and RCPT: what stands between `<` and `>`, as written; empty for the null sender.
        span: where `path` stands in `line`.
        name: of EHLO and HELO: how the client calls itself.
        params: of MAIL and RCPT, as written, such as `(b"SIZE=1000", b"BODY=8BITMIME")`.
    """

    verb: Verb
    line: bytes
    path: bytes = b""
    span: tuple[int, int] = (0, 0)
    name: bytes = b""
    params: tuple[bytes, ...] = ()

    def with_path(self, path: bytes) -> bytes:
        """The line with another path in the place of its own."""
        start, end = self.span
        return self.line[:start] + path + self.line[end:]

    def param(self, keyword: bytes) -> bytes | None:
        """The value of a parameter (empty if it has none); None: it is not there. Keywords have no case."""
        for text in self.params:
            key, _, value = text.partition(b"=")
            if key.upper() == keyword:
                return value
        return None


class Malformed(msgspec.Struct, frozen=True):
    """A line that is answered here and never forwarded. `reply` without line end."""

    reply: bytes


TOO_LONG = Malformed(b"500 5.5.2 Error: line too long")
_CONTROL = Malformed(b"501 5.5.2 Error: control characters in the command line")
_NOT_ASCII = Malformed(b"500 5.5.2 Error: non-ASCII characters in the command line")
_BLANK = Malformed(b"500 5.5.2 Error: bad syntax")
_NOT_KNOWN = Malformed(b"502 5.5.2 Error: command not recognized")
_NOT_OFFERED = Malformed(b"502 5.5.1 Error: command not implemented")
_WORDS = {Verb.MAIL: (b"FROM", b"sender", b"5.1.7"), Verb.RCPT: (b"TO", b"recipient", b"5.1.3")}

_ATEXT = rb"A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-"
_LABEL = rb"[A-Za-z0-9_\x80-\xff-]+"
_DOMAIN = rb"(?:LABEL(?:\.LABEL)*\.?|\[[A-Za-z0-9:.-]+\])".replace(b"LABEL", _LABEL)
_LOCAL = rb"""(?:[ATEXT\x80-\xff]+|"(?:[ !\x23-\x5b\x5d-\x7e\x80-\xff]|\\[ -~])*")""".replace(b"ATEXT", _ATEXT)
_ROUTE = rb"(?:@DOMAIN(?:,@DOMAIN)*:)?".replace(b"DOMAIN", _DOMAIN)
_MAILBOX = re.compile(_ROUTE + _LOCAL + b"@" + _DOMAIN)
_BARE_MAILBOX = re.compile(rb"[%s\x80-\xff]+@" % _ATEXT + _DOMAIN)
_FORMS = {
    verb: re.compile(
        verb.value + b" +" + word + rb""": *(?:<((?:"(?:[^"\\]|\\.)*"|[^">])*)>|([^ <][^ ]*))""",
        re.IGNORECASE | re.DOTALL,
    )
    for verb, (word, _, _) in _WORDS.items()
}
"""MAIL and RCPT up to the end of their path: in angles, or bare."""
_USUAL = re.compile(
    rb"(?:(MAIL FROM)|RCPT TO):<([A-Za-z0-9.!#$%&'*+/^_`{|}~-]+@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)>"
    rb"((?: (?:SIZE=[0-9]+|BODY=(?:7BIT|8BITMIME)))*)"
)
"""What nearly all clients write, read in one go; the rest of the grammar would find the same."""
_WHOLE = {verb.value: Command(verb, verb.value) for verb in (Verb.DATA, Verb.QUIT, Verb.RSET, Verb.NOOP)}
"""Likewise."""
_PARAM = re.compile(rb"[A-Za-z0-9][A-Za-z0-9-]*(?:=[!-~\x80-\xff]+)?")
_BAD = re.compile(rb"[\x00-\x1f\x7f]")
_NAME = re.compile(rb"[!-~]+")


def limit_of(line: bytes) -> int:
    """Octets that a line which begins so may have at most, its line end included."""
    return LINE_LIMIT if line[:4].upper() in {b"MAIL", b"RCPT"} else SHORT_LINE_LIMIT


def parse(line: bytes, *, utf8: bool = False) -> Command | Malformed:
    """The meaning of one line, given without its line end (LF, or CR LF).

    `utf8`: SMTPUTF8 was announced to the client; without it non-ASCII is refused.
    """
    whole = _WHOLE.get(line)
    if whole is not None:
        return whole
    usual = _USUAL.fullmatch(line)
    if usual is not None and len(line) <= MAILBOX_LIMIT:
        verb = Verb.MAIL if usual[1] else Verb.RCPT
        params = tuple(usual[3].split()) if usual[3] else ()
        return Command(verb, line, usual[2], usual.span(2), b"", params)
    if len(line) + 2 > SHORT_LINE_LIMIT and len(line) + 2 > limit_of(line):
        return TOO_LONG
    word, _, rest = line.partition(b" ")
    verb, reader = _READERS.get(word.upper(), _NO_READER)
    ascii_only = line.isascii()
    bad = not line.decode("ascii").isprintable() if ascii_only else _BAD.search(line) is not None
    if bad:
        return _CONTROL
    if reader is None:
        known_elsewhere = word.upper() in _ELSEWHERE
        return _NOT_OFFERED if known_elsewhere else _NOT_KNOWN if line.strip() else _BLANK
    if not ascii_only and not (utf8 and verb in _MAY_BE_UTF8 and _is_utf8(line)):
        return _NOT_ASCII
    return reader(verb, line, rest.strip(b" "))


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _hello(verb: Verb, line: bytes, rest: bytes) -> Command | Malformed:
    if not _NAME.fullmatch(rest):
        return Malformed(b"501 5.5.4 Syntax: " + verb.value + b" hostname")
    return Command(verb, line, name=rest)


def _envelope(verb: Verb, line: bytes, _rest: bytes) -> Command | Malformed:
    word, what, status = _WORDS[verb]
    form = _FORMS[verb].match(line)
    if form is None or form.lastindex is None:
        return Malformed(b"501 5.5.4 Syntax: " + verb.value + b" " + word + b":<address>")
    path = form[form.lastindex]
    if not _usable(path, verb, in_angles=form.lastindex == 1):
        return Malformed(b"501 " + status + b" Bad " + what + b" address syntax")
    params = line[form.end() :]
    if not params:
        return Command(verb, line, path, form.span(form.lastindex))
    if not params.startswith(b" "):
        return Malformed(b"501 5.5.4 Syntax: " + verb.value + b" " + word + b":<address>")
    words = tuple(params.split())
    if not all(_PARAM.fullmatch(each) for each in words):
        return Malformed(b"501 5.5.4 Error: bad parameter syntax")
    return Command(verb, line, path, form.span(form.lastindex), b"", words)


def _usable(path: bytes, verb: Verb, *, in_angles: bool) -> bool:
    if not path:
        return verb is Verb.MAIL and in_angles
    if len(path) > PATH_LIMIT or b"=?" in path:
        return False
    if verb is Verb.RCPT and len(path) > MAILBOX_LIMIT and _mailbox_length(path) > MAILBOX_LIMIT:
        return False
    if not path.isascii() and hidden_character(path.decode("utf-8")) is not None:
        return False
    if (_MAILBOX if in_angles else _BARE_MAILBOX).fullmatch(path) is not None:
        return True
    return verb is Verb.RCPT and path.lower() == b"postmaster"


def _mailbox_length(path: bytes) -> int:
    """Octets of the path without its source route."""
    start, _, quoted = locate(path.decode("latin-1"))
    return len(path) - start + quoted


def _alone(verb: Verb, line: bytes, rest: bytes) -> Command | Malformed:
    return Malformed(b"501 5.5.4 Syntax: " + verb.value) if rest else Command(verb, line)


def _anything(verb: Verb, line: bytes, _rest: bytes) -> Command | Malformed:
    return Command(verb, line)


_Reader = Callable[[Verb, bytes, bytes], Command | Malformed]
_READERS: dict[bytes, tuple[Verb, _Reader | None]] = {
    verb.value: (verb, reader)
    for verb, reader in {
        Verb.EHLO: _hello,
        Verb.HELO: _hello,
        Verb.MAIL: _envelope,
        Verb.RCPT: _envelope,
        Verb.DATA: _alone,
        Verb.RSET: _alone,
        Verb.QUIT: _alone,
        Verb.STARTTLS: _alone,
        Verb.NOOP: _anything,
        Verb.VRFY: _anything,
        Verb.EXPN: _anything,
        Verb.HELP: _anything,
    }.items()
}
_NO_READER: tuple[Verb, _Reader | None] = (Verb.UNKNOWN, None)
_MAY_BE_UTF8 = frozenset({Verb.MAIL, Verb.RCPT, Verb.VRFY, Verb.EXPN})
_ELSEWHERE = frozenset(
    {b"AUTH", b"BDAT", b"ETRN", b"TURN", b"ATRN", b"SEND", b"SOML", b"SAML", b"BURL", b"XCLIENT", b"XFORWARD"}
)
"""Commands of other servers: not offered here, and never forwarded, as they change whom or what the backend hears."""
