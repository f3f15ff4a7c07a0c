"""What a trusted proxy says before a session: headers, XCLIENT, SMTP of its own, and what is none of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.backend.client_address import ClientAddress, proxy_v2
from gate.backend.decoy import decoy_for
from gate.backend.xclient import OFFER
from gate.guard import Guard
from gate.smtp.dialogue import Dialogue, Phase, Terms
from gate.smtp.exchange import HARD_ERRORS, OWN_ANSWERS_LIMIT
from gate.smtp.introduction import Begin, Cut, Introduction, Leave, Step
from tests.unit.replies import reply_of
from tests.wire.transcript import KEY

PROXY = ClientAddress("198.51.100.1", 50000, "198.51.100.25", 25)
CLIENT = ClientAddress("203.0.113.7", 4711, "192.0.2.25", 25)
GREETING = b"220 mx.test ESMTP\r\n"
OUT_OF_STEP = b"421 4.5.0 mx.test Error: SMTP protocol synchronization\r\n"
TOO_MANY = b"421 4.7.0 mx.test Error: too many errors\r\n"


def waiting() -> Introduction:
    return Introduction(PROXY, b"mx.test")


def greeted() -> Introduction:
    one = waiting()
    assert one.silent() == Step(GREETING)
    return one


def begun(step: Step) -> Begin:
    assert isinstance(step.then, Begin), step
    return step.then


def dialogue(begin: Begin) -> Dialogue:
    return begin.make(
        Terms(),
        judge=Guard().decide,
        decoy=lambda path, line: decoy_for(KEY, path, line=line),
        refusal=lambda _domain, _path: None,
    )


# ---------------------------------------------------------------- a header


@pytest.mark.parametrize("client", [CLIENT, None])
def test_a_header_begins_the_session(client: ClientAddress | None) -> None:
    one, header = waiting(), proxy_v2(client)
    assert one.data(header[:5]) == Step() and one.silent() == Step() and not one.greeted
    begin = begun(one.data(header[5:] + b"EHLO c\r\n"))
    assert (begin.client, begin.data, begin.may_be_trusted) == (client or PROXY, b"EHLO c\r\n", True)
    assert begin.make is Dialogue
    assert one.data(b"more") == Step() and one.silent() == Step()


@pytest.mark.parametrize(
    "data",
    [b"\x16\x03\x01", b"\r\nEHLO c\r\n", b"\0", b" EHLO c\r\n", b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nEHLO c\r\n"],
)
def test_what_is_neither_is_not_answered(data: bytes) -> None:
    one = waiting()
    step = one.data(data)
    assert step.say == b"" and isinstance(step.then, Cut) and step.then.problem


@given(st.integers(0, 2), st.lists(st.integers(1, 40), max_size=8), st.sampled_from([CLIENT, None]))
def test_a_header_that_comes_late_is_never_read_as_commands(before: int, cuts: list[int], client: object) -> None:
    one = greeted()
    for _ in range(before):
        one.data(b"NOOP\r\n")
    stream = proxy_v2(CLIENT if client else None) + b"MAIL FROM:<a@b.test>\r\n"
    steps = []
    for size in [*cuts, len(stream)]:
        steps.append(one.data(stream[:size]))
        stream = stream[size:]
    assert all(step.then is None or isinstance(step.then, Cut) for step in steps)
    assert any(isinstance(step.then, Cut) and step.then.problem for step in steps)
    assert {line[:3] for step in steps for line in step.say.splitlines()} <= {b"500"}


@pytest.mark.parametrize("already", [b"", b"PRO", b"PROXY TCP4 192"])
def test_a_header_of_version_1_is_none(already: bytes) -> None:
    one = waiting()
    one.data(already)
    steps = [one.silent(), one.data(b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"[len(already) :])]
    assert sum(isinstance(step.then, Cut) for step in steps) == 1
    assert b"".join(step.say for step in steps) in {b"", GREETING}


# ---------------------------------------------------------------- XCLIENT


def test_a_silent_proxy_is_greeted_and_told_of_xclient() -> None:
    one = greeted()
    assert one.silent() == Step()
    assert one.data(b"EHLO proxy.test\r\n") == Step(
        b"250-mx.test\r\n250-ENHANCEDSTATUSCODES\r\n250 XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR "
        b"DESTPORT\r\n"
    )
    assert one.data(b"HELO proxy.test\r\nNOOP\r\nRSET\r\nVRFY a\r\n").say.split(b"\r\n") == [
        b"250 mx.test",
        b"250 2.0.0 Ok",
        b"250 2.0.0 Ok",
        b"252 2.0.0 Cannot VRFY user, but will take message for this user and attempt delivery",
        b"",
    ]
    begin = begun(one.data(b"XCLIENT ADDR=203.0.113.7 PORT=4711 DESTADDR=192.0.2.25 HELO=c.test LOGIN=x\r\n"))
    assert (begin.client, begin.data, begin.may_be_trusted) == (CLIENT, b"", True)
    assert dialogue(begin).client_name == "c.test"


def test_who_speaks_first_is_greeted_at_once() -> None:
    one = waiting()
    assert one.data(b"EHLO proxy.t") == Step() and not one.greeted
    assert one.data(b"est\r\n").say == GREETING + b"250-mx.test\r\n250-ENHANCEDSTATUSCODES\r\n250 " + OFFER + b"\r\n"
    other = waiting()
    assert other.data(b"EHLO") == Step()
    assert other.silent() == Step(GREETING)
    assert other.data(b" x\r\n").say.startswith(b"250-mx.test\r\n")
    flood = waiting()
    assert flood.data(b"a" * 3000) == Step(GREETING)
    assert flood.data(b"\r\nNOOP\r\n").say == b"500 5.5.2 Error: line too long\r\n250 2.0.0 Ok\r\n"


def test_attributes_may_come_in_several_commands() -> None:
    one = greeted()
    assert one.data(b"xclient port=4711 name=[TEMPUNAVAIL] helo=c.test\r\n") == Step(GREETING)
    assert one.data(b"MAIL FROM:<a@b.test>\r\n") == Step(b"451 4.5.1 Error: send XCLIENT with ADDR first\r\n")
    begin = begun(one.data(b"XCLIENT ADDR=IPV6:2001:db8::7\r\n"))
    assert begin.client == ClientAddress("2001:db8::7", 4711, "198.51.100.25", 25)


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"XCLIENT", b"501 5.5.4 Syntax: XCLIENT attribute=value..."),
        (b"XCLIENT ADDR=nobody", b"501 5.5.4 Bad ADDR syntax: nobody"),
        (b"XCLIENT COLOUR=red", b"501 5.5.4 Bad XCLIENT attribute name: COLOUR"),
        (b"XCLIENT ADDR=192.0.2.1 HELO=a\tb", b"501 5.5.2 Error: control or non-ASCII characters in the command line"),
        (b"XCLIENT HELO=\xc3\xa4", b"501 5.5.2 Error: control or non-ASCII characters in the command line"),
    ],
)
def test_an_xclient_that_is_refused_leaves_nobody_trusted(line: bytes, reply: bytes) -> None:
    one = greeted()
    step = one.data(line + b"\r\n")
    assert step == Step(reply + b"\r\n")
    assert one.data(b"MAIL FROM:<a@b.test>\r\n").say.startswith(b"451 ")
    assert begun(one.data(b"XCLIENT ADDR=203.0.113.7\r\n")).client.host == "203.0.113.7"


@pytest.mark.parametrize("behind", [b"EHLO c.test\r\n", b"M", b"\r\n"])
@pytest.mark.parametrize("line", [b"XCLIENT ADDR=203.0.113.7\r\n", b"XCLIENT PORT=1\r\n", b"XCLIENT ADDR=x\r\n"])
def test_whatever_stands_behind_xclient_ends_it(line: bytes, behind: bytes) -> None:
    assert greeted().data(line + behind) == Step(OUT_OF_STEP, Leave())


def test_what_comes_before_the_answer_to_xclient_ends_it_too() -> None:
    one = dialogue(begun(greeted().data(b"XCLIENT ADDR=203.0.113.7\r\n")))
    assert one.client_data(b"EHLO c.test\r\n").to_client == OUT_OF_STEP.replace(b"mx.test", b"localhost")
    assert one.phase is Phase.CLOSED
    other = dialogue(begun(greeted().data(b"XCLIENT ADDR=203.0.113.7\r\n")))
    assert other.backend_reply(reply_of(b"220 mail.test ESMTP")).to_client == b"220 mail.test ESMTP\r\n"
    assert other.client_data(b"EHLO c.test\r\n").to_backend == b"EHLO c.test\r\n"
    other.backend_reply(reply_of(b"250 mail.test"))
    assert other.client_data(b"XCLIENT ADDR=192.0.2.1\r\n").to_client.startswith(b"502 5.5.1 ")


def test_a_client_whose_address_the_proxy_does_not_know_has_the_proxys_and_no_trust() -> None:
    begin = begun(greeted().data(b"XCLIENT ADDR=[UNAVAILABLE] NAME=[UNAVAILABLE]\r\n"))
    assert (begin.client, begin.may_be_trusted) == (PROXY, False)


# ---------------------------------------------------------------- mail of its own


def test_a_proxy_may_have_mail_of_its_own() -> None:
    one = greeted()
    one.data(b"EHLO proxy.test\r\n")
    begin = begun(one.data(b"MAIL FROM:<a@b.test> SIZE=5\r\nNOOP\r\n"))
    assert (begin.client, begin.may_be_trusted) == (PROXY, False)
    session = dialogue(begin)
    assert session.client_data(begin.data).to_backend == b""
    outcome = session.backend_reply(reply_of(b"220 mail.test ESMTP"))
    assert (outcome.to_client, outcome.to_backend) == (b"", b"EHLO proxy.test\r\n")
    outcome = session.backend_reply(reply_of(b"250-mail.test\r\n250 SIZE 100"))
    assert (outcome.to_client, outcome.to_backend) == (b"", b"MAIL FROM:<a@b.test> SIZE=5\r\n")
    assert session.client_name == "proxy.test"
    outcome = session.backend_reply(reply_of(b"250 2.1.0 Ok"))
    assert (outcome.to_client, outcome.to_backend) == (b"250 2.1.0 Ok\r\n", b"NOOP\r\n")
    session.backend_reply(reply_of(b"250 Ok"))
    session.client_data(b"EHLO proxy.test\r\n")
    assert session.backend_reply(reply_of(b"250-mail.test\r\n250 DSN")).to_client == b"250-mail.test\r\n250 DSN\r\n"


def test_without_a_hello_none_is_said() -> None:
    begin = begun(greeted().data(b"MAIL FROM:<a@b.test>\r\n"))
    session = dialogue(begin)
    session.client_data(begin.data)
    outcome = session.backend_reply(reply_of(b"220 mail.test ESMTP"))
    assert (outcome.to_client, outcome.to_backend) == (b"", b"MAIL FROM:<a@b.test>\r\n")


@pytest.mark.parametrize(
    ("greeting", "hello", "told"),
    [
        (b"554 5.3.2 not here", None, b"554 5.3.2 not here\r\n"),
        (b"220 mail.test", b"550 5.7.1 no such host", b"550 5.7.1 no such host\r\n"),
        (b"220 mail.test", b"421 4.3.2 going", b"421 4.3.2 going\r\n"),
    ],
)
def test_a_server_that_does_not_want_it_is_heard(greeting: bytes, hello: bytes | None, told: bytes) -> None:
    one = greeted()
    one.data(b"HELO proxy.test\r\n")
    begin = begun(one.data(b"MAIL FROM:<a@b.test>\r\n"))
    session = dialogue(begin)
    session.client_data(begin.data)
    said = session.backend_reply(reply_of(greeting)).to_client
    if hello is not None:
        said += session.backend_reply(reply_of(hello)).to_client
    assert said == told and session.phase is Phase.CLOSED


# ---------------------------------------------------------------- limits and the end


def test_too_many_bad_commands() -> None:
    one = greeted()
    for line in (
        b"RCPT TO:<a@b.test>",
        b"DATA",
        b"STARTTLS",
        b"HELP",
        b"AUTH PLAIN",
        b"\x07",
        b"",
        b"EHLO",
        b"HELO a b",
    ):
        step = one.data(line + b"\r\n")
        assert step.say[:2] == b"50" and step.then is None, line
    steps = [one.data(b"what\r\n") for _ in range(HARD_ERRORS - 9)]
    assert steps[-1] == Step(b"502 5.5.2 Error: command not recognized\r\n" + TOO_MANY, Leave())
    assert one.data(b"NOOP\r\n") == Step()


def test_too_many_commands() -> None:
    one = greeted()
    assert one.data(b"NOOP\r\n" * OWN_ANSWERS_LIMIT).then is None
    assert one.data(b"NOOP\r\n") == Step(TOO_MANY, Leave())


def test_it_leaves() -> None:
    one = greeted()
    assert one.data(b"QUIT\r\nNOOP\r\n") == Step(b"221 2.0.0 Bye\r\n", Leave())
    assert greeted().end(b"421 %s bye") == Step(b"421 mx.test bye\r\n", Leave())
    assert waiting().end(b"421 %s bye") == Step(b"", Cut())


LINES = st.sampled_from(
    [
        b"EHLO a.test",
        b"HELO a",
        b"NOOP",
        b"RSET",
        b"VRFY x",
        b"RCPT TO:<a@b.test>",
        b"what",
        b"x" * 2100,
        b"XCLIENT PORT=1",
    ]
)


@given(st.lists(LINES, max_size=12), st.data())
def test_it_does_not_matter_where_the_bytes_are_cut(lines: list[bytes], data: st.DataObject) -> None:
    lines = [line for line in lines if not line.startswith(b"XCLIENT")] + [
        line for line in lines if line.startswith(b"XCLIENT")
    ][:1]
    stream = b"".join(line + b"\r\n" for line in lines)
    whole, pieces = greeted(), greeted()
    expected, said = whole.data(stream).say, b""
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        said += pieces.data(stream[:size]).say
        stream = stream[size:]
    assert said == expected


@given(st.lists(st.binary(max_size=30) | LINES | st.just(b"\r\n"), max_size=10), st.integers(0, 10))
def test_whatever_comes_it_ends_or_goes_on(pieces: list[bytes], silent_after: int) -> None:
    one = waiting()
    for number, piece in enumerate(pieces):
        if number == silent_after:
            one.silent()
        step = one.data(piece)
        assert one.over is (step.then is not None) or step == Step()
        assert all(line[3:4] in {b" ", b"-"} for line in step.say.splitlines())
