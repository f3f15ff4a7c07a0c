"""The rules against a model that could not be plainer, however they came to be what they are: at once or step by step,
in memory or still in the store."""

import random
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.rules import address, plain
from gate.rules import pattern as patterns
from gate.rules.address import Address
from gate.rules.compact import Compact
from gate.rules.entry import EntryRule, Held, weight
from gate.rules.kinds import Kind, PatternError
from gate.rules.matcher import nothing
from gate.rules.plain import Lent, Plain, number
from gate.rules.ruleset import AccountRule, Ruleset, Verdict, compile_ruleset

ME, YOU = AccountRule("me@own.example", ("al@own.example", "old@second.example")), AccountRule("you@own.example")
TAGGED = AccountRule("me+t@own.example", mode="allow")
ACCOUNTS = (ME, YOU, TAGGED)
OWN = ("own.example", "second.example")

_LOCALS = ["a", "b", "anna", "promo12", "äön", "what?", "x y", "ab@c", "srs0=h=t=bad.example=a", "prvs=0123456789=b"]
_DOMAINS = ["bad.example", "s.bad.example", "t.s.bad.example", "bücher.example", "localhost", "[192.0.2.1]"]
SENDERS = st.builds(Address, st.sampled_from(_LOCALS), st.sampled_from(_DOMAINS))
RECIPIENTS = st.sampled_from(
    [
        "me@own.example",
        "me+t@own.example",
        "al+x@own.example",
        "old@second.example",
        "you@own.example",
        "no@own.example",
    ]
).map(address.parse)
PATTERNS = st.one_of(
    SENDERS.map(lambda sender: patterns.of_address(sender).text),
    st.sampled_from([f"@{name}" for name in _DOMAINS]),
    st.sampled_from([f"@.{name}" for name in _DOMAINS if "[" not in name]),
    st.sampled_from(["keyword:a", "keyword:b", "keyword:own", "a*@*", "*ch*", "/^promo[0-9]/", "/e$/"]),
    st.sampled_from(
        ["A@Bad.Example", "@XN--BCHER-KVA.example", "a@bücher.example.", "nonsense", "/(?=x)/", "@.1.2.3.4"]
    ),
)
SCOPES = st.one_of(
    st.just("me@own.example"),
    st.sampled_from(["al@own.example", "me+t@own.example", "you@own.example", "no@own.example", "@own.example", "*"]),
)


def entries_of(draw: st.DrawFn, count: int, *, first: int = 1) -> list[EntryRule]:
    """As a store holds them: a text stands once in a scope."""
    found: dict[tuple[str, str], EntryRule] = {}
    for place in range(count):
        scope, text = draw(SCOPES), draw(PATTERNS)
        found[scope, text] = EntryRule(first + place, scope, draw(st.sampled_from(["deny", "allow"])), text)
    return list(found.values())


@st.composite
def lists(draw: st.DrawFn) -> list[EntryRule]:
    return entries_of(draw, draw(st.integers(0, 25)), first=1_000)


# ---------------------------------------------------------------- the model


def _model(entries: Sequence[EntryRule], sender: Address, recipient: Address) -> Verdict:
    """Every entry is held against the sender, one after the other."""
    by_name = {rule.address: rule for rule in ACCOUNTS} | dict.fromkeys(ME.aliases, ME)
    names = [recipient.text, address.without_tag(recipient, "+").text]
    chain: list[str] = []
    for name in names:
        chain.append(by_name[name].address if name in by_name else name)
    nearest = next((by_name[name] for name in chain if name in by_name), None)
    if nearest is TAGGED:
        chain.append(ME.address)
    verdict = None
    for place in [*dict.fromkeys(chain), f"@{recipient.domain}", "*"]:
        meant = [
            each for each in entries if (by_name[each.scope].address if each.scope in by_name else each.scope) == place
        ]
        verdict = verdict or _decided(meant, sender, recipient)
    account = nearest.address if nearest else None
    if verdict is not None:
        return Verdict("accept" if verdict.list == "allow" else "refuse", "entry", account, verdict)
    if nearest is not None and nearest.mode == "allow":
        return Verdict("refuse", "mode", account)
    return Verdict("accept", "none", account)


def _decided(entries: Iterable[EntryRule], sender: Address, recipient: Address) -> EntryRule | None:
    matching = []
    for entry in entries:
        try:
            pattern = patterns.read(entry.pattern)
        except PatternError:
            if not plain.is_plain(entry.pattern):
                continue
            pattern = patterns.Pattern(Kind.SUBDOMAINS, entry.pattern)
        for place, form in enumerate(address.matched_forms(sender)):
            covers = patterns._coverage(pattern)
            seen = form
            if pattern.kind in (Kind.KEYWORD, Kind.GLOB, Kind.REGEX):
                for name in (recipient, address.without_tag(recipient, "+")):
                    seen = address.without_recipient(seen, name) or seen
            if covers(seen):
                kinds = list(Kind)
                rank = min(kinds.index(pattern.kind), 3)
                order: tuple[object, ...] = (
                    (place, -pattern.value.count(".")) if rank < 3 else (kinds.index(pattern.kind),)
                )
                tie = pattern.text if rank == 3 else ""
                matching.append((rank, entry.list != "allow", *order, tie, entry.id, entry))
    return min(matching, key=lambda each: each[:-1])[-1] if matching else None  # type: ignore[return-value]


# ---------------------------------------------------------------- the laws


def compiled(entries: Iterable[EntryRule]) -> Ruleset:
    return compile_ruleset(ACCOUNTS, entries, own_domains=OWN)


