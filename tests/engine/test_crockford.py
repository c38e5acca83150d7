"""Crockford's Base32: round trips, leniency, and mistakes that the check symbol notices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softtoken.engine.crockford import (
    ALPHABET,
    CHECK_ALPHABET,
    CodeFault,
    MalformedCode,
    check_symbol,
    decode_checked,
    encode,
    encode_checked,
    group,
)

NUMBERS = st.integers(0, 2**80 - 1)


@pytest.mark.parametrize(
    ("number", "symbols", "text"),
    [
        (0, 1, "0"),
        (31, 1, "Z"),
        (32, 2, "10"),
        (1234, 4, "016J"),
        (519571, 4, "FVCK"),
        (2**80 - 1, 16, "Z" * 16),
    ],
)
def test_known_numbers(number: int, symbols: int, text: str) -> None:
    assert encode(number, symbols) == text


def test_check_symbols() -> None:
    """1234 has the check symbol D; beyond 31 come the five that are check symbols only."""
    assert check_symbol(1234) == "D"
    assert [check_symbol(number) for number in range(30, 38)] == ["Y", "Z", "*", "~", "$", "=", "U", "0"]


@pytest.mark.parametrize(("number", "symbols"), [(-1, 4), (32**4, 4), (1, 0)])
def test_numbers_that_do_not_fit(number: int, symbols: int) -> None:
    with pytest.raises(ValueError, match=r"^the number does not fit$"):
        encode(number, symbols)


def test_groups() -> None:
    assert group("") == ""
    assert group("0123456789") == "0123-4567-89"


@given(NUMBERS)
def test_round_trip(number: int) -> None:
    assert decode_checked(encode_checked(number, 16), 16) == number


def _untidy(text: str, draw: st.DataObject) -> str:
    looks = {"0": "0Oo", "1": "1IiLl"}
    written = ""
    for symbol in text.replace("-", ""):
        written += draw.draw(st.sampled_from(looks.get(symbol, symbol + symbol.lower())))
        written += draw.draw(st.sampled_from(["", "", " ", "-", "\n", "\u00a0", "\u2013", "--"]))
    return written


@given(NUMBERS, st.data())
def test_untidy_writing_is_read(number: int, data: st.DataObject) -> None:
    assert decode_checked(_untidy(encode_checked(number, 16), data), 16) == number


@given(NUMBERS, st.integers(0, 16), st.integers(1, 36))
def test_every_single_wrong_symbol_is_noticed(number: int, place: int, off: int) -> None:
    text = encode_checked(number, 16).replace("-", "")
    wrong = CHECK_ALPHABET[(CHECK_ALPHABET.index(text[place]) + off) % 37]
    typed = text[:place] + wrong + text[place + 1 :]
    with pytest.raises(MalformedCode) as caught:
        decode_checked(typed, 16)
    possible = place == 16 or wrong in ALPHABET
    assert caught.value.reason is (CodeFault.MISTYPED if possible else CodeFault.BAD_SYMBOL)


@given(NUMBERS)
def test_every_swap_of_neighbours_is_noticed(number: int) -> None:
    text = encode_checked(number, 16).replace("-", "")
    for place in range(15):
        typed = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        if typed == text:
            continue
        with pytest.raises(MalformedCode) as caught:
            decode_checked(typed, 16)
        assert caught.value.reason is CodeFault.MISTYPED


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", CodeFault.WRONG_LENGTH),
        ("016J", CodeFault.WRONG_LENGTH),
        ("0016JD", CodeFault.WRONG_LENGTH),
        ("016UD", CodeFault.BAD_SYMBOL),
        ("016J!", CodeFault.BAD_SYMBOL),
        ("016Jé", CodeFault.BAD_SYMBOL),
        ("016J１", CodeFault.BAD_SYMBOL),
        ("0ı6JD", CodeFault.BAD_SYMBOL),
        ("016JE", CodeFault.MISTYPED),
    ],
)
def test_what_is_no_code(text: str, reason: CodeFault) -> None:
    with pytest.raises(MalformedCode) as caught:
        decode_checked(text, 4)
    assert caught.value.reason is reason
    assert str(caught.value) == reason.value, "and nothing of the text"


@given(st.text())
def test_any_text_is_read_or_malformed(text: str) -> None:
    try:
        number = decode_checked(text, 2)
    except MalformedCode:
        return
    assert 0 <= number < 1024
