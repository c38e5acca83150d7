"""RFC 4226: the vectors of appendix D, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softtoken.engine.hotp import hotp, keyed_hash, truncate
from softtoken.engine.tokens import Algorithm

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "rfc4226.json").read_text("utf-8"))
KEY = VECTORS["key"].encode()


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["code"])
def test_appendix_d(case: dict[str, Any]) -> None:
    mac = keyed_hash(KEY, case["counter"].to_bytes(8, "big"), Algorithm.SHA1)
    assert mac.hex() == case["mac"]
    assert hotp(KEY, case["counter"], 6, Algorithm.SHA1) == case["code"]
    # ten digits are the whole 31-bit number of the appendix's second table, with its leading zeros
    assert hotp(KEY, case["counter"], 10, Algorithm.SHA1) == f"{case['number']:010d}"


def test_the_offset_comes_from_the_last_byte_whatever_the_hash() -> None:
    """Section 5.4's example, then the same with a longer MAC."""
    example = bytes.fromhex("1f8698690e02ca16618550ef7f19da8e945b555a")
    assert truncate(example, 6) == "872921"
    assert truncate(example[:19] + bytes(44) + b"\x5a", 6) == "872921"


@given(st.binary(min_size=1, max_size=80), st.integers(0, 2**64 - 1), st.sampled_from(Algorithm))
def test_fewer_digits_are_the_end_of_more(key: bytes, counter: int, algorithm: Algorithm) -> None:
    codes = [hotp(key, counter, digits, algorithm) for digits in range(6, 11)]
    assert [len(code) for code in codes] == [6, 7, 8, 9, 10]
    assert all(codes[-1].endswith(code) for code in codes)
    assert codes[-1] < "2147483648"


@pytest.mark.parametrize("digits", [-6, 0, 5, 11])
def test_digits_out_of_range(digits: int) -> None:
    with pytest.raises(ValueError, match=r"^a code has 6 to 10 digits$"):
        hotp(KEY, 0, digits, Algorithm.SHA1)


@pytest.mark.parametrize("counter", [-1, 2**64])
def test_counter_out_of_range(counter: int) -> None:
    with pytest.raises(ValueError, match=r"^a counter has 64 bits$"):
        hotp(KEY, counter, 6, Algorithm.SHA1)


def test_an_empty_key_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^the key is empty$"):
        hotp(b"", 0, 6, Algorithm.SHA1)
