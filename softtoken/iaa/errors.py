"""What can go wrong between this program and an IAA server, one class per thing a caller can do about it.

No error carries a one-time password, a password or a request body: the server's sentence is cut, stripped of
control characters and freed of the request's secrets before it gets here.
Source: iaa-api 8.1, 8.2; docs/activation.md.
"""

# ruff: noqa: N818 - a refusal is named after what happened

from enum import StrEnum
from typing import ClassVar

from softtoken.errors import SoftTokenError
from softtoken.iaa.outcomes import Outcome


class Reason(StrEnum):
    """Why no answer came over the network.

    LOST: the connection ended before the answer was complete. TLS: no secure connection for a reason that no
    other member names. UNKNOWN_AUTHORITY to WRONG_HOST: the server's certificate was not accepted here;
    INTERCEPTED is an unknown authority behind a proxy, which may be opening the connections. CERTIFICATE_...:
    this device's certificate. OWN_FILE: own_files.OwnFileUnusable. PROXY_REFUSED: it does not allow this
    server; PROXY_FAILED: it could not reach it, or is no proxy; PROXY_SETTING: no address of a proxy that is
    spoken here. They come from unauthenticated alerts in part: good for telling people, not for deciding what is safe.
    """

    REFUSED = "REFUSED"
    TIMED_OUT = "TIMED_OUT"
    NAME_NOT_FOUND = "NAME_NOT_FOUND"
    TLS = "TLS"
    NOT_TLS = "NOT_TLS"
    TLS_VERSION = "TLS_VERSION"
    UNKNOWN_AUTHORITY = "UNKNOWN_AUTHORITY"
    INTERCEPTED = "INTERCEPTED"
    SELF_SIGNED = "SELF_SIGNED"
    SERVER_EXPIRED = "SERVER_EXPIRED"
    SERVER_NOT_YET_VALID = "SERVER_NOT_YET_VALID"
    WRONG_HOST = "WRONG_HOST"
    CERTIFICATE_REQUIRED = "CERTIFICATE_REQUIRED"
    CERTIFICATE_EXPIRED = "CERTIFICATE_EXPIRED"
    CERTIFICATE_NOT_YET_VALID = "CERTIFICATE_NOT_YET_VALID"
    CERTIFICATE_REFUSED = "CERTIFICATE_REFUSED"
    OWN_FILE = "OWN_FILE"
    PROXY_UNREACHABLE = "PROXY_UNREACHABLE"
    PROXY_REFUSED = "PROXY_REFUSED"
    PROXY_FAILED = "PROXY_FAILED"
    PROXY_AUTHENTICATION = "PROXY_AUTHENTICATION"
    PROXY_SETTING = "PROXY_SETTING"
    PROXY_TLS = "PROXY_TLS"
    LOST = "LOST"
    OTHER = "OTHER"

    @property
    def passing(self) -> bool:
        """May the next try, a second later, go better? A certificate or a setting does not get better by itself."""
        return self in _PASSING


_PASSING = frozenset(
    {
        Reason.REFUSED,
        Reason.TIMED_OUT,
        Reason.NAME_NOT_FOUND,
        Reason.PROXY_UNREACHABLE,
        Reason.PROXY_FAILED,
        Reason.LOST,
        Reason.OTHER,
    }
)


class AnswerFault(StrEnum):
    """What is wrong with an answer. REDIRECT and NOT_JSON may well be a network's sign-in page."""

    NOT_HTTP = "NOT_HTTP"
    REDIRECT = "REDIRECT"
    STATUS = "STATUS"
    ENCODING = "ENCODING"
    TOO_LARGE = "TOO_LARGE"
    NOT_JSON = "NOT_JSON"
    WRONG_TYPES = "WRONG_TYPES"


class IaaError(SoftTokenError):
    """The root. http_status: None where there was no answer.

    message: the server's own sentence, at most 300 characters, "" if it said nothing. log_correlation_id:
    what the vendor's support asks for, if the answer had one. outcome: in the same words as an answer's.
    """

    outcome: ClassVar[Outcome] = Outcome.FAULT

    def __init__(
        self, http_status: int | None = None, message: str = "", log_correlation_id: str | None = None
    ) -> None:
        super().__init__(http_status, message, log_correlation_id)
        self.http_status = http_status
        self.message = message
        self.log_correlation_id = log_correlation_id

    def __str__(self) -> str:
        return f"{self.http_status}: {self.message}" if self.message else str(self.http_status)


class Unreachable(IaaError):
    """No complete answer. sent: the request may have reached the server and had its effect."""

    def __init__(self, reason: Reason, *, sent: bool = False, log_correlation_id: str | None = None) -> None:
        super().__init__(log_correlation_id=log_correlation_id)
        self.reason = reason
        self.sent = sent

    def __str__(self) -> str:
        return f"{self.reason.value}, {'perhaps sent' if self.sent else 'not sent'}"


class BadAnswer(IaaError):
    """An answer that the documents do not know."""

    def __init__(
        self,
        http_status: int | None = None,
        message: str = "",
        log_correlation_id: str | None = None,
        *,
        fault: AnswerFault = AnswerFault.NOT_JSON,
    ) -> None:
        super().__init__(http_status, message, log_correlation_id)
        self.fault = fault

    def __str__(self) -> str:
        return f"{self.fault.value}, {super().__str__()}"


class ValidationFailed(IaaError):
    """400: the server does not accept a field; `message` joins its validation errors."""


class Forbidden(IaaError):
    """403."""


class NotFound(IaaError):
    """404: no such user, registration or session."""


class AuthenticationFailed(IaaError):
    """409: wrong code or password. It counts towards the user's lock."""

    outcome = Outcome.WRONG_CREDENTIALS


class UserLocked(IaaError):
    """409: too many wrong codes."""

    outcome = Outcome.LOCKED


class UserDisabled(IaaError):
    """409: the organisation switched the user off."""

    outcome = Outcome.DISABLED


class RequestExpired(IaaError):
    """409: the pending request is over."""

    outcome = Outcome.TIMED_OUT


class Refused(IaaError):
    """409: the user declined on a device."""

    outcome = Outcome.REFUSED


class DeliveryFailed(IaaError):
    """409: a push message, SMS or e-mail could not be delivered."""

    outcome = Outcome.UNDELIVERED


class RegistrationExpired(IaaError):
    """409: the activation code is too old."""


class RegistrationUsed(IaaError):
    """409: the activation code was used by another device."""


class RegistrationLocked(IaaError):
    """409: too many wrong activation codes for this registration."""


class Conflict(IaaError):
    """409 with any other sentence."""


class ServerFault(IaaError):
    """5xx."""
