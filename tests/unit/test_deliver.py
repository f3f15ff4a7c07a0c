"""`deliver` of gate.toml as a target."""

import pytest

from gate.backend.connection import BackendError, Target, parse_deliver


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("smtp://127.0.0.1:10025", Target("127.0.0.1", 10025, "none")),
        ("smtp://localhost", Target("localhost", 25, "none")),
        ("smtp://[::1]:26/", Target("::1", 26, "none")),
        ("smtp://mail.example.org:25", Target("mail.example.org", 25, "opportunistic")),
        ("smtp://192.0.2.1:25?tls=require", Target("192.0.2.1", 25, "require")),
        ("smtp://192.0.2.1:25?tls=none", Target("192.0.2.1", 25, "none")),
    ],
)
def test_targets(url: str, target: Target) -> None:
    assert parse_deliver(url) == target


@pytest.mark.parametrize(
    "url",
    [
        "", "127.0.0.1:25", "http://127.0.0.1:25", "smtp://", "smtp://host:99999", "smtp://host:0", "smtp://host:x",
        "smtp://host:25?tls=maybe", "smtp://host:25?tls", "smtp://host:25?x=1", "smtp://user@host:25",
        "smtp://host:25/path", "smtp://host:25?tls=none&tls=require", "smtp://[::1:25",
    ],
)  # fmt: skip
def test_what_is_no_target_is_told_in_one_line(url: str) -> None:
    with pytest.raises(BackendError) as caught:
        parse_deliver(url)
    assert caught.value.code == "backend.deliver"
    assert "smtp://HOST:PORT" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "gate"),
    [
        ("127.0.0.1", "127.0.0.1"), ("127.0.0.9", "127.0.0.1"), ("localhost", "127.0.0.1"), ("::1", "[::1]"),
        ("192.0.2.1", "(the gate's address)"), ("mail.example.org", "(the gate's address)"),
    ],
)  # fmt: skip
def test_the_gate_calls_from_the_first_address_of_the_loopback_network(host: str, gate: str) -> None:
    assert Target(host, 25).gate == gate


def test_a_target_is_shown_as_one_writes_it() -> None:
    assert str(Target("::1", 25)) == "[::1]:25"
    assert str(Target("a.example", 25)) == "a.example:25"
