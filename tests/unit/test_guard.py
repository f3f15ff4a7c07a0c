"""The guard: relay control before everything, the state `open`, and texts of any kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.guard import Guard, GuardError
from gate.rules.ruleset import AccountRule, EntryRule, Verdict, compile_ruleset

RULES = compile_ruleset(
    [AccountRule("user2@localhost"), AccountRule("odd%name@localhost")],
    [
        EntryRule(1, "user2@localhost", "deny", "user1@localhost"),
        EntryRule(2, "*", "deny", "keyword:casino"),
        EntryRule(3, "*", "deny", "*@*.bad.example"),
        EntryRule(4, "*", "deny", "/^promo/"),
    ],
    own_domains=["localhost"],
)


def guard() -> Guard:
    made = Guard()
    made.load(RULES)
    return made


def test_without_rules_there_is_no_verdict() -> None:
    with pytest.raises(GuardError):
        Guard().judge("a@b.example", "user2@localhost")


def test_the_example_of_the_mission() -> None:
    verdict = guard().judge("user1@localhost", "user2@localhost")
    assert (verdict.verdict, verdict.because, verdict.account) == ("refuse", "entry", "user2@localhost")
    assert guard().judge("user3@localhost", "user2@localhost").verdict == "accept"
    assert guard().judge("user1@localhost", "user4@localhost").verdict == "accept"


@pytest.mark.parametrize(
    "recipient",
    [
        "x@other.example",
        "x%other.example@localhost",
        "other.example!x@localhost",
        '"x@other.example"@localhost',
        "@localhost:x@other.example",
        "x",
        "",
    ],
)
@pytest.mark.parametrize("sender", ["user3@localhost", "casino@bad.example", ""])
def test_never_an_open_relay(recipient: str, sender: str) -> None:
    judge = guard()
    for judge.enforcing in (True, False):
        assert judge.judge(sender, recipient) == Verdict("refuse", "relay")


def test_trusted_clients_skip_the_relay_check_alone() -> None:
    assert guard().judge("casino@y.example", "x@other.example", trusted=True) == Verdict("accept", "none")
    assert guard().judge("user1@localhost", "user2@localhost", trusted=True).verdict == "refuse"
    assert guard().judge("casino@y.example", "x%y@localhost", trusted=True).verdict == "refuse"


def test_an_account_with_a_percent_sign_is_an_account() -> None:
    assert guard().judge("user3@localhost", "odd%name@localhost").verdict == "accept"


def test_open_lets_through_and_tells() -> None:
    judge = guard()
    judge.enforcing = False
    verdict = judge.judge("user1@localhost", "user2@localhost")
    assert (verdict.verdict, verdict.because, verdict.would) == ("accept", "open", "refuse")
    assert verdict.entry is not None
    assert judge.judge("user3@localhost", "user2@localhost") == Verdict("accept", "none", "user2@localhost")


def test_bare_postmaster() -> None:
    assert guard().judge("casino@bad.example", "Postmaster") == Verdict("accept", "exempt")


def test_new_rules_hold_from_the_next_verdict() -> None:
    judge = guard()
    judge.load(compile_ruleset([], [], own_domains=["localhost"]))
    assert judge.judge("user1@localhost", "user2@localhost").verdict == "accept"


@pytest.mark.parametrize(
    "sender",
    [
        "user@[192.0.2.1]",
        "user@[IPv6:::1]",
        '"quoted \\" junk @ ( "@y.example',
        "caf\udce9@y.example",
        "a@b@c",
        "<<>>",
        "@",
        '"',
        "(",
        "user@exa mple",
        "user@" + "a" * 300,
        "x" * 2000 + "@y.example",
        "\ud800\x00@\ud800",
        "a@xn--\udcff",
        "a@xn--999999999999",
    ],
)
def test_odd_senders_are_judged(sender: str) -> None:
    assert guard().judge(sender, "user2@localhost").verdict == "accept"


@pytest.mark.parametrize(
    "sender", ["casino\udce9@y.example", "casino@a@b", '"casino', "a b casino@x..y", "CASINO@\x00"]
)
def test_what_cannot_be_parsed_is_matched_as_text(sender: str) -> None:
    assert guard().judge(sender, "user2@localhost").verdict == "refuse"


@given(st.text(), st.text())
def test_judge_never_raises(sender: str, recipient: str) -> None:
    guard().judge(sender, recipient)
    guard().judge(sender, f"{recipient}@localhost", trusted=True)


@given(st.binary(max_size=100))
def test_judge_never_raises_over_eight_bit_senders(raw: bytes) -> None:
    guard().judge(raw.decode("utf-8", "surrogateescape"), "user2@localhost")
    guard().judge(raw.decode("latin-1"), "user2@localhost")
