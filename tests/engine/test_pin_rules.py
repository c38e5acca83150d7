"""Which PINs may be set."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softtoken.engine.pin import PinFault, PinRules, judge_new_pin

RULES = PinRules()


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
        ("728419", "alice4827", PinFault.CONTAINS_USER_ID),
        ("192840", "u-0482-x", PinFault.CONTAINS_USER_ID),
        ("917284", "4827", PinFault.CONTAINS_USER_ID),
        ("482719", "4827", PinFault.CONTAINS_USER_ID),
        ("948271", "12348271", PinFault.CONTAINS_USER_ID),
        ("482719", "7284", PinFault.CONTAINS_USER_ID),
        ("482719", "728", None),
        ("482719", "٤٨٢٧", None),
        ("482719", "482é7", None),
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


@pytest.mark.parametrize(
    ("pin", "fault"),
    [
        ("121212", PinFault.REPEATS),
        ("123123", PinFault.REPEATS),
        ("483483", PinFault.REPEATS),
        ("12121212", PinFault.REPEATS),
        ("12341234", PinFault.REPEATS),
        ("1212121", PinFault.REPEATS),
        ("12312312", PinFault.REPEATS),
        ("4839248392483924", PinFault.REPEATS),
        ("123124", None),
        ("121213", None),
        ("112112112113", None),
        ("12341235", None),
        ("48394839483", PinFault.REPEATS),
        ("483927483", None),
    ],
)
def test_a_run_over_and_over(pin: str, fault: PinFault | None) -> None:
    """At least twice in full; the last time may be cut short. Less than twice is no rhythm anybody sees."""
    assert judge_new_pin(pin, RULES) is fault


@given(st.text("0123456789", min_size=2, max_size=8), st.integers(6, 16))
def test_every_run_over_and_over_is_refused(block: str, length: int) -> None:
    if 2 * len(block) <= length:
        pin = (block * 16)[:length]
        assert judge_new_pin(pin, RULES) in {PinFault.REPEATS, PinFault.TOO_SIMPLE}


@given(st.text("0123", min_size=6, max_size=12), st.text("0123ab", max_size=10))
def test_weakness_against_a_naive_model(pin: str, user_id: str) -> None:
    expected = None
    blocks = [pin[:size] for size in range(2, len(pin) // 2 + 1)]
    four = [pin[i : i + 4] for i in range(len(pin) - 3)]
    if len({(int(right) - int(left)) % 10 for left, right in pairwise(pin)}) == 1:
        expected = PinFault.TOO_SIMPLE
    elif any((block * len(pin)).startswith(pin) for block in blocks):
        expected = PinFault.REPEATS
    elif any(part in user_id or part[::-1] in user_id for part in four):
        expected = PinFault.CONTAINS_USER_ID
    assert judge_new_pin(pin, RULES, user_id) is expected


@pytest.mark.parametrize("pin", ["111111", "123456", "121212", "123123", "482719"])
def test_a_policy_may_allow_weak_pins(pin: str) -> None:
    assert judge_new_pin(pin, RULES, "alice4827") is not None
    assert judge_new_pin(pin, PinRules(weak_allowed=True), "alice4827") is None


@pytest.mark.parametrize("weak_allowed", [True, False])
@pytest.mark.parametrize(
    ("pin", "fault"),
    [
        ("4839a", PinFault.NOT_DIGITS),
        ("48392", PinFault.TOO_SHORT),
        ("48392048392048392", PinFault.TOO_LONG),
        ("483920", PinFault.UNCHANGED),
        ("483921", None),
        ("4839201", None),
    ],
)
def test_the_other_rules_hold_all_the_same(pin: str, fault: PinFault | None, weak_allowed: bool) -> None:
    assert judge_new_pin(pin, PinRules(weak_allowed=weak_allowed), current="483920") is fault


def test_a_weak_pin_that_does_not_change_is_unchanged() -> None:
    """An old PIN may be weaker than today's rules; what is wrong with it first is that it stays."""
    assert judge_new_pin("123456", RULES, current="123456") is PinFault.UNCHANGED
    assert judge_new_pin("1234", RULES, current="1234") is PinFault.TOO_SHORT


@pytest.mark.parametrize("weak_allowed", [True, False])
def test_a_first_pin_replaces_none(weak_allowed: bool) -> None:
    assert judge_new_pin("483920", PinRules(weak_allowed=weak_allowed)) is None


def test_short_pins_that_a_policy_allows() -> None:
    """With fewer than four digits there is no run of the user id, and with fewer than two no difference."""
    rules = PinRules(min_length=1, max_length=4)
    assert judge_new_pin("4", rules) is PinFault.TOO_SIMPLE
    assert judge_new_pin("48", rules, "4848") is PinFault.TOO_SIMPLE
    assert judge_new_pin("483", rules, "483") is None
    assert judge_new_pin("4827", rules, "4827") is PinFault.CONTAINS_USER_ID
    assert judge_new_pin("1313", rules) is PinFault.REPEATS
    assert judge_new_pin("1311", rules) is None


@given(st.text(), st.text())
def test_any_text_is_judged(pin: str, user_id: str) -> None:
    fault = judge_new_pin(pin, RULES, user_id)
    assert fault is None or isinstance(fault, PinFault)
