"""The recovery code: 16 bytes there and back, and what is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softtoken.engine.crockford import ALPHABET, CodeFault, encode_checked
from softtoken.engine.recovery_code import MalformedRecoveryCode, format_recovery_code, parse_recovery_code

SECRETS = st.binary(min_size=16, max_size=16)


def test_known_codes() -> None:
    assert format_recovery_code(bytes(16)) == "0000-0000-0000-0000-0000-0000-000"
    # modulo 37, 2^36 is 1 and 2^20 is 33, so 2^128 - 1 is 32: the first of the symbols that only check
    assert format_recovery_code(b"\xff" * 16) == "7ZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZ*"


@given(SECRETS)
def test_round_trip(secret: bytes) -> None:
    code = format_recovery_code(secret)
    assert re.fullmatch("([0-9A-Z]{4}-){6}[0-9A-Z]{2}[0-9A-Z*~$=]", code)
    assert parse_recovery_code(code) == secret
    assert parse_recovery_code(f" {code.lower().replace('-', ' ')}\n") == secret
    assert parse_recovery_code(code.replace("0", "o").replace("1", "l").replace("-", "")) == secret


@given(SECRETS, st.integers(0, 25), st.integers(1, 31))
def test_a_wrong_symbol_is_noticed(secret: bytes, place: int, off: int) -> None:
    code = format_recovery_code(secret).replace("-", "")
    wrong = ALPHABET[(ALPHABET.index(code[place]) + off) % 32]
    with pytest.raises(MalformedRecoveryCode) as caught:
        parse_recovery_code(code[:place] + wrong + code[place + 1 :])
    assert caught.value.reason is CodeFault.MISTYPED


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", CodeFault.WRONG_LENGTH),
        ("0000-0000-0000-0000-0000-0000-00", CodeFault.WRONG_LENGTH),
        ("0000-0000-0000-0000-0000-0000-0000", CodeFault.WRONG_LENGTH),
        ("0000-0000-0000-0000-0000-00U0-000", CodeFault.BAD_SYMBOL),
        (encode_checked(2**128, 26), CodeFault.MISTYPED),
        (encode_checked(2**130 - 1, 26), CodeFault.MISTYPED),
    ],
)
def test_what_is_no_recovery_code(text: str, reason: CodeFault) -> None:
    with pytest.raises(MalformedRecoveryCode) as caught:
        parse_recovery_code(text)
    assert caught.value.reason is reason


@pytest.mark.parametrize("length", [0, 15, 17, 32])
def test_only_16_bytes_have_a_code(length: int) -> None:
    with pytest.raises(ValueError, match=r"^a recovery code has 16 bytes$"):
        format_recovery_code(bytes(length))
