"""The decision: every step of the order, each with what it tells."""

import pytest

from gate.rules import address
from gate.rules.ruleset import (
    AccountRule,
    EntryRule,
    Ruleset,
    RulesetError,
    ScopeError,
    Verdict,
    compile_ruleset,
    parse_scope,
)

ME = AccountRule("me@own.example", aliases=("alias@own.example", "old@second.example"))
OWN = ("own.example", "second.example")


def rules(*entries: str, accounts: tuple[AccountRule, ...] = (ME,), **options: object) -> Ruleset:
    """Entries as `deny SCOPE PATTERN`."""
    parsed = []
    for number, line in enumerate(entries, 1):
        name, scope, pattern = line.split(" ", 2)
        parsed.append(EntryRule(number, scope, name, pattern))
    return compile_ruleset(accounts, parsed, own_domains=OWN, **options)  # type: ignore[arg-type]


def judge(ruleset: Ruleset, sender: str, recipient: str = "me@own.example") -> Verdict:
    return ruleset.judge(address.from_wire(sender), address.from_wire(recipient))


def told(verdict: Verdict) -> str:
    entry = f" {verdict.entry.list} {verdict.entry.scope} {verdict.entry.pattern}" if verdict.entry else ""
    return f"{verdict.verdict} {verdict.because}{entry}"


def test_nothing_matched() -> None:
    assert judge(rules(), "x@bad.example") == Verdict("accept", "none", "me@own.example")
    assert judge(rules(), "x@bad.example", "nobody@own.example") == Verdict("accept", "none")


@pytest.mark.parametrize(
    ("recipient", "account"),
    [
        ("ME@Own.Example.", "me@own.example"),
        ('"me"@own.example', "me@own.example"),
        ("old@second.example", "me@own.example"),
        ("two words@own.example", '"two words"@own.example'),
        ('"two words"@own.example', '"two words"@own.example'),
        ("me+tag@own.example", None),
        ("me@second.example", None),
        ("postmaster", None),
        ("", None),
    ],
)
def test_the_account_at_an_address(recipient: str, account: str | None) -> None:
    ruleset = rules(accounts=(ME, AccountRule('"two words"@own.example')))
    assert ruleset.account_at(address.from_wire(recipient)) == account


@pytest.mark.parametrize(
    ("pattern", "sender", "matches"),
    [
        ("spam@bad.example", "SPAM@Bad.Example.", True),
        ("spam@bad.example", '"spam"@bad.example', True),
        ("spam@bad.example", "spam@sub.bad.example", False),
        ("@bad.example", "x@bad.example", True),
        ("@bad.example", "x@sub.bad.example", False),
        ("@.bad.example", "x@bad.example", True),
        ("@.bad.example", "x@a.b.bad.example", True),
        ("@.bad.example", "x@verybad.example", False),
        ("@bücher.example", "x@XN--BCHER-KVA.example", True),
        ("@xn--bcher-kva.example", "x@bücher.example", True),
        ("@[192.0.2.1]", "x@[192.0.2.1]", True),
        ("keyword:casino", "best.CASINO.win@x.example", True),
        ("keyword:casino", "x@casino-win.example", True),
        ("keyword:xn--bcher", "x@bücher.example", True),
        ("keyword:büch", "x@xn--bcher-kva.example", True),
        ("keyword:a.c", "abc@x.example", False),
        ("bounce-*@*.bad.example", "bounce-7@m.bad.example", True),
        ("bounce-*@*.bad.example", "bounce-7@bad.example", False),
        ("bounce-*@*.bad.example", "xbounce-7@m.bad.example", False),
        ("bounce-*@*.bad.example", "bounce-7@m.bad.example.org", False),
        ("?@bad.example", "ä@bad.example", True),
        ("?@bad.example", "ab@bad.example", False),
        ("/^promo[0-9]+@/", "Promo12@x.example", True),
        ("/^PROMO/", "promo12@x.example", True),
        ("/^promo[0-9]+@/", "xpromo12@x.example", False),
        ('"a*b"@bad.example', "a*b@bad.example", True),
        ('"a*b"@bad.example', "axb@bad.example", False),
    ],
)
def test_each_kind_matches_what_it_says(pattern: str, sender: str, matches: bool) -> None:
    verdict = judge(rules(f"deny me@own.example {pattern}"), sender)
    assert told(verdict) == (f"refuse entry deny me@own.example {pattern}" if matches else "accept none")


