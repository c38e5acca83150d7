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


@given(st.integers(0, 70000), st.integers(0, 70000), st.booleans(), st.integers(1, 3))
def test_the_end_of_the_counter_ends_everything(counter: int, used: int, exempt: bool, codes: int) -> None:
    verdict = judge(counter, AtcState(used), POLICY, exempt=exempt, codes=codes)
    # the limit is looked at first (mc-sdk section 8: P9 before P10), and a login's code then meets the end
    at_limit = not exempt and used >= POLICY.limit
    enough = all(needed in range(ATC_END) for needed in range(counter, counter + codes))
    assert (verdict is AtcVerdict.EXPIRED) is (not enough and not at_limit)


@pytest.mark.parametrize(
    ("counter", "codes", "verdict"),
    [
        (65534, 1, AtcVerdict.OK),
        (65535, 1, AtcVerdict.EXPIRED),
        (65533, 2, AtcVerdict.OK),
        (65534, 2, AtcVerdict.EXPIRED),
        (65532, 3, AtcVerdict.OK),
        (65533, 3, AtcVerdict.EXPIRED),
    ],
)
def test_the_last_counters(counter: int, codes: int, verdict: AtcVerdict) -> None:
    """65535 is never used, so three codes for a login with a resynchronisation begin at 65532 at the latest."""
    assert judge(counter, AtcState(), POLICY, codes=codes) is verdict


def test_one_code_unless_more_are_asked_for() -> None:
    assert judge(65534, AtcState(), POLICY) is AtcVerdict.OK
    assert judge(65535, AtcState(), POLICY) is AtcVerdict.EXPIRED


@pytest.mark.parametrize(("used", "left"), [(0, 20), (1, 19), (15, 5), (19, 1), (20, 0), (21, 0), (65000, 0)])
def test_how_many_codes_are_left(used: int, left: int) -> None:
    assert AtcState(used).left(POLICY) == left


@given(st.integers(0, 50), st.integers(0, 50))
def test_as_many_codes_are_made_as_were_left(used: int, limit: int) -> None:
    policy = AtcPolicy(warn=limit, limit=limit)
    left, made = AtcState(used).left(policy), 0
    while judge(used + made, AtcState(used + made), policy) is not AtcVerdict.LIMIT_REACHED:
        made += 1
    assert made == left


def test_the_defaults() -> None:
    """What a device keeps to whose server said nothing: mc-sdk section 5, and a 16-bit counter."""
    assert (POLICY.warn, POLICY.limit) == (15, 20)
    assert ATC_END == 65535
    assert AtcState() == AtcState(0)


def test_a_device_at_its_limit_is_inside_the_servers_window() -> None:
    """Twenty codes made and never sent: the next one, at login, is the 21st counter that a server tries."""
    made = 0
    while judge(made, AtcState(made), POLICY) is not AtcVerdict.LIMIT_REACHED:
        made += 1
    assert made == 20
