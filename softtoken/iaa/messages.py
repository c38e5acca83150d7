"""Requests and answers of the IAA calls, as values. How they look on the wire is in wire.py.

Requests are checked when they are made: InvalidRequest names the field and never repeats its value.
Source: iaa-api 5, 6.
"""

import ipaddress
import re
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Self

from softtoken.errors import SoftTokenError
from softtoken.iaa.fingerprint import BrowserCddc


class InvalidRequest(SoftTokenError):  # noqa: N818 - named after what happened
    """A field that the documents do not allow; nothing was sent. field: its name here, in snake case."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


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


class LoginType(StrEnum):
    """objectType of login: IAA or OCA."""

    ADAPTIVE = "AdaptiveLoginInput"
    PLAIN = "LoginInput"


class Delivery(StrEnum):
    """How a device learns that it is asked to approve."""

    PUSH_NOTIFICATION = "pushNotification"
    REQUEST_MESSAGE = "requestMessage"


class FidoProtocol(StrEnum):
    """fidoAuthentication.fidoProtocol."""

    UAF11 = "UAF11"
    FIDO2 = "FIDO2"


@dataclass(frozen=True, slots=True)
class LoginMessage:
    """The text that a push login shows on the phone."""

    title: str
    subject: str
    challenge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRequest:
    """POST /v1/users/register. static_password: 8 to 255. session_id: hexadecimal, 2 to 100."""

    user_id: str
    static_password: str | None = field(default=None, repr=False)
    activation_type: ActivationType | None = None
    client_ip: str | None = None
    cddc: BrowserCddc | None = None
    relationship_ref: str | None = None
    session_id: str | None = None
    application_ref: str | None = None
    email_address: str | None = field(default=None, repr=False)
    mobile_phone_number: str | None = field(default=None, repr=False)
    serial_number: str | None = None
    device_code: str | None = field(default=None, repr=False)
    domain: str | None = None
    object_type: RegisterType = RegisterType.ADAPTIVE

    def __post_init__(self) -> None:
        check_text("user_id", self.user_id, 1, 255)
        _check_common(self)
        for name in ("email_address", "mobile_phone_number", "serial_number", "domain"):
            check_text(name, getattr(self, name), 1, 255)
        check_text("device_code", self.device_code, 1, MAX_DEVICE_TEXT)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRequest:
    """POST /v1/users/{user}/login. At most one of otp, pass_key and fido_response; none is a risk-only call.

    challenge: answered by `otp` (1-step challenge/response). timeout: seconds that the server may hold the
    call, 0 for an answer at once. The adaptive form needs relationship_ref (1 to 150 characters) and
    session_id (2 to 100 hexadecimal digits).
    """

    otp: str | None = field(default=None, repr=False)
    challenge: str | None = field(default=None, repr=False)
    pass_key: str | None = field(default=None, repr=False)
    fido_response: str | None = field(default=None, repr=False)
    cddc: BrowserCddc | None = None
    relationship_ref: str | None = None
    session_id: str | None = None
    client_ip: str | None = None
    application_ref: str | None = None
    static_password: str | None = field(default=None, repr=False)
    request_id: str | None = None
    orchestration_delivery: tuple[Delivery, ...] = ()
    timeout: int | None = None
    login_message: LoginMessage | None = None
    fido_protocol: FidoProtocol | None = None
    object_type: LoginType = LoginType.ADAPTIVE

    def __post_init__(self) -> None:
        _check_common(self)
        if self.object_type is LoginType.ADAPTIVE:
            for name in ("relationship_ref", "session_id"):
                if getattr(self, name) is None:
                    raise InvalidRequest(name)
        check_text("otp", self.otp, 1, 255)
        check_text("pass_key", self.pass_key, 1, 255)
        check_text("challenge", self.challenge, 1, 255)
        check_text("request_id", self.request_id, 1, 255)
        check_text("fido_response", self.fido_response, 1, MAX_DEVICE_TEXT)
        if sum(given is not None for given in (self.otp, self.pass_key, self.fido_response)) > 1:
            raise InvalidRequest("pass_key" if self.otp is not None else "fido_response")
        if self.challenge is not None and self.otp is None:
            raise InvalidRequest("challenge")
        if self.timeout is not None and not 0 <= self.timeout <= MAX_HOLD:
            raise InvalidRequest("timeout")
        if (message := self.login_message) is not None:
            for text in (message.title, message.subject, message.challenge):
                check_text("login_message", text, 0, 1000)

    @classmethod
    def with_otp(cls, *, otp: str, relationship_ref: str, session_id: str, cddc: BrowserCddc | None = None) -> Self:
        """The seed's one-shot login: the code in the first and only call."""
        return cls(otp=otp, relationship_ref=relationship_ref, session_id=session_id, cddc=cddc)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterAnswer:
    """registration_id: offlineMDL only. serial_number may differ from the authenticator's later one."""

    activation_password: str | None = field(repr=False)
    serial_number: str | None
    risk_response_code: int | None
    registration_id: str | None
    log_correlation_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddDeviceAnswer:
    """activation_message_2 goes to DeviceEnrolment.open."""

    activation_message_2: str = field(repr=False)
    activation_type: str | None
    device_status: str | None
    device_type: str | None
    domain: str | None
    registration_id: str | None
    serial_number: str | None
    user_id: str | None
    log_correlation_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginAnswer:
    """session_status and risk_response_code are as they came; SessionStatus and RiskCode have the known ones.

    A 200 can be a failure: session_status decides. risk_response_code is None for OCA tenants.
    """

    session_status: str | None
    risk_response_code: int | None
    request_id: str | None
    request_message: str | None = field(repr=False)
    challenge: str | None = field(repr=False)
    event_id: int | None
    fido_authentication_request: str | None = field(repr=False)
    uaf_status_code: int | None
    log_correlation_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAnswer:
    """session_status as it came."""

    session_status: str
    log_correlation_id: str | None = None


MAX_DEVICE_TEXT = 65536
"""Characters in a device code, a signature or a FIDO answer: a bound of ours, far above any real one."""

MAX_HOLD = 300
"""Seconds that a login may ask the server to hold the call: a bound of ours; the vendor's policy says 60."""


def check_text(name: str, text: str | None, shortest: int, longest: int) -> None:
    """Raises InvalidRequest unless the text is absent, or of a fitting length and fit for UTF-8."""
    if text is None:
        return
    if not shortest <= len(text) <= longest or any("\ud800" <= char <= "\udfff" for char in text):
        raise InvalidRequest(name)


def _check_common(request: RegisterRequest | LoginRequest) -> None:
    check_text("static_password", request.static_password, 8, 255)
    check_text("relationship_ref", request.relationship_ref, 1, 150)
    check_text("application_ref", request.application_ref, 1, 255)
    if request.session_id is not None and not re.fullmatch("[0-9a-fA-F]{2,100}", request.session_id):
        raise InvalidRequest("session_id")
    if request.cddc is not None:
        check_text("cddc", request.cddc.fingerprint_raw, 0, MAX_DEVICE_TEXT)
        check_text("cddc", request.cddc.fingerprint_hash, 0, 255)
    if request.client_ip is not None and not _is_ip(request.client_ip):
        raise InvalidRequest("client_ip")


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


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
