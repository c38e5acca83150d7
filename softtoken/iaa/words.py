"""The documented words and numbers of the API (iaa-api 5.1, 6.1, 6.3, 6.4). Others are kept as they came."""

from enum import IntEnum, StrEnum


class RiskCode(IntEnum):
    """riskResponseCode (iaa-api 6.4). FIDO is 14 in the vendor's table and 25 in its client."""

    ACCEPT = 0
    DECLINE = 1
    CHALLENGE = 2
    CHALLENGE_SMS = 3
    CHALLENGE_DEVICE = 4
    CHALLENGE_DEVICE_2FA = 5
    CHALLENGE_PUSH = 6
    CHALLENGE_PUSH_2FA = 7
    CHALLENGE_EMAIL = 8
    CHALLENGE_CR_DEVICE_2FA = 10
    CHALLENGE_CRONTO = 11
    CHALLENGE_VOICE = 13
    CHALLENGE_FIDO = 14
    CHALLENGE_NO_PIN = 21
    CHALLENGE_PIN = 22
    CHALLENGE_FINGERPRINT = 23
    CHALLENGE_FACE = 24
    CHALLENGE_FIDO_25 = 25


def risk_name(code: int) -> str | None:
    """The vendor's name of a risk code, for example "ChallengeDevice2FA"; None for a tenant's own codes."""
    return _RISK_NAMES.get(code)


class SessionStatus(StrEnum):
    """sessionStatus (iaa-api 6.3). A wrong code is FAILED in a login's answer, FAILURE in a session's."""

    ACCEPTED = "accepted"
    PENDING = "pending"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    FAILED = "failed"
    FAILURE = "failure"
    UNKNOWN = "unknown"


class ActivationType(StrEnum):
    """offlineMDL is the plain-REST path that this product activates by."""

    ONLINE_MDL = "onlineMDL"
    OFFLINE_MDL = "offlineMDL"
    FIDO = "fido"


class RegisterType(StrEnum):
    """objectType of register: IAA or OCA."""

    ADAPTIVE = "AdaptiveRegisterUserInput"
    PLAIN = "RegisterUserInputEx"


class UnregisterType(StrEnum):
    """objectType of unregister: IAA or OCA."""

    ADAPTIVE = "AdaptiveUnregisterUserInput"
    PLAIN = "UnregisterUserInputEx"


class LoginType(StrEnum):
    """objectType of login: IAA or OCA."""

    ADAPTIVE = "AdaptiveLoginInput"
    PLAIN = "LoginInput"


class TransactionType(StrEnum):
    """objectType of transactions/validate: IAA or OCA. Not the kind of payment, which is a free text."""

    ADAPTIVE = "AdaptiveTransactionValidationInput"
    PLAIN = "TransactionValidationInput"


class Delivery(StrEnum):
    """How a device learns that it is asked to approve."""

    PUSH_NOTIFICATION = "pushNotification"
    REQUEST_MESSAGE = "requestMessage"


class FidoProtocol(StrEnum):
    """fidoAuthentication.fidoProtocol."""

    UAF11 = "UAF11"
    FIDO2 = "FIDO2"


class VdpDelivery(StrEnum):
    """vdpDeliveryMethod: how a user gets codes that the server makes."""

    DEFAULT = "Default"
    SMS = "SMS"
    EMAIL = "Email"
    VOICE = "Voice"


class VisualCode(StrEnum):
    """format of visualcodes/render."""

    CRONTO = "CRONTO"
    QR = "QR"


_RISK_NAMES: dict[int, str] = {
    RiskCode.ACCEPT: "Accept",
    RiskCode.DECLINE: "Decline",
    RiskCode.CHALLENGE: "Challenge",
    RiskCode.CHALLENGE_SMS: "ChallengeSMS",
    RiskCode.CHALLENGE_DEVICE: "ChallengeDevice",
    RiskCode.CHALLENGE_DEVICE_2FA: "ChallengeDevice2FA",
    RiskCode.CHALLENGE_PUSH: "ChallengePush",
    RiskCode.CHALLENGE_PUSH_2FA: "ChallengePush2FA",
    RiskCode.CHALLENGE_EMAIL: "ChallengeEmail",
    RiskCode.CHALLENGE_CR_DEVICE_2FA: "ChallengeCRDevice2FA",
    RiskCode.CHALLENGE_CRONTO: "ChallengeCronto",
    RiskCode.CHALLENGE_VOICE: "ChallengeVoice",
    RiskCode.CHALLENGE_FIDO: "ChallengeFIDO",
    RiskCode.CHALLENGE_NO_PIN: "ChallengeNoPIN",
    RiskCode.CHALLENGE_PIN: "ChallengePIN",
    RiskCode.CHALLENGE_FINGERPRINT: "ChallengeFingerprint",
    RiskCode.CHALLENGE_FACE: "ChallengeFace",
    RiskCode.CHALLENGE_FIDO_25: "ChallengeFIDO",
}
