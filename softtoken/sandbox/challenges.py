"""Challenges that a user asked for ahead of a login: the code must cover them, once (iaa-api section 4)."""

import secrets
import sqlite3
from dataclasses import dataclass

from softtoken.sandbox.sessions import LIFE
from softtoken.sandbox.users import require_user


@dataclass(frozen=True, slots=True)
class Challenge:
    """request_id: names it in the login's requestID."""

    request_id: str
    digits: str


def make_challenge(db: sqlite3.Connection, user: str, length: int, now: int) -> Challenge:
    """So many random digits, good for a minute and for this user alone. Raises Refusal (404)."""
    require_user(db, user)
    made = Challenge(secrets.token_hex(16), "".join(secrets.choice("0123456789") for _ in range(length)))
    db.execute("DELETE FROM challenges WHERE expires <= ?", (now,))
    db.execute("INSERT INTO challenges VALUES (?, ?, ?, ?)", (made.request_id, user, made.digits, now + LIFE))
    return made


def find_challenge(db: sqlite3.Connection, user: str, request_id: str | None, now: int) -> Challenge | None:
    """The user's own of this name, if it is still good."""
    row = db.execute(
        "SELECT * FROM challenges WHERE request_id = ? AND user_id = ? AND expires > ?", (request_id, user, now)
    ).fetchone()
    return None if row is None else Challenge(row["request_id"], row["challenge"])


def use_challenge(db: sqlite3.Connection, challenge: Challenge) -> None:
    """It is gone."""
    db.execute("DELETE FROM challenges WHERE request_id = ?", (challenge.request_id,))
