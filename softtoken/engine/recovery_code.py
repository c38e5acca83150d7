"""The vault's recovery code: 128 bits as text that a person writes down and types once, years later."""

from softtoken.engine.crockford import CodeFault, MalformedCode, decode_checked, encode_checked

SECRET_LENGTH = 16
"""Bytes."""


class MalformedRecoveryCode(MalformedCode):
    """A text that is no recovery code of any vault."""


def format_recovery_code(secret: bytes) -> str:
    """26 symbols and a check symbol, in groups of four. Raises ValueError unless there are 16 bytes."""
    if len(secret) != SECRET_LENGTH:
        raise ValueError("a recovery code has 16 bytes")
    return encode_checked(int.from_bytes(secret, "big"), _SYMBOLS)


def parse_recovery_code(text: str) -> bytes:
    """The 16 bytes of a code as a person typed it. Raises MalformedRecoveryCode."""
    try:
        number = decode_checked(text, _SYMBOLS)
    except MalformedCode as error:
        raise MalformedRecoveryCode(error.reason) from None
    if number >> 8 * SECRET_LENGTH:
        raise MalformedRecoveryCode(CodeFault.MISTYPED)
    return number.to_bytes(SECRET_LENGTH, "big")


_SYMBOLS = 26
