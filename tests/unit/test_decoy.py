"""Decoys, and the way back from them."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.backend.decoy import Decoy, WayBack, canonical, decoy_for, mailbox
from gate.backend.wording import Wording, fallback
from tests.unit.replies import reply_of

KEY = bytes(range(32))
NAME = rb"[a-z][a-z0-9]{15}"

locals_ = st.from_regex(r"[A-Za-z0-9._%!#-]{1,20}(\+[a-z]{1,5})?", fullmatch=True)
domains = st.sampled_from(["example.org", "Example.ORG", "xn--bcher-kva.example", "[192.0.2.5]", "localhost"])
paths = st.builds(lambda local, domain: f"{local}@{domain}".encode(), locals_, domains)


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        (b"user2@localhost", rb"NAME@localhost"),
        (b"USER2@localhost", rb"UPPER@localhost"),
        (b"User2@localhost", rb"Mixed@localhost"),
        (b"userTwo@localhost", rb"Mixed@localhost"),
        (b"123@localhost", rb"NAME@localhost"),
        (b"john.smith@d.example", rb"NAME\.smith@d\.example"),
        (b"-._john@d", rb"-\._NAME@d"),
        (b"john+shop@d", rb"NAME\+shop@d"),
        (b"@a.example,@b.example:john@d", rb"@a\.example,@b\.example:NAME@d"),
        (b'"no pe"@d', rb'"NAME pe"@d'),
        (b'"a\\"b@c"@d.', rb'"NAME\\"b@c"@d\.'),
        ("é@d".encode(), "éNAME@d".encode()),
        ("花子@d".encode(), "花NAME子@d".encode()),
        ("é+tag@d".encode(), "éNAME\\+tag@d".encode()),
        ("éric@d".encode(), "éNAME@d".encode()),
        (b'" "@d', rb'" NAME"@d'),
        (b'"\\~\\!"@d', rb'"\\~NAME\\!"@d'),
        (b'"~\\+a"@d', rb'"~NAME\\\+a"@d'),
        (b'""@d', rb'"NAME"@d'),
        (b"...@d", rb"\.NAME\.\.@d"),
        (b"postmaster", rb"NAME"),
        (b"john@[IPv6:::1]", rb"NAME@\[IPv6:::1\]"),
    ],
)
def test_the_shape_of_a_decoy(path: bytes, shape: bytes) -> None:
    mixed = rb"(?=.*[a-z])[A-Z][A-Za-z0-9]{15}"
    shape = shape.replace(b"NAME", NAME).replace(b"UPPER", NAME.upper().replace(b"A-Z", b"A-Z"))
    shape = shape.replace(b"Mixed", mixed)
    decoy = decoy_for(KEY, path)
    assert re.fullmatch(shape, decoy.path), decoy
    assert len(decoy.name) == 16
    assert WayBack([decoy]).of(b"550 <" + decoy.path + b"> no\r\n") == b"550 <" + path + b"> no\r\n"


def test_other_delimiters_keep_their_tag() -> None:
    assert decoy_for(KEY, "é-tag@d".encode(), b"-").path.endswith(b"-tag@d")
    assert decoy_for(KEY, "é-tag@d".encode(), b"").original == b"tag"
    for path in (b"~-tag+more@d", b"~+tag-more@d"):
        assert decoy_for(KEY, path, b"+-").path.endswith(path[1:])


@given(paths)
def test_a_recipient_has_one_decoy_however_it_is_written(path: bytes) -> None:
    local, _, domain = path.rpartition(b"@")
    name = decoy_for(KEY, path).name.lower()
    for same in (path.lower(), path.upper(), b'"' + local + b'"@' + domain, path + b".", b"@relay.example:" + path):
        assert decoy_for(KEY, same).name.lower() == name
        assert canonical(same) == canonical(path)
    assert decoy_for(KEY, b"x" + path).name.lower() != name
    assert decoy_for(b"another key", path).name.lower() != name


@pytest.mark.parametrize("path", [b'"us\\er2"@d', b'"\\user2"@d', b'"\\u\\s\\e\\r\\2"@d', b'"user\\2+a"@d'])
def test_an_escaped_spelling_is_no_other_recipient(path: bytes) -> None:
    decoy, plain = decoy_for(KEY, path), decoy_for(KEY, path.replace(b"\\", b""))
    assert decoy.path.replace(b"\\", b"") == plain.path and decoy.path.count(b"\\") == path.count(b"\\")
    back = WayBack([plain, decoy])
    for chosen in (bytes, bytes.lower, bytes.upper):
        assert back.of(b"550 <" + chosen(decoy.path) + b">") == b"550 <" + chosen(path) + b">"
        assert back.of(b"550 <" + chosen(plain.path) + b">") == b"550 <" + chosen(path.replace(b"\\", b"")) + b">"


def test_two_spellings_in_mixed_case_are_two_names_to_a_cache_that_minds_case() -> None:
    spellings = (b"user2", b"USER2", b"User2", b"uSer2", b"usEr2", b"useR2", b"USer2")
    names = {decoy_for(KEY, each + b"@d").name for each in spellings}
    assert len(names) == len(spellings)
    assert len({name.lower() for name in names}) == 1


@given(paths, st.binary(max_size=40))
def test_the_way_back_is_exact_in_the_case_that_the_server_chose(path: bytes, text: bytes) -> None:
    decoy = decoy_for(KEY, path)
    assert decoy.path.replace(decoy.name, decoy.original, 1) == path
    for chosen in (bytes, bytes.lower, bytes.upper):
        said = text + b"<" + chosen(decoy.path) + b">" + text
        wanted = text + b"<" + chosen(path) + b">" + text
        assert WayBack([decoy]).of(said) == wanted


def test_a_reply_may_hold_several_decoys_several_times() -> None:
    one, two, shout = (decoy_for(KEY, path) for path in (b"Anna@d.example", b"bob@d.example", b"ANNA@d.example"))
    said = b"503-" + one.path.lower() + b" " + one.path + b"\r\n503-" + shout.path + b"\r\n503 " + two.path + b"\r\n"
    assert WayBack([one, two, shout]).of(said) == (
        b"503-anna@d.example Anna@d.example\r\n503-ANNA@d.example\r\n503 bob@d.example\r\n"
    )
    assert WayBack([]).of(said) == said


@given(st.binary(min_size=1, max_size=8), st.text(st.sampled_from("aB3+._é"), max_size=320), st.integers(0, 600))
def test_near_a_limit_a_decoy_changes_no_length(key: bytes, local: str, line: int) -> None:
    path = local.encode() + b"@d"
    length = len(local.encode())
    decoy = decoy_for(key, path, line=line)
    if length > 64 or len(path) > 254 or line > 512:
        assert len(decoy.path) == len(path) or not decoy.original
    if len(decoy.name) != 16:
        assert len(decoy.name) == max(1, len(decoy.original))
        instead = len(decoy.original) if decoy.original.isascii() and decoy.original.isalnum() else 0
        assert max(length - 64, len(path) - 254, line - 512) > instead - 16
    else:
        grown = len(decoy.path) - len(path)
        exact = len(decoy.original) == 16
        assert exact or max(length, length + grown) <= 64
        assert exact or (max(len(path), len(decoy.path)) <= 254 and max(line, line + grown) <= 512)
    assert decoy.name.lower() != decoy.original.lower()


@given(
    st.text(st.sampled_from("abcXYZ019"), min_size=1, max_size=70),
    st.sampled_from([b"550 5.1.1 <%s>: No such user; mx.test says no\r\n", b"550-%s\r\n550 is not here, user %s\r\n"]),
)
def test_the_way_back_from_a_decoy_of_any_length(name: str, said: bytes) -> None:
    path = name.encode() + b"+" + b"-" * 60 + b"@e.example"  # a label that no short name can be
    decoy = decoy_for(KEY, path)
    assert len(decoy.name) == len(name)
    told_apart = [each for each in (bytes, bytes.lower, bytes.upper) if each is bytes or each(decoy.name) != decoy.name]
    for chosen in told_apart:
        assert WayBack([decoy]).of(said.replace(b"%s", chosen(decoy.path))) == said.replace(b"%s", chosen(path))
    other = decoy_for(KEY, b"bob@d.example")
    both = decoy.path + b" " + other.path
    assert WayBack([decoy, other]).of(both) == path + b" bob@d.example" == WayBack([other, decoy]).of(both)


@pytest.mark.parametrize("run", [b"a", b"to", b"the", b"mail", b"5", b"tls"])
def test_a_short_name_is_never_taken_for_a_word(run: bytes) -> None:
    words = b"450 4.7.1 a to the mail is no on mx tls dns b4u ab12 2001:db8::1 user-unknown\r\n"
    for number in range(200):
        decoy = decoy_for(bytes([number]), run + b"+" + b"-" * 70 + b"@d")
        assert WayBack([decoy]).of(words) == words


def test_a_literal_in_the_route_is_not_the_local_part() -> None:
    assert decoy_for(KEY, b"@[a:b]:user2@localhost").original == b"user2"
    assert decoy_for(KEY, b"@[a:b]:user2@localhost").path.startswith(b"@[a:b]:")
    assert mailbox(b"@[IPv6:::1],@b:user2@d") == b"user2@d"
    assert mailbox(b'@[a:b]:"user2"@d') == b'"user2"@d'
    assert canonical(b'@[a:b]:"user2"@d') == canonical(b"user2@d")


@pytest.mark.parametrize("change", [bytes, bytes.lower, bytes.upper])
def test_a_name_cut_short_by_a_backslash_is_led_back_as_it_was(change: Callable[[bytes], bytes]) -> None:
    paths = [b'"aLi\\as"@d.test', b"alias@d.test", b'"\\ALIAS"@d.test', b'"al\\ias"@d.test']
    back = WayBack()
    for path in [*paths, *paths]:
        decoy = decoy_for(KEY, path)
        back.add(decoy)
        assert back.of(change(decoy.path)) == change(path)


def test_quotes_that_the_server_strips() -> None:
    decoy = decoy_for(KEY, b'"No pe"@d')
    assert WayBack([decoy]).of(b"550 <" + decoy.name + b" pe@d>") == b"550 <No pe@d>"


@given(st.binary(max_size=60), st.binary(min_size=1, max_size=8))
def test_whatever_stands_there_has_a_decoy(path: bytes, key: bytes) -> None:
    decoy = decoy_for(key, path)
    assert isinstance(decoy, Decoy)
    assert decoy.name in decoy.path
    assert decoy.name != decoy.original


def test_the_mailbox_is_the_path_without_its_route() -> None:
    assert mailbox(b"@a,@b:john@d") == b"john@d"
    assert mailbox(b"john@d") == b"john@d"


@pytest.mark.parametrize(
    ("said", "path", "wanted"),
    [
        (b"550 5.1.1 <Pr0be@a.test>: no", b"User2@b.test", b"550 5.1.1 <User2@b.test>: no\r\n"),
        (b"550 5.1.1 <pr0be@a.test>: no", b"User2@B.test", b"550 5.1.1 <user2@b.test>: no\r\n"),
        (b"550 Pr0be... unknown", b"user2@b.test", b"550 user2... unknown\r\n"),
        (b"550 Unknown user", b"user2@b.test", b"550 Unknown user\r\n"),
        (b"550 <Pr0be@a.test>", b"@x:u+t@b.test", b"550 <u+t@b.test>\r\n"),
    ],
)
def test_a_learnt_wording_is_said_of_another(said: bytes, path: bytes, wanted: bytes) -> None:
    assert Wording(reply_of(said), b"Pr0be@a.test").said_of(path) == wanted


def test_the_fallback() -> None:
    assert fallback(b"@x:A@b") == b"550 5.1.1 <A@b>: Recipient address rejected: User unknown\r\n"
