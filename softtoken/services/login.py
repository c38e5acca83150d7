"""Logging in to an IAA tenant: one request, sent once, and what its answer means."""

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from softtoken.clock import Clock
from softtoken.engine.tokens import ResynchronisationCodes, Token
from softtoken.iaa.address import BadAddress, parse_origin, parse_user, usual_domain
from softtoken.iaa.errors import (
    AuthenticationFailed,
    BadAnswer,
    IaaError,
    NotFound,
    Refused,
    RequestExpired,
    ServerFault,
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
from softtoken.services.connections import Connect
from softtoken.services.events import (
    Login,
    LoginResult,
    LoginWithTypedCode,
    Resynchronised,
    ResynchronizeResult,
    Status,
)
from softtoken.services.holdings import read_holdings
from softtoken.services.resynchronisation import confirm_counter, synchronise
from softtoken.services.session import SessionCell
from softtoken.vault.errors import VaultError
from softtoken.vault.store import Vault

if TYPE_CHECKING:  # httpx is imported when the first client is made, not with the program
    from softtoken.iaa.client import IaaClient

_LOG = logging.getLogger(__name__)


class LoginService:
    """The two logins: with a managed token, and with a code from elsewhere."""

    def __init__(self, session: SessionCell, connect: Connect, clock: Clock, version: str) -> None:
        self._session = session
        self._connect = connect
        self._clock = clock
        self._version = version

    def login(self, vault: Vault, event: Login) -> LoginResult:
        """Log a managed token's user in. Raises Unreachable, ServerFault or BadAnswer; the codes are spent then."""
        token = read_holdings(vault).managed(event.user_identifier)
        if token is None:
            return LoginResult(Status.INVALID_USER_ID)
        return self.login_token(vault, token, event.otp, event.resynchronisation)

    def login_token(
        self, vault: Vault, token: Token, otp: str, codes: ResynchronisationCodes | None = None
    ) -> LoginResult:
        """Log in with this very token, which need not be in use yet: agree on the counter if asked, then log in."""
        if token.account is None:
            return LoginResult(Status.INVALID_USER_ID)
        epoch, account = self._session.epoch, token.account
        user = f"{account.user_id}@{account.domain}"
        request = self._request(account.user_id, otp)
        if request is None:
            return LoginResult(Status.INVALID_PARAMETER)
        outcome = Resynchronised.NOT_ASKED
        with self._connect(account.origin) as client:
            if codes is not None:
                synchronised = _synchronise(vault, client, token, codes)
                outcome = _OUTCOMES.get(synchronised.status, Resynchronised.REFUSED)
                if outcome is Resynchronised.REFUSED:  # its code would be refused, too, and count once more
                    return LoginResult(
                        synchronised.status,
                        log_correlation_id=synchronised.log_correlation_id,
                        detail=synchronised.detail,
                        resynchronised=outcome,
                    )
            result = replace(_ask(client, user, request), resynchronised=outcome)
        if result.status is Status.OK:
            self._accepted(vault, token, otp, epoch, asked=codes is not None)
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
        request = self._request(user_id, otp)
        if request is None:
            return LoginResult(Status.INVALID_PARAMETER)
        with self._connect(origin) as client:
            return _ask(client, f"{user_id}@{domain}", request)

    def _request(self, relationship: str, otp: str) -> LoginRequest | None:
        """None if a field does not fit."""
        try:
            return LoginRequest.with_otp(
                otp=otp,
                relationship_ref=relationship,
                session_id=new_session_id(),
                cddc=collect(self._version, None),
            )
        except InvalidRequest:
            return None

    def _accepted(self, vault: Vault, token: Token, otp: str, epoch: int, *, asked: bool) -> None:
        """Note it. The login stands whatever becomes of the note, so a fault of the vault does not hide it."""
        user = token.account.identifier if token.account else None
        made = next((m for m in self._session.get().made if m.user == user and m.code == otp), None)
        now = self._clock.now()
        try:
            vault.update_token(token.id, lambda state: replace(state, logged_in_once=True, last_login=now))
            if made is not None:
                confirm_counter(vault, made.credential_id, made.atc)
        except VaultError as error:
            _LOG.warning("the login was accepted, but the vault could not note it: %s", type(error).__name__)
        # one shot: the wish for the next login ends with one that succeeded and had the codes for it
        self._session.change(
            epoch,
            lambda session: replace(
                session, logged_in=user, resynchronise_next=session.resynchronise_next and not asked
            ),
        )


def _synchronise(vault: Vault, client: "IaaClient", token: Token, codes: ResynchronisationCodes) -> ResynchronizeResult:
    """Before a login, a server that cannot do it is no reason not to log in."""
    try:
        return synchronise(vault, client, token, codes)
    except (ServerFault, BadAnswer) as error:
        return ResynchronizeResult(Status.NOT_SUPPORTED, error.message, error.log_correlation_id)


def _ask(client: "IaaClient", user: str, request: LoginRequest) -> LoginResult:
    try:
        answer = client.login(user, request)
    except IaaError as error:
        status = next((s for kind, s in _REFUSALS if isinstance(error, kind)), None)
        if status is None or is_no_tenant(error):
            raise
        return LoginResult(status, log_correlation_id=error.log_correlation_id, detail=error.message)
    return _judge(answer)


def is_no_tenant(error: IaaError) -> bool:
    """A 404 without the API's own sentence comes from some other web server: the address is wrong, not the user."""
    return isinstance(error, NotFound) and not error.message


_OUTCOMES = {Status.OK: Resynchronised.DONE, Status.NOT_SUPPORTED: Resynchronised.UNAVAILABLE}

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
