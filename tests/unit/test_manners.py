"""How long a silent proxy is waited for."""

from gate.smtp.manners import PROXIES_LIMIT, QUICK_SECONDS, SILENT_SECONDS, Manners


def test_who_waited_is_greeted_sooner_and_who_was_late_never_again() -> None:
    one = Manners()
    assert one.seconds("192.0.2.1") == SILENT_SECONDS > QUICK_SECONDS
    one.waited("192.0.2.1")
    assert (one.seconds("192.0.2.1"), one.seconds("192.0.2.2")) == (QUICK_SECONDS, SILENT_SECONDS)
    one.was_late("192.0.2.1")
    one.waited("192.0.2.1")
    assert one.seconds("192.0.2.1") == SILENT_SECONDS


def test_it_is_bounded() -> None:
    one = Manners()
    for number in range(2 * PROXIES_LIMIT):
        one.waited(str(number))
        one.was_late(str(number + PROXIES_LIMIT))
    assert len(one._waits) == PROXIES_LIMIT
    one.was_late("0")
    assert one.seconds("0") == SILENT_SECONDS
