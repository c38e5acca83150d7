"""The vault: making, opening, protecting and deleting it; what is known of it."""

from dataclasses import dataclass, field
from enum import StrEnum

from softtoken.engine.tokens import Token, UserIdentifier
from softtoken.hardening import Protection
from softtoken.services.events.vocabulary import Event, SdkState, Status, StatusResult


class VaultCondition(StrEnum):
    """ABSENT: nothing stored yet. OPEN: unlocked. NEEDS_PASSPHRASE, NEEDS_RECOVERY: what would open it.

    UNREADABLE: damaged, or written by a newer version; only GetInformation answers so, Start raises.
    """

    ABSENT = "ABSENT"
    OPEN = "OPEN"
    NEEDS_PASSPHRASE = "NEEDS_PASSPHRASE"  # noqa: S105 - a condition's name
    NEEDS_RECOVERY = "NEEDS_RECOVERY"
    UNREADABLE = "UNREADABLE"


class KeyringProblem(StrEnum):
    """Why the OS keyring did not help; NONE when it did or was not asked."""

    NONE = "NONE"
    MISSING = "MISSING"
    LOCKED = "LOCKED"
    NO_ANSWER = "NO_ANSWER"
    ITEM_MISSING = "ITEM_MISSING"
    FAILED = "FAILED"


class LockKind(StrEnum):
    """What opens again. SCREEN: the keyring alone, when a person asks for it. SECRET: passphrase or recovery code."""

    SCREEN = "SCREEN"
    SECRET = "SECRET"  # noqa: S105 - a kind, not a secret


@dataclass(frozen=True, slots=True)
class Start(Event["StartResult"]):
    """Open what can be opened without asking. The first event of a run. May be posted again after a reset.

    Asks the OS keyring, which may put up a prompt of its own: given up after `keyring_seconds`.
    """

    keyring_seconds: int = 30


@dataclass(frozen=True, slots=True)
class StartResult:
    """recovery_pending: a vault exists whose recovery code was never confirmed as written down.

    restored: the stored data is older than what this computer has seen, or was edited. Nothing is lost; each managed
    token has one PIN try left and has to resynchronise, which its next login does by itself.

    keyring: where the vault is OPEN, why the keyring that opened it takes nothing. Until it does no PIN, finger or face
    that is judged here makes a code; posted again, Start asks it anew.

    keyring_recorded, keyring_now: where the keyring did not help, the one that has the key and the one of this session,
    as far as they are known. Two names that differ explain much.
    """

    status: Status
    sdk_state: SdkState
    vault: VaultCondition
    keyring: KeyringProblem
    tokens: tuple[Token, ...]
    recovery_pending: bool
    restored: bool = False
    keyring_recorded: str | None = None
    keyring_now: str | None = None


@dataclass(frozen=True, slots=True)
class Restart(Event["StartResult"]):
    """Log out: forget the PIN cache, the current user and who is logged in. Answers as Start does (MC-SDK)."""


@dataclass(frozen=True, slots=True)
class GetState(Event["StateResult"]):
    """Where the product stands. Works in any state and asks nobody."""


@dataclass(frozen=True, slots=True)
class StateResult:
    """current_user: whom a code without a user identifier is for. logged_in: in this run.

    resynchronise_next_login: EnableAtcResynchronizationDuringNextLogin was posted and no login has used it yet.
    resynchronise_every_login: the setting, on unless somebody switched it off. locked: by what, None if it is not.
    resynchronisation_decided: the configuration decides that setting.
    """

    status: Status
    sdk_state: SdkState
    vault: VaultCondition
    current_user: UserIdentifier | None
    logged_in: UserIdentifier | None
    resynchronise_next_login: bool
    resynchronise_every_login: bool
    locked: LockKind | None = None
    resynchronisation_decided: bool = False


@dataclass(frozen=True, slots=True)
class SetDeviceName(Event[StatusResult]):
    """Name this computer, for people. INVALID_PARAMETER: over 64 characters, or not printable. Empty: no name.

    It stays on this computer: the documented login API has no field for it.
    """

    device_name: str


@dataclass(frozen=True, slots=True)
class GetDeviceInformation(Event["DeviceInformation"]):
    """The device's id and its name."""


@dataclass(frozen=True, slots=True)
class DeviceInformation:
    """device_id: 32 hexadecimal digits, made with the vault. INVALID_STATE: the vault is not open."""

    status: Status
    device_id: str = ""
    device_name: str = ""


@dataclass(frozen=True, slots=True)
class CreateVault(Event["CreateVaultResult"]):
    """Make the vault. Without a passphrase the OS keyring must hold its key (see CreateVaultResult.keyring)."""

    passphrase: str | None = field(default=None, repr=False)
    keyring_seconds: int = 30


@dataclass(frozen=True, slots=True)
class CreateVaultResult:
    """OK: open, with the recovery code to be shown once.

    FAILED: nothing was stored and `keyring` says why; ask for a passphrase. INVALID_PARAMETER: passphrase too short.
    INVALID_STATE: there is a vault already.
    """

    status: Status
    keyring: KeyringProblem
    recovery_code: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenVault(Event["StartResult"]):
    """Unlock with the passphrase or the recovery code (exactly one). Wrong: WRONG_CREDENTIALS, nothing changes."""

    passphrase: str | None = field(default=None, repr=False)
    recovery_code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ProtectVault(Event["CreateVaultResult"]):
    """After a recovery: give the open vault a new everyday key (keyring, or a passphrase) and a new recovery code."""

    passphrase: str | None = field(default=None, repr=False)
    keyring_seconds: int = 30


@dataclass(frozen=True, slots=True)
class ConfirmRecoveryCode(Event[StatusResult]):
    """The person has written the recovery code down."""


@dataclass(frozen=True, slots=True)
class NewRecoveryCode(Event["CreateVaultResult"]):
    """Replace the recovery code; the old one stops working."""


@dataclass(frozen=True, slots=True)
class Reset(Event[StatusResult]):
    """Delete the vault and its keyring item. There is no way back."""


@dataclass(frozen=True, slots=True)
class GetInformation(Event["Information"]):
    """Facts for an About page and for support. Works in any state."""


@dataclass(frozen=True, slots=True)
class Information:
    """keyring_provider: the back end's name, or None. slots: what opens the vault.

    keyring_recorded: the keyring that has the vault's key, as it was called when it got it; None if not known.
    hardening: what protects this process.
    """

    version: str
    app_digest: str
    data_folder: str
    vault: VaultCondition
    slots: tuple[str, ...]
    keyring_provider: str | None
    keyring_recorded: str | None = None
    hardening: tuple[Protection, ...] = ()