@pytest.mark.parametrize(
    "sender",
    [
        "SRS0=HHH=TT=bad.example=spam@fwd.example",
        "SRS1=HHH=f.example==GGG=TT=bad.example=spam@third.example",
        "prvs=0123456789=spam@bad.example",
        "SRS0=HHH=TT=bad.example=prvs=0123456789=spam@fwd.example",
    ],
)
@pytest.mark.parametrize("pattern", ["spam@bad.example", "@bad.example", "@.bad.example", "/^spam@bad/", "spam@b*"])
def test_a_wrapped_sender_is_caught_where_its_original_is(sender: str, pattern: str) -> None:
    assert judge(rules(f"deny * {pattern}"), sender).verdict == "refuse"


def test_the_wrapping_domain_is_matched_too() -> None:
    assert judge(rules("deny * @fwd.example"), "SRS0=H=T=bad.example=spam@fwd.example").verdict == "refuse"


def test_verp_never_hides_or_shows_the_recipients_own_address() -> None:
    ruleset = rules("deny * keyword:own.example", "deny * list-*@news.example")
    assert told(judge(ruleset, "b-me=own.example@lists.example")) == "accept none"
    assert judge(ruleset, "b-me=own.example@lists.example", "me+tag@own.example").verdict == "accept"
    assert judge(ruleset, "list-me=own.example@news.example").verdict == "refuse"
    assert judge(ruleset, "x@own.example.bad").verdict == "refuse"


def test_the_narrowest_scope_that_has_a_match_decides() -> None:
    lines = [
        "allow me+shop@own.example @bad.example",
        "deny me@own.example @bad.example",
        "allow @own.example @bad.example",
        "deny * @bad.example",
    ]
    accounts = (ME, AccountRule("me+shop@own.example"))
    recipients = ["me+shop@own.example", "me@own.example", "other@own.example", "x@second.example"]
    verdicts = [judge(rules(*lines, accounts=accounts), "x@bad.example", name).verdict for name in recipients]
    assert verdicts == ["accept", "refuse", "accept", "refuse"]
    without = rules(*lines[1:], accounts=accounts)
    assert judge(without, "x@bad.example", "me+shop@own.example").verdict == "refuse"
    assert judge(without, "x@bad.example", "me+else@own.example").account == "me@own.example"


@pytest.mark.parametrize("recipient", ["alias@own.example", "ALIAS+x@own.example", "old@second.example"])
def test_an_alias_means_its_account(recipient: str) -> None:
    verdict = judge(rules("deny me@own.example @bad.example"), "x@bad.example", recipient)
    assert (verdict.verdict, verdict.account) == ("refuse", "me@own.example")
    verdict = judge(rules("deny alias@own.example @bad.example"), "x@bad.example", "me@own.example")
    assert verdict.verdict == "refuse"


def test_several_delimiters() -> None:
    ruleset = rules("deny me@own.example @bad.example", delimiter="+-")
    assert judge(ruleset, "x@bad.example", "me-a+b@own.example").verdict == "refuse"
    assert judge(ruleset, "x@bad.example", "me=a@own.example").verdict == "accept"


@pytest.mark.parametrize(
    "recipient", ["me-request@own.example", "me-a-request@own.example", "alias-request@own.example"]
)
def test_whom_an_account_denies_does_not_get_in_by_the_name_of_a_list(recipient: str) -> None:
    """qmail delivers that to the account, Postfix does not by itself: her mode is not that of a list."""
    closed = AccountRule("me@own.example", aliases=ME.aliases, mode="closed")
    ruleset = rules("deny me@own.example @bad.example", accounts=(closed,), delimiter="-")
    assert judge(ruleset, "x@bad.example", recipient).verdict == "refuse"
    assert judge(ruleset, "x@good.example", recipient).verdict == "accept"
    assert judge(ruleset, "x@good.example", "me-a@own.example").verdict == "refuse"


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        ("a@s.bad.example", "@s.bad.example"),
        ("@s.bad.example", "@.bad.example"),
        ("@.bad.example", "keyword:bad"),
        ("@.bad.example", "a@*"),
        ("@.bad.example", "/bad/"),
    ],
)
@pytest.mark.parametrize("lists", [("deny", "allow"), ("allow", "deny")])
def test_within_a_scope_the_rank_decides(winner: str, loser: str, lists: tuple[str, str]) -> None:
    verdict = judge(rules(f"{lists[0]} * {winner}", f"{lists[1]} * {loser}"), "a@s.bad.example")
    assert verdict.entry is not None
    assert (verdict.entry.list, verdict.entry.pattern) == (lists[0], winner)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("keyword:bad", "/bad/"),
        ("keyword:bad", "*bad*"),
        ("/a@/", "a@*"),
        ("@.bad.example", "@.s.bad.example"),
        ("@bad.example", "@bad.example"),
    ],
)
def test_at_equal_rank_allow_beats_deny(one: str, other: str) -> None:
    for first, second in ((one, other), (other, one)):
        sender = "a@bad.example" if one == other else "a@s.bad.example"
        assert judge(rules(f"deny * {first}", f"allow * {second}"), sender).verdict == "accept"


