"""Beside a real Postfix that looks for its accounts slowly: a refusal is held back by as much."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.policy import Pair, beside
from tests.servers.postfix import Postfix
from tests.servers.slow_table import SECONDS, slow_table
from tests.servers.twin import each_on_its_own, session, twins

HELD = "refusals are held back"
LOCAL = "user2@local.test"


def held(pair: Pair) -> dict[str, float]:
    """Seconds, by name, as the log tells."""
    line = pair.gate.wait_line(HELD)
    return {name: int(us) / 1e6 for name, us in re.findall(r"(\S[^,]*) (\d+)(?:, |$)", line.rpartition("in us: ")[2])}


def rcpt(name: bytes, domain: bytes = b"local.test") -> bytes:
    return b"RCPT TO:<" + name + b"@" + domain + b">"


@pytest.mark.parametrize("asks", [True, False])
def test_a_refusal_waits_as_long_as_a_slow_table_takes(
    start_postfix: Callable[..., Postfix], tmp_path: Path, asks: bool
) -> None:
    with slow_table() as table:
        main = {
            "mydestination": "local.test",
            "local_recipient_maps": table,
            "mynetworks": "" if asks else "127.0.0.0/8",
        }
        own = ["virtual.test", "local.test"]
        with beside(start_postfix, tmp_path, denied=[LOCAL], own=own, main=main) as pair:
            known = held(pair)
            assert known["local.test"] >= SECONDS / 2 and known["[]"] >= SECONDS / 2
            assert "virtual.test" not in known or known["virtual.test"] < known["local.test"]
            if asks:
                told = twins(pair.port, lambda name: each_on_its_own(session(rcpt(name), rcpt(name))))
                assert told.count(b"User unknown in local recipient table") == 2


def test_a_footer_that_tells_the_time_is_no_other_reply(start_postfix: Callable[..., Postfix], tmp_path: Path) -> None:
    main = {"smtpd_reject_footer": "\\c. At $localtime"}
    with beside(start_postfix, tmp_path, denied=["user2@virtual.test"], main=main) as pair:
        report = pair.gate.home.json("check", "--backend")
    assert report["ok"] and not report["warnings"]
