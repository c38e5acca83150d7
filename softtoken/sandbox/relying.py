"""What a relying party asks: is this right, and if not, why not? (mc-sdk section 10, the stand-in verifier)"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from softtoken.engine.resync import (
    LOOK_AHEAD,
    RESYNCHRONISATION_WINDOW,
    HeldCredential,
    verify_code,
    verify_sequence,
    verify_signature,
)
from softtoken.engine.tokens import ProtectionType
from softtoken.sandbox.held import HeldKey, spend
from softtoken.sandbox.refusal import conflict
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import count_right, count_wrong, is_locked, remaining_tries, require_user
from softtoken.sandbox.verification import CodeVerifier, Look, find


class Result(StrEnum):
    """REPLAY: was right for a counter that has passed. ATC_VARIANCE_EXCEEDED: is right for one too far ahead."""

    OK = "OK"
    WRONG_OTP = "WRONG_OTP"
    ATC_VARIANCE_EXCEEDED = "ATC_VARIANCE_EXCEEDED"
    REPLAY = "REPLAY"
    LOCKED_USER = "LOCKED_USER"
    DIGEST_CHECK_DISABLED = "DIGEST_CHECK_DISABLED"


@dataclass(frozen=True, slots=True)
class Verified:
    """remaining_tries: before the user is locked. atc, protection: what it was made with, if that was found."""

    result: Result
    remaining_tries: int
    atc: int | None = None
    protection: ProtectionType | None = None


@dataclass(frozen=True, slots=True)
class OtpClaim:
    """A one-time password."""

    otp: str = field(repr=False)
    optional_data: bytes | None = None


@dataclass(frozen=True, slots=True)
class SequenceClaim:
    """A secure sequence with its counter: 35 bytes."""

    message: bytes = field(repr=False)
    optional_data: bytes | None = None


@dataclass(frozen=True, slots=True)
class SignatureClaim:
    """A transaction signature. fields: at least one."""

    signature: str = field(repr=False)
    fields: tuple[str, ...]


Claim = OtpClaim | SequenceClaim | SignatureClaim


class Verifications:
    """Verifies without logging anybody in; what is right is used up all the same."""

    def __init__(self, store: Store, verifier: CodeVerifier) -> None:
        self._store = store
        self._verifier = verifier

    def verify(self, user: str, claim: Claim) -> Verified:
        """Raises Refusal: 404, 409 for a user who is switched off."""
        now, window = self._verifier.clock.now(), self._verifier.window

        def ahead(key: HeldKey) -> int | None:
            return _look(claim, key, key.held, now, window)

        def behind(key: HeldKey) -> int | None:
            passed = min(key.held.counter, LOOK_AHEAD)  # none at the start: then the window is empty
            return _look(claim, key, key.expecting(key.held.counter - passed), now, passed - 1)

        def far_ahead(key: HeldKey) -> int | None:
            return _look(claim, key, key.held, now, RESYNCHRONISATION_WINDOW)

        looks = ((Result.OK, ahead), (Result.REPLAY, behind), (Result.ATC_VARIANCE_EXCEEDED, far_ahead))
        with self._store.transaction() as db:
            precluded = preclude(db, self._verifier, user)
            return precluded or conclude(db, user, self._verifier.keys(db, user), looks)


def preclude(db: sqlite3.Connection, verifier: CodeVerifier, user: str) -> Verified | None:
    """Why nothing is looked at, and nothing counted. Raises Refusal: 404, or 409 for a user who is switched off."""
    row = require_user(db, user)
    if row["disabled"]:
        raise conflict("User is disabled")
    if is_locked(row):
        return Verified(Result.LOCKED_USER, 0)
    if not verifier.digests(db):
        return Verified(Result.DIGEST_CHECK_DISABLED, remaining_tries(db, user))
    return None


def conclude(
    db: sqlite3.Connection, user: str, keys: Sequence[HeldKey], looks: Sequence[tuple[Result, Look]]
) -> Verified:
    """The result whose look finds something first. OK uses it up; everything else is one wrong operation."""
    for result, look in looks:
        found = find(keys, look)
        if found is None:
            continue
        key, counter = found
        if result is Result.OK:
            spend(db, key, counter)
            count_right(db, user)
        else:
            count_wrong(db, user)
        return Verified(result, remaining_tries(db, user), counter, key.protection)
    count_wrong(db, user)
    return Verified(Result.WRONG_OTP, remaining_tries(db, user))


def _look(claim: Claim, key: HeldKey, held: HeldCredential, now: int, window: int) -> int | None:
    match claim:
        case OtpClaim(otp, optional_data):
            return verify_code(held, otp, optional_data, now, key.digits, window)
        case SequenceClaim(message, optional_data):
            return verify_sequence(held, message, optional_data, window)
        case SignatureClaim(signature, fields):
            return verify_signature(held, signature, fields, window)
        case _:
            assert_never(claim)
