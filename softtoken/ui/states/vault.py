"""Pages about the vault as a whole: opening it, protecting it, and what holds for all tokens."""

from dataclasses import dataclass, field
from enum import StrEnum

from softtoken.clock import ClockCorrection
from softtoken.services.events import (
    CopyInformation,
    Information,
    KeyringProblem,
    LockKind,
    LockReason,
    ScreenPrivacy,
    VaultCondition,
)
from softtoken.ui.states.problems import Failure, Problem, Task


class Way(StrEnum):
    """How a locked vault is to be opened."""

    KEYRING = "KEYRING"
    PASSPHRASE = "PASSPHRASE"  # noqa: S105 - a way, not a passphrase
    RECOVERY = "RECOVERY"


@dataclass(frozen=True, slots=True)
class Starting:
    """The first frame."""


@dataclass(frozen=True, slots=True)
class Working:
    """Something takes a moment, and has to be waited for."""

    task: Task


@dataclass(frozen=True, slots=True)
class Waiting:
    """The server was asked and has not answered; it goes on if the person leaves. who: the user it is for."""

    task: Task
    who: str


@dataclass(frozen=True, slots=True)
class Locked:
    """There is a vault and it is not open.

    lock: why it was locked; None: it was not opened yet. kind: what opens the lock, None while it is being locked.
    recorded, now: the keyring that has its key, and this session's.
    """

    condition: VaultCondition
    keyring: KeyringProblem
    way: Way
    problem: Problem | None = None
    busy: bool = False
    recorded: str | None = None
    now: str | None = None
    lock: LockReason | None = None
    kind: LockKind | None = None


def way_of(kind: LockKind, condition: VaultCondition) -> Way:
    """How a lock of this kind is usually opened."""
    if kind is LockKind.SCREEN:
        return Way.KEYRING
    return Way.PASSPHRASE if condition is VaultCondition.NEEDS_PASSPHRASE else Way.RECOVERY


@dataclass(frozen=True, slots=True)
class Unusable:
    """The vault cannot be used; nothing is replaced. data_folder: where it lies, None until known.

    copy: a whole one that can be put back. refused: why that did not work.
    """

    problem: Failure
    data_folder: str | None = None
    copy: CopyInformation | None = None
    busy: bool = False
    refused: Problem | None = None


@dataclass(frozen=True, slots=True)
class Welcome:
    """Nothing is stored yet."""

    problem: Problem | None = None


class PassphraseFor(StrEnum):
    """Which event the new passphrase goes with."""

    CREATE = "CREATE"
    PROTECT = "PROTECT"


@dataclass(frozen=True, slots=True)
class ChoosePassphrase:
    """No keyring helps, so a passphrase has to."""

    keyring: KeyringProblem
    purpose: PassphraseFor
    problem: Problem | None = None
    busy: bool = False


@dataclass(frozen=True, slots=True)
class ShowRecoveryCode:
    """Shown once. busy: the confirmation is being stored."""

    code: str = field(repr=False)
    problem: Problem | None = None
    busy: bool = False


@dataclass(frozen=True, slots=True)
class ConfirmReset:
    """Deleting everything."""

    busy: bool = False
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ConfirmNewRecovery:
    """Replacing the recovery code."""

    busy: bool = False
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class About:
    """Facts for people and for support; information is None while it is fetched."""

    information: Information | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for this computer. device_id is empty until it is known.

    every_login: logins resynchronise first. fixed: the configuration decides that. next_login: the next one does, once.
    clock: the correction that codes are made with. look: ask unasked for logins to approve, None until known.
    privacy: who may see codes, None until known.
    lock_after: seconds without use, 0 for never, None until known. locked: what needs an open vault is not there.
    """

    device_id: str = ""
    device_name: str = ""
    every_login: bool = True
    next_login: bool = False
    fixed: bool = False
    known: bool = False
    busy: bool = False
    saved: bool = False
    clock: ClockCorrection | None = None
    look: bool | None = None
    privacy: ScreenPrivacy | None = None
    lock_after: int | None = None
    locked: bool = False
    problem: Problem | None = None
