"""The keys that a user's codes may be made with: each credential's own, and the one that is to replace it."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace

from softtoken.engine.resync import HeldCredential
from softtoken.engine.tokens import ProtectionType


@dataclass(frozen=True, slots=True)
class HeldKey:
    """pending: given out by a renewal, and no code of it was seen yet. digits: of the token's one-time passwords."""

    serial: str
    instance: int
    protection: ProtectionType
    digits: int
    pending: bool
    held: HeldCredential

    def expecting(self, counter: int) -> HeldCredential:
        """The key as if this were the next counter."""
        return replace(self.held, counter=counter)


def keys_of_user(db: sqlite3.Connection, user: str, digests: tuple[bytes, ...]) -> list[HeldKey]:
    """Of the user's activated authenticators, in the order in which codes are tried: a pending key behind the old."""
    return _keys(db.execute(f"{_SELECT} WHERE user_id = ? {_ORDER}", (user,)).fetchall(), digests)


def keys_of_authenticator(db: sqlite3.Connection, serial: str, digests: tuple[bytes, ...]) -> list[HeldKey]:
    """The same of one authenticator, activated or not."""
    return _keys(db.execute(f"{_SELECT} WHERE serial = ? {_ORDER}", (serial,)).fetchall(), digests)


def spend(db: sqlite3.Connection, key: HeldKey, counter: int) -> None:
    """A code with this counter was accepted. A pending key becomes the credential's own by it, and the old is gone."""
    db.execute(
        "UPDATE credentials SET key = ?, counter = ? WHERE serial = ? AND instance = ?",
        (key.held.key, counter + 1, key.serial, key.instance),
    )
    if key.pending:
        db.execute("DELETE FROM renewals WHERE serial = ? AND instance = ?", (key.serial, key.instance))


_SELECT = (
    "SELECT serial, instance, protection, digits, credentials.key, counter, renewals.key AS new_key"
    " FROM authenticators JOIN credentials USING (serial) LEFT JOIN renewals USING (serial, instance)"
)
_ORDER = "ORDER BY serial, instance"


def _keys(rows: Sequence[sqlite3.Row], digests: tuple[bytes, ...]) -> list[HeldKey]:
    keys = []
    for row in rows:
        own = HeldCredential(row["key"], row["counter"], digests)
        protection = ProtectionType(row["protection"])
        key = HeldKey(row["serial"], row["instance"], protection, row["digits"], pending=False, held=own)
        keys.append(key)
        if row["new_key"] is not None:
            keys.append(replace(key, pending=True, held=HeldCredential(row["new_key"], 0, digests)))
    return keys
