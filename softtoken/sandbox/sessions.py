"""Logins that wait for something: their life of 60 seconds and how they end (iaa-api sections 6.3, 6.5)."""

import secrets
import sqlite3
from collections.abc import Sequence

from softtoken.clock import Clock
from softtoken.engine.tokens import ProtectionType
from softtoken.sandbox.refusal import conflict, not_found

LIFE = 60
"""Seconds; the vendor's pn_auth_timeout."""
_KEPT = 86_400


class Sessions:
    """Pending requests of the tenant's users, inside the caller's transaction."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def open(
        self,
        db: sqlite3.Connection,
        user: str,
        session_id: str | None,
        code: int | None,
        *,
        allowed: Sequence[ProtectionType] = (),
        challenge: str | None = None,
    ) -> str:
        """A new pending request; the answer is its requestID."""
        now = self._clock.now()
        request_id = secrets.token_hex(16)
        db.execute("DELETE FROM sessions WHERE expires < ?", (now - _KEPT,))
        db.execute(
            "INSERT INTO sessions (request_id, user_id, session_id, risk_response_code, status, allowed,"
            " challenge, expires) VALUES (?, ?, ?, ?, 'pending', ?, ?, ?)",
            (request_id, user, session_id, code, ",".join(allowed), challenge, now + LIFE),
        )
        return request_id

    def find_pending(
        self, db: sqlite3.Connection, user: str, request_id: str | None, session_id: str | None
    ) -> sqlite3.Row | None:
        """The request that a login goes on with: the one it names, else the latest of its session.

        Raises Refusal (409) if it names one that is not pending for this user.
        """
        row: sqlite3.Row | None = db.execute(
            "SELECT * FROM sessions WHERE user_id = ? AND status = 'pending' AND expires > ?"
            " AND (request_id = ? OR (? IS NULL AND session_id = ?)) ORDER BY rowid DESC LIMIT 1",
            (user, self._clock.now(), request_id, request_id, session_id),
        ).fetchone()
        if row is None and request_id is not None:
            raise conflict("Invalid Request ID")
        return row

    def finish(self, db: sqlite3.Connection, request_id: str, status: str) -> None:
        """The request has ended with this status."""
        db.execute("UPDATE sessions SET status = ? WHERE request_id = ?", (status, request_id))

    def status(self, db: sqlite3.Connection, request_id: str) -> str:
        """pending, timeout, how it ended, or unknown for a request that nobody made."""
        row = db.execute("SELECT * FROM sessions WHERE request_id = ?", (request_id,)).fetchone()
        if row is None:
            return "unknown"
        if row["status"] == "pending" and self._clock.now() >= row["expires"]:
            return "timeout"
        return str(row["status"])

    def decide(self, db: sqlite3.Connection, request_id: str, status: str) -> None:
        """Play the person at the trusted device. Raises Refusal (404, or 409 if it is no longer pending)."""
        match self.status(db, request_id):
            case "pending":
                self.finish(db, request_id, status)
            case "unknown":
                raise not_found("Request not found")
            case _:
                raise conflict("Invalid Request ID")