@settings(max_examples=300)
@given(lists(), SENDERS, RECIPIENTS)
def test_the_rules_decide_as_the_model(entries: list[EntryRule], sender: Address, recipient: Address) -> None:
    assert compiled(entries).judge(sender, recipient) == _model(entries, sender, recipient)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[list[EntryRule], list[EntryRule]]]:
    """What went and what came, change by change, as a store would let it."""
    there: dict[tuple[str, str], EntryRule] = {}
    steps = []
    for step in range(draw(st.integers(1, 5))):
        gone = [entry for entry in there.values() if draw(st.integers(0, 2)) == 0]
        for entry in gone:
            del there[entry.scope, entry.pattern]
        come = [
            entry
            for entry in entries_of(draw, draw(st.integers(0, 6)), first=step * 10 + 1)
            if (entry.scope, entry.pattern) not in there
        ]
        there.update({(entry.scope, entry.pattern): entry for entry in come})
        steps.append((gone, come))
    return steps


def left(steps: Sequence[tuple[list[EntryRule], list[EntryRule]]]) -> list[EntryRule]:
    there: list[EntryRule] = []
    for gone, come in steps:
        there = [*(entry for entry in there if entry not in gone), *come]
    return there


@pytest.fixture(params=[0, 2, 256], ids=lambda limit: f"folded at {limit}")
def folding(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "_over", lambda base: request.param)


@pytest.mark.usefixtures("folding")
@settings(max_examples=100)
@given(steps=histories(), sender=SENDERS, recipient=RECIPIENTS)
def test_step_by_step_is_from_scratch(
    steps: list[tuple[list[EntryRule], list[EntryRule]]], sender: Address, recipient: Address
) -> None:
    rules, before = compiled(()), []
    for gone, come in steps:
        before.append((rules, rules.judge(sender, recipient)))
        rules = rules.changed(gone, come)
    assert rules.judge(sender, recipient) == _model(left(steps), sender, recipient)
    assert compiled(left(steps)).judge(sender, recipient) == _model(left(steps), sender, recipient)
    assert sorted(rules.unreadable, key=str) == sorted(compiled(left(steps)).unreadable, key=str)
    for older, verdict in before:
        assert older.judge(sender, recipient) == verdict, "rules in force were changed"
    assert rules.changed(left(steps), ()).judge(sender, recipient) == compiled(()).judge(sender, recipient)


@settings(max_examples=200)
@given(lists(), histories(), SENDERS, RECIPIENTS)
def test_what_is_still_in_the_store_is_found_there(
    stored: list[EntryRule],
    steps: list[tuple[list[EntryRule], list[EntryRule]]],
    sender: Address,
    recipient: Address,
) -> None:
    """While the table is made, and changes arrive meanwhile. In a store all texts are canonical."""
    stored = [each for each in stored if _canonical(each)]
    by_text = {(each.scope, each.pattern): number(each.id, each.list) for each in stored}

    def lent(scope: str) -> Plain:
        return Plain(scope, Lent(lambda text: by_text.get((scope, text), 0)), Held(), above=True)

    scopes = {each.scope for each in stored}
    looked_up = [
        each for each in stored if patterns.read(each.pattern).kind not in (Kind.KEYWORD, Kind.GLOB, Kind.REGEX)
    ]
    rules = compiled([each for each in stored if each not in looked_up])
    rules = rules.moved({scope: nothing(scope).on(lent(scope), ()) for scope in scopes})
    now = stored
    for wanted, come in [([], []), *steps]:
        instead = {(each.scope, each.pattern) for each in come}
        gone = [each for each in now if each in wanted or (each.scope, each.pattern) in instead]
        rules = rules.changed(gone, come)
        now = [*(each for each in now if each not in gone), *come]
        assert rules.judge(sender, recipient) == compiled(now).judge(sender, recipient)


@pytest.mark.usefixtures("folding")
@given(st.permutations(["a@bad.example", "A@Bad.Example", "a@BAD.example."]), st.data())
def test_of_several_texts_of_one_pattern_those_left_decide(texts: list[str], data: st.DataObject) -> None:
    """A store of an older Irusu may hold such."""
    kinds = data.draw(st.lists(st.sampled_from(["deny", "allow"]), min_size=3, max_size=3))
    there = [EntryRule(place, "*", kind, text) for place, (kind, text) in enumerate(zip(kinds, texts, strict=True), 1)]
    rules = compiled(there)
    sender, recipient = address.parse("a@bad.example"), address.parse("you@own.example")
    for entry in data.draw(st.permutations(there)):
        assert rules.judge(sender, recipient).entry == min(there, key=weight)
        there = [each for each in there if each != entry]
        rules = rules.changed([entry], ())
    assert rules.judge(sender, recipient).entry is None


def _canonical(entry: EntryRule) -> bool:
    try:
        return patterns.read(entry.pattern).text == entry.pattern
    except PatternError:
        return False


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 2**40)), max_size=120), st.randoms(use_true_random=False))
def test_a_table_is_a_dictionary(steps: list[tuple[int, int]], chance: random.Random) -> None:
    table, model = Compact(), dict[str, int]()
    for name, some in steps:
        key, value = f"k{name}", some if chance.random() < 0.7 else 0
        if chance.random() < 0.1:
            older, copy = table, dict(model)
            table = table.lean() if chance.random() < 0.5 else table.copy()
            table.put("another", 1)
            assert [older.get(f"k{n}") for n in range(41)] == [copy.get(f"k{n}", 0) for n in range(41)]
            table.put("another", 0)
        table.put(key, value)
        model[key] = value
    model = {key: value for key, value in model.items() if value}
    assert [table.get(f"k{n}") for n in range(41)] == [model.get(f"k{n}", 0) for n in range(41)]
    assert len(table) == len(model)
