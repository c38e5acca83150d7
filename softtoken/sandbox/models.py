"""The documented API stated once more, from the reference alone, as pydantic models (iaa-api sections 5, 6).

What is known of a field is enforced; fields that nobody documented are ignored. Answers omit what is None.
"""

import hashlib
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from softtoken.sandbox.fields import (
    Email,
    MessageText,
    Number,
    Phone,
    Received,
    RelationshipRef,
    Response,
    Serial,
    SessionId,
    StaticPassword,
    Text,
    UserId,
    demands_one,
)


class BrowserCddc(Received):
    """The client device data of a browser: an opaque text and its hash (iaa-api section 11)."""

    fingerprintRaw: Text
    fingerprintHash: str

    def is_consistent(self) -> bool:
        """Is the hash the lower-case hex SHA-256 of the text, line ends read as LF?"""
        raw = self.fingerprintRaw.replace("\r\n", "\n").encode()
        return self.fingerprintHash == hashlib.sha256(raw).hexdigest()


class Cddc(Received):
    """Either browserCDDC or mobileCDDC, whose fields nobody documented."""

    model_config = ConfigDict(json_schema_extra=demands_one("browserCDDC", "mobileCDDC"))

    browserCDDC: BrowserCddc | None = None
    mobileCDDC: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Cddc":
        if (self.browserCDDC is None) == (self.mobileCDDC is None):
            raise ValueError("must have either browserCDDC or mobileCDDC")
        return self


class AdaptiveFields(Received):
    """What the risk engine is told, beside the request itself."""

    cddc: Cddc | None = None
    clientIP: Text | None = None
    applicationRef: str | None = None


class RegisterFields(Received):
    """What both forms of users/register have in common. The vendor's third activationType, fido, is not here."""

    userID: UserId
    staticPassword: StaticPassword | None = None
    activationType: Literal["onlineMDL", "offlineMDL"] = "onlineMDL"
    clientIP: str | None = None
    cddc: Cddc | None = None
    emailAddress: Email | None = None
    mobilePhoneNumber: Phone | None = None
    serialNumber: str | None = None
    deviceCode: str | None = None
    domain: str | None = None


class AdaptiveRegisterUserInput(RegisterFields, AdaptiveFields):
    """users/register of Intelligent Adaptive Authentication. relationshipRef: the user id by default."""

    objectType: Literal["AdaptiveRegisterUserInput"]
    relationshipRef: RelationshipRef | None = None
    sessionID: SessionId | None = None


class RegisterUserInputEx(RegisterFields):
    """users/register of Cloud Authentication: no risk engine."""

    objectType: Literal["RegisterUserInputEx"]


RegisterInput = Annotated[AdaptiveRegisterUserInput | RegisterUserInputEx, Field(discriminator="objectType")]


class RegisterOutput(BaseModel):
    """registrationID: with offlineMDL only. riskResponseCode: with the adaptive form only."""

    activationPassword: str
    serialNumber: str
    riskResponseCode: int | None = None
    registrationID: str | None = None


class CheckStatusInput(Received):
    """registrations/check-status. timeoutSeconds: 0 answers now. The newer name of login is not known for sure."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": [name], "properties": {name: {"type": "string"}}} for name in ("login", "userID")]
        }
    )

    login: UserId | None = None
    userID: UserId | None = None
    timeoutSeconds: Number = 0

    @model_validator(mode="after")
    def _names_a_user(self) -> "CheckStatusInput":
        if self.login is None and self.userID is None:
            raise ValueError("must have login")
        return self


class CheckStatusOutput(BaseModel):
    """Where the user's latest registration stands."""

    activationStatus: Literal["pending", "activated", "timeout", "unknown"]


_DEVICE_CODE = "^AQ[E-Za-f][A-Za-z0-9_-]{1663}[AEIMQUYcgkosw048]$"
"""base64url of 1250 bytes, of which the first two say version 1 and which protections (docs/activation.md)."""


