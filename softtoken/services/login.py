"""Logging in to an IAA tenant: one request, sent once, and what its answer means."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from softtoken.engine.tokens import Token, UserIdentifier
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
from softtoken.services.holdings import read_holdings
from softtoken.services.otp import confirm_counter
from softtoken.services.session import SessionCell
from softtoken.vault.errors import VaultError
from softtoken.vault.store import Vault

if TYPE_CHECKING:  # httpx is imported when the first client is made, not with the program
    from softtoken.iaa.client import IaaClient

_LOG = logging.getLogger(__name__)

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
        epoch = self._session.epoch
        holdings = read_holdings(vault)
        token = holdings.managed(event.user_identifier) or holdings.pending_for(event.user_identifier)
        if token is None or token.account is None:
            return LoginResult(Status.INVALID_USER_ID)
        account = token.account
        result = self._ask(account.origin, f"{account.user_id}@{account.domain}", account.user_id, event.otp)
        if result.status is Status.OK:
            self._accepted(vault, token, account.identifier, event.otp, epoch)
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

    def _accepted(self, vault: Vault, token: Token, user: UserIdentifier, otp: str, epoch: int) -> None:
        """Note it. The login stands whatever becomes of the note, so a fault of the vault does not hide it."""
        made = next((m for m in self._session.get().made if m.user == user and m.code == otp), None)
        try:
            vault.update_token(token.id, lambda state: replace(state, logged_in_once=True))
            if made is not None:
                confirm_counter(vault, made.credential_id, made.atc)
        except VaultError as error:
            _LOG.warning("the login was accepted, but the vault could not note it: %s", type(error).__name__)
        self._session.change(epoch, lambda session: replace(session, logged_in=user))


def is_no_tenant(error: IaaError) -> bool:
    """A 404 without the API's own sentence comes from some other web server: the address is wrong, not the user."""
    return isinstance(error, NotFound) and not error.message


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
