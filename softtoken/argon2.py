"""Argon2id (RFC 9106), one computation at a time in this process.

Two with several lanes at once wait for each other for ever: OpenSSL gives the lanes threads from one pool, and each
computation holds some while it waits for more (seen with cryptography 50 and OpenSSL 4.0). How many lanes there are is
part of what is stored, so it cannot be changed, and the computations take turns. Each lets other threads run meanwhile.
"""

import secrets
import threading

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from softtoken.secret import Key, Secret

_TURN = threading.Lock()
_LENGTH = 32


def argon2id(secret: Key, salt: bytes, *, memory_kib: int = 65536, passes: int = 3, lanes: int = 4) -> Secret:
    """32 bytes from something that a person can remember. Takes a tenth of a second or more, on purpose."""
    kdf = Argon2id(salt=salt, length=_LENGTH, iterations=passes, lanes=lanes, memory_cost=memory_kib)
    derived = Secret(_LENGTH)
    with _TURN:
        kdf.derive_into(secret, derived)  # type: ignore[arg-type]  # any buffer does; the stub knows bytes alone
    return derived


def hash_password(password: str) -> str:
    """A PHC string to keep, with a fresh salt."""
    kdf = Argon2id(salt=secrets.token_bytes(16), length=_LENGTH, iterations=3, lanes=4, memory_cost=65536)
    with _TURN:
        return kdf.derive_phc_encoded(password.encode())


def is_password(password: str, kept: str) -> bool:
    """Is it the one that hash_password made `kept` of?"""
    with _TURN:
        try:
            Argon2id.verify_phc_encoded(password.encode(), kept)
        except InvalidKey:
            return False
        return True
