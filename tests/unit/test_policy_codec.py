"""The policy protocol: requests in any cut, what breaks the grammar, and what Postfix is answered."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.backend.reply import Reply
from gate.postfix import rows
from gate.postfix.asked import AT_LITERAL, BARE, asked, plain, readings, shown_domain, wire
from gate.postfix.codec import LINE_LIMIT, REQUEST_LIMIT, PolicyError, Request, RequestParser, answer, key, value
from gate.postfix.refusal import FALLBACK, chosen, heard
from gate.rules.address import from_wire
from gate.rules.ruleset import Verdict

OWN = frozenset({"example.org", "müller.example"})

names = st.binary(min_size=1, max_size=8).filter(lambda name: not set(name) & set(b"=\n\0"))
values = st.binary(max_size=12).filter(lambda value: not set(value) & set(b"\n\0"))
requests = st.lists(st.dictionaries(names, values, max_size=5), max_size=5)


def request(octets: bytes) -> Request:
    (found,) = RequestParser().feed(octets)
    return found


def written(attributes: dict[bytes, bytes]) -> bytes:
    return b"".join(name + b"=" + value + b"\n" for name, value in attributes.items()) + b"\n"


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[begin:end] for begin, end in itertools.pairwise(places)]


@given(requests, st.lists(st.integers(0, 10_000), max_size=8))
def test_requests_are_the_same_however_they_are_cut(sent: list[dict[bytes, bytes]], cuts: list[int]) -> None:
    parser = RequestParser()
    found = [one for piece in pieces(b"".join(map(written, sent)), cuts) for one in parser.feed(piece)]
    assert found == [request(written(each)) for each in sent]
    assert parser.empty
    for one, attributes in zip(found, sent, strict=True):
        for name, told in attributes.items():
            if name.isascii() and told.isascii():
                assert value(one, key(name.decode())) == told.decode()


@given(requests, st.binary(max_size=60), st.lists(st.integers(0, 10_000), max_size=8))
def test_garbage_is_an_error_after_all_that_came_before(
    sent: list[dict[bytes, bytes]], garbage: bytes, cuts: list[int]
) -> None:
    data = b"".join(map(written, sent)) + b"no equals sign\n" + garbage
    parser, found = RequestParser(), list[Request]()
    with pytest.raises(PolicyError) as caught:
        for piece in pieces(data, cuts):
            found += parser.feed(piece)
    assert [*found, *caught.value.before] == [request(written(each)) for each in sent]
    assert "\n" not in str(caught.value)
    with pytest.raises(PolicyError) as again:
        parser.feed(b"\n")
    assert again.value.before == ()


@given(st.lists(st.sampled_from([b"a", b"bc", b"=", b"\n", b"\n\n", b"\0", b"\xff"]), max_size=12).map(b"".join))
def test_what_is_read_at_one_glance_is_what_is_read_in_two(data: bytes) -> None:
    def all_of(pieces: list[bytes]) -> tuple[list[Request], str]:
        parser, found = RequestParser(), list[Request]()
        try:
            for piece in pieces:
                found += parser.feed(piece)
        except PolicyError as error:
            return [*found, *error.before], error.code
        return found, "" if parser.empty else "more"

    assert all_of([data]) == all_of([data[:1], data[1:]])


@given(st.binary(max_size=300))
def test_whatever_comes_is_requests_or_one_error(data: bytes) -> None:
    try:
        RequestParser().feed(data)
    except PolicyError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"=value\n", "policy.garbled"),
        (b"\r\n", "policy.garbled"),
        (b"GET / HTTP/1.1\r\n", "policy.garbled"),
        (b"a=\0", "policy.garbled"),
        (b"a=b\0\n", "policy.garbled"),
        (b"a=" + b"x" * LINE_LIMIT, "policy.long_line"),
        (b"a=" + b"x" * LINE_LIMIT + b"\n", "policy.long_line"),
        (b"a=bcdefghijklmno\n" * (REQUEST_LIMIT // 16), "policy.long_request"),
    ],
)
def test_what_breaks_the_grammar(data: bytes, code: str) -> None:
    for cut in (len(data), 1000):
        parser = RequestParser()
        with pytest.raises(PolicyError) as caught:
            for begin in range(0, len(data), cut):
                parser.feed(data[begin : begin + cut])
        assert caught.value.code == code


def test_an_empty_request_is_one_and_the_last_of_a_name_counts() -> None:
    one, two = RequestParser().feed(b"\na=1\nb=x=y\na=2\n\n")
    assert one == "\n\n"
    assert [value(two, key(name)) for name in "abc"] == ["2", "x=y", ""]


@given(st.binary(max_size=40))
def test_an_answer_is_one_line_and_an_empty_one(text: bytes) -> None:
    told = answer(text)
    assert told.startswith(b"action=") and told.endswith(b"\n\n") and told.count(b"\n") == 2 and b"\0" not in told


def test_only_a_recipient_is_asked_about() -> None:
    told = {b"request": b"smtpd_access_policy", b"protocol_state": b"RCPT", b"sender": b"a b@c", b"recipient": b"d@e"}
    question = asked(request(written(told)))
    assert question is not None and (question.sender.text, question.recipient) == ('"a b"@c', "d@e")
    for name in (b"request", b"protocol_state", b"recipient"):
        assert asked(request(written({**told, name: b"OTHER" if name != b"recipient" else b""}))) is None
        assert asked(request(written({other: said for other, said in told.items() if other != name}))) is None
    assert asked(request(written({**told, b"sender": b"\xff\xfe@c"}))) is not None
    greeted = asked(request(written({**told, b"helo_name": b"\xffm\xc3\xbc.example"})))
    assert greeted is not None and greeted.helo == "\ufffdmü.example"


def test_a_row_that_could_not_be_made_is_made_when_it_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {b"request": b"smtpd_access_policy", b"protocol_state": b"RCPT", b"recipient": b"d@e", b"instance": b"1"}
    question = asked(request(written(told)))
    assert question is not None
    kept = rows.Rows()
    decided = rows.Decided(question, from_wire("d@e"), Verdict("accept", "none"), None, b"x", 0)
    with monkeypatch.context() as broken, pytest.raises(ValueError, match="never"):
        broken.setattr(rows.clock, "written", lambda _at: (_ for _ in ()).throw(ValueError("never")))
        kept.row(decided)
    assert kept.row(decided) is not None
    assert kept.row(decided) is None


@pytest.mark.parametrize(
    ("internal", "sender"),
    [
        (b"", ""),
        (b"spam@bad.example", "spam@bad.example"),
        (b"spam%bad.example", "spam@bad.example"),
        (b"bad.example!spam", "spam@bad.example"),
        (b"spam@\\bad.example", "spam@bad.example"),
        (b"spam%x@bad.example", "spam%x@bad.example"),
        (b"spam", "spam"),
    ],
)
def test_a_sender_is_judged_as_postfix_will_have_rewritten_it(internal: bytes, sender: str) -> None:
    told = {b"request": b"smtpd_access_policy", b"protocol_state": b"RCPT", b"sender": internal, b"recipient": b"d@e"}
    question = asked(request(written(told)))
    assert question is not None and question.sender == from_wire(sender)


@pytest.mark.parametrize(
    ("recipient", "own"),
    [
        ("Anna@Example.ORG", ["Anna@Example.ORG"]),
        ("anna@example.org.", ["anna@example.org."]),
        ("anna@xn--mller-kva.example", ["anna@xn--mller-kva.example"]),
        ("an na@example.org", ['"an na"@example.org']),
        ("anna@elsewhere.example", []),
        ("anna", ["anna@example.org", "anna@müller.example"]),
        ("anna@[192.0.2.1]", ["anna@example.org", "anna@müller.example"]),
        ("anna@192.0.2.1", ["anna@example.org", "anna@müller.example"]),
        ("anna@2001:db8::1", ["anna@example.org", "anna@müller.example"]),
        ("anna@mail.lan2", []),
        ("postmaster", ["postmaster"]),
    ],
)
def test_every_own_address_that_a_recipient_may_be(recipient: str, own: list[str]) -> None:
    assert list(readings(recipient, OWN)) == list(map(from_wire, own))


@pytest.mark.parametrize(
    "recipient",
    [
        "anna%example.org@elsewhere.example",
        "example.org!anna@elsewhere.example",
        "anna@example.org@elsewhere.example",
        "anna%example.org%a.example@b.example",
        "anna%example.org%a%b%c%d%e%f@[192.0.2.1]",
        "@b:anna@example.org",
        "@b:@c:anna@example.org",
        "@b:anna%example.org",
        "anna(x)%example.org",
        "a:;anna+tag%example.org",
        "(x)an\\na@example.org@[192.0.2.1]",
        "anna@@",
        "anna @[192.0.2.1]@[192.0.2.1]",
        "anna@\\example.org",
        "anna%example.org%%elsewhere.example",
    ],
)
def test_what_postfix_reads_once_more_is_looked_through(recipient: str) -> None:
    found = list(readings(recipient, OWN))
    assert {"anna@example.org", "anna+tag@example.org"} & {each.text for each in found}
    assert len(found) < 50


def test_a_refusal_is_worded_as_of_the_domain_that_postfix_will_see() -> None:
    anna = from_wire("anna@example.org")
    assert shown_domain("anna@example.org", anna) == "example.org"
    for bare in ("anna", "anna@", "anna[1]", "anna%elsewhere.example"):
        assert shown_domain(bare, anna) == BARE
    for literal in (
        "anna@[192.0.2.1]",
        "anna@192.0.2.1",
        "anna@::1",
        "anna@[IPv6:::1]",
        "anna@[192.0.2.1]@",
        "anna%[192.0.2.1]@[192.0.2.1]",
    ):
        assert shown_domain(literal, anna) == AT_LITERAL
    for domain in ("anna%example.org", "anna%example.org@[192.0.2.1]", "example.org!anna@[192.0.2.1]"):
        assert shown_domain(domain, anna) == "example.org"


@given(st.text(alphabet='Ab.@%!"\\ [:](,<ü\udcff', max_size=6), st.sampled_from(["@example.org", "@a.example", ""]))
def test_a_plain_recipient_is_one_address(local: str, at_domain: str) -> None:
    found = plain(local + at_domain)
    if found is not None:
        assert list(readings(local + at_domain, OWN)) == ([found] if found.domain in OWN else [])
        assert found.domain not in OWN or shown_domain(local + at_domain, found) == found.domain


@given(st.text(alphabet='ab.@%!"\\ [:](,<ü\udcff', max_size=12))
def test_any_internal_form_is_read_back_from_its_wire_form(local: str) -> None:
    read = next(iter(readings(f"{local}@example.org", OWN)))
    assert read == from_wire(wire(f"{local}@example.org"))
    assert read.domain == "example.org"
    if local.isascii() and local:
        assert read.local == local.lower()


@pytest.mark.parametrize(("recipient", "is_plain"), [("a@h2", True), ("a@192.0.2.1", False), ("a@[192.0.2.1]", False)])
def test_a_name_at_an_ip_address_is_not_plain(recipient: str, is_plain: bool) -> None:
    assert (plain(recipient) is not None) == is_plain


PROBE = b"Rgm9x1c4uiw0abcd@example.org"


def refused(text: str) -> Reply:
    return Reply.of(text.replace("PROBE", PROBE.decode()).encode())


@pytest.mark.parametrize(
    ("said", "action"),
    [
        ("User unknown in virtual mailbox table", "User unknown in virtual mailbox table"),
        ("User unknown in local recipient table. Call 1-800", "User unknown in local recipient table"),
        ("User unknown", "User unknown"),
        ("User unknown; see https://x", "User unknown"),
        ("Nobody here", "Nobody here"),
        ('undeliverable address: unknown user: "PROBE"', 'undeliverable address: unknown user: "anna@example.org"'),
        ("No PROBE here", "No anna@example.org here"),
    ],
)
def test_an_action_is_made_of_what_was_heard(said: str, action: str) -> None:
    found = heard(refused(f"550 5.1.1 <PROBE>: Recipient address rejected: {said}"), PROBE)
    assert found is not None and found.final
    assert found.action("anna@example.org").decode() == f"550 5.1.1 {action}"
    assert found.answer("anna@example.org") == answer(found.action("anna@example.org"))
    assert found.reply("anna@example.org") == f"550 5.1.1 <anna@example.org>: Recipient address rejected: {action}"


def test_of_a_footer_in_lines_of_its_own_nothing_is_taken() -> None:
    reply = Reply.of(b"550-5.1.1 <" + PROBE + b">: Recipient address rejected: Nobody here", b"550 5.1.1 Call 1-800")
    found = heard(reply, PROBE)
    assert found is not None and found.action("anna@example.org") == b"550 5.1.1 Nobody here"


@pytest.mark.parametrize(
    "said",
    ["250 2.1.5 Ok", "554 5.7.1 <PROBE>: Relay access denied", "550 Unknown user",
     "451 4.3.0 <PROBE>: Temporary lookup failure",
     "550 5.1.1 <other@example.org>: Recipient address rejected: User unknown"],
)  # fmt: skip
def test_what_a_policy_server_cannot_say_is_not_learnt(said: str) -> None:
    assert heard(refused(said), PROBE) is None


def test_a_greylist_has_not_said_its_last_word() -> None:
    for text, final in (("Greylisted", False), ("unverified address: Address verification in progress", False),
                        ("User unknown", True), ("undeliverable address: no such user", True)):  # fmt: skip
        found = heard(refused(f"450 4.1.1 <PROBE>: Recipient address rejected: {text}"), PROBE)
        assert found is not None and found.final is final


def test_the_owners_own_words() -> None:
    assert chosen("550 5.1.1 User unknown") == FALLBACK
    assert chosen("554 Go away").action("a@b") == b"554 Go away"
    assert chosen("554 Go away").reply("a@b") == "554 5.7.1 <a@b>: Recipient address rejected: Go away"
