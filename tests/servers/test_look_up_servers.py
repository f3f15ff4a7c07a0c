"""Beside a real Postfix that looks for its accounts slowly: a refusal is held back by as much."""

import re
from collections.abc import Callable
from pathlib import Path

from tests.servers.policy import Pair, beside
from tests.servers.postfix import Postfix
from tests.servers.slow_table import SECONDS, slow_table
from tests.servers.twin import each_on_its_own, session, twins

HELD = "refusals are held back"
LOCAL = "user2@local.test"
OWN = ["virtual.test", "local.test"]


def held(pair: Pair) -> dict[str, float]:
    """Seconds, by name, as the log tells."""
    line = pair.gate.wait_line(HELD)
    return {name: int(us) / 1e6 for name, us in re.findall(r"(\S[^,]*) (\d+)(?:, |$)", line.rpartition("in us: ")[2])}


def rcpt(name: bytes, domain: bytes = b"local.test") -> bytes:
    return b"RCPT TO:<" + name + b"@" + domain + b">"


def slow(table: str, networks: str) -> dict[str, str]:
    return {
        "mydestination": "local.test",
        "myorigin": "local.test",
        "local_recipient_maps": table,
        "mynetworks": networks,
    }


def test_a_refusal_waits_as_long_as_a_slow_table_takes(start_postfix: Callable[..., Postfix], tmp_path: Path) -> None:
    with (
        slow_table() as table,
        beside(start_postfix, tmp_path, denied=[LOCAL], own=OWN, main=slow(table, "")) as pair,
    ):
        known = held(pair)
        for each in ("user@local.test", "user+tag@local.test", "user@[192.0.2.1]"):
            assert SECONDS / 2 <= known[each] > known.get("user@virtual.test", 0.0)
        told = twins(pair.port, lambda name: each_on_its_own(session(rcpt(name), rcpt(name + b"+x"))))
        assert told.count(b"User unknown in local recipient table") == 2
        status = pair.gate.status()
        assert not status["warnings"] and status["policy_asked"] == 4, "its own questions are not counted"


def test_where_it_is_one_of_mynetworks_it_says_what_cannot_be_measured(
    start_postfix: Callable[..., Postfix], tmp_path: Path
) -> None:
    """And begins one message at most that it takes back: Postfix slows down by too many."""
    with (
        slow_table() as table,
        beside(start_postfix, tmp_path, denied=[LOCAL], own=OWN, main=slow(table, "127.0.0.0/8")) as pair,
    ):
        for _ in range(2):
            report = pair.gate.home.json("check", "--backend")
        ((code, params),) = [(each["code"], each["params"]) for each in report["warnings"]]
        assert code == "policy.unmeasured" and params["domain"] == "local.test"
        accepted = [line for line in pair.postfix.process.lines if "client=" in line]
        assert len(accepted) == 1


def test_a_footer_that_tells_the_time_is_no_other_reply(start_postfix: Callable[..., Postfix], tmp_path: Path) -> None:
    main = {"smtpd_reject_footer": "\\c. At $localtime"}
    with beside(start_postfix, tmp_path, denied=["user2@virtual.test"], main=main) as pair:
        report = pair.gate.home.json("check", "--backend")
    assert report["ok"] and not report["warnings"]
