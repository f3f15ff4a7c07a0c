"""How rows are told: times, settings, reasons."""

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtWidgets import QApplication

from app.models.reasons import reason
from app.models.words import (
    account_line,
    clock,
    counts,
    day_and_time,
    moment,
    short,
    since_days,
    source_words,
    verdict_word,
    why,
)
from gate.control.messages import Account, Decision, Entry, Mode

pytestmark = pytest.mark.usefixtures("qapp")
ANNA = "anna@example.org"


def iso(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def decided(**what: object) -> Decision:
    given = {"sender": "kate@friends.example", "recipient": ANNA, "account": ANNA, "because": "none", **what}
    return Decision(**{"time": "", "front": "smtp", "client": "", "helo": "", "verdict": "accept", **given})  # type: ignore[arg-type]


def test_times(qapp: QApplication) -> None:
    noon = datetime.now().astimezone().replace(hour=12, minute=5, second=9, microsecond=0)
    assert day_and_time(iso(noon)) == "Today 12:05"
    assert clock(iso(noon)) == "12:05"
    assert moment(iso(noon)) == "Today 12:05:09"
    yesterday = noon - timedelta(days=1)
    assert day_and_time(iso(yesterday)) == "Yesterday"
    assert moment(iso(yesterday)) == "Yesterday 12:05:09"
    assert day_and_time("2019-01-03T12:00:00Z") == "3 Jan 2019"
    assert day_and_time(None) == ""
    assert clock("no time\x07") == "no time\\x07"
    assert since_days(0) <= iso(noon) < since_days(-1)


@pytest.mark.parametrize(
    ("account", "line"),
    [
        (Account(address=ANNA), "No entries yet"),
        (Account(address=ANNA, denied=120, allowed=2), "120 denied, 2 allowed"),
        (Account(address=ANNA, mode="allow"), "No known senders yet"),
        (Account(address=ANNA, mode="allow", allowed=1), "Only 1 known sender"),
        (Account(address=ANNA, mode="allow", allowed=14, denied=3), "Only 14 known senders"),
        (Account(address=ANNA, mode="closed", denied=3), "Closed: nobody gets in"),
        (Account(address=ANNA, watch=True), "Watch only: all get in"),
        (Account(address=ANNA, denied=3, watch=True), "Watch only, all get in: 3 denied"),
        (Account(address=ANNA, mode="closed", watch=True), "Watch only, all get in: closed"),
    ],
)
def test_what_holds_for_an_account(account: Account, line: str) -> None:
    assert account_line(account) == line


def test_own_addresses_are_short_where_there_is_one_domain() -> None:
    assert short(ANNA, ["example.org"]) == "anna@"
    assert short(ANNA, ["example.org", "example.net"]) == ANNA
    assert short("kate@friends.example", ["example.org"]) == "kate@friends.example"
    assert short("a\u202eb@example.org", ["example.org"]) == "a\\u202eb@"
    assert counts(0, 2) == "2 allowed"


def test_where_entries_come_from() -> None:
    entry = {"id": 1, "scope": "*", "list": "deny", "pattern": "a@b.example", "kind": "address", "added": ""}
    assert source_words(Entry(**entry)) == "by hand"
    assert source_words(Entry(**entry, source="click")) == "one click"
    assert source_words(Entry(**entry, source="import", origin="junk.mbox")) == "junk.mbox"


@pytest.mark.parametrize(
    ("decision", "mode", "word", "short_reason", "sentence"),
    [
        (decided(), "deny", "Accepted", "Nothing forbids it", "Nothing forbids it"),
        (
            decided(verdict="refuse", because="entry", pattern="@.bad.example", scope="*"), "deny",
            "Refused", "@.bad.example", "The list for everyone denies bad.example and everything under it.",
        ),
        (
            decided(because="entry", pattern="@friends.example", scope="@example.org"), "deny",
            "Accepted", "Allowed: @friends.example", "The list for all of @example.org allows every address of",
        ),
        (decided(verdict="refuse", because="mode"), "allow", "Refused", "Only known senders", "Only senders on its"),
        (decided(verdict="refuse", because="mode"), "closed", "Refused", "Account is closed", "anna@ is closed"),
        (decided(because="exempt", sender=""), "deny", "Accepted", "Bounces get in", "Bounces get in"),
        (decided(because="exempt"), "deny", "Accepted", "Always gets in", "postmaster and abuse"),
        (decided(because="open", would="refuse"), "deny", "Accepted", "All are let in", "It would have been refused."),
        (decided(because="watch", would="refuse"), "deny", "Watched", "Would be refused", "It would have been"),
        (decided(verdict="refuse", because="unlisted"), None, "Refused", "No such account", "In this domain only"),
        (decided(verdict="refuse", because="relay"), None, "Refused", "Not your address", "anna@ is not one of"),
        (decided(reply="450 4.2.0 Greylisted"), "deny", "Passed on", "Server: not now", "Irusu let it pass."),
        (decided(reply="550 no"), "deny", "Passed on", "Server: no such user", "Irusu let it pass."),
    ],
)  # fmt: skip
def test_reasons(decision: Decision, mode: Mode | None, word: str, short_reason: str, sentence: str) -> None:
    account = Account(address=ANNA, mode=mode) if mode is not None else None
    assert verdict_word(decision) == word
    assert why(decision, mode) == short_reason
    assert reason(decision, account, ["example.org"]).startswith(sentence)
