"""Requests of the IAA calls around one user, as values. How they look on the wire is in wire.py.

Requests are checked when they are made: InvalidRequest names the field and never repeats its value. For one import
their words and answers are here, too. Source: iaa-api 5, 6, 7.
"""

from dataclasses import dataclass, field, replace
from typing import Self

from softtoken.iaa.answers import (
    AddDeviceAnswer,
    ChallengeAnswer,
    LoginAnswer,
    RegisterAnswer,
    SessionAnswer,
    UnregisterAnswer,
)
from softtoken.iaa.checks import (
    MAX_DEVICE_TEXT,
    MAX_HOLD,
    InvalidRequest,
    check_adaptive,
    check_hold,
    check_text,
    require,
)
from softtoken.iaa.fingerprint import Cddc
from softtoken.iaa.words import (
    ActivationType,
    Delivery,
    FidoProtocol,
    LoginType,
    RegisterType,
    RiskCode,
    SessionStatus,
    UnregisterType,
    risk_name,
)

__all__ = [
    "MAX_DEVICE_TEXT",
    "MAX_HOLD",
    "ActivationType",
    "AddDeviceAnswer",
    "ChallengeAnswer",
    "Delivery",
    "EventRequest",
    "FidoProtocol",
    "InvalidRequest",
    "LoginAnswer",
    "LoginMessage",
    "LoginRequest",
    "LoginType",
    "Proving",
    "RegisterAnswer",
    "RegisterRequest",
    "RegisterType",
    "RiskCode",
    "RiskFacts",
    "SessionAnswer",
    "SessionStatus",
    "UnregisterAnswer",
    "UnregisterRequest",
    "UnregisterType",
    "check_text",
    "risk_name",
]


@dataclass(frozen=True, slots=True)
class LoginMessage:
    """The text that a push login shows on the phone."""

    title: str
    subject: str
    challenge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskFacts:
    """What a request may tell the risk engine. session_id: 2 to 100 hexadecimal digits, the same for a whole session.

    relationship_ref: 1 to 150 characters, by convention the user id.
    """

    cddc: Cddc | None = None
    relationship_ref: str | None = None
    session_id: str | None = None
    client_ip: str | None = None
    application_ref: str | None = None

    def __post_init__(self) -> None:
        check_adaptive(self.cddc, self.relationship_ref, self.session_id, self.client_ip, self.application_ref)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRequest(RiskFacts):
    """POST /v1/users/register. static_password: 8 to 255."""

    user_id: str
    static_password: str | None = field(default=None, repr=False)
    activation_type: ActivationType | None = None
    email_address: str | None = field(default=None, repr=False)
    mobile_phone_number: str | None = field(default=None, repr=False)
    serial_number: str | None = None
    device_code: str | None = field(default=None, repr=False)
    domain: str | None = None
    object_type: RegisterType = RegisterType.ADAPTIVE

    def __post_init__(self) -> None:
        check_text("user_id", self.user_id, 1, 255)
        check_text("static_password", self.static_password, 8, 255)
        RiskFacts.__post_init__(self)
        for name in ("email_address", "mobile_phone_number", "serial_number", "domain"):
            check_text(name, getattr(self, name), 1, 255)
        check_text("device_code", self.device_code, 1, MAX_DEVICE_TEXT)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnregisterRequest(RiskFacts):
    """POST /v1/users/{user}/unregister: the risk engine may want a challenge first."""

    static_password: str | None = field(default=None, repr=False)
    object_type: UnregisterType = UnregisterType.ADAPTIVE

    def __post_init__(self) -> None:
        check_text("static_password", self.static_password, 8, 255)
        RiskFacts.__post_init__(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proving(RiskFacts):
    """What login and events/validate have in common. At most one of otp, pass_key and fido_response proves anything.

    None of them makes a first, risk-only call. challenge: answered by `otp` (1-step challenge/response). pass_key: the
    static password, or the keyword of another method. timeout: seconds that the server may hold the call, 0 for an
    answer at once.
    """

    otp: str | None = field(default=None, repr=False)
    challenge: str | None = field(default=None, repr=False)
    pass_key: str | None = field(default=None, repr=False)
    fido_response: str | None = field(default=None, repr=False)
    request_id: str | None = None
    orchestration_delivery: tuple[Delivery, ...] = ()
    timeout: int | None = None
    fido_protocol: FidoProtocol | None = None

    def __post_init__(self) -> None:
        RiskFacts.__post_init__(self)
        check_text("otp", self.otp, 1, 255)
        check_text("pass_key", self.pass_key, 1, 255)
        check_text("challenge", self.challenge, 1, 255)
        check_text("request_id", self.request_id, 1, 255)
        check_text("fido_response", self.fido_response, 1, MAX_DEVICE_TEXT)
        if sum(given is not None for given in (self.otp, self.pass_key, self.fido_response)) > 1:
            raise InvalidRequest("pass_key" if self.otp is not None else "fido_response")
        if self.challenge is not None and self.otp is None:
            raise InvalidRequest("challenge")
        check_hold(self.timeout)

    def with_proof(self, answer: LoginAnswer, *, otp: str | None = None, pass_key: str | None = None) -> Self:
        """The second step of this request: the same session, the answer's request id, and one proof.

        A code answers the challenge of the answer, if there was one.
        """
        return replace(
            self,
            otp=otp,
            challenge=(answer.challenge or None) if otp is not None else None,
            pass_key=pass_key,
            fido_response=None,
            request_id=answer.request_id or None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRequest(Proving):
    """POST /v1/users/{user}/login. The adaptive form needs relationship_ref and session_id."""

    static_password: str | None = field(default=None, repr=False)
    login_message: LoginMessage | None = None
    object_type: LoginType = LoginType.ADAPTIVE

    def __post_init__(self) -> None:
        if self.object_type is LoginType.ADAPTIVE:
            require(relationship_ref=self.relationship_ref, session_id=self.session_id)
        check_text("static_password", self.static_password, 8, 255)
        Proving.__post_init__(self)
        if (message := self.login_message) is not None:
            for text in (message.title, message.subject, message.challenge):
                check_text("login_message", text, 0, 1000)

    @classmethod
    def with_otp(cls, *, otp: str, relationship_ref: str, session_id: str, cddc: Cddc | None = None) -> Self:
        """The seed's one-shot login: the code in the first and only call."""
        return cls(otp=otp, relationship_ref=relationship_ref, session_id=session_id, cddc=cddc)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRequest(Proving):
    """POST /v1/users/{user}/events/validate: as a login, for an event that a session wants judged.

    event_type: `LoginAttempt` is documented; a tenant has more, named or numbered as text.
    """

    event_type: str

    def __post_init__(self) -> None:
        require(relationship_ref=self.relationship_ref, session_id=self.session_id)
        check_text("event_type", self.event_type, 1, 255)
        Proving.__post_init__(self)
