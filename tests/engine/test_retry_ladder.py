"""The ladder of tries and delays: known rungs, properties, and a naive model beside it."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softtoken.engine.pin import (
    RetryPolicy,
    RetryState,
    TryAllowed,
    TryBlocked,
    TryDelayed,
    begin_try,
    delay_left,
    refund_try,
    tries_left,
)

LADDER = RetryPolicy()


def test_the_defaults() -> None:
    """Mc-sdk section 5: five tries, a minute after the fourth, an hour at most."""
    assert RetryPolicy(5, 3, 60, 3600) == LADDER
    assert RetryState(0, 0, 0) == RetryState()


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


def test_a_free_try_starts_no_delay() -> None:
    assert begin_try(RetryState(), LADDER, 1000) == TryAllowed(RetryState(1, 0, 0))
    last = begin_try(RetryState(4, 60, 1000), LADDER, 1060)
    assert last == TryAllowed(RetryState(5, 0, 0)), "nor does the one that blocks"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (RetryState(), RetryState()),
        (RetryState(1), RetryState()),
        (RetryState(1, 60, 1000), RetryState()),
        (RetryState(2), RetryState(1)),
        (RetryState(4, 60, 1000), RetryState(3, 60, 1000)),
    ],
)
def test_one_charge_is_taken_back(before: RetryState, after: RetryState) -> None:
    """What another program counted, and its delay, stays."""
    assert refund_try(before) == after


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


@dataclass
class _Naive:
    """The rules as one would tell them, on a clock of real time that no reboot stops.

    delays: what the n-th wrong PIN brings, written out as a list.
    """

    policy: RetryPolicy
    failed: int = 0
    now: int = 0
    open_at: int = 0
    owed: int = 0
    rebooted: bool = False
    delays: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        delay = self.policy.first_delay
        for failed in range(1, self.policy.max_tries):
            if failed <= self.policy.free_tries:
                self.delays.append(0)
            else:
                self.delays.append(min(delay, self.policy.max_delay))
                delay += delay

    def wrong(self) -> None:
        self.failed += 1
        self.owed = self.delays[self.failed - 1] if self.failed < self.policy.max_tries else 0
        self.open_at, self.rebooted = self.now + self.owed, False

    def right(self) -> None:
        self.failed, self.owed, self.open_at = 0, 0, self.now


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("try"), st.sampled_from([0, 0, 0, 1])),
        st.tuples(
            st.just("wait"), st.sampled_from([1, 30, 59, 60, 61, 119, 120, 121, 1000, 3600]) | st.integers(1, 4000)
        ),
        st.tuples(st.just("obey"), st.sampled_from([-1, 0, 1])),
        st.tuples(st.just("reboot"), st.integers(0, 100)),
    ),
    max_size=40,
)
POLICIES = st.builds(
    RetryPolicy,
    max_tries=st.integers(1, 12),
    free_tries=st.integers(0, 12),
    first_delay=st.sampled_from([1, 30, 60]),
    max_delay=st.sampled_from([60, 100, 3600]),
)


@settings(max_examples=300)
@given(POLICIES, st.integers(0, 10**6), ACTIONS)
def test_against_a_naive_model(policy: RetryPolicy, uptime: int, actions: list[tuple[str, int]]) -> None:
    """Tries, waiting, waiting as long as one was told (or a second off), reboots: no try too many, none too soon."""
    naive, state = _Naive(policy), RetryState()
    for action, amount in actions:
        seconds = amount
        if action == "obey":
            seconds = max(0, delay_left(state, uptime) + amount)
        if action in {"wait", "obey"}:
            naive.now += seconds
            uptime += seconds
        elif action == "reboot":
            naive.now += amount  # the seconds since the boot; the time it was off is not even counted
            naive.rebooted = True
            uptime = amount
        assert tries_left(state, policy) == max(0, policy.max_tries - naive.failed)
        left = delay_left(state, uptime)
        real = max(0, naive.open_at - naive.now)
        assert real <= left <= naive.owed, "never sooner, and never more than the whole delay again"
        if not naive.rebooted:
            assert left == real
        verdict = begin_try(state, policy, uptime)
        if naive.failed >= policy.max_tries:
            assert verdict == TryBlocked()
        elif left:
            assert verdict == TryDelayed(left)
        else:
            assert isinstance(verdict, TryAllowed)
            if action == "try":
                state = verdict.charged
                naive.wrong()
                assert state.failed == naive.failed
                assert delay_left(state, uptime) == naive.owed
                if amount:  # it was right after all
                    state = RetryState()
                    naive.right()


@given(POLICIES, st.integers(0, 10**6), st.lists(st.integers(0, 5000), max_size=30))
def test_waiting_as_told_always_leads_to_the_next_try(policy: RetryPolicy, uptime: int, moves: list[int]) -> None:
    state, tried = RetryState(), 0
    while not isinstance(verdict := begin_try(state, policy, uptime), TryBlocked):
        if isinstance(verdict, TryDelayed):
            uptime += verdict.seconds
            verdict = begin_try(state, policy, uptime)
        assert isinstance(verdict, TryAllowed)
        state, tried = verdict.charged, tried + 1
        uptime += moves.pop() if moves else 0
    assert tried == policy.max_tries
