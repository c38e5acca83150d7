"""Codes and what else a credential makes."""

from dataclasses import dataclass, field

from softtoken.engine.tokens import Otp, ProtectionType, ResynchronisationCodes, UserIdentifier
from softtoken.services.events.vocabulary import Event, Status
from softtoken.vault.biometrics.protocol import BiometricProblem


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

    resynchronisation: with a code for a login that shall resynchronise first; hand it to Login with the code.

    retry_counter: PIN or biometric tries left; retry_delay: seconds until the next one. Both None where nothing local
    counts (masked PIN, NO_PIN, imported tokens). biometric: why a finger or a face brought nothing, with the statuses
    BIOMETRIC_..., USER_CANCEL and USER_CONFIRMATION_TIMEOUT; the PIN is the way on. The same in the results below.
    """

    status: Status
    otp: Otp | None = None
    retry_counter: int | None = None
    retry_delay: int | None = None
    resynchronisation: ResynchronisationCodes | None = None
    biometric: BiometricProblem | None = None


@dataclass(frozen=True, slots=True)
class OfflineLogin(Event["OfflineLoginResult"]):
    """Choose whom the codes that follow are for, without a network and without making a code (MC-SDK OfflineLogin).

    user_identifier: by default who logged in last on this device. pin: verified and cached where that is allowed, so
    that GenerateOtp(data) works; where only the server can verify it, giving one is NOT_SUPPORTED.
    """

    user_identifier: UserIdentifier | None = None
    pin: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class OfflineLoginResult:
    """Statuses as for a code, in the same order; nothing is consumed but a PIN try. user_identifier: who it is now."""

    status: Status
    user_identifier: UserIdentifier | None = None
    retry_counter: int | None = None
    retry_delay: int | None = None


@dataclass(frozen=True, slots=True)
class GenerateSecureSequence(Event["GenerateSecureSequenceResult"]):
    """A code for machines: 35 bytes that need no window search. Its three forms and statuses are GenerateOtp's."""

    optional_data: bytes | None = field(default=None, repr=False)
    pin: str | None = field(default=None, repr=False)
    user_identifier: UserIdentifier | None = None
    protection: ProtectionType | None = None


@dataclass(frozen=True, slots=True)
class GenerateSecureSequenceResult:
    """secure_sequence: version (1 byte), ATC (2 bytes, big-endian), MAC (32 bytes); None without a sequence."""

    status: Status
    secure_sequence: bytes | None = field(default=None, repr=False)
    atc: int | None = None
    retry_counter: int | None = None
    retry_delay: int | None = None
    biometric: BiometricProblem | None = None


@dataclass(frozen=True, slots=True)
class SignTransaction(Event["SignTransactionResult"]):
    """Eight digits over a transaction's data fields, in their order. Forms and statuses are GenerateOtp's.

    INVALID_PARAMETER: no field, an empty one, or more than MAX_OPTIONAL_DATA bytes in all.
    """

    data_fields: tuple[str, ...] = field(repr=False)
    pin: str | None = field(default=None, repr=False)
    user_identifier: UserIdentifier | None = None
    protection: ProtectionType | None = None


@dataclass(frozen=True, slots=True)
class SignTransactionResult:
    """signature: eight digits that have no time in them, so they stay good until they or later ones are used."""

    status: Status
    signature: str | None = field(default=None, repr=False)
    atc: int | None = None
    retry_counter: int | None = None
    retry_delay: int | None = None
    biometric: BiometricProblem | None = None


@dataclass(frozen=True, slots=True)
class GetResynchronizationData(Event["GetResynchronizationDataResult"]):
    """A code and the counter that it was made with, to be told to the help desk. Open while LOGIN_REQUIRED."""

    user_identifier: UserIdentifier
    pin: str | None = field(default=None, repr=False)
    protection: ProtectionType | None = None


@dataclass(frozen=True, slots=True)
class GetResynchronizationDataResult:
    """otp: eight digits; atc: 0 to 65534. Both None without."""

    status: Status
    otp: str | None = field(default=None, repr=False)
    atc: int | None = None
    retry_counter: int | None = None
    retry_delay: int | None = None
    biometric: BiometricProblem | None = None


@dataclass(frozen=True, slots=True)
class PrepareResynchronization(Event["PrepareResynchronizationResult"]):
    """Make the two codes that Resynchronize sends. Open while LOGIN_REQUIRED; needs no earlier login."""

    user_identifier: UserIdentifier
    pin: str | None = field(default=None, repr=False)
    protection: ProtectionType | None = None


@dataclass(frozen=True, slots=True)
class PrepareResynchronizationResult:
    """codes: None without. Statuses as for a login's code."""

    status: Status
    codes: ResynchronisationCodes | None = None
    retry_counter: int | None = None
    retry_delay: int | None = None
    biometric: BiometricProblem | None = None


@dataclass(frozen=True, slots=True)
class GetCredentialInformation(Event["CredentialInformation"]):
    """How a credential stands, without touching anything. protection: None for the usual one."""

    user_identifier: UserIdentifier
    protection: ProtectionType | None = None


@dataclass(frozen=True, slots=True)
class CredentialInformation:
    """INVALID_STATE: vault not open. INVALID_USER_ID: no such token. INVALID_PARAMETER: no such protection.

    counter: the next ATC. used: codes made since the server last confirmed the counter; warn and limit: when a warning
    begins, and when a login is required. resynchronise: the file was restored, so the next login resynchronises first.
    resynchronises_at_login: the next login will resynchronise (the setting, the one-shot event, or a restored file).
    login_refused: it will not, and its code would lie beyond what the server searches: resynchronise before it.
    logged_in_once: codes need one login first. verified_here: a wrong PIN is noticed on this device.
    retry_counter, retry_delay: as in results; both None where nothing local counts.
    """

    status: Status
    protection: ProtectionType | None = None
    counter: int = 0
    used: int = 0
    warn: int = 0
    limit: int = 0
    resynchronise: bool = False
    resynchronises_at_login: bool = False
    login_refused: bool = False
    logged_in_once: bool = False
    verified_here: bool = False
    retry_counter: int | None = None
    retry_delay: int | None = None

    @property
    def left(self) -> int:
        """Codes until a login is required."""
        return max(0, self.limit - self.used)
