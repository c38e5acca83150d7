"""The values that the whole product speaks of: token, credential, protection type, profile, code."""

from dataclasses import dataclass, field
from enum import StrEnum

from softtoken.engine.atc import AtcPolicy, AtcState
from softtoken.engine.pin import PinRules, RetryPolicy, RetryState


class ProtectionType(StrEnum):
    """How the use of a credential is protected; the words of the IAA seed."""

    NO_PIN = "NO_PIN"
    PIN = "PIN"
    BIOMETRIC = "BIOMETRIC"


class TokenType(StrEnum):
    """MANAGED tokens are activated with a server; the others come from an otpauth link or an import."""

    MANAGED = "MANAGED"
    TOTP = "TOTP"
    HOTP = "HOTP"


class Algorithm(StrEnum):
    """The hash behind HMAC."""

    SHA1 = "SHA1"
    SHA256 = "SHA256"
    SHA512 = "SHA512"


@dataclass(frozen=True, slots=True)
class UserIdentifier:
    """Names a managed token in events: the tenant as the server gave it, and the user id (MC-SDK)."""

    tenant_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class OtpProfile:
    """How a token's codes are made.

    digits: 6 to 10 (managed: 6 or 8). period: seconds per step; None for HOTP.
    """

    type: TokenType
    algorithm: Algorithm
    digits: int
    period: int | None


@dataclass(frozen=True, slots=True)
class Account:
    """Where a managed token belongs. origin: `scheme://host[:port]`, lower case, no path."""

    origin: str
    tenant: str
    domain: str
    user_id: str
    serial: str

    @property
    def identifier(self) -> UserIdentifier:
        return UserIdentifier(self.tenant, self.user_id)


@dataclass(frozen=True, slots=True)
class TokenPolicy:
    """What the server decided for a managed token at activation.

    allow_offline_pin_verification: False tightens this device's own configuration, True leaves it as it is.
    """

    allow_offline_pin_verification: bool | None
    retry: RetryPolicy
    atc: AtcPolicy
    pin: PinRules


@dataclass(frozen=True, slots=True)
class Token:
    """What may be shown of a token; never a secret. account and policy are None for imported tokens."""

    id: str
    issuer: str
    name: str
    profile: OtpProfile
    protections: tuple[ProtectionType, ...]
    account: Account | None = None
    policy: TokenPolicy | None = None

    @property
    def usual_protection(self) -> ProtectionType:
        """Of a code when nobody says: the PIN if there is one, else no PIN, else what there is."""
        for protection in (ProtectionType.PIN, ProtectionType.NO_PIN):
            if protection in self.protections:
                return protection
        return self.protections[0]


@dataclass(frozen=True, slots=True)
class CredentialState:
    """The part of a credential that changes with use, and must be on disk before its effect is seen.

    counter: the next ATC of a managed credential (0 to 65535), the next counter of an HOTP token, unused for TOTP.
    resynchronise: the file was restored or edited, so the server may be ahead: nothing but a resynchronisation helps.
    told: the ATC that was last handed out to be read to a help desk, which may have told the server since.
    """

    counter: int = 0
    atc: AtcState = field(default_factory=AtcState)
    tries: RetryState = field(default_factory=RetryState)
    resynchronise: bool = False
    told: int | None = None


@dataclass(frozen=True, slots=True)
class Otp:
    """One code with its life span, in epoch seconds. valid_until is None for HOTP codes; atc for TOTP codes.

    corrected: seconds that the time inside the code is ahead of the clock that the life span is told by.
    """

    code: str = field(repr=False)
    valid_from: int
    valid_until: int | None
    atc: int | None
    corrected: int = 0


@dataclass(frozen=True, slots=True)
class ResynchronisationCodes:
    """Two consecutive resynchronisation codes of one credential. atc: the counter of the second one."""

    first: str = field(repr=False)
    second: str = field(repr=False)
    atc: int
    protection: ProtectionType
