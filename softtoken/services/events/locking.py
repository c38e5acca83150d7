"""Locking: taking the keys away while the program goes on, and what opens again."""

from dataclasses import dataclass
from enum import StrEnum

from softtoken.services.events.keeping import LockKind, StartResult, VaultCondition
from softtoken.services.events.vocabulary import Event, SdkState, Status, StatusResult


class LockReason(StrEnum):
    """Why it was locked; for people and for the record, all lock alike."""

    ASKED = "ASKED"
    IDLE = "IDLE"
    SESSION_LOCKED = "SESSION_LOCKED"
    SUSPEND = "SUSPEND"
    USER_SWITCH = "USER_SWITCH"


@dataclass(frozen=True, slots=True)
class Lock(Event["LockResult"]):
    """Forget the keys and the session at once, whatever is under way; what is under way has no result any more.

    May be posted in any state, also again: an unlocking that is under way then opens nothing.
    """

    reason: LockReason = LockReason.ASKED


@dataclass(frozen=True, slots=True)
class LockResult:
    """kind: None if there is no vault to open again; what a session remembered is forgotten all the same."""

    status: Status
    sdk_state: SdkState
    vault: VaultCondition
    kind: LockKind | None


@dataclass(frozen=True, slots=True)
class Unlock(Event[StartResult]):
    """A person wants a screen lock opened: the keyring is asked, which may put up a prompt of its own.

    INVALID_STATE: locked by a secret, which the keyring does not stand for; OpenVault takes that, and the recovery
    code in either case. `vault` says whether it is open.
    """

    keyring_seconds: int = 30


@dataclass(frozen=True, slots=True)
class SetLockAfter(Event[StatusResult]):
    """After how many seconds without use a window locks; 0: never. INVALID_PARAMETER: not within `LOCK_AFTER`."""

    seconds: int


@dataclass(frozen=True, slots=True)
class GetLockAfter(Event["LockAfterResult"]):
    """What was chosen."""


@dataclass(frozen=True, slots=True)
class LockAfterResult:
    """INVALID_STATE: no vault is open; the usual time is named then."""

    status: Status
    seconds: int


USUAL_LOCK_AFTER = 300
"""Seconds, until somebody chooses."""

LOCK_AFTER = range(30, 24 * 3600 + 1)
"""Seconds that may be chosen, besides 0."""
