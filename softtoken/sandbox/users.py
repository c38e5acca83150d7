"""Who is known to the tenant, how their names are read, and the one lock count of each."""

import re
import sqlite3
from dataclasses import dataclass, field

from softtoken.sandbox.refusal import Refusal, conflict, invalid, not_found

LOCK_THRESHOLD = 3
"""Unsuccessful operations in a row that lock a user (iaa-api section 9, user_lock_threshold)."""
LONGEST_NAME = 255
_UNSEEN = r"\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\uffff"
NAME_PATTERN = rf"^[^{_UNSEEN}]*[^\s{_UNSEEN}][^{_UNSEEN}]*$"
"""No control characters, nothing that cannot be seen, not spaces alone. The same in Python and in JSON Schema."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What is kept about a user beside the name; None leaves it as it is. password: an Argon2id PHC string."""

    password: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    delivery: str | None = None


def read_user(text: str, domain: str) -> str:
    """The user id in `user` or `user@domain`, lower-cased, as transactions need it (iaa-api section 3).

    Another domain stays part of the name: nobody here, or somebody whose id is an e-mail address.
    Raises Refusal (400) for what cannot be a name.
    """
    typed, suffix = text.strip(), f"@{domain}"
    name = typed.lower().removesuffix(suffix).rstrip() or typed.lower()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise invalid(f"userID: must have 1 to {LONGEST_NAME} characters")
    if re.fullmatch(NAME_PATTERN, typed) is None:
        raise invalid("userID: must have printable characters only")
    if name.endswith(suffix) and name != suffix:
        # to be kept as alice@domain would be to answer to nothing: that is alice
        raise invalid("userID: must name the domain once")
    return name


def full_name(user: str, domain: str) -> str:
    """`user@domain`, as a device addresses the user."""
    return f"{user}@{domain}"


def add_user(db: sqlite3.Connection, user: str, static_password: str | None) -> None:
    """Make the user known. One who is known keeps everything; a new static password replaces the old one."""
    put_user(db, user, Profile(static_password))


def put_user(db: sqlite3.Connection, user: str, profile: Profile) -> None:
    """Make the user known, or change what the profile says of one who is."""
    db.execute(
        "INSERT INTO users (user_id, static_password, email, phone, delivery) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (user_id) DO UPDATE SET static_password = coalesce(excluded.static_password, static_password),"
        " email = coalesce(excluded.email, email), phone = coalesce(excluded.phone, phone),"
        " delivery = coalesce(excluded.delivery, delivery)",
        (user, profile.password, profile.email, profile.phone, profile.delivery),
    )


def delete_user(db: sqlite3.Connection, user: str) -> None:
    """The user, the requests, registrations, authenticators and scripted rules: all gone. Raises Refusal (404)."""
    require_user(db, user)
    for table in ("sessions", "registrations", "authenticators", "rules", "users"):
        db.execute(f"DELETE FROM {table} WHERE user_id = ?", (user,))  # noqa: S608 - our names


def list_users(
    db: sqlite3.Connection, pattern: str = "*", *, locked: bool | None = None, offset: int = 0, limit: int = 100
) -> tuple[int, list[sqlite3.Row]]:
    """How many there are, and this page of their rows, by name. pattern: a user id; * stands for anything."""
    like = re.sub(r"([\\%_])", r"\\\1", pattern.lower()).replace("*", "%")
    found = "FROM users WHERE user_id LIKE ? ESCAPE '\\' AND (? IS NULL OR (wrong_codes >= ?) = ?)"
    asked = (like, locked, LOCK_THRESHOLD, locked)
    total = db.execute(f"SELECT count(*) {found}", asked).fetchone()[0]
    page = db.execute(f"SELECT * {found} ORDER BY user_id LIMIT ? OFFSET ?", (*asked, limit, offset))
    return total, page.fetchall()


def require_user(db: sqlite3.Connection, user: str) -> sqlite3.Row:
    """The user's row: user_id, static_password, wrong_codes, disabled and the profile. Raises Refusal (404)."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM users WHERE user_id = ?", (user,)).fetchone()
    if row is None:
        raise not_found("User not found")
    return row


def barred(row: sqlite3.Row) -> Refusal | None:
    """Why nothing of this user is looked at, and nothing counted."""
    if row["disabled"]:
        return conflict("User is disabled")
    return conflict("User is locked") if is_locked(row) else None


def is_locked(row: sqlite3.Row) -> bool:
    """Three wrong codes in a row, and not unlocked since."""
    return bool(row["wrong_codes"] >= LOCK_THRESHOLD)


def set_disabled(db: sqlite3.Connection, user: str, *, disabled: bool) -> None:
    """Switch the user off or on again; off ends what is pending. Raises Refusal (404)."""
    require_user(db, user)
    db.execute("UPDATE users SET disabled = ? WHERE user_id = ?", (disabled, user))
    if disabled:
        _end_pending(db, user)


def remaining_tries(db: sqlite3.Connection, user: str) -> int:
    """Wrong codes that are left before the lock. Raises Refusal (404)."""
    return max(0, LOCK_THRESHOLD - int(require_user(db, user)["wrong_codes"]))


def count_wrong(db: sqlite3.Connection, user: str) -> None:
    """One more unsuccessful operation. The one that locks also ends what the user had pending."""
    db.execute("UPDATE users SET wrong_codes = wrong_codes + 1 WHERE user_id = ?", (user,))
    if is_locked(require_user(db, user)):
        _end_pending(db, user)


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


def _end_pending(db: sqlite3.Connection, user: str) -> None:
    db.execute("UPDATE sessions SET status = 'failure' WHERE user_id = ? AND status = 'pending'", (user,))
