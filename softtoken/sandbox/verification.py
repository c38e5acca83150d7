"""Whose code is this? Every allowed key is tried; the counter of the one that made it moves on."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from softtoken.clock import Clock
from softtoken.engine.resync import LOOK_AHEAD, verify_code, verify_signature
from softtoken.engine.tokens import ProtectionType
from softtoken.sandbox.app_versions import latest_digests
from softtoken.sandbox.held import HeldKey, keys_of_authenticator, keys_of_user, spend
from softtoken.sandbox.refusal import not_found

Look = Callable[[HeldKey], int | None]
"""The counter that something was made with under this key, or None."""


@dataclass(frozen=True, slots=True)
class CodeVerifier:
    """Verifies codes inside the caller's transaction: of two simultaneous logins one alone is accepted.

    digest_check: False refuses every code, as the documented server does (mc-sdk section 10).
    window: counters tried beyond the expected one.
    """

    clock: Clock
    digest_check: bool
    window: int = LOOK_AHEAD

    def accept(
        self,
        db: sqlite3.Connection,
        user: str,
        code: str,
        optional_data: bytes | None = None,
        allowed: Collection[ProtectionType] = tuple(ProtectionType),
    ) -> bool:
        """Accept a code of the user's activated authenticator, once."""
        keys = [key for key in self.keys(db, user) if key.protection in allowed]
        return self._accept(db, keys, code, optional_data)

    def accept_signature(
        self,
        db: sqlite3.Connection,
        user: str,
        signature: str,
        fields: Sequence[str],
        allowed: Collection[ProtectionType],
    ) -> bool:
        """Accept a transaction's signature of the user's activated authenticator, once. fields: at least one."""
        keys = [key for key in self.keys(db, user) if key.protection in allowed]
        found = find(keys, lambda key: verify_signature(key.held, signature, fields, self.window))
        if found is not None:
            spend(db, *found)
        return found is not None

    def accept_first(self, db: sqlite3.Connection, serial: str, code: str) -> bool:
        """Accept the code that proves a fresh authenticator: its PIN credential's, else its first one's."""
        keys = keys_of_authenticator(db, serial, self.digests(db))
        with_pin = [key for key in keys if key.protection is ProtectionType.PIN]
        return self._accept(db, (with_pin or keys)[:1], code, None)

    def keys(self, db: sqlite3.Connection, user: str, serial: str | None = None) -> list[HeldKey]:
        """What the user's codes may be made with; with a serial only that authenticator's. Raises Refusal (404)."""
        keys = keys_of_user(db, user, self.digests(db))
        if serial is None:
            return keys
        if not any(key.serial == serial for key in keys):
            raise not_found("Authenticator not found")
        return [key for key in keys if key.serial == serial]

    def digests(self, db: sqlite3.Connection) -> tuple[bytes, ...]:
        """Of the app versions whose codes are accepted; none at all where the check is off, and no code then fits."""
        return latest_digests(db) if self.digest_check else ()

    def _accept(self, db: sqlite3.Connection, keys: Iterable[HeldKey], code: str, optional_data: bytes | None) -> bool:
        now = self.clock.now()
        found = find(keys, lambda key: verify_code(key.held, code, optional_data, now, key.digits, self.window))
        if found is not None:
            spend(db, *found)
        return found is not None


def find(keys: Iterable[HeldKey], look: Look) -> tuple[HeldKey, int] | None:
    """The first key that fits, and the counter."""
    for key in keys:
        counter = look(key)
        if counter is not None:
            return key, counter
    return None
