"""Addresses: every spelling of one address is one address, and what is none is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.rules import address
from gate.rules.address import NULL, Address, AddressError


@pytest.mark.parametrize(
    ("written", "local", "domain"),
    [
        ("User@Example.ORG", "user", "example.org"),
        (" user@example.org ", "user", "example.org"),
        ("<user@example.org>", "user", "example.org"),
        ("user@example.org.", "user", "example.org"),
        ('"user"@example.org', "user", "example.org"),
        ('"u\\ser"@example.org', "user", "example.org"),
        ('us"er"@example.org', "user", "example.org"),
        ('"john doe"@example.org', "john doe", "example.org"),
        ('"a@b"@example.org', "a@b", "example.org"),
        ('"a\\"b"@example.org', 'a"b', "example.org"),
        ('""@example.org', "", "example.org"),
        ("user(a comment)@example.org", "user", "example.org"),
        ("(a (nested \\) one)) user @ (b) example.org (c)", "user", "example.org"),
        ('"(none)"@example.org', "(none)", "example.org"),
        ("@relay.example:user@example.org", "user", "example.org"),
        ("<@a.example,@b.example:user@example.org>", "user", "example.org"),
        ("user@BÜCHER.example", "user", "bücher.example"),
        ("user@xn--bcher-kva.example", "user", "bücher.example"),
        ("user@XN--BCHER-KVA.EXAMPLE.", "user", "bücher.example"),
        ("user@日本。ｊｐ", "user", "日本.jp"),
        ("user@xn--i-7iq.ws", "user", "i❤.ws"),
        ("user@xn--nonsense-.example", "user", "xn--nonsense-.example"),
        ("ÄRGER@example.org", "ärger", "example.org"),
        ("a\u0308rger@example.org", "ärger", "example.org"),
        ("user@[192.0.2.1]", "user", "[192.0.2.1]"),
        ("user@[IPv6:2001:DB8::1]", "user", "[ipv6:2001:db8::1]"),
        ("name..x.@docomo.ne.jp", "name..x.", "docomo.ne.jp"),
        ("under_score@my_host.example", "under_score", "my_host.example"),
        ("a!b%c@example.org", "a!b%c", "example.org"),
        ("Postmaster", "postmaster", ""),
    ],
)
def test_every_spelling_becomes_the_canonical_one(written: str, local: str, domain: str) -> None:
    parsed = address.parse(written)
    assert (parsed.local, parsed.domain) == (local, domain)
    assert address.parse(parsed.text) == parsed
    assert address.parse(parsed.ascii) == parsed


@pytest.mark.parametrize("written", ["", "<>", "  ", " <> "])
def test_the_null_sender(written: str) -> None:
    assert address.parse(written) == NULL
    assert NULL.text == "" == NULL.ascii


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("user", "address.no_domain"),
        ("@example.org", "address.no_local"),
        ("user@", "address.domain_empty"),
        ("user@.", "address.domain"),
        ("user@a..example", "address.domain"),
        ("user@.example", "address.domain"),
        ("user@a b", "address.domain"),
        ('user@"a"', "address.domain"),
        ("user@exa$mple", "address.domain"),
        ("user@" + "a" * 64 + ".example", "address.domain"),
        ("user@" + "a." * 130 + "b", "address.domain"),
        ("user@[192.0.2.1", "address.domain"),
        ("a@b@example.org", "address.character"),
        ("a,b@example.org", "address.character"),
        ("Bob <bob@example.org>", "address.space"),
        ("a b@example.org", "address.space"),
        ('"a@example.org', "address.quote"),
        ("a(b@example.org", "address.comment"),
        ("a\x00b@example.org", "address.hidden"),
        ("a\u202eb@example.org", "address.hidden"),
        ("a\u00adb@example.org", "address.hidden"),
        ("\U000e0041b@example.org", "address.hidden"),
        ("a\r\nb@example.org", "address.hidden"),
        ("a\udce9b@example.org", "address.hidden"),
        ("a" * 600 + "@example.org", "address.too_long"),
    ],
)
def test_what_is_no_address_is_told_in_one_line(written: str, code: str) -> None:
    with pytest.raises(AddressError) as caught:
        address.parse(written)
    assert caught.value.code == code
    assert str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('"John Doe"@example.org', '"john doe"@example.org'),
        ('"a\\\\b"@example.org', '"a\\\\b"@example.org'),
        ('"plain.dots"@example.org', "plain.dots@example.org"),
        ('"x@y"@example.org', '"x@y"@example.org'),
        ('""@example.org', '""@example.org'),
    ],
)
def test_the_text_is_quoted_only_where_needed(written: str, text: str) -> None:
    assert address.parse(written).text == text


def test_the_ascii_text_has_a_labels() -> None:
    assert address.parse("x@Bücher.example").ascii == "x@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("sender", "original"),
    [
        ("SRS0=HHH=TT=Orig.Example=Bob@fwd.example", "bob@orig.example"),
        ("srs0+HHH=TT=orig.example=bob=x@fwd.example", "bob=x@orig.example"),
        ("SRS0-HHH=TT=xn--bcher-kva.example=bob@fwd.example", "bob@bücher.example"),
        ("SRS1=HHH=fwd.example==GGG=TT=orig.example=bob@third.example", "bob@orig.example"),
        ("SRS1+HHH=fwd.example=-GGG=TT=orig.example=bob@third.example", "bob@orig.example"),
        ("bounces+SRS=44ldt=IX=orig.example=bob@fabrikam.example", "bob@orig.example"),
        ("prvs=0123456789=bob@orig.example", "bob@orig.example"),
        ("PRVS=1234abcdef=bob@orig.example", "bob@orig.example"),
        ("msprvs1=18043abc=bob@orig.example", "bob@orig.example"),
    ],
)
def test_wrapped_senders_are_unwrapped(sender: str, original: str) -> None:
    assert address.unwrap(address.parse(sender)) == address.parse(original)


@pytest.mark.parametrize(
    "sender", ["bob@orig.example", "srs0@x.example", "SRS0=a=b=c@x.example", "prvs=x@d.example", ""]
)
def test_what_is_not_wrapped_is_left_alone(sender: str) -> None:
    assert address.unwrap(address.parse(sender)) is None


def test_wrappers_are_taken_off_one_after_the_other_and_not_for_ever() -> None:
    nested = address.parse("SRS0=H=T=orig.example=prvs=0123456789=bob@fwd.example")
    assert [form.text for form in address.sender_forms(nested)][1:] == [
        "prvs=0123456789=bob@orig.example",
        "bob@orig.example",
    ]
    endless = Address("prvs=0123456789=" * 50 + "bob", "orig.example")
    assert len(list(address.sender_forms(endless))) < 10


@pytest.mark.parametrize(
    ("sender", "rest"),
    [
        ("list-bounce-me=own.example@lists.example", "list-bounce-@lists.example"),
        ("b+99-me=own.example-7@lists.example", "b+99--7@lists.example"),
        ("me=own.example@lists.example", "@lists.example"),
        ("x-me=xn--bcher-kva.example@lists.example", None),
        ("x-home=own.example@lists.example", None),
        ("x-me=own.examples@lists.example", None),
        ("x-me@lists.example", None),
    ],
)
def test_verp(sender: str, rest: str | None) -> None:
    cut = address.without_recipient(address.parse(sender), address.parse("me@own.example"))
    assert (cut.key if cut else None) == rest


def test_verp_of_a_domain_in_either_script() -> None:
    me = address.parse("me@bücher.example")
    for domain in ("bücher.example", "xn--bcher-kva.example"):
        cut = address.without_recipient(address.parse(f"x-me={domain}@lists.example"), me)
        assert cut is not None
        assert cut.local == "x-"


@pytest.mark.parametrize(
    ("written", "delimiter", "local"),
    [
        ("user+tag@d.example", "+", "user"),
        ("user+a+b@d.example", "+", "user"),
        ("user-a+b@d.example", "+-", "user"),
        ("user-a@d.example", "+", "user-a"),
        ("+tag@d.example", "+", "+tag"),
        ("user+tag@d.example", "", "user+tag"),
        ("owner-list@d.example", "-", "owner-list"),
        ("list-request@d.example", "+-", "list-request"),
    ],
)
def test_tags(written: str, delimiter: str, local: str) -> None:
    assert address.without_tag(address.parse(written), delimiter).local == local


@given(st.text())
def test_no_wire_text_ever_raises(text: str) -> None:
    parsed = address.from_wire(text)
    assert parsed.key.encode("utf-8")
    assert parsed.ascii_key.encode("utf-8")
    list(address.sender_forms(parsed))


@given(st.binary(max_size=80))
def test_no_eight_bit_text_ever_raises(raw: bytes) -> None:
    address.from_wire(raw.decode("utf-8", "surrogateescape")).text.encode("utf-8")


@given(st.text(max_size=30), st.text(max_size=20))
def test_the_canonical_form_is_idempotent(local: str, domain: str) -> None:
    try:
        parsed = address.parse(f"{local}@{domain}")
    except AddressError:
        return
    assert address.parse(parsed.text) == parsed
    assert address.parse(parsed.ascii) == parsed
    assert address.from_wire(parsed.text) == parsed


_CASED = st.text(st.sampled_from("abcXYZ019._-äÖéßσςЖя日"), min_size=1, max_size=12)


@given(_CASED, st.sampled_from(["bad.example", "BÜCHER.example", "xn--bcher-kva.example"]))
def test_case_never_matters(local: str, domain: str) -> None:
    text = f"{local}@{domain}"
    upper = "".join(char.upper() if len(char.upper()) == 1 else char for char in text)
    assert (
        address.from_wire(upper)
        == address.from_wire(text)
        == address.from_wire(text.swapcase() if text.isascii() else text)
    )


def test_a_route_that_is_quoted_into_a_sender_is_looked_through() -> None:
    for text in ('"@b:spam"@bad.example', '"@a,@b:spam"@bad.example', '"@b:prvs=0123456789=spam"@bad.example'):
        assert Address("spam", "bad.example") in address.matched_forms(address.from_wire(text))
    assert address.matched_forms(address.from_wire("spam@bad.example")) == [Address("spam", "bad.example")]
