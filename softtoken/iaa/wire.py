"""The JSON of the IAA calls: requests exactly as documented, answers read leniently (iaa-api 5, 6, 14)."""

from typing import Annotated, Any, TypeVar

import msgspec

from softtoken.iaa.errors import AnswerFault, BadAnswer
from softtoken.iaa.exchange import RawAnswer
from softtoken.iaa.fingerprint import BrowserCddc
from softtoken.iaa.messages import (
    AddDeviceAnswer,
    LoginAnswer,
    LoginRequest,
    RegisterAnswer,
    RegisterRequest,
    SessionAnswer,
)


def register_body(request: RegisterRequest) -> dict[str, Any]:
    """AdaptiveRegisterUserInput or RegisterUserInputEx."""
    return _present(
        objectType=request.object_type.value,
        cddc=_cddc(request.cddc),
        relationshipRef=request.relationship_ref,
        sessionID=request.session_id,
        clientIP=request.client_ip,
        applicationRef=request.application_ref,
        userID=request.user_id,
        domain=request.domain,
        staticPassword=request.static_password,
        activationType=request.activation_type and request.activation_type.value,
        emailAddress=request.email_address,
        mobilePhoneNumber=request.mobile_phone_number,
        serialNumber=request.serial_number,
        deviceCode=request.device_code,
    )


def login_body(request: LoginRequest) -> dict[str, Any]:
    """AdaptiveLoginInput or LoginInput, in the order of the seed's sample."""
    message = request.login_message
    return _present(
        objectType=request.object_type.value,
        cddc=_cddc(request.cddc),
        relationshipRef=request.relationship_ref,
        sessionID=request.session_id,
        clientIP=request.client_ip,
        credentials=_credentials(request),
        applicationRef=request.application_ref,
        staticPassword=request.static_password,
        requestID=request.request_id,
        orchestrationDelivery=[way.value for way in request.orchestration_delivery] or None,
        timeout=request.timeout,
        loginMessage=message
        and {"title": {"text": message.title}, "subject": message.subject, "challenge": message.challenge},
        fidoAuthentication=request.fido_protocol and {"fidoProtocol": request.fido_protocol.value},
    )


def check_status_body(login: str) -> dict[str, Any]:
    """timeoutSeconds is a text in the vendor's own client: 0, answer now."""
    return {"login": login, "timeoutSeconds": "0"}


def sync_body(first: str, second: str, serial_number: str | None) -> dict[str, Any]:
    """SyncAuthenticatorInput, as far as it is known."""
    return _present(serialNumber=serial_number, response1=first, response2=second)


def login_secrets(request: LoginRequest) -> tuple[str, ...]:
    """The texts of a login that may never be repeated."""
    return _given(request.otp, request.pass_key, request.fido_response, request.static_password)


def register_secrets(request: RegisterRequest) -> tuple[str, ...]:
    """The texts of a registration that may never be repeated."""
    return _given(request.static_password, request.device_code)


def read_register(raw: RawAnswer, correlation: str | None) -> RegisterAnswer:
    """Raises BadAnswer, as all of these."""
    answer = _read(raw, correlation, _Register)
    return RegisterAnswer(
        activation_password=answer.activation_password,
        serial_number=answer.serial_number,
        risk_response_code=answer.risk_response_code,
        registration_id=answer.registration_id,
        log_correlation_id=correlation,
    )


def read_add_device(raw: RawAnswer, correlation: str | None) -> AddDeviceAnswer:
    answer = _read(raw, correlation, _AddDevice)
    return AddDeviceAnswer(
        activation_message_2=answer.activation_message_2,
        activation_type=answer.activation_type,
        device_status=answer.device_status,
        device_type=answer.device_type,
        domain=answer.domain,
        registration_id=answer.registration_id,
        serial_number=answer.serial_number,
        user_id=answer.user_id,
        log_correlation_id=correlation,
    )


def check_done(raw: RawAnswer, correlation: str | None) -> None:
    """The body of a success says nothing, but a page of some other server (200, HTML) is none. Raises BadAnswer."""
    if not raw.body.strip():
        return
    try:
        msgspec.json.decode(raw.body)
    except (ValueError, RecursionError):
        fault = AnswerFault.NOT_JSON
    else:
        return
    raise BadAnswer(raw.status, "", correlation, fault=fault)


