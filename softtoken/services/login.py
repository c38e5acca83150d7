"""Logging in to an IAA tenant: one request, sent once, and what its answer means."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from softtoken.engine.tokens import Account, Token
from softtoken.iaa.address import BadAddress, parse_origin, parse_user, usual_domain
from softtoken.iaa.errors import (
    AuthenticationFailed,
    IaaError,
    NotFound,
    Refused,
    RequestExpired,
    UserDisabled,
    UserLocked,
    ValidationFailed,
)
from softtoken.iaa.fingerprint import collect, new_session_id
from softtoken.iaa.messages import (
    InvalidRequest,
    LoginAnswer,
    LoginRequest,
    RiskCode,
    SessionStatus,
    risk_name,
)
from softtoken.services.events import Login, LoginResult, LoginWithTypedCode, Status
from softtoken.services.otp import confirm_counter
from softtoken.services.session import LoginCode, Session, SessionCell
from softtoken.vault.store import Vault

if TYPE_CHECKING:  # httpx is imported when the first client is made, not with the program
    from softtoken.iaa.client import IaaClient

ClientFactory = Callable[[str], "IaaClient"]
"""Makes a client for an origin; tests hand in one with a transport of their own."""


class LoginService:
    """The two logins: with a managed token, and with a code from elsewhere."""

    def __init__(self, session: SessionCell, clients: ClientFactory, version: str) -> None:
        self._session = session
        self._clients = clients
        self._version = version

    def login(self, vault: Vault, event: Login) -> LoginResult:
        """Log a managed token's user in. Raises Unreachable, ServerFault or BadAnswer; the code is spent then."""
        token = managed_token(vault, event.user_identifier.tenant_id, event.user_identifier.user_id)
        if token is None or token.account is None:
            return LoginResult(Status.INVALID_USER_ID)
        account = token.account
        result = self._ask(account.origin, f"{account.user_id}@{account.domain}", account.user_id, event.otp)
        if result.status is Status.OK:
            self._accepted(vault, token, account, event.otp)
        return result

    def login_typed(self, event: LoginWithTypedCode) -> LoginResult:
        """Log in with a code from another authenticator. INVALID_PARAMETER: server, user or code is malformed."""
        try:
            origin = parse_origin(event.server)
            user_id, domain = parse_user(event.user, usual_domain(origin))
        except BadAddress:
            return LoginResult(Status.INVALID_PARAMETER)
        otp = "".join(event.otp.split())
        if not otp:
            return LoginResult(Status.INVALID_PARAMETER)
        return self._ask(origin, f"{user_id}@{domain}", user_id, otp)

    def _ask(self, origin: str, user: str, relationship: str, otp: str) -> LoginResult:
        try:
            request = LoginRequest.with_otp(
                otp=otp,
                relationship_ref=relationship,
                session_id=new_session_id(),
                cddc=collect(self._version, None),
            )
        except InvalidRequest:
            return LoginResult(Status.INVALID_PARAMETER)
        try:
            with self._clients(origin) as client:
                answer = client.login(user, request)
        except IaaError as error:
            status = next((s for kind, s in _REFUSALS if isinstance(error, kind)), None)
            if status is None or is_no_tenant(error):
                raise
            return LoginResult(status, log_correlation_id=error.log_correlation_id, detail=error.message)
        return _judge(answer)

    def _accepted(self, vault: Vault, token: Token, account: Account, otp: str) -> None:
        user = account.identifier
        vault.update_token(token.id, lambda state: replace(state, logged_in_once=True))
        made = self._session.get().login_code
        if made is not None and made.user == user and made.code == otp:
            confirm_counter(vault, made.credential_id, made.atc)
        self._session.change(lambda session: _logged_in(session, made, user=account))


def is_no_tenant(error: IaaError) -> bool:
    """A 404 without the API's own sentence comes from some other web server: the address is wrong, not the user."""
    return isinstance(error, NotFound) and not error.message


def managed_token(vault: Vault, tenant_id: str, user_id: str) -> Token | None:
    """The token that a user identifier names, pending ones included."""
    for token in vault.tokens().tokens:
        if token.account and (token.account.tenant, token.account.user_id) == (tenant_id, user_id):
            return token
    return None


_REFUSALS: tuple[tuple[type[IaaError], Status], ...] = (
    (AuthenticationFailed, Status.WRONG_CREDENTIALS),
    (UserLocked, Status.LOCKED_USER),
    (UserDisabled, Status.LOCKED_USER),
    (NotFound, Status.INVALID_USER_ID),
    (Refused, Status.ACCESS_DENIED),
    (RequestExpired, Status.USER_CONFIRMATION_TIMEOUT),
    (ValidationFailed, Status.INVALID_PARAMETER),
)

_BY_SESSION = {
    SessionStatus.ACCEPTED: Status.OK,
    SessionStatus.PENDING: Status.NEGATIVE,
    SessionStatus.REFUSED: Status.ACCESS_DENIED,
    SessionStatus.TIMEOUT: Status.USER_CONFIRMATION_TIMEOUT,
    SessionStatus.FAILED: Status.WRONG_CREDENTIALS,
    SessionStatus.FAILURE: Status.WRONG_CREDENTIALS,
}


def _judge(answer: LoginAnswer) -> LoginResult:
    """A 200 can be a failure, too (iaa-api 6.3, 8.1): the session status decides, and a decline overrules pending."""
    status = _BY_SESSION.get(answer.session_status or "", Status.FAILED)  # type: ignore[call-overload]
    if answer.risk_response_code == RiskCode.DECLINE and status is not Status.OK:
        status = Status.ACCESS_DENIED
    code = answer.risk_response_code
    return LoginResult(
        status,
        risk_response_code=code,
        risk=None if code is None else risk_name(code),
        session_status=answer.session_status,
        request_id=answer.request_id,
        log_correlation_id=answer.log_correlation_id,
    )


def _logged_in(session: Session, made: LoginCode | None, *, user: Account) -> Session:
    """The user is online now; the code's record has done its work."""
    spent = session.login_code == made
    return replace(session, logged_in=user.identifier, login_code=None if spent else session.login_code)
