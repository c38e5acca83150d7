"""Logging in, and agreeing on the counter with the server."""

from dataclasses import dataclass, field
from enum import StrEnum

from softtoken.engine.tokens import ResynchronisationCodes, UserIdentifier
from softtoken.services.events.pending import (
    Cancellation,
    CodeAnswer,
    PasswordAnswer,
    PendingLogin,
    Resynchronised,
)
from softtoken.services.events.vocabulary import Event, Status, StatusResult


@dataclass(frozen=True, slots=True)
class Login(Event["LoginResult"]):
    """Log in to a managed token's server with a code made by GenerateOtp(for_login=True), or one that was typed.

    otp: None asks the server first what it wants (two-step login). resynchronisation: what came with that code; it is
    sent to the server first (see LoginResult.resynchronised).
    """

    user_identifier: UserIdentifier
    otp: str | None = field(default=None, repr=False)
    resynchronisation: ResynchronisationCodes | None = None


@dataclass(frozen=True, slots=True)
class LoginWithTypedCode(Event["LoginResult"]):
    """Log in anywhere with a code from another authenticator; no token is needed or changed. otp: as in Login."""

    server: str
    user: str
    otp: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ContinueLogin(Event["LoginResult"]):
    """Go on with a pending login: the second call with the same session and request, sent at most once.

    INVALID_STATE: vault not open. Statuses as for Login. A lost answer is looked up in the session before it is raised.
    """

    pending: PendingLogin
    answer: CodeAnswer | PasswordAnswer


@dataclass(frozen=True, slots=True)
class AwaitLogin(Event["LoginResult"]):
    """Ask every second what became of a pending login, until it has ended or its time is over.

    USER_CANCEL: `cancellation` was used, the request goes on; USER_CONFIRMATION_TIMEOUT: its time is over. A server
    that cannot be reached is asked on; Unreachable, ServerFault or BadAnswer is raised if the last question failed.
    """

    pending: PendingLogin
    cancellation: Cancellation = field(default_factory=Cancellation, repr=False, compare=False)


class LoginReason(StrEnum):
    """What a refused login was refused for, where the server said more than a status tells (iaa-api 8.2).

    NO_MESSAGE: a gateway failed. BAD_DESTINATION: it knows no such telephone or mailbox. NO_DEVICE: no device takes
    push messages. SECURITY_KEY: a FIDO authenticator is wanted. TOKEN_GONE: the token is no longer on this computer.
    CONFLICT: another sentence.
    """

    LOCKED = "LOCKED"
    DISABLED = "DISABLED"
    REQUEST_OVER = "REQUEST_OVER"
    TIMED_OUT = "TIMED_OUT"
    DECLINED_BY_USER = "DECLINED_BY_USER"
    NO_MESSAGE = "NO_MESSAGE"
    BAD_DESTINATION = "BAD_DESTINATION"
    NO_DEVICE = "NO_DEVICE"
    SECURITY_KEY = "SECURITY_KEY"
    TOKEN_GONE = "TOKEN_GONE"  # noqa: S105 - a reason, no secret
    CONFLICT = "CONFLICT"


@dataclass(frozen=True, slots=True)
class EnableAtcResynchronizationDuringNextLogin(Event[StatusResult]):
    """The next login resynchronises first, whatever the setting says. One shot: a login that succeeded ends it.

    Always OK; the SDK's event has no result.
    """


@dataclass(frozen=True, slots=True)
class SetAtcResynchronizationBeforeEveryLogin(Event[StatusResult]):
    """The setting: what the SDK recommends, so it is on by default. INVALID_STATE: vault not open.

    ACCESS_DENIED: mc_config.json decides it.
    """

    enabled: bool


@dataclass(frozen=True, slots=True)
class Resynchronize(Event["ResynchronizeResult"]):
    """Send two consecutive codes to the server's sync-authenticator. Raises Unreachable, ServerFault, BadAnswer."""

    user_identifier: UserIdentifier
    codes: ResynchronisationCodes


@dataclass(frozen=True, slots=True)
class ResynchronizeResult:
    """OK: server and device agree on the counter, and codes may be made again.

    WRONG_CREDENTIALS: refused, and counted as a wrong code (wrong PIN, or a device that the server does not know).
    LOCKED_USER, INVALID_USER_ID: as for a login. NOT_SUPPORTED: the server does not offer it.
    """

    status: Status
    detail: str = ""
    log_correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class LoginResult:
    """The server's answer. OK means: session accepted.

    WRONG_CREDENTIALS: code refused. LOCKED_USER: locked or disabled. INVALID_USER_ID: server knows no such user.
    ACCESS_DENIED: declined or refused. USER_CONFIRMATION_TIMEOUT: timed out. NEGATIVE: pending, another step is
    wanted. FAILED: anything else. risk_response_code and session_status are as they came (None: not in the answer);
    risk names the code. detail: the server's own sentence; reason: what it means, where the status says less.
    pending: what to go on with; with NEGATIVE, and with a refused or cancelled step whose session still lives.
    """

    status: Status
    risk_response_code: int | None = None
    risk: str | None = None
    session_status: str | None = None
    request_id: str | None = None
    log_correlation_id: str | None = None
    detail: str = ""
    resynchronised: Resynchronised = Resynchronised.NOT_ASKED
    reason: LoginReason | None = None
    pending: PendingLogin | None = None
