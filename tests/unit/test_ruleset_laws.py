"""Laws of the decision, over rules and senders made at random."""

import random
import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gate.rules import address
from gate.rules.address import Address
from gate.rules.domain import fold
from gate.rules.ruleset import AccountRule, EntryRule, Ruleset, Verdict, compile_ruleset
from gate.rules.scope import EVERYONE

_LOCALS = ["a", "anna", "news-7", "promo12", "äön", "bounce-me=own.example"]
_DOMAINS = ["bad.example", "s.bad.example", "bücher.example", "localhost", "own.example"]
_SENDERS = st.builds(Address, st.sampled_from(_LOCALS), st.sampled_from(_DOMAINS))
_RECIPIENTS = st.sampled_from(
    [address.parse(text) for text in ("me@own.example", "me+t@own.example", "you@own.example", "al@own.example")]
)
_ADDRESSES = _SENDERS.map(lambda sender: sender.text)
_BY_RANK = [
    _ADDRESSES,
    st.sampled_from(_DOMAINS).map(lambda name: f"@{name}"),
    st.sampled_from(_DOMAINS).map(lambda name: f"@.{name}"),
    st.sampled_from(["keyword:a", "keyword:bad", "keyword:own", "news-*@*", "*ch*", "/^promo[0-9]/", "/a.*m/", "/e$/"]),
]
_PATTERNS = st.one_of(*_BY_RANK)
_LISTS = st.sampled_from(["deny", "allow"])
_SCOPES = ["me+t@own.example", "me@own.example", "you@own.example", "@own.example", EVERYONE]
_ENTRIES = st.lists(st.builds(EntryRule, st.just(0), st.sampled_from(_SCOPES), _LISTS, _PATTERNS), max_size=12).map(
    lambda entries: [replace(entry, id=number) for number, entry in enumerate(entries, 1)]
)
_MODES = st.sampled_from(["deny", "allow", "closed"])
_ACCOUNTS = st.tuples(
    st.builds(AccountRule, st.just("me@own.example"), st.just(("al@own.example",)), _MODES, st.booleans()),
    st.builds(AccountRule, st.just("me+t@own.example"), st.just(()), _MODES),
    st.builds(AccountRule, st.just("you@own.example"), st.just(()), _MODES),
)


def compiled(accounts: tuple[AccountRule, ...], entries: list[EntryRule]) -> Ruleset:
    return compile_ruleset(accounts, entries, own_domains=["own.example"])


def upper(text: str) -> str:
    return "".join(char.upper() if len(char.upper()) == 1 else char for char in text)


@given(_ACCOUNTS, _ENTRIES, _SENDERS, _RECIPIENTS)
def test_case_never_matters(
    accounts: tuple[AccountRule, ...], entries: list[EntryRule], sender: Address, recipient: Address
) -> None:
    shouted = [
        entry if entry.pattern.startswith("/") else replace(entry, pattern=upper(entry.pattern)) for entry in entries
    ]
    one = compiled(accounts, entries).judge(sender, recipient)
    other = compiled(accounts, shouted).judge(
        address.from_wire(upper(sender.text)), address.from_wire(upper(recipient.text))
    )
    assert (one.verdict, one.because, one.would, one.account) == (
        other.verdict, other.because, other.would, other.account,
    )  # fmt: skip
    assert (one.entry and one.entry.id) == (other.entry and other.entry.id)


@given(_ACCOUNTS, _ENTRIES, _SENDERS, _RECIPIENTS)
def test_an_a_label_is_its_u_label(
    accounts: tuple[AccountRule, ...], entries: list[EntryRule], sender: Address, recipient: Address
) -> None:
    rules = compiled(accounts, entries)
    assert rules.judge(address.from_wire(sender.ascii), recipient) == rules.judge(sender, recipient)
    spelled = [replace(entry, pattern=entry.pattern.replace("bücher", "xn--bcher-kva")) for entry in entries]
    other = compiled(accounts, spelled).judge(sender, recipient)
    assert other.verdict == rules.judge(sender, recipient).verdict


@given(_ACCOUNTS, _ENTRIES, _SENDERS, _RECIPIENTS, st.randoms(use_true_random=False))
def test_the_order_of_entries_never_matters(
    accounts: tuple[AccountRule, ...],
    entries: list[EntryRule],
    sender: Address,
    recipient: Address,
    shuffler: random.Random,
) -> None:
    shuffled = list(entries)
    shuffler.shuffle(shuffled)
    expected = compiled(accounts, entries).judge(sender, recipient)
    assert compiled(accounts[::-1], shuffled).judge(sender, recipient) == expected


@given(_ENTRIES, _SENDERS, st.sampled_from([0, 1]), _LISTS)
def test_a_narrower_scope_wins(entries: list[EntryRule], sender: Address, narrow: int, name: str) -> None:
    accounts = (AccountRule("me@own.example"), AccountRule("me+t@own.example"), AccountRule("you@own.example"))
    wider = [entry for entry in entries if entry.scope in _SCOPES[narrow + 1 :]]
    deciding = EntryRule(99, _SCOPES[narrow], name, "/./")
    verdict = compiled(accounts, [*wider, deciding]).judge(sender, address.parse(_SCOPES[narrow]))
    assert verdict.entry == deciding


