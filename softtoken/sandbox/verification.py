"""Whose code is this? Every allowed credential is tried; the counter of the one that made it moves on."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from softtoken.clock import Clock
from softtoken.engine.resync import HeldCredential, verify_code
from softtoken.engine.tokens import ProtectionType

LATEST_DIGESTS = 3


@dataclass(frozen=True, slots=True)
class CodeVerifier:
    """Verifies codes inside the caller's transaction: of two simultaneous logins one alone is accepted.

    digest_check: False refuses every code, as the documented server does (mc-sdk section 10).
    """

    clock: Clock
    digest_check: bool

    def accept(
        self,
        db: sqlite3.Connection,
        user: str,
        code: str,
        optional_data: bytes | None = None,
        allowed: Collection[ProtectionType] = tuple(ProtectionType),
    ) -> bool:
        """Accept a code of the user's activated authenticator, once."""
        rows = db.execute(
            "SELECT credentials.*, digits FROM credentials JOIN authenticators USING (serial)"
            " WHERE user_id = ? ORDER BY serial, instance",
            (user,),
        ).fetchall()
        return any(self._accept(db, row, code, optional_data) for row in rows if row["protection"] in allowed)

    def accept_first(self, db: sqlite3.Connection, serial: str, code: str) -> bool:
        """Accept the code that proves a fresh authenticator: its PIN credential's, else its first one's."""
        row = db.execute(
            "SELECT credentials.*, digits FROM credentials JOIN authenticators USING (serial)"
            " WHERE serial = ? ORDER BY protection = ? DESC, instance LIMIT 1",
            (serial, ProtectionType.PIN),
        ).fetchone()
        return self._accept(db, row, code, None)

    def _accept(self, db: sqlite3.Connection, row: sqlite3.Row, code: str, optional_data: bytes | None) -> bool:
        if not self.digest_check:
            return False
        held = HeldCredential(row["key"], row["counter"], latest_digests(db))
        accepted = verify_code(held, code, optional_data, self.clock.now(), row["digits"])
        if accepted is None:
            return False
        db.execute(
            "UPDATE credentials SET counter = ? WHERE serial = ? AND instance = ?",
            (accepted + 1, row["serial"], row["instance"]),
        )
        return True


def register_digests(db: sqlite3.Connection, digests: Collection[bytes]) -> None:
    """Add released versions, oldest first; one that is known becomes the latest again."""
    for digest in digests:
        db.execute(
            "INSERT OR REPLACE INTO app_digests (digest, rank)"
            " VALUES (?, (SELECT coalesce(max(rank), 0) + 1 FROM app_digests))",
            (digest,),
        )


def latest_digests(db: sqlite3.Connection) -> tuple[bytes, ...]:
    """Latest first."""
    rows = db.execute("SELECT digest FROM app_digests ORDER BY rank DESC LIMIT ?", (LATEST_DIGESTS,))
    return tuple(row["digest"] for row in rows)