class AddDeviceInput(Received):
    """registrations/{id}/add-device."""

    deviceCode: Annotated[
        str, Field(min_length=1, max_length=4096), WithJsonSchema({"type": "string", "pattern": _DEVICE_CODE})
    ]


class AddDeviceOutput(BaseModel):
    """The eight strings of iaa-api section 5.3."""

    activationMessage2: str
    activationType: str
    deviceStatus: str
    deviceType: str
    domain: str
    registrationID: str
    serialNumber: str
    userID: str


class ActivateInput(Received):
    """registrations/{id}/activate."""

    signature: Annotated[str, Field(min_length=1, max_length=64)]


class Authenticator(Received):
    """A one-time password. challenge: what the code was made over, in one-step challenge/response."""

    OTP: Annotated[str, Field(min_length=1, max_length=64)]
    challenge: Annotated[str, Field(min_length=1, max_length=255)] | None = None


class FidoAuthenticator(Received):
    """A FIDO answer; the sandbox has no FIDO registrations."""

    authenticationResponse: str


class Credentials(Received):
    """Exactly one of the three. passKey: the static password, or a keyword for an out-of-band method."""

    model_config = ConfigDict(json_schema_extra=demands_one("authenticator", "passKey", "fidoAuthenticator"))

    authenticator: Authenticator | None = None
    passKey: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    fidoAuthenticator: FidoAuthenticator | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Credentials":
        if sum(part is not None for part in (self.authenticator, self.passKey, self.fidoAuthenticator)) != 1:
            raise ValueError("must have exactly one of authenticator, passKey, fidoAuthenticator")
        return self


class LoginTitle(Received):
    """loginMessage.title."""

    text: MessageText


class LoginMessage(Received):
    """What a trusted device shows (iaa-api section 6.1)."""

    title: LoginTitle | None = None
    subject: MessageText | None = None
    challenge: MessageText | None = None


class LoginFields(Received):
    """What both forms of login have in common. Without credentials: a first, risk-only call."""

    credentials: Credentials | None = None
    staticPassword: StaticPassword | None = None
    requestID: Annotated[str, Field(max_length=255)] | None = None
    orchestrationDelivery: list[Literal["pushNotification", "requestMessage"]] | None = None
    timeout: Number = 0
    loginMessage: LoginMessage | None = None
    fidoAuthentication: dict[str, Any] | None = None


class AdaptiveLoginInput(LoginFields, AdaptiveFields):
    """users/{user}/login of Intelligent Adaptive Authentication."""

    objectType: Literal["AdaptiveLoginInput"]
    relationshipRef: RelationshipRef
    sessionID: SessionId


class LoginInput(LoginFields):
    """users/{user}/login of Cloud Authentication: no risk engine."""

    objectType: Literal["LoginInput"]


LoginBody = Annotated[AdaptiveLoginInput | LoginInput, Field(discriminator="objectType")]


SessionStatus = Literal["accepted", "pending", "refused", "timeout", "failed", "failure", "unknown"]


class LoginOutput(BaseModel):
    """riskResponseCode: with the adaptive form only. requestID: while pending. challenge: with code 10.

    requestMessage: for a device, where orchestrationDelivery asks for it. Events and transactions are answered so too.
    """

    riskResponseCode: int | None = None
    sessionStatus: SessionStatus
    requestID: str | None = None
    requestMessage: str | None = None
    challenge: str | None = None


class SessionOutput(BaseModel):
    """sessions/{requestID}."""

    sessionStatus: SessionStatus


class SyncAuthenticatorInput(Received):
    """users/{user}/sync-authenticator: two consecutive codes of one credential. The field names are inferred."""

    response1: Response
    response2: Response
    serialNumber: Serial | None = None


class Done(BaseModel):
    """A success that says nothing."""


class ErrorDetail(BaseModel):
    """One fault of a request."""

    message: str


class ErrorOutput(BaseModel):
    """Every error. The header log-correlation-id names it (iaa-api section 8.1)."""

    error: str
    message: str
    validationErrors: list[ErrorDetail] | None = None


class Validated(Protocol):
    """Every body that is answered once something is known, or after so many seconds."""

    timeout: int
