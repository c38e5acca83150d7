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
from softtoken.iaa.fingerprint import (
    BrowserCddc,
    CddcExtent,
    CddcForm,
    Display,
    MobileCddc,
    collect,
    collect_mobile,
    fingerprint_hash,
    new_session_id,
)
from softtoken.iaa.messages import (
    ActivationType,
    AddDeviceAnswer,
    ChallengeAnswer,
    Delivery,
    EventRequest,
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
    UnregisterAnswer,
    UnregisterRequest,
    UnregisterType,
    risk_name,
)
from softtoken.iaa.outcomes import (
    NextStep,
    Outcome,
    next_step,
)
from softtoken.iaa.own_files import OwnFileUnusable
from softtoken.iaa.polling import (
    Ending,
    Waited,
)
from softtoken.iaa.settings import NetworkSettings, PemCertificate, Pkcs12Certificate, ProxyServer, ProxyUse
from softtoken.iaa.transactions import (
    FidoData,
    SecureChannelData,
    StandardData,
    TransactionMessage,
    TransactionRequest,
)
from softtoken.iaa.users import (
    AuthenticatorPage,
    AuthenticatorQuery,
    AuthenticatorRecord,
    UserChanges,
    UserPage,
    UserRecord,
)
from softtoken.iaa.words import (
    TransactionType,
    VdpDelivery,
    VisualCode,
)

if TYPE_CHECKING:
    from softtoken.iaa.administration import IaaAdministration
    from softtoken.iaa.client import IaaClient
    from softtoken.iaa.enrolment import DeviceEnrolment
    from softtoken.iaa.package import ActivationPackage, BadActivationMessage, IssuedCredential, MessageFault
    from softtoken.iaa.transport import DeadlineTransport
else:
    # hidden from the type checker, which would otherwise believe in every name

    def __getattr__(name: str) -> object:
        if name not in _ON_FIRST_USE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(_ON_FIRST_USE[name]), name)


_ON_FIRST_USE = {
    "ActivationPackage": "softtoken.iaa.package",
    "BadActivationMessage": "softtoken.iaa.package",
    "DeadlineTransport": "softtoken.iaa.transport",
    "DeviceEnrolment": "softtoken.iaa.enrolment",
    "IaaAdministration": "softtoken.iaa.administration",
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
    "AuthenticatorPage",
    "AuthenticatorQuery",
    "AuthenticatorRecord",
    "BadActivationMessage",
    "BadAddress",
    "BadAnswer",
    "BrowserCddc",
    "CddcExtent",
    "CddcForm",
    "ChallengeAnswer",
    "Conflict",
    "DeadlineTransport",
    "Delivery",
    "DeliveryFailed",
    "DeviceEnrolment",
    "Display",
    "Ending",
    "EventRequest",
    "FidoData",
    "FidoProtocol",
    "Forbidden",
    "IaaAdministration",
    "IaaClient",
    "IaaError",
    "InvalidRequest",
    "IssuedCredential",
    "LoginAnswer",
    "LoginMessage",
    "LoginRequest",
    "LoginType",
    "MessageFault",
    "MobileCddc",
    "NetworkSettings",
    "NextStep",
    "NotFound",
    "Outcome",
    "OwnFileUnusable",
    "PemCertificate",
    "Pkcs12Certificate",
    "ProxyServer",
    "ProxyUse",
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
    "SecureChannelData",
    "ServerFault",
    "SessionAnswer",
    "SessionStatus",
    "StandardData",
    "TransactionMessage",
    "TransactionRequest",
    "TransactionType",
    "Unreachable",
    "UnregisterAnswer",
    "UnregisterRequest",
    "UnregisterType",
    "UserChanges",
    "UserDisabled",
    "UserLocked",
    "UserPage",
    "UserRecord",
    "ValidationFailed",
    "VdpDelivery",
    "VisualCode",
    "Waited",
    "collect",
    "collect_mobile",
    "fingerprint_hash",
    "new_session_id",
    "next_step",
    "parse_origin",
    "parse_user",
    "risk_name",
    "user_path",
]
