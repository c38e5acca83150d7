"""The server's clock, as its Date header tells it, against this one."""

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softtoken.iaa.skew import ClockSkew, measure

NOW = 1_800_000_000


@pytest.mark.parametrize("seconds", [0, 37, -37, 3600, -86_400])
def test_a_quick_answer_is_good_for_a_second_on_either_side(seconds: int) -> None:
    assert measure(formatdate(NOW + seconds, usegmt=True), NOW, NOW) == ClockSkew(seconds, 1, NOW)


def test_a_slow_answer_says_less() -> None:
    skew = measure(formatdate(NOW + 40, usegmt=True), NOW, NOW + 8)
    assert skew == ClockSkew(36, 5, NOW + 8)


@given(
    here=st.floats(NOW, NOW + 10**6),
    ahead=st.floats(-100_000, 100_000),
    there=st.floats(0, 9),
    back=st.floats(0, 9),
)
def test_the_true_difference_lies_within_what_is_said(here: float, ahead: float, there: float, back: float) -> None:
    """Both clocks show whole seconds, and the date was written somewhere on the way."""
    date = formatdate(int(here + there + ahead), usegmt=True)
    skew = measure(date, int(here), int(here + there + back))
    assert skew is not None
    assert abs(skew.seconds - ahead) <= skew.uncertainty + 0.001  # what floating point is off
    assert skew.uncertainty <= 2 + (there + back) / 2


@pytest.mark.parametrize(
    "date",
    [
        None, "", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 -0000",
        "Sun, 99 Nov 2026 08:49:37 GMT",
        "Sun, 06 Nov 99999 08:49:37 GMT", "\x00", "1, 2, 3",
    ],
)  # fmt: skip
def test_a_date_that_is_none_measures_nothing(date: str | None) -> None:
    assert measure(date, NOW, NOW) is None


@given(st.text(max_size=40))
def test_no_header_breaks_it(date: str) -> None:
    measure(date, NOW, NOW)


def test_a_clock_that_was_set_back_meanwhile_measures_nothing() -> None:
    assert measure(formatdate(NOW, usegmt=True), NOW, NOW - 1) is None