@given(_SENDERS, st.data())
def test_within_a_scope_the_rank_decides_and_at_equal_rank_allow(sender: Address, data: st.DataObject) -> None:
    entries = []
    for rank, patterns in enumerate(_BY_RANK):
        for pattern in data.draw(st.lists(patterns, max_size=3)):
            entries.append((rank, EntryRule(len(entries) + 1, EVERYONE, data.draw(_LISTS), pattern)))
    recipient = address.parse("me@own.example")
    matching = [
        (rank, entry.list != "allow", entry)
        for rank, entry in entries
        if compiled((), [entry]).judge(sender, recipient).entry is not None
    ]
    verdict = compiled((), [entry for _, entry in entries]).judge(sender, recipient)
    if not matching:
        assert verdict == Verdict("accept", "none")
        return
    rank, denies, _ = min(matching, key=lambda each: each[:2])
    assert verdict.verdict == ("refuse" if denies else "accept")
    assert (rank, denies, verdict.entry) in matching


def _wrap(sender: Address, how: int) -> Address:
    if how == 0:
        return Address(f"srs0=hhh=tt={sender.domain}={sender.local}", "fwd.test")
    if how == 1:
        return Address(f"srs1=hhh=one.test==ggg=tt={sender.domain}={sender.local}", "fwd.test")
    return Address(f"prvs=0123456789={sender.local}", sender.domain)


@given(_ENTRIES, _SENDERS, _RECIPIENTS, st.lists(st.integers(0, 2), min_size=1, max_size=3))
def test_a_wrapped_sender_is_caught_where_its_original_is(
    entries: list[EntryRule], sender: Address, recipient: Address, wrappers: list[int]
) -> None:
    denying = [entry for entry in entries if entry.list == "deny"]
    accounts = (AccountRule("me@own.example", ("al@own.example",)),)
    rules = compiled(accounts, denying)
    wrapped = sender
    for how in wrappers:
        wrapped = _wrap(wrapped, how)
    assert wrapped != sender
    if rules.judge(sender, recipient).verdict == "refuse":
        assert rules.judge(wrapped, recipient).verdict == "refuse"


@given(_ACCOUNTS, _ENTRIES, _ENTRIES, _SENDERS)
def test_an_entry_for_one_account_never_touches_another(
    accounts: tuple[AccountRule, ...], entries: list[EntryRule], more: list[EntryRule], sender: Address
) -> None:
    you = address.parse("you@own.example")
    elsewhere = [entry for entry in more if entry.scope.startswith("me")]
    before = compiled(accounts, entries).judge(sender, you)
    assert compiled(accounts, [*entries, *elsewhere]).judge(sender, you) == before


@given(_ACCOUNTS, _ENTRIES, st.text(), st.text())
def test_judge_never_raises(
    accounts: tuple[AccountRule, ...], entries: list[EntryRule], sender: str, recipient: str
) -> None:
    rules = compiled(accounts, entries)
    rules.judge(address.from_wire(sender), address.from_wire(recipient))
    rules.judge(address.from_wire(sender), address.from_wire("me@own.example"))


_WIDE = [
    "strasse",
    "straße",
    "fish",
    "\ufb01sh",
    "boss",
    "bo\u1e9e",
    "i\u0307x",
    "\u0130x",
    "user2",
    "\uff55ser2",
    "äön",
]


@given(st.sampled_from(_WIDE), st.sampled_from(_WIDE), st.sampled_from(["", "+tag"]), st.booleans())
def test_a_name_that_a_server_may_fold_reaches_the_same_account(name: str, other: str, tag: str, alias: bool) -> None:
    """Postfix looks names up fully case-folded (RFC 6531 says nothing of it): `ﬁsh` is `fish` there."""

    def folded(text: str) -> str:
        return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())

    account = AccountRule("me@own.example", (f"{name}@own.example",)) if alias else AccountRule(f"{name}@own.example")
    entry = EntryRule(1, account.address, "deny", "spam@bad.example")
    rules = compile_ruleset([account, AccountRule("you@own.example")], [entry], own_domains=["own.example"])
    verdict = rules.judge(address.parse("spam@bad.example"), address.from_wire(f"{other}{tag}@own.example"))
    assert (verdict.entry == entry) == (folded(other) == folded(name))


@given(st.sampled_from(_WIDE), st.sampled_from(_WIDE))
def test_an_account_of_exactly_that_name_comes_first(name: str, other: str) -> None:
    accounts = [AccountRule(address.parse(f"{each}@own.example").text) for each in (name, other)]
    rules = compile_ruleset(accounts, [], own_domains=["own.example"])
    for each in (name, other):
        recipient = address.parse(f"{each}@own.example")
        assert rules.judge(address.NULL, recipient).account == recipient.text


@given(st.sampled_from(_WIDE))
def test_a_sender_is_also_matched_with_its_ligatures_opened(name: str) -> None:
    opened = fold(address.parse(f"{name}@bad.example").local.casefold())
    entry = EntryRule(1, EVERYONE, "deny", f"{opened}@bad.example")
    rules = compile_ruleset([], [entry], own_domains=["own.example"])
    assert rules.judge(address.parse(f"{name}@bad.example"), address.parse("me@own.example")).entry == entry


def test_a_hundred_thousand_entries() -> None:
    accounts = [AccountRule(f"user{number}@own.example") for number in range(1_000)]
    entries = [
        EntryRule(
            number, f"user{number % 1_000}@own.example", "deny", f"{'x' if number % 2 else ''}@bad{number}.example"
        )
        for number in range(100_000)
    ]
    rules = compile_ruleset(accounts, entries, own_domains=["own.example"])
    verdict = rules.judge(address.parse("x@bad99999.example"), address.parse("user999@own.example"))
    assert verdict.entry == entries[-1]