def read_login(raw: RawAnswer, correlation: str | None) -> LoginAnswer:
    answer = _read(raw, correlation, _Login)
    return LoginAnswer(
        session_status=answer.session_status,
        risk_response_code=answer.risk_response_code,
        request_id=answer.request_id,
        request_message=answer.request_message,
        challenge=answer.challenge,
        event_id=answer.event_id,
        fido_authentication_request=answer.fido_authentication_request,
        uaf_status_code=answer.uaf_status_code,
        log_correlation_id=correlation,
    )


def read_session(raw: RawAnswer, correlation: str | None) -> SessionAnswer:
    return SessionAnswer(
        session_status=_read(raw, correlation, _Session).session_status, log_correlation_id=correlation
    )


def read_renewal(raw: RawAnswer, correlation: str | None) -> str:
    """The sealed message."""
    return _read(raw, correlation, _Renewal).message


def read_status(raw: RawAnswer, correlation: str | None) -> str:
    return _read(raw, correlation, _Status).activation_status


# a 32-bit number and one that JSON can carry, as a number or as a text; a word that can be shown as it came
_Code = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]
_Number = Annotated[int, msgspec.Meta(ge=-(2**53), lt=2**53)]
_Word = Annotated[str, msgspec.Meta(max_length=255, pattern=r"\A[^\x00-\x1f\x7f-\x9f\u2028-\u202e]*\Z")]


class _Register(msgspec.Struct, rename="camel"):
    activation_password: _Word | None = None
    serial_number: _Word | None = None
    risk_response_code: _Code | None = None
    registration_id: _Word | None = msgspec.field(name="registrationID", default=None)


class _AddDevice(msgspec.Struct, rename="camel"):
    activation_message_2: str = msgspec.field(name="activationMessage2")
    activation_type: _Word | None = None
    device_status: _Word | None = None
    device_type: _Word | None = None
    domain: _Word | None = None
    registration_id: _Word | None = msgspec.field(name="registrationID", default=None)
    serial_number: _Word | None = None
    user_id: _Word | None = msgspec.field(name="userID", default=None)


class _Login(msgspec.Struct, rename="camel"):
    session_status: _Word | None = None
    risk_response_code: _Code | None = None
    request_id: _Word | None = msgspec.field(name="requestID", default=None)
    request_message: str | None = None
    challenge: _Word | None = None
    event_id: _Number | None = None
    fido_authentication_request: str | None = None
    uaf_status_code: _Number | None = None


class _Session(msgspec.Struct, rename="camel"):
    session_status: _Word


class _Status(msgspec.Struct, rename="camel"):
    activation_status: _Word


class _Renewal(msgspec.Struct):
    message: Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_-]+\Z")]


_S = TypeVar("_S", bound=msgspec.Struct)


def _read(raw: RawAnswer, correlation: str | None, kind: type[_S]) -> _S:
    decoder = msgspec.json.Decoder(kind, strict=False)
    try:
        return decoder.decode(raw.body)
    except msgspec.ValidationError:
        fault = AnswerFault.WRONG_TYPES
    except (ValueError, RecursionError):
        fault = AnswerFault.NOT_JSON
    # outside the handlers: a decoding error holds on to the whole answer
    raise BadAnswer(raw.status, "", correlation, fault=fault)


def _cddc(cddc: BrowserCddc | None) -> dict[str, Any] | None:
    if cddc is None:
        return None
    return {"browserCDDC": {"fingerprintRaw": cddc.fingerprint_raw, "fingerprintHash": cddc.fingerprint_hash}}


def _credentials(request: LoginRequest) -> dict[str, Any] | None:
    if request.otp is not None:
        return {"authenticator": _present(OTP=request.otp, challenge=request.challenge)}
    if request.pass_key is not None:
        return {"passKey": request.pass_key}
    if request.fido_response is not None:
        return {"fidoAuthenticator": {"authenticationResponse": request.fido_response}}
    return None


def _present(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _given(*texts: str | None) -> tuple[str, ...]:
    return tuple(text for text in texts if text)
