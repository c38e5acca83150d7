"""What a trusted device approves or declines: who may, and with which code (docs/approvals.md)."""

import hashlib
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from softtoken.engine.resync import verify_approval
from softtoken.engine.tokens import ProtectionType
from softtoken.sandbox.held import HeldKey, spend
from softtoken.sandbox.refusal import conflict, unknown_key
from softtoken.sandbox.risk import ANY_PROTECTION, KEYWORD_CODES
from softtoken.sandbox.sessions import Sessions, Shown
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import barred, count_right, count_wrong, require_user
from softtoken.sandbox.verification import CodeVerifier, find


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """A request as a device is told of it. kind: login, event or transaction.

    expires: epoch seconds; left: seconds until then. protections: whose codes this very device may approve it with;
    none if it has nothing that would do.
    """

    request_id: str
    kind: str
    risk_response_code: int | None
    protections: tuple[ProtectionType, ...]
    shown: Shown
    expires: int
    left: int


@dataclass(frozen=True, slots=True)
class Device:
    """An activated device, and whose it is."""

    serial: str
    user: str


class Approvals:
    """What a device that shows its approval key may see and decide: its own user's requests.

    Every method raises Refusal: 401 for a key that no activated device has.
    """

    def __init__(self, store: Store, verifier: CodeVerifier, sessions: Sessions) -> None:
        self._store = store
        self._verifier = verifier
        self._sessions = sessions

    def waiting(self, approval_key: bytes) -> list[WaitingRequest]:
        """What the device may decide now, latest first."""
        with self._store.transaction() as db:
            device = require_device(db, approval_key)
            held = {key.protection for key in self._keys(db, device)}
            return [self._waiting(row, held) for row in self._sessions.waiting_for_device(db, device.user)]

    def decline(self, approval_key: bytes, request_id: str) -> None:
        """Refuse it. Raises Refusal (409) for a request that is over, or not this user's."""
        with self._store.transaction() as db:
            device = require_device(db, approval_key)
            self._sessions.require_for_device(db, device.user, request_id)
            self._sessions.finish(db, request_id, "refused")

    def approve(self, approval_key: bytes, request_id: str, code: str) -> None:
        """Let it go ahead, with a code of this device over what was shown.

        Raises Refusal (409): as `decline`; for a locked or disabled user; and for a wrong code, which is counted.
        """
        with self._store.transaction() as db:
            device = require_device(db, approval_key)
            refusal = barred(require_user(db, device.user))
            if refusal is not None:
                raise refusal
            row = self._sessions.require_for_device(db, device.user, request_id)
            right = self._accept(db, device, row, code)
            if right:
                self._sessions.finish(db, request_id, "accepted")
                count_right(db, device.user)
            else:
                count_wrong(db, device.user)
        # raised behind the transaction, so that the wrong code stays counted
        if not right:
            raise conflict("Authentication failed")

    def _waiting(self, row: sqlite3.Row, held: Collection[ProtectionType]) -> WaitingRequest:
        return WaitingRequest(
            row["request_id"],
            row["kind"],
            row["risk_response_code"],
            usable_protections(_demanded(row), held),
            _shown(row),
            row["expires"],
            self._sessions.left(row),
        )

    def _keys(self, db: sqlite3.Connection, device: Device) -> list[HeldKey]:
        return self._verifier.keys(db, device.user, device.serial)

    def _accept(self, db: sqlite3.Connection, device: Device, row: sqlite3.Row, code: str) -> bool:
        keys, now, window = self._keys(db, device), self._verifier.clock.now(), self._verifier.window
        usable = usable_protections(_demanded(row), {key.protection for key in keys})
        fields = covered(row["request_id"], row["kind"], _shown(row))

        def look(key: HeldKey) -> int | None:
            return verify_approval(key.held, code, fields, now, key.digits, window)

        found = find((key for key in keys if key.protection in usable), look)
        if found is not None:
            spend(db, *found)
        return found is not None


def demanded_protections(code: int | None, pass_key: str | None) -> tuple[ProtectionType, ...]:
    """What a pending request of this risk code is approved with; nothing if it does not wait for a trusted device.

    None: Cloud Authentication, which has no risk engine: its passKey may name the method, else any will do.
    """
    if code is None:
        return ANY_PROTECTION if pass_key is None else _DEMANDED.get(KEYWORD_CODES.get(pass_key, 0), ())
    return _DEMANDED.get(code, ())


def usable_protections(
    demanded: Collection[ProtectionType], held: Collection[ProtectionType]
) -> tuple[ProtectionType, ...]:
    """Of what is demanded, what the device has; the PIN as well, in place of a biometric that is absent or fails."""
    usable = tuple(one for one in demanded if one in held)
    stands_in = ProtectionType.BIOMETRIC in demanded and ProtectionType.PIN in set(held) - set(usable)
    return (*usable, ProtectionType.PIN) if stands_in else usable


def covered(request_id: str, kind: str, shown: Shown) -> tuple[str, ...]:
    """The fields that an approval's code is made over, in their order."""
    return (request_id, kind, shown.client_ip, shown.title, shown.subject, shown.challenge)


def fingerprint(approval_key: bytes) -> bytes:
    """What is stored of an approval key: it has 256 random bits, so a plain hash tells nothing of it."""
    return hashlib.sha256(approval_key).digest()


_DEMANDED = {
    21: (ProtectionType.NO_PIN,),
    22: (ProtectionType.PIN,),
    23: (ProtectionType.BIOMETRIC,),
    24: (ProtectionType.BIOMETRIC,),
}


def require_device(db: sqlite3.Connection, approval_key: bytes) -> Device:
    """Raises Refusal (401)."""
    row = db.execute(
        "SELECT serial, user_id FROM authenticators WHERE approval_key = ? AND user_id IS NOT NULL",
        (fingerprint(approval_key),),
    ).fetchone()
    if row is None:
        raise unknown_key()
    return Device(row["serial"], row["user_id"])


def _demanded(row: sqlite3.Row) -> tuple[ProtectionType, ...]:
    return tuple(ProtectionType(name) for name in row["demanded"].split(","))


def _shown(row: sqlite3.Row) -> Shown:
    return Shown(row["title"], row["subject"], row["message"], row["client_ip"])
