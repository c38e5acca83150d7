"""Logging in, and agreeing on the counter with the server."""

from dataclasses import dataclass, field
from enum import StrEnum

from softtoken.engine.tokens import ResynchronisationCodes, UserIdentifier
from softtoken.services.events.vocabulary import Event, Status, StatusResult


@dataclass(frozen=True, slots=True)
class Login(Event["LoginResult"]):
    """Log in to a managed token's server with a code made by GenerateOtp(for_login=True), or one that was typed.

    resynchronisation: what came with that code; it is sent to the server first (see LoginResult.resynchronised).
    """

    user_identifier: UserIdentifier
    otp: str = field(repr=False)
    resynchronisation: ResynchronisationCodes | None = None


@dataclass(frozen=True, slots=True)
class LoginWithTypedCode(Event["LoginResult"]):
    """Log in anywhere with a code from another authenticator; no token is needed or changed."""

    server: str
    user: str
    otp: str = field(repr=False)


class Resynchronised(StrEnum):
    """What became of the resynchronisation before a login.

    UNAVAILABLE: the server does not offer it, so the login went on without. REFUSED: the codes were refused, so the
    login was not sent: one wrong PIN counts once.
    """

    NOT_ASKED = "NOT_ASKED"
    DONE = "DONE"
    REFUSED = "REFUSED"
    UNAVAILABLE = "UNAVAILABLE"


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
    risk names the code. detail: the server's own sentence.
    """

    status: Status
    risk_response_code: int | None = None
    risk: str | None = None
    session_status: str | None = None
    request_id: str | None = None
    log_correlation_id: str | None = None
    detail: str = ""
    resynchronised: Resynchronised = Resynchronised.NOT_ASKED
