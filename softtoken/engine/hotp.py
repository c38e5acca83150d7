"""Counter-based codes: RFC 4226, with the hashes that RFC 6238 adds."""

import hmac

from softtoken.engine.tokens import Algorithm
from softtoken.secret import Key

COUNTER_END = 2**64
"""The counter is eight bytes wide (RFC 4226 section 5.1)."""


def hotp(key: Key, counter: int, digits: int, algorithm: Algorithm = Algorithm.SHA1) -> str:
    """The code for one counter value: 6 to 10 digits.

    Ten digits are the 31-bit number itself, as elsewhere: the first digit is 0, 1 or 2, so the tenth adds
    hardly any safety. Raises ValueError for arguments out of range.
    """
    if not 6 <= digits <= 10:
        raise ValueError("a code has 6 to 10 digits")
    if not 0 <= counter < COUNTER_END:
        raise ValueError("a counter has 64 bits")
    return truncate(keyed_hash(key, counter.to_bytes(8, "big"), algorithm), digits)


def keyed_hash(key: Key, message: bytes, algorithm: Algorithm) -> bytes:
    """HMAC (RFC 2104): 20, 32 or 64 bytes. Raises ValueError for an empty key."""
    if not key:  # HMAC would take it, and anybody could make the codes
        raise ValueError("the key is empty")
    return hmac.digest(key, message, algorithm.value)


def truncate(mac: bytes, digits: int) -> str:
    """Dynamic truncation (RFC 4226 section 5.3): 31 bits from where the last byte points, mod 10^digits."""
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}d}"
