"""The dialogue, played from the transcripts that the wire tests play too, and what a transcript cannot tell."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gate.backend.decoy import decoy_for
from gate.guard import Guard
from gate.rules.ruleset import Verdict
from gate.smtp.actions import Close, GateBarred, Outcome, Wait
from gate.smtp.dialogue import TRANSITIONS, Dialogue, DialogueError, Phase, Signal, Terms
from gate.smtp.exchange import OWN_ANSWERS_LIMIT, SOFT_ERRORS
from gate.smtp.phases import following
from tests.unit.replies import reply_of
from tests.wire.transcript import FILES, KEY, PurePlayer, read


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_transcript(file: Path) -> None:
    PurePlayer(read(file)).play()


def dialogue(*offer: bytes, **terms: object) -> Dialogue:
    """A dialogue past its EHLO."""
    one = Dialogue(
        Terms(**terms),  # type: ignore[arg-type]
        judge=Guard().decide,
        decoy=lambda path, line: decoy_for(KEY, path, line=line),
        refusal=lambda _domain, _path: None,
    )
    one.backend_reply(reply_of(b"220 mail.test ESMTP"))
    one.client_data(b"EHLO client.test\r\n")
    one.backend_reply(reply_of(b"\r\n".join([b"250-mail.test", *(b"250-" + line for line in offer), b"250 HELP"])))
    return one


def test_a_message_is_not_answered_with_what_is_no_answer() -> None:
    """Had the client heard 354 after its final dot, it would say the message again, as commands."""
    one = dialogue()
    one._judge = lambda _sender, _recipient: Verdict("accept", "none")
    for line, reply in (
        (b"MAIL FROM:<a@b.test>", b"250 Ok"),
        (b"RCPT TO:<a@localhost>", b"250 Ok"),
        (b"DATA", b"354 go"),
    ):
        one.client_data(line + b"\r\n")
        one.backend_reply(reply_of(reply))
    one.client_data(b"hello\r\n.\r\n")
    assert (
        one.backend_reply(reply_of(b"354 go on")).to_client == b"421 4.3.0 mail.test Error: mail server out of step\r\n"
    )
    assert one.phase is Phase.CLOSED


def test_a_step_that_is_not_in_the_table_raises() -> None:
    for phase in Phase:
        for signal in Signal:
            if (phase, signal) in TRANSITIONS:
                assert following(phase, signal) is TRANSITIONS[phase, signal]
            else:
                with pytest.raises(DialogueError, match=signal.name):
                    following(phase, signal)


def test_an_illegal_event_changes_nothing() -> None:
    one = dialogue()
    with pytest.raises(DialogueError):
        one.secured()
    assert one.phase is Phase.COMMANDS
    assert one.client_data(b"NOOP\r\n").to_backend == b"NOOP\r\n"


def test_nothing_is_pipelined_to_a_backend_that_does_not_offer_it() -> None:
    one = dialogue()
    assert one.client_data(b"NOOP 1\r\nNOOP 2\r\n").to_backend == b"NOOP 1\r\n"
    assert one.backend_reply(reply_of(b"250 ok")).to_backend == b"NOOP 2\r\n"


@pytest.mark.parametrize("command", [b"MAIL FROM:<a@b.test>", b"EHLO again", b"HELO again"])
def test_a_backend_that_wants_tls_of_the_gate_is_down_to_the_client(command: bytes) -> None:
    one = dialogue()
    assert one.client_data(command + b"\r\n").to_backend == command + b"\r\n"
    done = one.backend_reply(reply_of(b"530 5.7.0 Must issue a STARTTLS command first"))
    assert done.to_client.startswith(b"421 4.3.0") and GateBarred() in done.actions
    assert one.phase is Phase.CLOSED


def test_a_530_that_is_not_about_tls_is_the_clients_to_hear() -> None:
    one = dialogue()
    one.client_data(b"MAIL FROM:<a@b.test>\r\n")
    done = one.backend_reply(reply_of(b"530 5.7.0 Authentication required"))
    assert done.to_client == b"530 5.7.0 Authentication required\r\n"
    assert one.phase is Phase.COMMANDS


def test_nothing_is_pipelined_past_ehlo() -> None:
    one = dialogue(b"PIPELINING")
    assert one.client_data(b"NOOP\r\nEHLO again\r\nNOOP\r\n").to_backend == b"NOOP\r\n"
    assert one.backend_reply(reply_of(b"250 ok")).to_backend == b"EHLO again\r\n"
    assert one.backend_reply(reply_of(b"250 ok")).to_backend == b"NOOP\r\n"


def test_the_name_of_the_owner_stands_in_greeting_and_ehlo() -> None:
    one = Dialogue(
        Terms(hostname=b"mx.own.test", message_bytes=5),
        judge=Guard().decide,
        decoy=lambda path, line: decoy_for(KEY, path, line=line),
        refusal=lambda _domain, _path: None,
    )
    assert one.backend_reply(reply_of(b"220 mail.test ESMTP x")).to_client == b"220 mx.own.test ESMTP x\r\n"
    one.client_data(b"EHLO client.test\r\n")
    told = one.backend_reply(reply_of(b"250-mail.test Hello\r\n250-SIZE\r\n250 size 3"))
    assert told.to_client == b"250-mx.own.test Hello\r\n250 SIZE 5\r\n"


OFFER = b"250-mail.test\r\n250-SIZE 100\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 HELP\r\n"


def secured(first: bytes, answer: bytes) -> Dialogue:
    """A dialogue whose client has greeted with `first`, which was answered so, and has begun TLS."""
    one = Dialogue(
        Terms(starttls=True),
        judge=Guard().decide,
        decoy=lambda path, line: decoy_for(KEY, path, line=line),
        refusal=lambda _domain, _path: None,
    )
    one.backend_reply(reply_of(b"220 mail.test ESMTP"))
    one.client_data(first)
    one.backend_reply(reply_of(answer))
    one.client_data(b"STARTTLS\r\n")
    one.secured()
    return one


@pytest.mark.parametrize(
    ("first", "answer", "again", "told"),
    [
        (b"EHLO c\r\n", OFFER, b"EHLO c\r\n", b"250-mail.test\r\n250-SIZE 100\r\n250 PIPELINING\r\n"),
        (b"EHLO c\r\n", OFFER, b"HELO c\r\n", b"250 mail.test\r\n"),
        (b"HELO c\r\n", b"250 mail.test\r\n", b"EHLO c\r\n", b"250 mail.test\r\n"),
    ],
)
def test_after_tls_a_backend_that_wants_no_second_greeting_is_not_heard(
    first: bytes, answer: bytes, again: bytes, told: bytes
) -> None:
    one = secured(first, answer)
    one.client_data(again)
    assert one.backend_reply(reply_of(b"503 5.5.1 Already identified")).to_client == told
    assert one.client_data(b"MAIL FROM:<a@b.test>\r\n").to_backend == b"MAIL FROM:<a@b.test>\r\n"
    one.backend_reply(reply_of(b"250 ok"))
    one.client_data(b"EHLO again\r\n")  # a third one: nothing has changed for the client
    assert one.backend_reply(reply_of(b"503 5.5.1 Already identified")).to_client[:3] == b"503"


def test_after_tls_what_the_backend_says_anew_is_told() -> None:
    one = secured(b"EHLO c\r\n", OFFER)
    one.client_data(b"EHLO c\r\n")
    assert one.backend_reply(reply_of(b"550 go away")).to_client == b"550 go away\r\n"
    one.client_data(b"MAIL FROM:<a@b.test>\r\nEHLO c\r\n")
    assert one.backend_reply(reply_of(b"250-mail.test\r\n250 DSN")).to_client == b"250-mail.test\r\n250 DSN\r\n"
    without = secured(b"EHLO c\r\n", b"550 not now")
    without.client_data(b"EHLO c\r\n")
    assert without.backend_reply(reply_of(b"503 5.5.1 no")).to_client == b"503 5.5.1 no\r\n"


@pytest.mark.parametrize("reply", [b"250 what", b"421 mail.test closing", b"550 x"])
def test_a_reply_that_nobody_asked_for_ends_the_session(reply: bytes) -> None:
    outcome = dialogue().backend_reply(reply_of(reply))
    assert outcome.to_client[:3] == b"421"
    assert outcome.actions[-1:] == (Close(),)


def test_a_250_before_the_end_of_the_message_is_none() -> None:
    one = dialogue()
    for command, reply in ((b"DATA", b"354 go"),):
        one.client_data(command + b"\r\n")
        one.backend_reply(reply_of(reply))
    assert one.backend_reply(reply_of(b"250 kept")).to_client == b""
    assert one.client_data(b"x\r\n.\r\n").to_client[:3] == b"451"


def test_own_answers_are_limited() -> None:
    one = dialogue(b"PIPELINING")
    told = one.client_data(b"VRFY x\r\n" * (OWN_ANSWERS_LIMIT + 5)).to_client
    assert told.count(b"252 ") == OWN_ANSWERS_LIMIT
    assert told.splitlines()[-1][:9] == b"421 4.7.0"
    assert one.phase is Phase.CLOSED


@pytest.mark.parametrize(("said", "linger"), [(b"QUIT\r\n", False), (b"QUIT\r\nNOOP\r\n", True)])
def test_a_client_that_quits_is_not_waited_for_unless_it_goes_on(said: bytes, linger: bool) -> None:
    one = dialogue(b"PIPELINING")
    one.client_data(said)
    assert one.backend_reply(reply_of(b"221 bye")).actions[-1] == Close(linger)


def test_retiring_ends_the_idle_at_once_and_others_after_their_transaction() -> None:
    assert dialogue().retire().to_client[:9] == b"421 4.3.2"
    one = dialogue()
    one.client_data(b"MAIL FROM:<a@b.test>\r\n")
    assert one.retire() == Outcome()
    assert one.backend_reply(reply_of(b"250 ok")).to_client == b"250 ok\r\n"
    one.client_data(b"RSET\r\n")
    assert one.backend_reply(reply_of(b"250 ok")).to_client.splitlines()[1][:9] == b"421 4.3.2"


def waiting() -> Dialogue:
    """A dialogue that puts off its eleventh refusal, with another command behind it."""
    one = Dialogue(
        Terms(),
        judge=lambda _sender, _recipient: Verdict("refuse", "unlisted"),
        decoy=lambda path, line: decoy_for(KEY, path, line=line),
        refusal=lambda _domain, _path: b"550 no\r\n",
    )
    one.backend_reply(reply_of(b"220 mail.test ESMTP"))
    one.client_data(b"MAIL FROM:<a@b.test>\r\n")
    one.backend_reply(reply_of(b"250 ok"))
    outcome = one.client_data(b"RCPT TO:<x@localhost>\r\n" * SOFT_ERRORS + b"RCPT TO:<y@localhost>\r\nNOOP\r\n")
    assert outcome.to_client == b"550 no\r\n" * SOFT_ERRORS
    assert outcome.actions[-1] == Wait(1.0)
    assert one.phase is Phase.WAITING
    return one


def test_what_happens_while_a_refusal_is_put_off() -> None:
    one = waiting()
    assert one.retire() == one.client_data(b"RSET\r\n") == one.client_eof() == Outcome()
    outcome = one.waited()
    assert outcome.to_client == b"550 no\r\n"
    assert outcome.to_backend in {b"NOOP\r\nRSET\r\n", b"NOOP\r\n"}
    assert one.waited() == Outcome()


@pytest.mark.parametrize("happens", [lambda one: one.backend_lost(), lambda one: one.end(b"421 %s busy")])
def test_who_is_ended_while_a_refusal_is_put_off_hears_421_and_no_more(
    happens: Callable[[Dialogue], Outcome],
) -> None:
    one = waiting()
    assert happens(one).to_client[:4] == b"421 "
    assert one.waited() == Outcome()


def test_a_refusal_that_is_put_off_is_no_time_for_the_backend_to_speak() -> None:
    assert waiting().backend_reply(reply_of(b"421 mail.test closing")).to_client == b"421 mail.test closing\r\n"
