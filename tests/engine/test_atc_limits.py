"""How many codes may be made without the server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softtoken.engine.atc import ATC_END, AtcPolicy, AtcState, AtcVerdict, judge

POLICY = AtcPolicy()


@pytest.mark.parametrize(
    ("used", "verdict"),
    [
        (0, AtcVerdict.OK),
        (14, AtcVerdict.OK),
        (15, AtcVerdict.EXPIRES_SOON),
        (19, AtcVerdict.EXPIRES_SOON),
        (20, AtcVerdict.LIMIT_REACHED),
        (500, AtcVerdict.LIMIT_REACHED),
    ],
)
def test_drift(used: int, verdict: AtcVerdict) -> None:
    assert judge(100, AtcState(used), POLICY) is verdict


@pytest.mark.parametrize("used", [20, 21, 65000])
def test_a_login_is_never_refused_for_drift(used: int) -> None:
    assert judge(100, AtcState(used), POLICY, exempt=True) is AtcVerdict.EXPIRES_SOON


@given(st.integers(0, 70000), st.integers(0, 70000), st.booleans())
def test_the_end_of_the_counter_ends_everything(counter: int, used: int, exempt: bool) -> None:
    verdict = judge(counter, AtcState(used), POLICY, exempt=exempt)
    # the limit is looked at first (mc-sdk section 8: P9 before P10), and a login's code then meets the end
    at_limit = not exempt and used >= POLICY.limit
    assert (verdict is AtcVerdict.EXPIRED) is (counter >= ATC_END and not at_limit)


def test_a_device_at_its_limit_is_inside_the_servers_window() -> None:
    """Twenty codes made and never sent: the next one, at login, is the 21st counter that a server tries."""
    made = 0
    while judge(made, AtcState(made), POLICY) is not AtcVerdict.LIMIT_REACHED:
        made += 1
    assert made == 20
