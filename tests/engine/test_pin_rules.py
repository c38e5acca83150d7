"""Which PINs may be set, and the ladder of tries and delays."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softtoken.engine.pin import (
    PinFault,
    PinRules,
    RetryPolicy,
    RetryState,
    TryAllowed,
    TryBlocked,
    TryDelayed,
    begin_try,
    delay_left,
    judge_new_pin,
    tries_left,
)

RULES = PinRules()
LADDER = RetryPolicy()


@pytest.mark.parametrize("pin", ["483920", "112233", "1234567890123457", "121221", "000001"])
def test_good_pins(pin: str) -> None:
    assert judge_new_pin(pin, RULES) is None


@pytest.mark.parametrize(
    ("pin", "fault"),
    [
        ("", PinFault.NOT_DIGITS),
        ("48392a", PinFault.NOT_DIGITS),
        ("48392 ", PinFault.NOT_DIGITS),
        ("-48392", PinFault.NOT_DIGITS),
        ("٤٨٣٩٢٠", PinFault.NOT_DIGITS),
        ("²²²²²²", PinFault.NOT_DIGITS),
        ("48392", PinFault.TOO_SHORT),
        ("48392048392048392", PinFault.TOO_LONG),
        ("123456", PinFault.TOO_SIMPLE),
        ("654321", PinFault.TOO_SIMPLE),
        ("111111", PinFault.TOO_SIMPLE),
        ("246802", PinFault.TOO_SIMPLE),
        ("567890", PinFault.TOO_SIMPLE),
        ("789012", PinFault.TOO_SIMPLE),
        ("210987", PinFault.TOO_SIMPLE),
        ("0369258147", PinFault.TOO_SIMPLE),
    ],
)
def test_pins_that_are_refused(pin: str, fault: PinFault) -> None:
    assert judge_new_pin(pin, RULES) is fault


def test_the_servers_limits_are_kept() -> None:
    rules = PinRules(min_length=4, max_length=8)
    assert judge_new_pin("4839", rules) is None
    assert judge_new_pin("483", rules) is PinFault.TOO_SHORT
    assert judge_new_pin("483920571", rules) is PinFault.TOO_LONG


@pytest.mark.parametrize(
    ("pin", "user_id", "fault"),
    [
        ("482719", "alice4827", PinFault.CONTAINS_USER_ID),
        ("190482", "u-0482-x", PinFault.CONTAINS_USER_ID),
        ("482719", "alice482", None),
        ("482719", "48-27-19", None),
        ("482719", "alice", None),
        ("482719", "", None),
    ],
)
def test_digits_of_the_user_id(pin: str, user_id: str, fault: PinFault | None) -> None:
    assert judge_new_pin(pin, RULES, user_id) is fault


@given(st.integers(0, 9), st.integers(0, 9), st.integers(6, 16))
def test_every_even_run_is_too_simple(start: int, difference: int, length: int) -> None:
    pin = "".join(str((start + difference * place) % 10) for place in range(length))
    assert judge_new_pin(pin, RULES) is PinFault.TOO_SIMPLE


@given(st.text("0123456789", min_size=6, max_size=16))
def test_a_pin_is_too_simple_only_if_its_steps_never_vary(pin: str) -> None:
    steps = {(int(right) - int(left)) % 10 for left, right in pairwise(pin)}
    assert (judge_new_pin(pin, RULES) is PinFault.TOO_SIMPLE) is (len(steps) == 1)


@given(st.text(), st.text())
def test_any_text_is_judged(pin: str, user_id: str) -> None:
    fault = judge_new_pin(pin, RULES, user_id)
    assert fault is None or isinstance(fault, PinFault)


def _charge(state: RetryState, uptime: int, policy: RetryPolicy = LADDER) -> RetryState:
    verdict = begin_try(state, policy, uptime)
    assert isinstance(verdict, TryAllowed)
    return verdict.charged


def test_the_ladder_of_five_tries() -> None:
    """Three tries are free, the fourth brings 60 seconds, the fifth blocks."""
    state = RetryState()
    for failed in (1, 2, 3):
        state = _charge(state, 1000)
        assert (state.failed, state.delay, tries_left(state, LADDER)) == (failed, 0, 5 - failed)
    state = _charge(state, 1000)
    assert state == RetryState(4, 60, 1000)
    assert begin_try(state, LADDER, 1000) == TryDelayed(60)
    assert begin_try(state, LADDER, 1059) == TryDelayed(1)
    state = _charge(state, 1060)
    assert (state.failed, tries_left(state, LADDER), delay_left(state, 1060)) == (5, 0, 0)
    assert begin_try(state, LADDER, 10**9) == TryBlocked()


def test_delays_double_up_to_the_most() -> None:
    policy = RetryPolicy(max_tries=12, free_tries=3, first_delay=60, max_delay=3600)
    state, uptime, delays = RetryState(), 0, []
    for _ in range(11):
        state = _charge(state, uptime, policy)
        delays.append(state.delay)
        uptime += state.delay
    assert delays == [0, 0, 0, 60, 120, 240, 480, 960, 1920, 3600, 3600]


@given(st.integers(1, 20), st.integers(0, 20), st.integers(0, 10**6))
def test_a_try_is_charged_before_it_is_judged(max_tries: int, free_tries: int, uptime: int) -> None:
    """Killing the program at any point leaves at most max_tries evaluations."""
    policy = RetryPolicy(max_tries, free_tries, 60, 3600)
    state, evaluations = RetryState(), 0
    for _ in range(3 * max_tries):
        verdict = begin_try(state, policy, uptime)
        if isinstance(verdict, TryAllowed):
            evaluations += 1
            assert verdict.charged.failed == state.failed + 1
            state = verdict.charged
        elif isinstance(verdict, TryDelayed):
            assert verdict.seconds > 0
            uptime += verdict.seconds
    assert evaluations == max_tries
    assert begin_try(state, policy, uptime) == TryBlocked()


@given(
    delay=st.integers(1, 3600),
    started=st.integers(0, 10**6),
    runs=st.lists(st.integers(0, 10**4), max_size=4),
    last=st.integers(0, 10**6),
)
def test_a_reboot_never_shortens_a_delay(delay: int, started: int, runs: list[int], last: int) -> None:
    """Reboots after some seconds each, then `last` seconds of uptime: no more is forgiven than passed."""
    state = RetryState(4, delay, started)
    if runs:
        passed = sum(runs) + last
        uptime = last
    else:
        passed = last
        uptime = started + last
    assert delay_left(state, uptime) >= max(0, delay - passed)
    if not runs:
        assert delay_left(state, uptime) == max(0, delay - passed)


@given(delay=st.integers(1, 3600), since_boot=st.integers(0, 10**6), sooner=st.integers(1, 10**6))
def test_after_a_reboot_the_delay_starts_again(delay: int, since_boot: int, sooner: int) -> None:
    assert delay_left(RetryState(4, delay, since_boot + sooner), since_boot) == max(0, delay - since_boot)