@pytest.mark.parametrize("recipient", ["postmaster", "POSTMASTER@own.example", "abuse@own.example"])
def test_postmaster_and_abuse_get_their_mail(recipient: str) -> None:
    closed = AccountRule("abuse@own.example", mode="closed")
    ruleset = rules("deny * @bad.example", accounts=(ME, closed), listed=["own.example"])
    assert told(judge(ruleset, "x@bad.example", recipient)) == "accept exempt"


def test_listed_domains_know_only_what_was_made() -> None:
    ruleset = rules(listed=["OWN.example."])
    assert judge(ruleset, "x@y.example", "nobody@own.example") == Verdict("refuse", "unlisted")
    assert judge(ruleset, "", "nobody@own.example") == Verdict("refuse", "unlisted")
    for known in ("me@own.example", "me+tag@own.example", "alias@own.example", "nobody@second.example"):
        assert judge(ruleset, "x@y.example", known).verdict == "accept"


def test_the_null_sender() -> None:
    everything = "deny * /^.?@/"
    assert told(judge(rules(everything), "<>")) == "accept exempt"
    allow = AccountRule("me@own.example", mode="allow")
    assert judge(rules(accounts=(allow,)), "").verdict == "accept"
    for deaf in (AccountRule("me@own.example", refuse_bounces=True), AccountRule("me@own.example", mode="closed")):
        assert told(judge(rules(accounts=(deaf,)), "")) == "refuse mode"
    assert (
        judge(rules(accounts=(AccountRule("me@own.example", refuse_bounces=True),)), "x@y.example").verdict == "accept"
    )


def test_closed_refuses_the_allowed_too() -> None:
    ruleset = rules("allow me@own.example x@y.example", accounts=(AccountRule("me@own.example", mode="closed"),))
    assert told(judge(ruleset, "x@y.example")) == "refuse mode"


def test_the_mode_is_that_of_the_nearest_account() -> None:
    accounts = (AccountRule("me@own.example", mode="closed"), AccountRule("me+open@own.example"))
    ruleset = rules(accounts=accounts)
    assert judge(ruleset, "x@y.example", "me+open@own.example").verdict == "accept"
    assert judge(ruleset, "x@y.example", "me+any@own.example").verdict == "refuse"


def test_allow_mode() -> None:
    ruleset = rules("allow me@own.example @good.example", accounts=(AccountRule("me@own.example", mode="allow"),))
    assert told(judge(ruleset, "x@good.example")) == "accept entry allow me@own.example @good.example"
    assert told(judge(ruleset, "x@other.example")) == "refuse mode"
    assert told(judge(ruleset, "x@other.example", "you@own.example")) == "accept none"


def test_watch_lets_in_and_tells() -> None:
    watched = AccountRule("me@own.example", mode="allow", watch=True, refuse_bounces=True)
    ruleset = rules("deny * @bad.example", "allow * @good.example", accounts=(watched,))
    denied = judge(ruleset, "x@bad.example")
    assert (denied.verdict, denied.because, denied.would) == ("accept", "watch", "refuse")
    assert denied.entry is not None
    assert judge(ruleset, "x@other.example") == Verdict("accept", "watch", "me@own.example", None, "refuse")
    assert judge(ruleset, "").would == "refuse"
    assert judge(ruleset, "x@good.example").would is None
    closed = rules(accounts=(AccountRule("me@own.example", mode="closed", watch=True),))
    assert told(judge(closed, "x@y.example")) == "accept watch"


@pytest.mark.parametrize(
    ("recipient", "own"),
    [
        ("me@own.example", True),
        ("anyone@OWN.example.", True),
        ("postmaster", True),
        ("someone", False),
        ("", False),
        ("x@other.example", False),
        ("x@sub.own.example", False),
        ("z%other.example@own.example", False),
        ("other.example!z@own.example", False),
        ('"z@other.example"@own.example', False),
        ("z@other.example@own.example", False),
        ("@own.example:x@other.example", False),
        ("odd%name@own.example", True),
        ("odd%name+tag@own.example", False),
    ],
)
def test_own_recipients(recipient: str, own: bool) -> None:
    ruleset = rules(accounts=(ME, AccountRule("odd%name@own.example")))
    assert ruleset.owns(address.from_wire(recipient)) is own


