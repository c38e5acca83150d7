"""What the administration sees of the tenant's state; reads only, inside the caller's transaction."""

import sqlite3
from dataclasses import dataclass

from softtoken.engine.tokens import ProtectionType
from softtoken.sandbox.registration import MAX_TRIES, OFFLINE

LATEST = 50


@dataclass(frozen=True, slots=True)
class CredentialRecord:
    """counter: the lowest ATC that is still accepted. renewing: a new key was given out and has made no code yet.

    binding, system: what the device said of its sensor, of a BIOMETRIC credential; both None if it said nothing.
    """

    serial: str
    protection: ProtectionType
    digits: int
    counter: int
    renewing: bool
    binding: str | None = None
    system: str | None = None


@dataclass(frozen=True, slots=True)
class RegistrationRecord:
    """left: seconds before the activation code expires. wrong: codes that were refused."""

    registration_id: str
    user: str
    kind: str
    state: str
    left: int
    wrong: int


def credentials_of(db: sqlite3.Connection, user: str) -> list[CredentialRecord]:
    """Of the user's activated authenticators."""
    rows = db.execute(
        "SELECT serial, protection, digits, counter, renewals.key IS NOT NULL AS renewing,"
        " biometric_binding, biometric_system"
        " FROM authenticators JOIN credentials USING (serial) LEFT JOIN renewals USING (serial, instance)"
        " WHERE user_id = ? ORDER BY serial, instance",
        (user,),
    )
    return [_credential(row) for row in rows]


def _credential(row: sqlite3.Row) -> CredentialRecord:
    protection = ProtectionType(row["protection"])
    said = protection is ProtectionType.BIOMETRIC
    return CredentialRecord(
        row["serial"],
        protection,
        row["digits"],
        row["counter"],
        bool(row["renewing"]),
        row["biometric_binding"] if said else None,
        row["biometric_system"] if said else None,
    )


def recent_registrations(db: sqlite3.Connection, now: int, user: str | None = None) -> list[RegistrationRecord]:
    """The latest ones, of this user or of all; latest first."""
    rows = db.execute(
        "SELECT * FROM registrations WHERE ?1 IS NULL OR user_id = ?1 ORDER BY number DESC LIMIT ?2", (user, LATEST)
    )
    return [_registration(row, now) for row in rows]


def queue_lengths(db: sqlite3.Connection) -> dict[str, int]:
    """User to how many answers are scripted for them."""
    rows = db.execute("SELECT user_id, count(*) AS length FROM rules GROUP BY user_id ORDER BY user_id")
    return {row["user_id"]: row["length"] for row in rows}


def _registration(row: sqlite3.Row, now: int) -> RegistrationRecord:
    left = max(0, row["expires"] - now)
    if row["signature"] is not None:
        state = "activated"
    elif row["kind"] != OFFLINE:
        state = "needs the vendor's SDK"
    elif row["wrong_tries"] >= MAX_TRIES:
        state = "locked"
    elif not left:
        state = "expired"
    else:
        state = "waits for a code" if row["device_code"] is not None else "waits for a device"
    return RegistrationRecord(row["registration_id"], row["user_id"], row["kind"], state, left, row["wrong_tries"])
