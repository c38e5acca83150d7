"""Static passwords, kept as Argon2id PHC strings. Slow on purpose, so never inside a transaction."""

import secrets

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id


def hash_password(password: str) -> str:
    """The string to keep."""
    kdf = Argon2id(salt=secrets.token_bytes(16), length=32, iterations=3, lanes=4, memory_cost=65536)
    return kdf.derive_phc_encoded(password.encode())


def is_password(password: str, kept: str | None) -> bool:
    """Is it the one that was kept? None: there is none, so no."""
    if kept is None:
        return False
    try:
        Argon2id.verify_phc_encoded(password.encode(), kept)
    except InvalidKey:
        return False
    return True
