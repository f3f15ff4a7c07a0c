"""What is known of unknown users: what is believed, which recipients get a live decoy, what the owner is told."""

import pytest

from gate.backend import unknown_users
from gate.backend.asking import UnknownUser
from gate.backend.reply import Reply
from gate.backend.unknown_users import ONLY_TEMPORARY, UnknownUsers
from gate.backend.wording import Wording

PROBE = b"Nx7q@a.test"


def said(line: bytes, domain: str = "a.test") -> UnknownUser:
    return UnknownUser(domain, Wording(Reply.of(line), PROBE))


STRICT, LATER, ALL = said(b"550 5.1.1 <Nx7q@a.test>: no"), said(b"450 4.2.0 later"), said(b"250 2.1.5 Ok")


def known(**answers: UnknownUser | None) -> UnknownUsers:
    found = UnknownUsers(lambda: {"listed.test"})
    found.heard({f"{name}.test": answer for name, answer in answers.items()})
    return found


def codes(users: UnknownUsers) -> list[tuple[str, object]]:
    return [(each.code, each.params["domain"]) for each in users.warnings()]


def test_a_refusal_is_live_but_where_no_decoy_can_be_asked() -> None:
    users = known(a=STRICT, all=ALL, listed=STRICT)
    assert users.refusal("a.test", b"Max@a.test") is None
    told = b"550 5.1.1 <%b>: no\r\n"
    assert users.refusal("ALL.test", b"Max@all.test") == told % b"Max@all.test"
    assert users.refusal("listed.test", b"@x.test:max@listed.test") == told % b"max@listed.test"
    assert known(all=ALL).refusal("all.test", b"max@all.test") == (
        b"550 5.1.1 <max@all.test>: Recipient address rejected: User unknown\r\n"
    )


def test_a_moments_trouble_says_nothing_new() -> None:
    users = known(a=STRICT)
    for answer in (LATER, None):
        users.heard({"a.test": answer})
        assert users.answers["a.test"] == STRICT
    users.heard({"a.test": ALL})
    assert users.catch_all("A.test") and users.learnt is None
    users.heard({})
    assert not users.answers and not users.catch_all("a.test")


def test_a_decoy_that_was_accepted_is_no_longer_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unknown_users, "ALONE_LIMIT", 2)
    users = known(a=STRICT)
    for name in (b"first", b"second", b"third"):
        users.decoy_accepted(name + b"@a.test")
    live = [users.refusal("a.test", name + b"@A.TEST") is None for name in (b"First", b"Second", b"Third")]
    assert live == [True, False, False]  # the oldest is forgotten


def test_what_the_owner_is_told() -> None:
    users = known(a=STRICT, all=ALL, later=LATER, silent=None, listed=ALL)
    expected = [("backend.catch_all", "all.test"), ("backend.only_temporary", "later.test")]
    assert codes(users) == [*expected, ("backend.no_answer", "silent.test")]
    assert users.strict() == ["a.test", "a.test"]  # as the names that were asked of
    for _ in range(ONLY_TEMPORARY):
        users.decoy_replied("A.test", 451)
    assert ("backend.only_temporary", "a.test") in codes(users)
    users.decoy_replied("a.test", 550)
    assert ("backend.only_temporary", "a.test") not in codes(users)


def test_recipients_of_others_leave_no_trace() -> None:
    users = known(a=STRICT)
    for number in range(10):
        users.decoy_replied(f"other{number}.test", 0)
    assert users._replies == {}
