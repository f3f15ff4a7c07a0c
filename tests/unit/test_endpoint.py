"""Where something listens, as written."""

import pytest

from gate.endpoint import may_be_ipv6, split_address


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("127.0.0.1:25", False),
        ("0.0.0.0:25", False),
        ("[::]:25", True),
        ("[::1]:0", True),
        ("mail.example.org:25", True),
    ],
)
def test_a_name_may_be_ipv6_too(text: str, may: bool) -> None:
    assert may_be_ipv6(text) is may


@pytest.mark.parametrize("host", ["a..b", ".a", "", "a b", "x" * 64, "x.x" * 90, "[::1", "[1.2.3.4]"])
def test_what_no_system_could_look_up_is_no_host(host: str) -> None:
    with pytest.raises(ValueError):
        split_address(f"{host}:25")
