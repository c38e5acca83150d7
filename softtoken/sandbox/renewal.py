"""A new key for a credential: the old one asks for it, and works until the new one has made a code.

The wire is in docs/activation.md, "renew-key".
"""

import base64
import hashlib
import hmac
import json
import secrets
import sqlite3
from dataclasses import dataclass, field

from softtoken.engine.resync import verify_renewal
from softtoken.engine.tokens import ProtectionType
from softtoken.sandbox.held import HeldKey, spend
from softtoken.sandbox.issuing import KEY_LENGTH
from softtoken.sandbox.refusal import conflict, invalid, not_found
from softtoken.sandbox.sealing import SUITE_NAME, lp, seal
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import barred, count_right, count_wrong, full_name, require_user
from softtoken.sandbox.verification import CodeVerifier, find


@dataclass(frozen=True, slots=True)
class RenewalRequest:
    """public_key: 1216 bytes. counter: the one that the proof (32 bytes) was made with."""

    serial: str
    protection: ProtectionType
    counter: int
    public_key: bytes
    proof: bytes = field(repr=False)

    def transcript(self, origin: str, user: str) -> bytes:
        """T, 32 bytes: what both sides must agree on. user: `user@domain`, lower case."""
        texts = ("softtoken-renewal-1", SUITE_NAME, origin, user, self.serial, self.protection, str(self.counter))
        return hashlib.sha256(b"".join(lp(text.encode()) for text in texts) + lp(self.public_key)).digest()


class Renewals:
    """The tenant's renewals: at most one is pending for a credential."""

    def __init__(self, settings: SandboxSettings, store: Store, verifier: CodeVerifier) -> None:
        self._settings = settings
        self._store = store
        self._verifier = verifier

    def renew(self, user: str, request: RenewalRequest, origin: str) -> str:
        """The sealed new key. origin: `scheme://host[:port]` as the request was addressed.

        Raises Refusal: 404; 409 for a user who is locked or switched off, and for a proof that is not right, which
        counts as a wrong operation; 400 for a public key that is none, which changes nothing.
        """
        agreed = request.transcript(origin, full_name(user, self._settings.domain))
        with self._store.transaction() as db:
            message = self._renewed(db, user, request, agreed)
        # raised behind the transaction, so that the wrong operation stays counted
        if message is None:
            raise conflict("Authentication failed")
        return message

    def _renewed(self, db: sqlite3.Connection, user: str, request: RenewalRequest, agreed: bytes) -> str | None:
        """None: a wrong operation, counted."""
        bar = barred(require_user(db, user))
        if bar is not None:
            raise bar
        keys = [key for key in self._verifier.keys(db, user, request.serial) if key.protection is request.protection]
        if not keys:
            raise not_found("Authenticator not found")
        fingerprint = hashlib.sha256(agreed + request.proof).digest()
        answered = _answered(db, keys[0], fingerprint)
        if answered is not None:
            return answered
        # a device that stored a new key and made no code with it yet may prove that one
        found = find(keys, lambda key: verify_renewal(key.held, request.counter, request.proof, agreed))
        if found is None:
            count_wrong(db, user)
            return None
        key, counter = found
        spend(db, key, counter)
        count_right(db, user)
        return _issue(db, key, request.public_key, agreed, fingerprint)


def _answered(db: sqlite3.Connection, key: HeldKey, fingerprint: bytes) -> str | None:
    """What the same request was answered while its key is still pending."""
    row = db.execute(
        "SELECT request, message FROM renewals WHERE serial = ? AND instance = ?", (key.serial, key.instance)
    ).fetchone()
    return row["message"] if row is not None and hmac.compare_digest(row["request"], fingerprint) else None


def _issue(db: sqlite3.Connection, key: HeldKey, public_key: bytes, agreed: bytes, fingerprint: bytes) -> str:
    """A fresh key, pending beside the one that asked for it."""
    fresh = secrets.token_bytes(KEY_LENGTH)
    plaintext = json.dumps({"version": 1, "key": base64.b64encode(fresh).decode(), "counter": 0})
    derived = hmac.digest(key.held.key, lp(b"renewal") + agreed, "sha256")
    try:
        message = seal(plaintext.encode(), public_key, lp(b"rk") + lp(derived) + lp(agreed))
    except ValueError:
        raise invalid("publicKey: must be a valid public key") from None
    db.execute(
        "INSERT OR REPLACE INTO renewals (serial, instance, key, request, message) VALUES (?, ?, ?, ?, ?)",
        (key.serial, key.instance, fresh, fingerprint, message),
    )
    return message
