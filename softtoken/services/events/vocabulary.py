"""The words that every event and result shares; statuses and states have the SDK's names."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

R_co = TypeVar("R_co", covariant=True)


class Event(Generic[R_co]):
    """Something to do. `Event[GenerateOtpResult]` answers with a GenerateOtpResult."""

    __slots__ = ()


class Status(StrEnum):
    """The SDK's statuses that this product answers with, by their names there. BIOMETRIC_... are ours."""

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
    BIOMETRIC_FAILED = "BIOMETRIC_FAILED"
    BIOMETRIC_BLOCKED = "BIOMETRIC_BLOCKED"
    BIOMETRIC_UNAVAILABLE = "BIOMETRIC_UNAVAILABLE"
    BIOMETRIC_CHANGED = "BIOMETRIC_CHANGED"


class SdkState(StrEnum):
    """Where the product stands; the SDK's names. UNINITIALISED: there is a vault and it is not open."""

    UNINITIALISED = "UNINITIALISED"
    ACTIVATION_REQUIRED = "ACTIVATION_REQUIRED"
    LOGIN_REQUIRED = "LOGIN_REQUIRED"
    LOGGED_IN = "LOGGED_IN"


@dataclass(frozen=True, slots=True)
class StatusResult:
    """A result that is only a status."""

    status: Status
