"""A stranger's text cannot hide a part of itself, or turn itself around."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softtoken.formats.shown_text import shown_text

SIGN = "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("Login request", "Login request"),
        ("  Größe, 5 €  ", "Größe, 5 €"),
        ("one\ntwo\r\nthree\tfour", "one two three four"),
        ("pay \u202e005 EUR", f"pay {SIGN}005 EUR"),
        ("\u2066hidden\u2069", f"{SIGN}hidden{SIGN}"),
        ("a\u200fb\u061cc\ufeffd\u00ade", f"a{SIGN}b{SIGN}c{SIGN}d{SIGN}e"),
        ("\x1b[2Jgone\x00\x7f\x9b", f"{SIGN}[2Jgone{SIGN}{SIGN}{SIGN}"),
        ("a\u2028b\u2029c", f"a{SIGN}b{SIGN}c"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("<b>not bold</b>", "<b>not bold</b>"),
    ],
)
def test_examples(given_text: str, shown: str) -> None:
    assert shown_text(given_text) == shown


def test_lines_stay_where_they_are_wanted() -> None:
    assert shown_text("one\ntwo\r\nthree", lines=True) == "one\ntwo\nthree"


@given(st.text())
def test_nothing_without_a_look_is_left(text: str) -> None:
    left = {unicodedata.category(char) for char in shown_text(text) if char not in "\u200c\u200d"}
    assert not left & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
