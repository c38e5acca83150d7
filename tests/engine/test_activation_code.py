"""The activation code: vectors, a second implementation of the page's formula, and what is refused."""

import contextlib
import json
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softtoken.engine.activation_code import (
    ActivationCode,
    MalformedActivationCode,
    format_activation_code,
    parse_activation_code,
)
from softtoken.engine.crockford import CodeFault, encode_checked

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "activation_code.json").read_text("utf-8")
)
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
REGISTRATION_IDS = st.integers(0, 2**32 - 1).map(lambda number: f"{number:08x}")
PASSWORDS = st.text(DIGITS, min_size=8, max_size=8)


def _by_hand(registration_id: str, password: str) -> tuple[int, str]:
    """docs/activation.md said again in another way."""
    place_values = [62 ** (7 - place) for place in range(8)]
    number = int(registration_id, 16) * 2**48
    number += sum(DIGITS.index(letter) * value for letter, value in zip(password, place_values, strict=True))
    symbols = "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number // 32**power % 32] for power in range(15, -1, -1))
    check = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U"[number % 37]
    return number, f"{symbols[:4]}-{symbols[4:8]}-{symbols[8:12]}-{symbols[12:]}-{check}"


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["registrationID"])
def test_vectors(case: dict[str, Any]) -> None:
    registration_id, password = case["registrationID"], case["activationPassword"]
    assert _by_hand(registration_id, password) == (int(case["number"]), case["code"])
    assert format_activation_code(registration_id, password) == case["code"]
    assert parse_activation_code(case["code"]) == ActivationCode(registration_id, password)


@given(REGISTRATION_IDS, PASSWORDS)
def test_round_trip(registration_id: str, password: str) -> None:
    code = format_activation_code(registration_id, password)
    assert code == _by_hand(registration_id, password)[1]
    assert parse_activation_code(code) == ActivationCode(registration_id, password)


@pytest.mark.parametrize(
    "typed",
    ["18djrf8crp5f4rg70", " 18DJ RF8C RP5F 4RG7 O ", "l8dj-rf8c-rp5f-4rg7-o", "I8DJ–RF8C–RP5F–4RG7–0\n"],
)
def test_untidy_typing(typed: str) -> None:
    assert parse_activation_code(typed) == ActivationCode("0a1b2c3d", "3zE6RNH5")


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", CodeFault.WRONG_LENGTH),
        ("18DJ-RF8C-RP5F-4RG7", CodeFault.WRONG_LENGTH),
        ("18DJ-RF8C-RP5F-4RG7-00", CodeFault.WRONG_LENGTH),
        ("18DJ-RF8C-RP5F-4RGU-0", CodeFault.BAD_SYMBOL),
        ("18DJ-RF8C-RP5F-4RG?-0", CodeFault.BAD_SYMBOL),
        ("18DJ-RF8C-RP5F-4RG7-1", CodeFault.MISTYPED),
        ("18DJ-RF8C-RP5F-4RG8-0", CodeFault.MISTYPED),
        ("18DJ-RF8C-RP5F-4R7G-0", CodeFault.MISTYPED),
    ],
)
def test_what_is_no_activation_code(typed: str, reason: CodeFault) -> None:
    with pytest.raises(MalformedActivationCode) as caught:
        parse_activation_code(typed)
    assert caught.value.reason is reason


@given(st.integers(0, 2**32 - 1), st.integers(62**8, 2**48 - 1))
def test_a_number_that_no_password_has_is_mistyped(registration: int, password: int) -> None:
    with pytest.raises(MalformedActivationCode) as caught:
        parse_activation_code(encode_checked(registration << 48 | password, 16))
    assert caught.value.reason is CodeFault.MISTYPED


def test_the_first_number_that_no_password_has() -> None:
    assert parse_activation_code(encode_checked(62**8 - 1, 16)).password == "zzzzzzzz"
    with pytest.raises(MalformedActivationCode):
        parse_activation_code(encode_checked(62**8, 16))


@pytest.mark.parametrize(
    ("registration_id", "password"),
    [
        ("0A1B2C3D", "3zE6RNH5"),
        ("0a1b2c3", "3zE6RNH5"),
        ("0a1b2c3d0", "3zE6RNH5"),
        ("0a1b2c3g", "3zE6RNH5"),
        ("0a1b2c3d\n", "3zE6RNH5"),
        ("0a1b2c3d", "3zE6RNH"),
        ("0a1b2c3d", "3zE6RNH55"),
        ("0a1b2c3d", "3zE6RNH-"),
        ("0a1b2c3d", "3zE6RNHé"),
    ],
)
def test_parts_that_no_server_gives_out(registration_id: str, password: str) -> None:
    message = (
        "an activation password has 8 letters or digits"
        if registration_id == "0a1b2c3d"
        else "a registration id has 8 lower-case hexadecimal digits"
    )
    with pytest.raises(ValueError, match=f"^{message}$") as caught:
        format_activation_code(registration_id, password)
    assert password not in str(caught.value)


@given(st.text(string.printable))
def test_any_text_is_read_or_malformed(text: str) -> None:
    with contextlib.suppress(MalformedActivationCode):
        parse_activation_code(text)


def test_the_password_is_not_in_the_repr() -> None:
    shown = repr(parse_activation_code("18DJ-RF8C-RP5F-4RG7-0"))
    assert "0a1b2c3d" in shown
    assert "3zE6RNH5" not in shown
