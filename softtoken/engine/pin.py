"""PIN rules and the retry ladder: state in, state out."""

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class PinRules:
    """Length limits of a PIN, in digits; whether one that is easy to guess may be set."""

    min_length: int = 6
    max_length: int = 16
    weak_allowed: bool = False


class PinFault(StrEnum):
    """Why a new PIN is refused."""

    NOT_DIGITS = "NOT_DIGITS"
    TOO_SHORT = "TOO_SHORT"
    TOO_LONG = "TOO_LONG"
    TOO_SIMPLE = "TOO_SIMPLE"
    REPEATS = "REPEATS"
    CONTAINS_USER_ID = "CONTAINS_USER_ID"
    UNCHANGED = "UNCHANGED"


def judge_new_pin(pin: str, rules: PinRules, user_id: str = "", current: str | None = None) -> PinFault | None:
    """Is this PIN good enough to set? None if so. current: the PIN that it replaces.

    Weak are: a difference between consecutive digits that never varies (OneSpan's weak-PIN rule: 1234, 1111, 2468,
    and 7890 across the zero), a shorter run of digits over and over (121212, 123123), and a run of four or more
    digits of the user id, forwards or backwards.
    """
    if not (pin.isascii() and pin.isdigit()):
        return PinFault.NOT_DIGITS
    if len(pin) < rules.min_length:
        return PinFault.TOO_SHORT
    if len(pin) > rules.max_length:
        return PinFault.TOO_LONG
    if pin == current:
        return PinFault.UNCHANGED
    return None if rules.weak_allowed else _weakness(pin, user_id)


def _weakness(pin: str, user_id: str) -> PinFault | None:
    digits = [int(digit) for digit in pin]
    if len({(b - a) % 10 for a, b in pairwise(digits)}) <= 1:
        return PinFault.TOO_SIMPLE
    if any(pin[block:] == pin[:-block] for block in range(2, len(pin) // 2 + 1)):
        return PinFault.REPEATS
    runs = (user_id[i : i + _RUN] for i in range(len(user_id) - _RUN + 1))
    if any(run in pin or run[::-1] in pin for run in runs):  # none but digits are ever in a PIN
        return PinFault.CONTAINS_USER_ID
    return None


_RUN = 4


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """max_tries wrong PINs block; after free_tries of them each brings a delay, doubling up to max_delay."""

    max_tries: int = 5
    free_tries: int = 3
    first_delay: int = 60
    max_delay: int = 3600


@dataclass(frozen=True, slots=True)
class RetryState:
    """failed: wrong PINs in a row. The delay is counted on the machine's uptime, which no clock setting changes."""

    failed: int = 0
    delay: int = 0
    delay_started_uptime: int = 0


@dataclass(frozen=True, slots=True)
class TryAllowed:
    """The PIN may be evaluated once `charged` is on disk: it already counts this try as a wrong one."""

    charged: RetryState


@dataclass(frozen=True, slots=True)
class TryDelayed:
    """Not yet: `seconds` remain. The PIN is not evaluated."""

    seconds: int


@dataclass(frozen=True, slots=True)
class TryBlocked:
    """Never again: only a new activation code helps."""


def tries_left(state: RetryState, policy: RetryPolicy) -> int:
    """The retryCounter of result events."""
    return max(0, policy.max_tries - state.failed)


def delay_left(state: RetryState, uptime: int) -> int:
    """Seconds until the next try, never less than what is still owed.

    Time that passed before a reboot cannot be proved, so after one the delay starts again.
    """
    passed = uptime - state.delay_started_uptime if uptime >= state.delay_started_uptime else uptime
    return max(0, state.delay - passed)


def refund_try(state: RetryState) -> RetryState:
    """Take back one charge. A PIN from the cache refunds its own try only, not the wrong ones of another program."""
    return RetryState() if state.failed <= 1 else replace(state, failed=state.failed - 1)


def begin_try(state: RetryState, policy: RetryPolicy, uptime: int) -> TryAllowed | TryDelayed | TryBlocked:
    """Charge a PIN try before the PIN is looked at, so that killing the program refunds nothing."""
    if state.failed >= policy.max_tries:
        return TryBlocked()
    if left := delay_left(state, uptime):
        return TryDelayed(left)
    failed = state.failed + 1
    beyond_free = failed - policy.free_tries
    delay = 0
    if beyond_free > 0 and failed < policy.max_tries:
        delay = min(policy.first_delay * 2 ** (beyond_free - 1), policy.max_delay)
    return TryAllowed(RetryState(failed, delay, uptime if delay else 0))
