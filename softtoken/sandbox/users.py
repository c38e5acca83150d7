"""Who is known to the tenant, how their names are read, and the one lock count of each."""

import sqlite3

from softtoken.sandbox.refusal import invalid, not_found

LOCK_THRESHOLD = 3
"""Unsuccessful operations in a row that lock a user (iaa-api section 9, user_lock_threshold)."""
_LONGEST_NAME = 255


def read_user(text: str, domain: str) -> str:
    """The user id in `user` or `user@domain`, lower-cased, as transactions need it (iaa-api section 3).

    Another domain stays part of the name: nobody here, or somebody whose id is an e-mail address.
    Raises Refusal (400) for what cannot be a name.
    """
    name = text.strip().lower().removesuffix(f"@{domain}")
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise invalid(f"userID: must have 1 to {_LONGEST_NAME} characters")
    if not name.isprintable():
        raise invalid("userID: must have printable characters only")
    return name


def full_name(user: str, domain: str) -> str:
    """`user@domain`, as a device addresses the user."""
    return f"{user}@{domain}"


def add_user(db: sqlite3.Connection, user: str, static_password: str | None) -> None:
    """Make the user known. One who is known keeps everything; a new static password replaces the old one."""
    db.execute(
        "INSERT INTO users (user_id, static_password) VALUES (?, ?) ON CONFLICT (user_id) DO UPDATE"
        " SET static_password = coalesce(excluded.static_password, static_password)",
        (user, static_password),
    )


def require_user(db: sqlite3.Connection, user: str) -> sqlite3.Row:
    """The user's row: user_id, static_password, wrong_codes. Raises Refusal (404)."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM users WHERE user_id = ?", (user,)).fetchone()
    if row is None:
        raise not_found("User not found")
    return row


def is_locked(row: sqlite3.Row) -> bool:
    """Three wrong codes in a row, and not unlocked since."""
    return bool(row["wrong_codes"] >= LOCK_THRESHOLD)


def remaining_tries(db: sqlite3.Connection, user: str) -> int:
    """Wrong codes that are left before the lock. Raises Refusal (404)."""
    return max(0, LOCK_THRESHOLD - int(require_user(db, user)["wrong_codes"]))


def count_wrong(db: sqlite3.Connection, user: str) -> None:
    """One more unsuccessful operation. The one that locks also ends what the user had pending."""
    db.execute("UPDATE users SET wrong_codes = wrong_codes + 1 WHERE user_id = ?", (user,))
    if is_locked(require_user(db, user)):
        db.execute("UPDATE sessions SET status = 'failure' WHERE user_id = ? AND status = 'pending'", (user,))


def count_right(db: sqlite3.Connection, user: str) -> None:
    """Success starts the count again; it never opens a lock."""
    db.execute("UPDATE users SET wrong_codes = 0 WHERE user_id = ? AND wrong_codes < ?", (user, LOCK_THRESHOLD))


def unlock(db: sqlite3.Connection, user: str) -> None:
    """Raises Refusal (404). Unlocking one who is not locked starts the count again."""
    require_user(db, user)
    db.execute("UPDATE users SET wrong_codes = 0 WHERE user_id = ?", (user,))


def authenticators(db: sqlite3.Connection, user: str) -> list[str]:
    """The serials of the user's activated authenticators."""
    rows = db.execute("SELECT serial FROM authenticators WHERE user_id = ? ORDER BY serial", (user,))
    return [row["serial"] for row in rows]
