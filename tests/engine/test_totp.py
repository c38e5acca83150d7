"""RFC 6238: the vectors of appendix B, the life span of a code, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softtoken.engine.hotp import hotp
from softtoken.engine.tokens import Algorithm, Otp
from softtoken.engine.totp import totp

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "rfc6238.json").read_text("utf-8"))


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: f"{case['algorithm']}-{case['at']}")
def test_appendix_b(case: dict[str, Any]) -> None:
    otp = totp(case["key"].encode(), case["at"], VECTORS["period"], VECTORS["digits"], Algorithm(case["algorithm"]))
    start = case["at"] // 30 * 30
    assert otp == Otp(case["code"], start, start + 30, None)


@given(st.integers(0, 2**40), st.integers(1, 86400))
def test_a_code_lives_for_its_whole_step_and_no_longer(at: int, period: int) -> None:
    otp = totp(b"key", at, period, 8, Algorithm.SHA256)
    assert otp.valid_until is not None
    assert otp.valid_from <= at < otp.valid_until
    assert otp.valid_until - otp.valid_from == period
    assert totp(b"key", otp.valid_from, period, 8, Algorithm.SHA256) == otp
    assert totp(b"key", otp.valid_until - 1, period, 8, Algorithm.SHA256) == otp
    assert totp(b"key", otp.valid_until, period, 8, Algorithm.SHA256).valid_from == otp.valid_until
    assert otp.code == hotp(b"key", at // period, 8, Algorithm.SHA256)


@pytest.mark.parametrize(
    ("at", "period", "message"),
    [
        (-1, 30, "a moment is not before 1970"),
        (0, 0, "a period is at least one second"),
        (0, -30, "a period is at least one second"),
    ],
)
def test_out_of_range(at: int, period: int, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        totp(b"key", at, period, 6, Algorithm.SHA1)


def test_a_code_is_not_in_the_repr() -> None:
    otp = totp(b"key", 59, 30, 8, Algorithm.SHA1)
    assert otp.code not in repr(otp)