def test_too_many_patterns_are_one_clear_error() -> None:
    with pytest.raises(RulesetError, match="5001 keywords, globs and regexes, 5000 are allowed"):
        rules(*(f"deny * keyword:w{n}x" for n in range(5001)))
    assert judge(rules(*(f"deny * keyword:w{n}x" for n in range(5000))), "w4999x@y.example").verdict == "refuse"


def test_too_large_patterns_are_one_clear_error() -> None:
    with pytest.raises(RulesetError, match="too large together"):
        rules(*(f"deny me@own.example /q{n}.{{90}}/" for n in range(1000)))


def test_an_entry_that_no_longer_parses_is_told_and_harms_nothing() -> None:
    ruleset = rules("deny * nonsense", "deny * @bad.example", "deny * /(?=x)/")
    assert [rule.pattern for rule in ruleset.unreadable] == ["nonsense", "/(?=x)/"]
    assert judge(ruleset, "x@bad.example").verdict == "refuse"


def test_sets_are_taken_over_and_never_wrongly() -> None:
    words = [EntryRule(number, "*", "deny", f"keyword:w{number}x") for number in range(100)]
    new = EntryRule(100, "*", "deny", "keyword:new")
    first = rules().changed((), words)
    second = first.changed(words[:1], [new])
    third = second.changed([new], [EntryRule(101, "*", "allow", "keyword:new")])
    fourth = third.changed([*words[1:], EntryRule(101, "*", "allow", "keyword:new")], words[:1])
    assert [judge(each, "w0x@y.example").verdict for each in (first, second, third, fourth)] == [
        "refuse", "accept", "accept", "refuse",
    ]  # fmt: skip
    assert [judge(each, "a-new@y.example").verdict for each in (first, second, third, fourth)] == [
        "accept", "refuse", "accept", "accept",
    ]  # fmt: skip
    assert judge(fourth.changed(words[:1], ()), "w0x@y.example").verdict == "accept"


def test_a_change_that_cannot_be_compiled_changes_nothing() -> None:
    before = rules(*(f"deny * keyword:w{n}x" for n in range(5000)))
    with pytest.raises(RulesetError):
        before.changed((), [EntryRule(5001, "*", "deny", "keyword:more")])
    assert judge(before, "w4999x@y.example").verdict == "refuse"
    swapped = before.changed([EntryRule(1, "*", "deny", "keyword:w0x")], [EntryRule(5001, "*", "deny", "keyword:more")])
    assert [judge(swapped, f"{word}@y.example").verdict for word in ("w0x", "more")] == ["accept", "refuse"]


@pytest.mark.parametrize("recipient", ["nobody@own.example", "nobody+me@own.example"])
def test_no_list_makes_an_address_exist_in_a_listed_domain(recipient: str) -> None:
    lines = ["allow @own.example x@y.example", "allow * x@y.example", f"allow {recipient} x@y.example"]
    ruleset = rules(*lines, "deny @own.example @bad.example", listed=["own.example"])
    assert judge(ruleset, "x@y.example", recipient) == Verdict("refuse", "unlisted")
    assert told(judge(ruleset, "x@bad.example", "alias+x@own.example")) == "refuse entry deny @own.example @bad.example"
    assert judge(ruleset, "x@bad.example", "old@second.example").verdict == "accept"


@pytest.mark.parametrize(
    ("written", "scope"),
    [
        (" * ", "*"),
        ("@Own.Example.", "@own.example"),
        ("@xn--bcher-kva.example", "@bücher.example"),
        ("ME@Own.Example", "me@own.example"),
        ("<me+tag@own.example>", "me+tag@own.example"),
        ("@localhost", "@localhost"),
    ],
)
def test_scopes(written: str, scope: str) -> None:
    assert parse_scope(written) == scope == parse_scope(scope)


@pytest.mark.parametrize(
    "written", ["", "me", "own.example", "postmaster", "@", "@.own.example", "<>", "a b@c.example"]
)
def test_what_is_no_scope(written: str) -> None:
    with pytest.raises(ScopeError) as caught:
        parse_scope(written)
    assert str(caught.value)
