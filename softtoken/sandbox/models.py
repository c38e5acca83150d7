"""The documented API stated once more, from the reference alone, as pydantic models (iaa-api sections 5, 6).

What is known of a field is enforced; fields that nobody documented are ignored. Answers omit what is None.
"""

import hashlib
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def _encodable(value: str) -> str:
    """JSON can spell half a character, and pydantic lets it pass where a text has no limits."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("must be Unicode text") from None
    return value


Text = Annotated[str, AfterValidator(_encodable)]
SessionId = Annotated[str, Field(pattern="^[0-9a-fA-F]+$", min_length=2, max_length=100)]
StaticPassword = Annotated[str, Field(min_length=8, max_length=255)]
Response = Annotated[str, Field(pattern="^[0-9]+$", max_length=64)]
UserId = Annotated[str, Field(min_length=1, max_length=255)]


class Received(BaseModel):
    """Something a caller sends. A refusal must never repeat what was sent."""

    model_config = ConfigDict(hide_input_in_errors=True)


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
    clientIP: str | None = None
    applicationRef: str | None = None


class RegisterFields(Received):
    """What both forms of users/register have in common."""

    userID: UserId
    staticPassword: StaticPassword | None = None
    activationType: Literal["onlineMDL", "offlineMDL", "fido"] = "onlineMDL"
    clientIP: str | None = None
    cddc: Cddc | None = None
    emailAddress: str | None = None
    mobilePhoneNumber: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{1,14}$")] | None = None
    serialNumber: str | None = None
    deviceCode: str | None = None
    domain: str | None = None


class AdaptiveRegisterUserInput(RegisterFields, AdaptiveFields):
    """users/register of Intelligent Adaptive Authentication. relationshipRef: the user id by default."""

    objectType: Literal["AdaptiveRegisterUserInput"]
    relationshipRef: Annotated[str, Field(min_length=1, max_length=150)] | None = None
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
    """registrations/check-status. timeoutSeconds: 0 answers now; a number or a text."""

    login: UserId | None = None
    userID: UserId | None = None
    timeoutSeconds: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _names_a_user(self) -> "CheckStatusInput":
        if self.login is None and self.userID is None:
            raise ValueError("must have login")
        return self


class CheckStatusOutput(BaseModel):
    """Where the user's latest registration stands."""

    activationStatus: Literal["pending", "activated", "timeout", "unknown"]


class AddDeviceInput(Received):
    """registrations/{id}/add-device."""

    deviceCode: Annotated[str, Field(min_length=1, max_length=4096)]


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

    authenticator: Authenticator | None = None
    passKey: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    fidoAuthenticator: FidoAuthenticator | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Credentials":
        if sum(part is not None for part in (self.authenticator, self.passKey, self.fidoAuthenticator)) != 1:
            raise ValueError("must have exactly one of authenticator, passKey, fidoAuthenticator")
        return self


class LoginFields(Received):
    """What both forms of login have in common. Without credentials: a first, risk-only call."""

    credentials: Credentials | None = None
    staticPassword: StaticPassword | None = None
    requestID: Annotated[str, Field(max_length=255)] | None = None
    orchestrationDelivery: list[Literal["pushNotification", "requestMessage"]] | None = None
    timeout: Annotated[int, Field(ge=0)] = 0
    loginMessage: dict[str, Any] | None = None
    fidoAuthentication: dict[str, Any] | None = None


class AdaptiveLoginInput(LoginFields, AdaptiveFields):
    """users/{user}/login of Intelligent Adaptive Authentication."""

    objectType: Literal["AdaptiveLoginInput"]
    relationshipRef: Annotated[str, Field(min_length=1, max_length=150)]
    sessionID: SessionId


class LoginInput(LoginFields):
    """users/{user}/login of Cloud Authentication: no risk engine."""

    objectType: Literal["LoginInput"]


LoginBody = Annotated[AdaptiveLoginInput | LoginInput, Field(discriminator="objectType")]


class LoginOutput(BaseModel):
    """riskResponseCode: with the adaptive form only. requestID: while pending. challenge: with code 10."""

    riskResponseCode: int | None = None
    sessionStatus: str
    requestID: str | None = None
    challenge: str | None = None


class SessionOutput(BaseModel):
    """sessions/{requestID}."""

    sessionStatus: str


class SyncAuthenticatorInput(Received):
    """users/{user}/sync-authenticator: two consecutive codes of one credential. The field names are inferred."""

    response1: Response
    response2: Response
    serialNumber: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class UserOutput(BaseModel):
    """users/{user}: the serials of activated authenticators."""

    authenticators: list[str]


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
