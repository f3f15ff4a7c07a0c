"""What is made of the times that were measured."""

from collections import deque
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from gate.postfix.looking_up import FIRST_PAIRS, LEAST_SECONDS, MOST_SECONDS, PAIRS, Known, centre

TIMES = st.lists(st.floats(-1e-3, 1e-3), min_size=1, max_size=30)


@given(TIMES, st.floats(-1e-3, 1e-3))
def test_the_centre_goes_with_the_times_and_lies_among_them(times: list[float], more: float) -> None:
    middle = centre(times)
    assert min(times) <= middle <= max(times)
    assert abs(centre([each + more for each in times]) - (middle + more)) < 1e-12


def known(seconds: float, spread: float, number: int = PAIRS) -> Known:
    chance = Random(number)
    found = [chance.gauss(seconds, spread) for _ in range(number)]
    return Known(found[:FIRST_PAIRS], deque(found[FIRST_PAIRS:]))


def test_a_difference_is_held_back_if_there_is_one() -> None:
    assert abs(known(200e-6, 30e-6).seconds - 200e-6) < 15e-6
    assert known(200e-6, 30e-6, FIRST_PAIRS).seconds > 0
    for none in (known(0.0, 30e-6), known(-200e-6, 30e-6), known(LEAST_SECONDS / 2, 1e-6), Known()):
        assert none.seconds == 0
    assert known(MOST_SECONDS * 2, 0.1).seconds == 0


def test_a_few_that_took_far_longer_do_not_move_it() -> None:
    found = known(200e-6, 20e-6)
    for place in range(8):
        found.exact[place] = 0.5
    assert abs(found.seconds - 200e-6) < 15e-6
