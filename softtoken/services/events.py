"""What is asked of the product and what it answers, in the vocabulary of the MC-SDK.

Every event is generic in its result, so `MasterController.post` is typed end to end. Expected outcomes are values
(a Status in a result); what the environment did is raised as a SoftTokenError.
Source: mc-sdk events and statuses, and what a desktop adds.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from softtoken.engine.tokens import Otp, ProtectionType, Token, UserIdentifier

R_co = TypeVar("R_co", covariant=True)


class Event(Generic[R_co]):
    """Something to do. `Event[GenerateOtpResult]` answers with a GenerateOtpResult."""

    __slots__ = ()


class Status(StrEnum):
    """The SDK's statuses that this product answers with; the names are the SDK's."""

    OK = "OK"
    USER_CANCEL = "USER_CANCEL"
    USER_CONFIRMATION_TIMEOUT = "USER_CONFIRMATION_TIMEOUT"
    INVALID_PIN = "INVALID_PIN"
    WRONG_CREDENTIALS = "WRONG_CREDENTIALS"
    ACTIVATION_CODE_EXPIRED = "ACTIVATION_CODE_EXPIRED"
    INVALID_ACTIVATION_CODE = "INVALID_ACTIVATION_CODE"
    INVALID_NEW_PIN_FORMAT = "INVALID_NEW_PIN_FORMAT"
    LOCKED_USER = "LOCKED_USER"
    INVALID_STATE = "INVALID_STATE"
    INVALID_PARAMETER = "INVALID_PARAMETER"
    INVALID_USER_ID = "INVALID_USER_ID"
    USER_ID_ALREADY_EXISTS = "USER_ID_ALREADY_EXISTS"
    NEGATIVE = "NEGATIVE"
    TEMPORARY_LOCKED = "TEMPORARY_LOCKED"
    ATC_EXPIRES_SOON = "ATC_EXPIRES_SOON"
    ATC_EXPIRED = "ATC_EXPIRED"
    PIN_BLOCKED = "PIN_BLOCKED"
    ACCESS_DENIED = "ACCESS_DENIED"
    FAILED = "FAILED"
    LOGIN_REQUIRED = "LOGIN_REQUIRED"
    OFFLINE_NOT_ACTIVATED = "OFFLINE_NOT_ACTIVATED"
    NOT_SUPPORTED = "NOT_SUPPORTED"


class SdkState(StrEnum):
    """Where the product stands; the SDK's names. UNINITIALISED: there is a vault and it is not open."""

    UNINITIALISED = "UNINITIALISED"
    ACTIVATION_REQUIRED = "ACTIVATION_REQUIRED"
    LOGIN_REQUIRED = "LOGIN_REQUIRED"
    LOGGED_IN = "LOGGED_IN"


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


@dataclass(frozen=True, slots=True)
class Start(Event["StartResult"]):
    """Open what can be opened without asking. The first event of a run. May be posted again after a reset.

    Asks the OS keyring, which may put up a prompt of its own: given up after `keyring_seconds`.
    """

    keyring_seconds: int = 30


@dataclass(frozen=True, slots=True)
class StartResult:
    """recovery_pending: a vault exists whose recovery code was never confirmed as written down."""

    status: Status
    sdk_state: SdkState
    vault: VaultCondition
    keyring: KeyringProblem
    tokens: tuple[Token, ...]
    recovery_pending: bool


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
class ConfirmRecoveryCode(Event["StatusResult"]):
    """The person has written the recovery code down."""


@dataclass(frozen=True, slots=True)
class NewRecoveryCode(Event["CreateVaultResult"]):
    """Replace the recovery code; the old one stops working."""


@dataclass(frozen=True, slots=True)
class StatusResult:
    """A result that is only a status."""

    status: Status


@dataclass(frozen=True, slots=True)
class Activate(Event["ActivationResult"]):
    """Activate this device for a user with a code from the organisation (MC-SDK ActivateEvent).

    server: a URL. user: `user` or `user@domain`. pin: needed if PIN is among the protections, else None.
    The vault must be open. With auto_login the first login follows; activation stands even if that fails.
    """

    server: str
    user: str
    activation_code: str = field(repr=False)
    protections: AbstractSet[ProtectionType]
    pin: str | None = field(default=None, repr=False)
    auto_login: bool = True


