"""Patterns: six kinds, one text form each, and a reason for every text that is refused."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.forms import KindName
from gate.rules import address, pattern
from gate.rules.pattern import Kind, PatternError


def test_the_kinds_are_those_of_the_forms() -> None:
    assert [kind.value for kind in Kind] == list(get_args(KindName))


@pytest.mark.parametrize(
    ("typed", "kind", "text"),
    [
        ("Spam@Bad.Example", Kind.ADDRESS, "spam@bad.example"),
        ("<spam@bad.example>", Kind.ADDRESS, "spam@bad.example"),
        ("spam@bad.example.", Kind.ADDRESS, "spam@bad.example"),
        ('"spam"@bad.example', Kind.ADDRESS, "spam@bad.example"),
        ('"a*b"@bad.example', Kind.ADDRESS, '"a*b"@bad.example'),
        ("spam@[192.0.2.1]", Kind.ADDRESS, "spam@[192.0.2.1]"),
        ("user1@localhost", Kind.ADDRESS, "user1@localhost"),
        ("/x/@bad.example", Kind.ADDRESS, "/x/@bad.example"),
        ("@bad.example", Kind.DOMAIN, "@bad.example"),
        ("bad.example", Kind.DOMAIN, "@bad.example"),
        ("BAD.example.", Kind.DOMAIN, "@bad.example"),
        ("localhost", Kind.DOMAIN, "@localhost"),
        ("@localhost", Kind.DOMAIN, "@localhost"),
        ("@intranet", Kind.DOMAIN, "@intranet"),
        ("@xn--bcher-kva.example", Kind.DOMAIN, "@bücher.example"),
        ("Bücher。example", Kind.DOMAIN, "@bücher.example"),
        ("@[192.0.2.1]", Kind.DOMAIN, "@[192.0.2.1]"),
        ("@.Bad.Example", Kind.SUBDOMAINS, "@.bad.example"),
        ("@.github.io", Kind.SUBDOMAINS, "@.github.io"),
        ("keyword:Casino", Kind.KEYWORD, "keyword:casino"),
        ("KEYWORD: casino ", Kind.KEYWORD, "keyword:casino"),
        ("keyword:a*b", Kind.KEYWORD, "keyword:a*b"),
        ("Bounce-*@*.bad.example", Kind.GLOB, "bounce-*@*.bad.example"),
        ("bounce-**@bad.example", Kind.GLOB, "bounce-*@bad.example"),
        ("?romo@bad.example", Kind.GLOB, "?romo@bad.example"),
        ("/^Promo[0-9]+@/", Kind.REGEX, "/^Promo[0-9]+@/"),
        ("/a/b/", Kind.REGEX, "/a/b/"),
    ],
)
def test_each_kind_has_one_text_form(typed: str, kind: Kind, text: str) -> None:
    parsed = pattern.parse(typed)
    assert (parsed.kind, parsed.text) == (kind, text)
    assert pattern.parse(text) == parsed


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "pattern.empty"),
        ("   ", "pattern.empty"),
        ("<>", "pattern.null"),
        ("casino", "pattern.word"),
        ("postmaster", "pattern.word"),
        ("two words", "pattern.word"),
        ("bad..example", "pattern.domain"),
        ("bad example.com", "pattern.domain"),
        ("192.0.2.1", "pattern.number"),
        (".bad.example", "pattern.leading_dot"),
        ("@", "pattern.domain_empty"),
        ("@.", "pattern.domain_empty"),
        ("@.[192.0.2.1]", "pattern.subdomains_literal"),
        ("a@b@bad.example", "pattern.unreadable"),
        ("a b@bad.example", "pattern.unreadable"),
        ("spam@", "pattern.unreadable"),
        ('"spam@bad.example', "pattern.unreadable"),
        ("keyword:", "pattern.keyword_empty"),
        ("keyword:  ", "pattern.keyword_empty"),
        ("keyword:@", "pattern.everything"),
        ("keyword:.", "pattern.everything"),
        ("*", "pattern.everything"),
        ("*@*", "pattern.everything"),
        ("?*@*.*", "pattern.everything"),
        ("@*.bad.example", "pattern.glob_local"),
        ("a *@bad.example", "pattern.unreadable"),
        ("*a" * 20, "pattern.glob_stars"),
        ("//", "pattern.regex_empty"),
        ("/", "pattern.regex_open"),
        ("/promo", "pattern.regex_open"),
        ("/(/", "pattern.regex"),
        ("/a)(b/", "pattern.regex"),
        ("/[z-a]/", "pattern.regex"),
        ("/(?=promo)/", "pattern.look_around"),
        ("/(?<!x)promo/", "pattern.look_around"),
        (r"/(a)\1/", "pattern.back_reference"),
        ("/(?P<n>a)(?P=n)/", "pattern.back_reference"),
        ("/a{1000}/", "pattern.regex_large"),
        ("/(.{30}){30}/", "pattern.regex_large"),
        ("/a{5000}/", "pattern.regex"),
        ("/(a{100}){100}/", "pattern.regex"),
        ("/.*/", "pattern.everything"),
        ("/x*/", "pattern.everything"),
        ("/x|/", "pattern.everything"),
        ("/^.+@.+$/", "pattern.everything"),
        ("keyword:a\x00b", "pattern.hidden"),
        ("spam\u202e@bad.example", "pattern.hidden"),
        ("spam\u200b@bad.example", "pattern.hidden"),
        ("spam\nx@bad.example", "pattern.hidden"),
        ("keyword:\ud800", "pattern.hidden"),
        ("keyword:" + "a" * 600, "pattern.too_long"),
        ("@.com", "pattern.suffix"),
        ("@.co.uk", "pattern.suffix"),
        ("@.CO.UK.", "pattern.suffix"),
        ("@.ck", "pattern.suffix"),
        ("@.xn--p1ai", "pattern.suffix"),
        ("@.рф", "pattern.suffix"),
    ],
)
def test_what_is_refused_is_told_why_in_one_line(typed: str, code: str) -> None:
    with pytest.raises(PatternError) as caught:
        pattern.parse(typed)
    assert caught.value.code == code
    assert str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_bare_word_is_offered_as_a_keyword() -> None:
    with pytest.raises(PatternError, match="keyword:casino"):
        pattern.parse("casino")


def test_what_is_stored_stays_readable() -> None:
    assert pattern.read("@.com").kind is Kind.SUBDOMAINS
    assert pattern.read("*").kind is Kind.GLOB


def test_an_address_with_stars_can_be_named_exactly() -> None:
    named = pattern.of_address("what?*@bad.example")
    assert named.kind is Kind.ADDRESS
    assert named.value == "what?*@bad.example"
    assert pattern.parse(named.text) == named
    with pytest.raises(PatternError):
        pattern.of_address("")


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("other@bad.example", []),
        ("@own.example", ["pattern.own_domain"]),
        ("@.example", ["pattern.own_domain"]),
        ("@.own.example", ["pattern.own_domain"]),
        ("*@own.example", ["pattern.own_domain"]),
        ("keyword:own", ["pattern.own_domain"]),
        ("me@own.example", ["pattern.own_account"]),
        ("keyword:alias", ["pattern.own_account"]),
        ("/^m[aeiou]@/", ["pattern.own_account"]),
        ("else@own.example", []),
        ("@.github.io", ["pattern.private_suffix"]),
        ("@.firebaseapp.com", ["pattern.private_suffix"]),
        ("@github.io", []),
    ],
)
def test_cautions(typed: str, codes: list[str]) -> None:
    told = pattern.cautions(
        pattern.parse(typed), own_domains=["own.example"], accounts=["me@own.example", "alias@own.example"]
    )
    assert [caution.code for caution in told] == codes
    assert all(caution.text for caution in told)


_TYPED = st.one_of(
    st.text(max_size=40),
    st.text(st.sampled_from('aZ09.@*?/:"\\()<>[]{}|+-=_ äÖß日。\u0308'), max_size=25),
    st.builds("keyword:{}".format, st.text(max_size=20)),
    st.builds("/{}/".format, st.text(st.sampled_from("ab.*?+()[]{}|\\d1,^$@äÖ "), max_size=20)),
)


@given(_TYPED)
def test_the_canonical_form_is_idempotent_and_nothing_else_is_raised(typed: str) -> None:
    try:
        parsed = pattern.parse(typed)
    except PatternError as error:
        assert str(error)
        return
    assert pattern.parse(parsed.text) == parsed
    assert pattern.read(parsed.text) == parsed
    assert parsed.value


@given(st.text(max_size=40).map(address.from_wire))
def test_whatever_came_by_mail_can_be_named_or_is_refused(sender: address.Address) -> None:
    try:
        named = pattern.parse(pattern.of_address(sender).text)
    except PatternError:
        return
    assert named.kind is Kind.ADDRESS
    assert named.value == address.parse(sender.text).key
