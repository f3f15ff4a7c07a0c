"""The grammar of a command line: what was judged is forwarded, and what two readers could read twice is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.rules.address import from_wire
from gate.smtp import commands
from gate.smtp.commands import LINE_LIMIT, SHORT_LINE_LIMIT, TOO_LONG, Command, Malformed, Verb, parse

WHOLE = dict(commands._WHOLE)


def command(line: bytes, *, utf8: bool = False) -> Command:
    parsed = parse(line, utf8=utf8)
    assert isinstance(parsed, Command), parsed
    assert parsed.line == line
    return parsed


def refused(line: bytes, *, utf8: bool = False) -> bytes:
    parsed = parse(line, utf8=utf8)
    assert isinstance(parsed, Malformed), parsed
    return parsed.reply


@pytest.mark.parametrize(
    ("line", "path"),
    [
        (b"RCPT TO:<user2@localhost>", b"user2@localhost"),
        (b"rcpt to: <User2@LocalHost>", b"User2@LocalHost"),
        (b"RCPT TO:user2@localhost", b"user2@localhost"),
        (b"RCPT TO:<user+tag@own.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;user+2Btag@own.test", b"user+tag@own.test"),
        (b'RCPT TO:<"no pe"@own.test>', b'"no pe"@own.test'),
        (b'RCPT TO:<"a\\"b>c"@own.test>', b'"a\\"b>c"@own.test'),
        (b'RCPT TO:<""@own.test>', b'""@own.test'),
        (b"RCPT TO:<@relay.test,@[127.0.0.1]:user@own.test>", b"@relay.test,@[127.0.0.1]:user@own.test"),
        (b"RCPT TO:<user@[IPv6:2001:db8::1]>", b"user@[IPv6:2001:db8::1]"),
        (b"RCPT TO:<user@own.test.>", b"user@own.test."),
        (b"RCPT TO:<u%other.test@own.test>", b"u%other.test@own.test"),
        (b"RCPT TO:<other.test!u@own.test>", b"other.test!u@own.test"),
        (b'RCPT TO:<"u@other.test"@own.test>', b'"u@other.test"@own.test'),
        (b"RCPT TO:<Postmaster>", b"Postmaster"),
        (b"RCPT TO:<name..x.@docomo.test>", b"name..x.@docomo.test"),
        (b"MAIL FROM:<>", b""),
        (b"MAIL FROM:<> SIZE=10 BODY=8BITMIME RET=HDRS ENVID=a+2Bb ", b""),
        (b"MAIL FROM:<SRS0=ab=cd=spam.test=x@fwd.test> AUTH=<>", b"SRS0=ab=cd=spam.test=x@fwd.test"),
        (b"MAIL FROM:<a@under_score.test>", b"a@under_score.test"),
    ],
)
def test_paths_as_they_are_written(line: bytes, path: bytes) -> None:
    parsed = command(line)
    assert parsed.path == path
    assert parsed.with_path(path) == line
    start, end = parsed.span
    assert parsed.with_path(b"decoy@x") == line[:start] + b"decoy@x" + line[end:]


@pytest.mark.parametrize(
    "path",
    [
        b"", b"user", b"@own.test", b"user@", b"user@own..test", b"user@.test", b"a@b@own.test", b"a b@own.test",
        b"user@own.test,x@y", b'"a"b@own.test', b'a"b"@own.test', b'"a@own.test', b"a(comment)@own.test", b"a@[1.2.3.4",
        b"a@1.2.3.4]", b"=?utf-8?q?x?=@own.test", b"a@=?x?=", b"a\\@b@own.test", b"<a@own.test>", b"a:b@own.test",
        b"@relay.test:", b"@relay.test:a", b"a;b@own.test", b"a@own.test:25",
    ],
)  # fmt: skip
def test_paths_that_are_refused(path: bytes) -> None:
    assert refused(b"RCPT TO:<" + path + b">")[:3] == b"501"


@pytest.mark.parametrize("char", [*range(32), 127])
def test_control_characters_are_refused_everywhere(char: int) -> None:
    for line in (b"RCPT TO:<a%c@own.test>", b"RCPT TO:<a@own.test>%c", b"EHLO a%cb", b"NOOP %c", b"%cNOOP", b"X%cY"):
        assert refused(line.replace(b"%c", bytes([char]))) == b"501 5.5.2 Error: control characters in the command line"


def test_lines_that_would_be_read_twice() -> None:
    assert refused(b"RCPT TO:a@own.test <b@own.test>")[:3] == b"501"
    assert refused(b"RCPT TO:<a@own.test><b@own.test>")[:3] == b"501"
    assert refused(b"RCPT TO:<a@own.test> <b@own.test>")[:3] == b"501"
    assert refused(b"RCPT TO:a@own.test,b@own.test")[:3] == b"501"
    assert refused(b"RCPT TO: x <a@own.test>")[:3] == b"501"
    assert refused(b"RCPT FROM:<a@own.test>")[:3] == b"501"
    assert refused(b"RCPT TO <a@own.test>")[:3] == b"501"


def test_non_ascii_only_where_smtputf8_was_announced() -> None:
    line = "RCPT TO:<jörg@bücher.test>".encode()
    assert refused(line)[:3] == b"500"
    assert command(line, utf8=True).path == "jörg@bücher.test".encode()
    assert refused(b"RCPT TO:<j\xf6rg@own.test>", utf8=True)[:3] == b"500"
    assert refused("EHLO bücher.test".encode(), utf8=True)[:3] == b"500"


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"", b"500 5.5.2"), (b"   ", b"500 5.5.2"), (b"FOO", b"502 5.5.2"), (b"AUTH LOGIN", b"502 5.5.1"),
        (b"BDAT 5 LAST", b"502 5.5.1"), (b"XCLIENT ADDR=1.2.3.4", b"502 5.5.1"), (b"EHLO", b"501 5.5.4"),
        (b"HELO a b", b"501 5.5.4"), (b"DATA x", b"501 5.5.4"), (b"QUIT now", b"501 5.5.4"),
        (b"MAIL FROM:<a@b> SIZE==", None), (b"MAIL FROM:<a@b> =x", b"501 5.5.4"),
        (b"MAIL FROM:<a@b>SIZE=1", b"501 5.5.4"),
        (b"MAIL FROM:", b"501 5.5.4"), (b"MAIL", b"501 5.5.4"), (b"MAILFROM:<a@b>", b"502 5.5.2"),
    ],
)  # fmt: skip
def test_other_lines(line: bytes, reply: bytes | None) -> None:
    if reply is None:
        command(line)
    else:
        assert refused(line).startswith(reply)


def test_verbs_have_no_case_and_arguments_stay() -> None:
    assert command(b"ehlo client.test").verb is Verb.EHLO
    assert command(b"EHLO [IPv6:::1]").name == b"[IPv6:::1]"
    assert command(b"noop anything at all").verb is Verb.NOOP
    assert command(b"quit ").verb is Verb.QUIT
    assert command(b"Vrfy <user2>").verb is Verb.VRFY


@pytest.mark.parametrize("char", ["\u0085", "\u00ad", "\u200b", "\u202e", "\u2028", "\u034f", "\ufeff", "\U000e0041"])
def test_what_cannot_be_seen_is_in_no_address(char: str) -> None:
    for path in (f"a{char}b@own.test", f"@{char}:a@own.test", f'"{char}"@own.test', f"a@own{char}.test"):
        assert refused(f"MAIL FROM:<{path}>".encode(), utf8=True) == b"501 5.1.7 Bad sender address syntax"
        assert refused(f"RCPT TO:<{path}>".encode(), utf8=True) == b"501 5.1.3 Bad recipient address syntax"


def test_joiners_and_emoji_are_letters() -> None:
    for path in ("نامه\u200cای@own.test", "\u2764\ufe0f@own.test"):
        assert command(f"RCPT TO:<{path}>".encode(), utf8=True).path == path.encode()


def test_lengths() -> None:
    line = b"MAIL FROM:<a@b> ENVID=" + b"x" * LINE_LIMIT
    assert isinstance(parse(line[: LINE_LIMIT - 2]), Command)
    assert parse(line[: LINE_LIMIT - 1]) is TOO_LONG
    assert parse(b"NOOP " + b"x" * SHORT_LINE_LIMIT) is TOO_LONG


_ODD = st.text(alphabet='ab@<>:,."\\()[]%!=?+- \t\r\n\0é;', max_size=14).map(str.encode)


@given(_ODD, st.sampled_from([b"<%s>", b"%s", b'<"%s"@own.test>', b"<@r.test:%s>", b"<%s@own.test>"]), st.booleans())
def test_a_path_is_accepted_only_in_one_reading(odd: bytes, frame: bytes, utf8: bool) -> None:
    parsed = parse(b"RCPT TO:" + frame.replace(b"%s", odd), utf8=utf8)
    if isinstance(parsed, Malformed):
        assert parsed.reply[:2] == b"50"
        return
    assert not set(parsed.line) & set(b"\r\n\0\t")
    assert b"=?" not in parsed.path
    address = from_wire(parsed.path.decode())
    assert address.local or parsed.path.startswith(b'""@') or b':""@' in parsed.path
    local, at, domain = parsed.path.rpartition(b"@")
    if at:  # whoever reads from the right and whoever reads by the grammar finds the same domain
        assert address.domain == domain.decode().lower().removesuffix(".") or not domain.isascii()
        assert b"@" not in local or b'"' in local or local.startswith(b"@")


@given(st.binary(max_size=60))
def test_no_bytes_break_it(line: bytes) -> None:
    for utf8 in (False, True):
        parsed = parse(line.replace(b"\n", b""), utf8=utf8)
        assert isinstance(parsed, Command | Malformed)


def test_no_mailbox_is_longer_than_254_octets_however_long_its_route_is() -> None:
    local = b"x" * (254 - len(b"@d.example"))
    assert isinstance(parse(b"RCPT TO:<" + local + b"@d.example>"), Command)
    assert isinstance(parse(b"RCPT TO:<@a.example,@b.example:" + local + b"@d.example>"), Command)
    assert parse(b"RCPT TO:<x" + local + b"@d.example>") == Malformed(b"501 5.1.3 Bad recipient address syntax")
    assert parse(b'RCPT TO:<"' + local + b'"@d.example>') == Malformed(b"501 5.1.3 Bad recipient address syntax")
    assert isinstance(parse(b"MAIL FROM:<x" + local + b"@d.example>"), Command)


@given(
    st.sampled_from(["MAIL FROM:", "RCPT TO:", "mail from:", "RCPT TO: "]),
    st.text('abZ09.+-_=?%!@:<> "\\$', max_size=12),
    st.sampled_from(["@x.test", "@x-y.test.", "@x..y", "@", "@[192.0.2.1]", "@" + "a" * 300 + ".test", ""]),
    st.sampled_from(["", " SIZE=100", " BODY=8BITMIME SIZE=2", " SIZE=", "  SIZE=1", " RET=HDRS"]),
)
def test_the_short_cut_reads_what_the_grammar_reads(word: str, local: str, domain: str, params: str) -> None:
    line = f"{word}<{local}{domain}>{params}".encode()
    short = parse(line)
    with pytest.MonkeyPatch.context() as without:
        without.setattr(commands, "_USUAL", re.compile(b"(?!)"))
        without.setattr(commands, "_WHOLE", {})
        assert parse(line) == short
        assert all(parse(whole) == command for whole, command in WHOLE.items())