@dataclass(frozen=True, slots=True)
class ActivationResult:
    """OK: activated; `login` is the first login's result, or None if it was not made or no server answered.

    Refusals, with nothing stored: INVALID_ACTIVATION_CODE (malformed, mistyped or unknown; nothing was sent if
    malformed), ACTIVATION_CODE_EXPIRED, WRONG_CREDENTIALS (the server refused code and user), LOCKED_USER (too many
    tries), USER_ID_ALREADY_EXISTS, INVALID_NEW_PIN_FORMAT, INVALID_PARAMETER (server or user malformed),
    INVALID_STATE (vault not open). INVALID_PIN: an earlier try with this code chose other
    protections or another PIN, and those stand. detail: the server's own sentence, if any.
    """

    status: Status
    token: Token | None = None
    login: "LoginResult | None" = None
    detail: str = ""
    log_correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class GenerateOtp(Event["GenerateOtpResult"]):
    """One code of a managed token, in the SDK's three forms: (data), (data, pin), (data, pin, user).

    protection: which credential; without it PIN if enabled, else NO_PIN. A NO_PIN code takes no PIN.
    for_login: the code is for a login, so it is exempt from "login required" and from the ATC limit.
    """

    optional_data: bytes | None = field(default=None, repr=False)
    pin: str | None = field(default=None, repr=False)
    user_identifier: UserIdentifier | None = None
    protection: ProtectionType | None = None
    for_login: bool = False


@dataclass(frozen=True, slots=True)
class GenerateOathOtp(Event["GenerateOtpResult"]):
    """One code of an imported token. at: epoch seconds, TOTP only; the clock's time by default."""

    token_id: str
    at: int | None = None


@dataclass(frozen=True, slots=True)
class GenerateOtpResult:
    """otp is set with OK and ATC_EXPIRES_SOON, else None.

    retry_counter: PIN tries left; retry_delay: seconds until the next one. Both None where nothing local counts
    (masked PIN, NO_PIN, imported tokens).
    """

    status: Status
    otp: Otp | None = None
    retry_counter: int | None = None
    retry_delay: int | None = None


@dataclass(frozen=True, slots=True)
class Login(Event["LoginResult"]):
    """Log in to a managed token's server with a code made by GenerateOtp(for_login=True), or one that was typed."""

    user_identifier: UserIdentifier
    otp: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoginWithTypedCode(Event["LoginResult"]):
    """Log in anywhere with a code from another authenticator; no token is needed or changed."""

    server: str
    user: str
    otp: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoginResult:
    """The server's answer. OK means: session accepted.

    WRONG_CREDENTIALS: code refused. LOCKED_USER: locked or disabled. INVALID_USER_ID: server knows no such user.
    ACCESS_DENIED: declined or refused. USER_CONFIRMATION_TIMEOUT: timed out. NEGATIVE: pending, another step is
    wanted. FAILED: anything else. risk_response_code and session_status are as they came (None: not in the answer);
    risk names the code. detail: the server's own sentence.
    """

    status: Status
    risk_response_code: int | None = None
    risk: str | None = None
    session_status: str | None = None
    request_id: str | None = None
    log_correlation_id: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Restart(Event["StatusResult"]):
    """Log out: forget the PIN cache, the current user and who is logged in."""


@dataclass(frozen=True, slots=True)
class DeleteUser(Event["DeleteUserResult"]):
    """Remove a managed token. INVALID_STATE while that user is logged in; ("", "") removes all managed tokens."""

    user_identifier: UserIdentifier


@dataclass(frozen=True, slots=True)
class RemoveToken(Event["DeleteUserResult"]):
    """Remove an imported token."""

    token_id: str


@dataclass(frozen=True, slots=True)
class DeleteUserResult:
    """INVALID_USER_ID: there is no such token. tokens: what is left."""

    status: Status
    sdk_state: SdkState
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class AddToken(Event["AddTokenResult"]):
    """Add one imported token from an otpauth link. The vault must be open."""

    link: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AddTokenResult:
    """INVALID_PARAMETER: `fault` names what is wrong with the link (see formats.otpauth.Fault)."""

    status: Status
    token: Token | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class ListTokens(Event["ListTokensResult"]):
    """All tokens, and which user is current and logged in."""


@dataclass(frozen=True, slots=True)
class ListTokensResult:
    """counters: per token, the next HOTP counter or the next ATC of its usual credential; None for TOTP.

    damaged: how many stored tokens could not be read; they stay where they are.
    """

    status: Status
    tokens: tuple[Token, ...]
    counters: tuple[int | None, ...] = ()
    damaged: int = 0
    logged_in: UserIdentifier | None = None


@dataclass(frozen=True, slots=True)
class Reset(Event["StatusResult"]):
    """Delete the vault and its keyring item. There is no way back."""


@dataclass(frozen=True, slots=True)
class GetInformation(Event["Information"]):
    """Facts for an About page and for support. Works in any state."""


@dataclass(frozen=True, slots=True)
class Information:
    """keyring_provider: the back end's name, or None. slots: what opens the vault."""

    version: str
    app_digest: str
    data_folder: str
    vault: VaultCondition
    slots: tuple[str, ...]
    keyring_provider: str | None
