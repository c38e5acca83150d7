"""The tenant's activated authenticators: listing them, and giving them to users or taking them away."""

import sqlite3
from dataclasses import dataclass

from softtoken.engine.tokens import ProtectionType
from softtoken.sandbox.refusal import conflict, not_found
from softtoken.sandbox.users import require_user

AUTHENTICATOR_TYPE = "DAL10"
"""What the vendor calls the licence of an authenticator that a multi-device activation made (iaa-api section 5.3)."""


@dataclass(frozen=True, slots=True)
class AuthenticatorRecord:
    """user: None while it is nobody's."""

    serial: str
    user: str | None
    protections: tuple[ProtectionType, ...]


def list_authenticators(
    db: sqlite3.Connection, pattern: str = "*", *, assigned: bool | None = None, offset: int = 0, limit: int = 100
) -> tuple[int, list[AuthenticatorRecord]]:
    """How many there are, and this page of them, by serial. pattern: a serial; * stands for anything.

    One that was never proved is in no list.
    """
    like = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")
    found = "FROM authenticators WHERE activated AND serial LIKE ? ESCAPE '\\' AND (? IS NULL OR (user_id NOTNULL) = ?)"
    asked = (like, assigned, assigned)
    total = db.execute(f"SELECT count(*) {found}", asked).fetchone()[0]
    page = db.execute(f"SELECT * {found} ORDER BY serial LIMIT ? OFFSET ?", (*asked, limit, offset))
    return total, [AuthenticatorRecord(row["serial"], row["user_id"], _protections(db, row["serial"])) for row in page]


def assign(db: sqlite3.Connection, serial: str, user: str) -> None:
    """Give it to a user, beside what the user has. Raises Refusal: 404; 409 if it is another user's."""
    require_user(db, user)
    owner = _require(db, serial)["user_id"]
    if owner not in {None, user}:
        raise conflict("Authenticator is assigned to another user")
    db.execute("UPDATE authenticators SET user_id = ? WHERE serial = ?", (user, serial))


def unassign(db: sqlite3.Connection, serial: str) -> None:
    """Its codes are nobody's from now on; its keys and counters stay. Raises Refusal (404)."""
    _require(db, serial)
    db.execute("UPDATE authenticators SET user_id = NULL WHERE serial = ?", (serial,))


def _require(db: sqlite3.Connection, serial: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM authenticators WHERE serial = ? AND activated", (serial,)
    ).fetchone()
    if row is None:
        raise not_found("Authenticator not found")
    return row


def _protections(db: sqlite3.Connection, serial: str) -> tuple[ProtectionType, ...]:
    rows = db.execute("SELECT protection FROM credentials WHERE serial = ? ORDER BY instance", (serial,))
    return tuple(ProtectionType(row["protection"]) for row in rows)
