"""The answers around one user: which fields are documented, and what they become (iaa-api 5, 6)."""

from typing import Annotated

import msgspec

from softtoken.iaa.answers import (
    AddDeviceAnswer,
    ChallengeAnswer,
    LoginAnswer,
    RegisterAnswer,
    SessionAnswer,
    UnregisterAnswer,
)
from softtoken.iaa.errors import AnswerFault, BadAnswer
from softtoken.iaa.exchange import RawAnswer
from softtoken.iaa.reading import Code, Number, Word, read


def read_register(raw: RawAnswer, correlation: str | None) -> RegisterAnswer:
    """Raises BadAnswer, as all of these."""
    answer, extra = read(raw, correlation, _Register)
    return RegisterAnswer(
        activation_password=answer.activation_password,
        serial_number=answer.serial_number,
        risk_response_code=answer.risk_response_code,
        registration_id=answer.registration_id,
        log_correlation_id=correlation,
        extra=extra,
    )


def read_add_device(raw: RawAnswer, correlation: str | None) -> AddDeviceAnswer:
    answer, extra = read(raw, correlation, _AddDevice)
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
        extra=extra,
    )


def check_done(raw: RawAnswer, correlation: str | None) -> None:
    """The body of a success says nothing, but a page of some other server (200, HTML) is none. Raises BadAnswer."""
    if not raw.body.strip():
        return
    try:
        msgspec.json.decode(raw.body)
    except msgspec.ValidationError:
        return  # JSON all the same: only a number that is too large for us
    except (ValueError, RecursionError):
        fault = AnswerFault.NOT_JSON
    else:
        return
    raise BadAnswer(raw.status, "", correlation, fault=fault)


def read_login(raw: RawAnswer, correlation: str | None) -> LoginAnswer:
    """Of a login, an event or a transaction."""
    answer, extra = read(raw, correlation, _Login)
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
        extra=extra,
    )


def read_unregister(raw: RawAnswer, correlation: str | None) -> UnregisterAnswer:
    """A success without a body is one, too."""
    if not raw.body.strip():
        return UnregisterAnswer(risk_response_code=None, log_correlation_id=correlation)
    answer, extra = read(raw, correlation, _Unregister)
    return UnregisterAnswer(
        risk_response_code=answer.risk_response_code,
        session_status=answer.session_status,
        request_id=answer.request_id,
        log_correlation_id=correlation,
        extra=extra,
    )


def read_challenge(raw: RawAnswer, correlation: str | None) -> ChallengeAnswer:
    answer, extra = read(raw, correlation, _Challenge)
    return ChallengeAnswer(
        challenge=answer.challenge, request_id=answer.request_id, log_correlation_id=correlation, extra=extra
    )


def read_session(raw: RawAnswer, correlation: str | None) -> SessionAnswer:
    answer, extra = read(raw, correlation, _Session)
    return SessionAnswer(session_status=answer.session_status, log_correlation_id=correlation, extra=extra)


def read_renewal(raw: RawAnswer, correlation: str | None) -> str:
    """The sealed message."""
    return read(raw, correlation, _Renewal)[0].message


def read_status(raw: RawAnswer, correlation: str | None) -> str:
    return read(raw, correlation, _Status)[0].activation_status


def read_picture(raw: RawAnswer, correlation: str | None) -> bytes:
    """A PNG by its first bytes, whatever the headers call it."""
    if not raw.body.startswith(_PNG):
        raise BadAnswer(raw.status, "", correlation, fault=AnswerFault.WRONG_TYPES)
    return raw.body


_PNG = b"\x89PNG\r\n\x1a\n"


class _Register(msgspec.Struct, rename="camel"):
    activation_password: Word | None = None
    serial_number: Word | None = None
    risk_response_code: Code | None = None
    registration_id: Word | None = msgspec.field(name="registrationID", default=None)


class _AddDevice(msgspec.Struct, rename="camel"):
    activation_message_2: str = msgspec.field(name="activationMessage2")
    activation_type: Word | None = None
    device_status: Word | None = None
    device_type: Word | None = None
    domain: Word | None = None
    registration_id: Word | None = msgspec.field(name="registrationID", default=None)
    serial_number: Word | None = None
    user_id: Word | None = msgspec.field(name="userID", default=None)


class _Login(msgspec.Struct, rename="camel"):
    session_status: Word | None = None
    risk_response_code: Code | None = None
    request_id: Word | None = msgspec.field(name="requestID", default=None)
    request_message: str | None = None
    challenge: Word | None = None
    event_id: Number | None = None
    fido_authentication_request: str | None = None
    uaf_status_code: Number | None = None


class _Unregister(msgspec.Struct, rename="camel"):
    risk_response_code: Code | None = None
    session_status: Word | None = None
    request_id: Word | None = msgspec.field(name="requestID", default=None)


class _Challenge(msgspec.Struct, rename="camel"):
    challenge: Annotated[Word, msgspec.Meta(min_length=1)]
    request_id: Word | None = msgspec.field(name="requestID", default=None)


class _Session(msgspec.Struct, rename="camel"):
    session_status: Word


class _Status(msgspec.Struct, rename="camel"):
    activation_status: Word


class _Renewal(msgspec.Struct):
    message: Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_-]+\Z")]
