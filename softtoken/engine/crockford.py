"""Numbers as text that people copy by hand: Crockford's Base32 with its check symbol.

Source: https://www.crockford.com/base32.html. The check symbol notices every single wrong symbol
and every swap of two neighbours.
"""

from enum import StrEnum

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""32 symbols of five bits; I, L, O and U are left out."""
CHECK_ALPHABET = ALPHABET + "*~$=U"
"""The check symbol is the number modulo 37."""


class CodeFault(StrEnum):
    """Why a text is no code. MISTYPED: it has the form of one, and a symbol is wrong."""

    WRONG_LENGTH = "WRONG_LENGTH"
    BAD_SYMBOL = "BAD_SYMBOL"
    MISTYPED = "MISTYPED"


class MalformedCode(ValueError):  # noqa: N818 - says what the text is
    """A text that is no code. reason says why; the text itself is never kept, it may be a secret."""

    def __init__(self, reason: CodeFault) -> None:
        super().__init__(reason.value)
        self.reason = reason


def encode(number: int, symbols: int) -> str:
    """A fixed number of symbols, leading zeros included. Raises ValueError if the number does not fit."""
    if not 0 <= number < 32**symbols:
        raise ValueError("the number does not fit")
    return "".join(ALPHABET[number >> shift & 31] for shift in range(5 * (symbols - 1), -1, -5))


def check_symbol(number: int) -> str:
    """The symbol that goes behind a number."""
    return CHECK_ALPHABET[number % 37]


def group(text: str) -> str:
    """Groups of four with hyphens between: `0123-4567-8`."""
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def encode_checked(number: int, symbols: int) -> str:
    """The number with its check symbol, in groups of four."""
    return group(encode(number, symbols) + check_symbol(number))


def decode_checked(text: str, symbols: int) -> int:
    """The number behind so many symbols and a check symbol, as people type it.

    Upper and lower case, spaces and hyphens anywhere, O for 0, I and L for 1. Raises MalformedCode.
    """
    plain = text.translate(_LENIENT)
    if len(plain) != symbols + 1:
        raise MalformedCode(CodeFault.WRONG_LENGTH)
    number = 0
    for symbol in plain[:-1]:
        value = ALPHABET.find(symbol)
        if value < 0:
            raise MalformedCode(CodeFault.BAD_SYMBOL)
        number = number << 5 | value
    if plain[-1] not in CHECK_ALPHABET:
        raise MalformedCode(CodeFault.BAD_SYMBOL)
    if plain[-1] != check_symbol(number):
        raise MalformedCode(CodeFault.MISTYPED)
    return number


def _lenient() -> dict[int, str | None]:
    """ASCII letters only: str.upper() would also turn a dotless i into an I and a sharp s into two letters.

    The separators are those that mail programs and word processors make of a space and a hyphen.
    """
    table: dict[int, str | None] = {ord(letter): letter.upper() for letter in "abcdefghjkmnpqrstuvwxyz"}
    table |= dict.fromkeys(map(ord, "Oo"), "0") | dict.fromkeys(map(ord, "IiLl"), "1")
    spaces = " \t\r\n\u00a0\u2007\u2009\u200b\u202f\ufeff"
    hyphens = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
    return table | dict.fromkeys(map(ord, spaces + hyphens), None)


_LENIENT = _lenient()
