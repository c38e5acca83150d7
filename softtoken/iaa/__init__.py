"""The OneSpan IAA client.

What needs an HTTP library or cryptography is loaded when first used, so messages, addresses and errors are
cheap.
"""

import importlib
from typing import TYPE_CHECKING

from softtoken.iaa.address import AddressReason, BadAddress, parse_origin, parse_user, user_path
from softtoken.iaa.errors import (
    AnswerFault,
    AuthenticationFailed,
    BadAnswer,
    Conflict,
    DeliveryFailed,
    Forbidden,
    IaaError,
    NotFound,
    Reason,
    Refused,
    RegistrationExpired,
    RegistrationLocked,
    RegistrationUsed,
    RequestExpired,
    ServerFault,
    Unreachable,
    UserDisabled,
    UserLocked,
    ValidationFailed,
)
from softtoken.iaa.fingerprint import BrowserCddc, collect, fingerprint_hash, new_session_id
from softtoken.iaa.messages import (
    ActivationType,
    AddDeviceAnswer,
    Delivery,
    FidoProtocol,
    InvalidRequest,
    LoginAnswer,
    LoginMessage,
    LoginRequest,
    LoginType,
    RegisterAnswer,
    RegisterRequest,
    RegisterType,
    RiskCode,
    SessionAnswer,
    SessionStatus,
    risk_name,
)

if TYPE_CHECKING:
    from softtoken.iaa.client import IaaClient
    from softtoken.iaa.enrolment import DeviceEnrolment
    from softtoken.iaa.package import ActivationPackage, BadActivationMessage, IssuedCredential, MessageFault
else:
    # hidden from the type checker, which would otherwise believe in every name

    def __getattr__(name: str) -> object:
        if name not in _ON_FIRST_USE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(_ON_FIRST_USE[name]), name)


_ON_FIRST_USE = {
    "ActivationPackage": "softtoken.iaa.package",
    "BadActivationMessage": "softtoken.iaa.package",
    "DeviceEnrolment": "softtoken.iaa.enrolment",
    "IaaClient": "softtoken.iaa.client",
    "IssuedCredential": "softtoken.iaa.package",
    "MessageFault": "softtoken.iaa.package",
}

__all__ = [
    "ActivationPackage",
    "ActivationType",
    "AddDeviceAnswer",
    "AddressReason",
    "AnswerFault",
    "AuthenticationFailed",
    "BadActivationMessage",
    "BadAddress",
    "BadAnswer",
    "BrowserCddc",
    "Conflict",
    "Delivery",
    "DeliveryFailed",
    "DeviceEnrolment",
    "FidoProtocol",
    "Forbidden",
    "IaaClient",
    "IaaError",
    "InvalidRequest",
    "IssuedCredential",
    "LoginAnswer",
    "LoginMessage",
    "LoginRequest",
    "LoginType",
    "MessageFault",
    "NotFound",
    "Reason",
    "Refused",
    "RegisterAnswer",
    "RegisterRequest",
    "RegisterType",
    "RegistrationExpired",
    "RegistrationLocked",
    "RegistrationUsed",
    "RequestExpired",
    "RiskCode",
    "ServerFault",
    "SessionAnswer",
    "SessionStatus",
    "Unreachable",
    "UserDisabled",
    "UserLocked",
    "ValidationFailed",
    "collect",
    "fingerprint_hash",
    "new_session_id",
    "parse_origin",
    "parse_user",
    "risk_name",
    "user_path",
]
