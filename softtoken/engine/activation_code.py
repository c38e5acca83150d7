"""The activation code: registration id and password as one text for people (docs/activation.md)."""

import re
import string
from dataclasses import dataclass, field

from softtoken.engine.crockford import CodeFault, MalformedCode, decode_checked, encode_checked


@dataclass(frozen=True, slots=True)
class ActivationCode:
    """registration_id: 8 lower-case hexadecimal digits. password: 8 characters of 0-9A-Za-z."""

    registration_id: str
    password: str = field(repr=False)


class MalformedActivationCode(MalformedCode):
    """A text that is no activation code; nothing of it may be sent."""


def format_activation_code(registration_id: str, password: str) -> str:
    """`XXXX-XXXX-XXXX-XXXX-C`. Raises ValueError if either part is not what a server gives out."""
    if re.fullmatch("[0-9a-f]{8}", registration_id) is None:
        raise ValueError("a registration id has 8 lower-case hexadecimal digits")
    if re.fullmatch("[0-9A-Za-z]{8}", password) is None:
        raise ValueError("an activation password has 8 letters or digits")
    number = int(registration_id, 16)
    return encode_checked(number << _PASSWORD_BITS | _password_number(password), _SYMBOLS)


def parse_activation_code(text: str) -> ActivationCode:
    """The two parts of a code as a person typed it. Raises MalformedActivationCode."""
    try:
        number = decode_checked(text, _SYMBOLS)
    except MalformedCode as error:
        raise MalformedActivationCode(error.reason) from None
    password_number = number & (1 << _PASSWORD_BITS) - 1
    if password_number >= len(_DIGITS) ** _PASSWORD_LENGTH:
        raise MalformedActivationCode(CodeFault.MISTYPED)
    return ActivationCode(f"{number >> _PASSWORD_BITS:08x}", _password(password_number))


_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SYMBOLS = 16
_PASSWORD_BITS = 48
_PASSWORD_LENGTH = 8


def _password_number(password: str) -> int:
    number = 0
    for character in password:
        number = number * len(_DIGITS) + _DIGITS.index(character)
    return number


def _password(number: int) -> str:
    characters = []
    for _ in range(_PASSWORD_LENGTH):
        number, digit = divmod(number, len(_DIGITS))
        characters.append(_DIGITS[digit])
    return "".join(reversed(characters))
