"""From a user's name to an activated authenticator: register, add-device, activate (docs/activation.md)."""

import hmac
import secrets
import sqlite3
import string
from dataclasses import dataclass, field
from typing import Literal

from softtoken.sandbox import device_code as codes
from softtoken.sandbox.issuing import new_authenticator
from softtoken.sandbox.passwords import hash_password
from softtoken.sandbox.refusal import conflict, invalid, not_found
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.turns import Turns
from softtoken.sandbox.users import add_user, count_right, full_name
from softtoken.sandbox.verification import CodeVerifier

LIFE = 600
"""Seconds that an activation password lives."""
MAX_TRIES = 3
OFFLINE = "offlineMDL"

ActivationStatus = Literal["pending", "activated", "timeout", "unknown"]


@dataclass(frozen=True, slots=True)
class Registered:
    """registration_id: None with onlineMDL, which only the vendor's own SDK can go on with."""

    serial: str
    password: str = field(repr=False)
    registration_id: str | None
    expires: int


@dataclass(frozen=True, slots=True)
class DeviceAdded:
    """The answer to add-device."""

    registration_id: str
    user: str
    serial: str
    message: str = field(repr=False)


class Registrations:
    """The tenant's registrations. Every refusal is a Refusal with the sentence of docs/activation.md."""

    def __init__(self, settings: SandboxSettings, store: Store, verifier: CodeVerifier, turns: Turns) -> None:
        self._settings = settings
        self._store = store
        self._verifier = verifier
        self._turns = turns

    def register(self, user: str, activation_type: str, static_password: str | None = None) -> Registered:
        """A new registration; earlier ones live on until they expire. The password is not kept.

        Raises TooManyTries.
        """
        registration_id = secrets.token_hex(4)
        password = "".join(secrets.choice(_PASSWORD_CHARACTERS) for _ in range(8))
        offline = activation_type == OFFLINE
        with self._turns.one():
            mac_key = codes.derive_mac_key(registration_id, password) if offline else b""
            hashed = hash_password(static_password) if static_password is not None else None
        expires = self._settings.clock.now() + LIFE
        with self._store.transaction() as db:
            add_user(db, user, hashed)
            self._check_licence(db, user)
            self._forget_abandoned(db)
            cursor = db.execute(
                "INSERT INTO registrations (registration_id, user_id, kind, mac_key, expires) VALUES (?, ?, ?, ?, ?)",
                (registration_id, user, activation_type, mac_key, expires),
            )
            serial = _serial(cursor.lastrowid or 0)
        return Registered(serial, password, registration_id if offline else None, expires)

    def status(self, user: str) -> ActivationStatus:
        """Where the user's latest registration stands. timeout: it can no longer be completed."""
        with self._store.transaction() as db:
            row = db.execute(
                "SELECT * FROM registrations WHERE user_id = ? ORDER BY number DESC LIMIT 1", (user,)
            ).fetchone()
        if row is None:
            return "unknown"
        if row["signature"] is not None:
            return "activated"
        dead = row["wrong_tries"] >= MAX_TRIES or self._settings.clock.now() >= row["expires"]
        return "timeout" if dead else "pending"

    def add_device(self, registration_id: str, device_code: str, origin: str) -> DeviceAdded:
        """Give the device its keys. origin: `scheme://host[:port]` as the request was addressed."""
        try:
            code = codes.parse_device_code(device_code)
        except codes.MalformedDeviceCode as error:
            raise invalid(f"deviceCode: {error}") from None
        with self._store.transaction() as db:
            row = self._open(db, registration_id)
            answer = self._added(db, row, code, origin)
        if answer is None:
            raise conflict("Authentication failed")
        return answer

    def activate(self, registration_id: str, signature: str) -> None:
        """Complete the activation with the first code. The new authenticator replaces the user's last one."""
        with self._store.transaction() as db:
            row = self._open(db, registration_id)
            proved = self._proved(db, row, signature)
        if not proved:
            raise conflict("Authentication failed")

    def _open(self, db: sqlite3.Connection, registration_id: str) -> sqlite3.Row:
        row: sqlite3.Row | None = db.execute(
            "SELECT * FROM registrations WHERE registration_id = ? AND kind = ?", (registration_id, OFFLINE)
        ).fetchone()
        if row is None:
            raise not_found("Registration not found")
        if row["wrong_tries"] >= MAX_TRIES:
            raise conflict("Registration is locked")
        if self._settings.clock.now() >= row["expires"]:
            raise conflict("Registration has expired")
        return row

    def _added(
        self, db: sqlite3.Connection, row: sqlite3.Row, code: codes.DeviceCode, origin: str
    ) -> DeviceAdded | None:
        """None: a wrong try, counted."""
        registration_id, serial = row["registration_id"], _serial(row["number"])
        if row["device_code"] is not None:
            if not hmac.compare_digest(row["device_code"], code.fingerprint()):
                raise conflict("Registration was already used")
            return DeviceAdded(registration_id, row["user_id"], serial, row["message"])
        user = full_name(row["user_id"], self._settings.domain)
        agreed = codes.transcript(origin, user, registration_id, code.public_key)
        if not codes.is_authentic(code, row["mac_key"], agreed):
            _count_try(db, row)
            return None
        plaintext = new_authenticator(db, self._settings, row["user_id"], serial, code.protections)
        try:
            message = codes.seal(plaintext, code, row["mac_key"], agreed)
        except codes.MalformedDeviceCode as error:
            raise invalid(f"deviceCode: {error}") from None
        db.execute(
            "UPDATE registrations SET device_code = ?, message = ? WHERE number = ?",
            (code.fingerprint(), message, row["number"]),
        )
        return DeviceAdded(registration_id, row["user_id"], serial, message)

    def _proved(self, db: sqlite3.Connection, row: sqlite3.Row, signature: str) -> bool:
        """False: a wrong try, counted unless there was nothing yet to try."""
        given = hmac.digest(row["mac_key"], signature.encode(), "sha256")
        if row["signature"] is not None:
            if not hmac.compare_digest(row["signature"], given):
                raise conflict("Registration was already used")
            return True
        if row["device_code"] is None:
            return False
        user, serial = row["user_id"], _serial(row["number"])
        if not self._verifier.accept_first(db, serial, signature):
            _count_try(db, row)
            return False
        db.execute("UPDATE registrations SET signature = ? WHERE number = ?", (given, row["number"]))
        db.execute("DELETE FROM authenticators WHERE user_id = ?", (user,))
        db.execute("UPDATE authenticators SET user_id = ?, activated = 1 WHERE serial = ?", (user, serial))
        count_right(db, user)
        return True

    def _check_licence(self, db: sqlite3.Connection, user: str) -> None:
        limit = self._settings.activations_per_user
        used = db.execute(
            "SELECT count(*) FROM registrations WHERE user_id = ? AND signature IS NOT NULL", (user,)
        ).fetchone()[0]
        if limit is not None and used >= limit:
            raise conflict("License activation limit reached.")

    def _forget_abandoned(self, db: sqlite3.Connection) -> None:
        """Keys that a device took and never proved in time."""
        rows = db.execute(
            "SELECT number FROM registrations WHERE expires <= ? AND device_code IS NOT NULL AND signature IS NULL",
            (self._settings.clock.now(),),
        ).fetchall()
        db.executemany("DELETE FROM authenticators WHERE serial = ?", [(_serial(row["number"]),) for row in rows])


_PASSWORD_CHARACTERS = string.digits + string.ascii_letters
_FIRST_SERIAL = 1_000_000


def _serial(number: int) -> str:
    """VDS and seven digits (iaa-api section 5.3), one per registration."""
    return f"VDS{_FIRST_SERIAL - 1 + number:07d}"


def _count_try(db: sqlite3.Connection, row: sqlite3.Row) -> None:
    db.execute("UPDATE registrations SET wrong_tries = wrong_tries + 1 WHERE number = ?", (row["number"],))
