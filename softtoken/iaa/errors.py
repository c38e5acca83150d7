"""What can go wrong between this program and an IAA server, one class per thing a caller can do about it.

No error carries a one-time password, a password or a request body: the server's sentence is cut, stripped of
control characters and freed of the request's secrets before it gets here.
Source: iaa-api 8.1, 8.2; docs/activation.md.
"""

# ruff: noqa: N818 - a refusal is named after what happened

from enum import StrEnum

from softtoken.errors import SoftTokenError


class Reason(StrEnum):
    """Why no answer came over the network. LOST: the connection ended before the answer was complete."""

    REFUSED = "REFUSED"
    TIMED_OUT = "TIMED_OUT"
    NAME_NOT_FOUND = "NAME_NOT_FOUND"
    TLS = "TLS"
    LOST = "LOST"
    OTHER = "OTHER"


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
    what the vendor's support asks for, if the answer had one.
    """

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

    def __init__(self, reason: Reason, *, sent: bool = False) -> None:
        super().__init__()
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


class UserLocked(IaaError):
    """409: too many wrong codes."""


class UserDisabled(IaaError):
    """409: the organisation switched the user off."""


class RequestExpired(IaaError):
    """409: the pending request is over."""


class Refused(IaaError):
    """409: the user declined on a device."""


class DeliveryFailed(IaaError):
    """409: a push message, SMS or e-mail could not be delivered."""


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
