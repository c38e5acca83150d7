"""Static passwords, kept as Argon2id PHC strings. Slow on purpose, so never inside a transaction."""

from softtoken import argon2


def hash_password(password: str) -> str:
    """The string to keep."""
    return argon2.hash_password(password)


def is_password(password: str, kept: str | None) -> bool:
    """Is it the one that was kept? None: there is none, so no."""
    return kept is not None and argon2.is_password(password, kept)
