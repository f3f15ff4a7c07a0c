"""However a path is spelled: what the front lets through is judged as the mailbox that it names."""

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from gate.guard import Guard
from gate.rules import address
from gate.rules.path import PATH_LIMIT, locate, quote_local
from gate.rules.ruleset import AccountRule, EntryRule, compile_ruleset
from gate.smtp.commands import Command, parse

SENDER, OWNER = "spam@bad.example", "user2@own.example"

_LABELS = st.one_of(
    st.sampled_from(
        ["a", "r1", "relay", "x" * 63, "y" * 70, "-", "_", "xn--", "xn--a", "bücher", "日本", "\u200b", "\u202e"]
    ),
    st.text(st.characters(min_codepoint=0x80, exclude_categories=["Cs"]), min_size=1, max_size=3),
)
_HOPS = st.one_of(
    st.lists(_LABELS, min_size=1, max_size=4).map(".".join),
    st.sampled_from(["[a:b]", "[IPv6:::1]", "[127.0.0.1]", "[::]", "a.", "[:a.b:]"]),
)
ROUTES = st.lists(_HOPS, max_size=8).map(lambda hops: ",".join(f"@{hop}" for hop in hops) + ":" if hops else "")
_ODD = st.text(st.sampled_from("ab.+=%!@:,;<>()[] \\\"'éß\u00a0\u3000\ufb01\u200d日#"), min_size=1, max_size=12)


@st.composite
def spellings(draw: st.DrawFn, mailbox: str) -> str:
    """Another way to write a mailbox: route, quotes, escapes, case, a dot at the end."""
    local, _, domain = mailbox.rpartition("@")
    local = "".join(char.upper() if draw(st.booleans()) and len(char.upper()) == 1 else char for char in local)
    if '"' in local or draw(st.booleans()):
        escaped = (
            f"\\{char}" if char in '"\\' or (char.isascii() and draw(st.integers(0, 3)) == 0) else char
            for char in local
        )
        local = f'"{"".join(escaped)}"'
    domain = draw(st.sampled_from([domain, domain.upper(), domain + ".", domain.title()]))
    route: str = draw(ROUTES)
    return f"{route}{local}@{domain}"


def accepted(path: str) -> Command | None:
    found = parse(f"MAIL FROM:<{path}>".encode(), utf8=True)
    return found if isinstance(found, Command) else None


def guard_with(sender: str) -> Guard:
    guard = Guard()
    entries = [EntryRule(1, OWNER, "deny", sender)]
    guard.load(compile_ruleset([AccountRule(OWNER)], entries, own_domains=["own.example"]))
    return guard


GUARD = guard_with(SENDER)
LONG = "@" + ".".join(["a" * 60] * 8)


@given(spellings(SENDER), spellings(OWNER))
@example(f"{LONG}.aaaaaaaaaaaaaaa:{SENDER}", OWNER)
@example(f"@\u200b:{SENDER}", OWNER)
@example(f"@x\u202e.y:{SENDER}", f"@[a:b]:{OWNER}")
@example(f"{LONG}:{SENDER}", '@r:"user2"@own.example')
def test_no_spelling_frees_a_denied_sender(sender: str, recipient: str) -> None:
    verdict = GUARD.judge(sender, recipient)
    assert (verdict.verdict, verdict.because, verdict.account) == ("refuse", "entry", OWNER)


@given(spellings(SENDER), spellings(OWNER))
def test_what_the_front_takes_is_short_and_shows_what_it_is(sender: str, recipient: str) -> None:
    for path in (sender, recipient):
        if accepted(path):
            assert len(path.encode()) <= PATH_LIMIT
            assert not set(path) & set("\u200b\u202e")


@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(
    _ODD, st.sampled_from(["bad.example", "bücher.example", "[192.0.2.1]", "under_score", "xn--", "日本.jp"]), st.data()
)
def test_an_odd_mailbox_is_one_mailbox_in_every_spelling(local: str, domain: str, data: st.DataObject) -> None:
    plain = f"{quote_local(local)}@{domain}"
    spelled = data.draw(spellings(f"{local}@{domain}"))
    assume(accepted(plain) and accepted(spelled))
    assert address.from_wire(spelled) == address.from_wire(plain)
    assert GUARD.judge(spelled, OWNER) == GUARD.judge(plain, OWNER)


@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(ROUTES, _ODD, st.booleans(), st.sampled_from(["bad.example", "[IPv6:a:b]", "日本.jp."]))
def test_where_the_local_part_stands(route: str, local: str, quoted: bool, domain: str) -> None:
    written = '"' + local.replace("\\", "\\\\").replace('"', '\\"') + '"' if quoted else local
    path = f"{route}{written}@{domain}"
    assume((quoted or '"' not in local) and accepted(path))
    start, end, found = locate(path)
    assert (path[start - found : end + found], found) == (written, quoted)
    in_bytes = path.encode()
    start, end, found = locate(in_bytes.decode("latin-1"))
    assert in_bytes[start - found : end + found] == written.encode()


_PLAIN_ISH = st.text(st.sampled_from("aZ0.+=%!/?*_-@ <>x"), max_size=70)


@settings(max_examples=400)
@given(
    st.one_of(
        spellings(SENDER),
        _PLAIN_ISH,
        st.builds(lambda local, domain: f"{local}@{domain}", _PLAIN_ISH, st.one_of(_HOPS, _PLAIN_ISH)),
        st.builds(lambda local, labels: f"{local}@{'.'.join(labels)}", _ODD, st.lists(_LABELS, min_size=1, max_size=3)),
    )
)
@example(f"a@{'x' * 63}")
@example("a@xn--bcher-kva.example")
@example("a@b\n")
@example(" a@b ")
def test_the_short_cut_reads_what_the_long_way_reads(text: str) -> None:
    assert address.from_wire(text) == address.from_odd_wire(text)


@given(st.one_of(st.text(max_size=20), st.text(st.sampled_from('@."<>:\\() '), max_size=6)))
@example("@.")
@example('""@.')
def test_only_nothing_is_the_null_sender(text: str) -> None:
    assert address.from_wire(text) != address.NULL or text.strip() in {"", "<>"}


def test_a_wide_space_is_part_of_a_name() -> None:
    for spelled in ("\u00a0spam@bad.example", '"\u00a0spam"@bad.example', '@r:"\u00a0sp\\am"@bad.example'):
        assert address.from_wire(spelled) == address.Address("\u00a0spam", "bad.example")


@pytest.mark.parametrize("length", [PATH_LIMIT, PATH_LIMIT + 1])
def test_the_limit_is_one_for_front_and_rules(length: int) -> None:
    path = "a" * (length - len("@bad.example")) + "@bad.example"
    assert (accepted(path) is not None) == (length <= PATH_LIMIT)
    if length <= PATH_LIMIT:
        assert address.parse(path).domain == "bad.example"
    else:
        with pytest.raises(address.AddressError, match=str(PATH_LIMIT)):
            address.parse(path)
