"""Logging in to an IAA tenant: every request sent once, what its answers mean, and going on with a pending one."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from softtoken.clock import Clock
from softtoken.engine.tokens import ResynchronisationCodes, Token
from softtoken.iaa.address import BadAddress, parse_origin, parse_user, usual_domain
from softtoken.iaa.errors import BadAnswer, IaaError, ServerFault, Unreachable
from softtoken.iaa.fingerprint import new_session_id
from softtoken.iaa.messages import Delivery, InvalidRequest, LoginRequest, SessionStatus
from softtoken.services.biometric_report import BiometricReport
from softtoken.services.connections import Connect
from softtoken.services.counting import forgive_after_server
from softtoken.services.events import (
    LIFE,
    AwaitLogin,
    CodeAnswer,
    ContinueLogin,
    Login,
    LoginReason,
    LoginResult,
    LoginStep,
    LoginWithTypedCode,
    PasswordAnswer,
    PendingLogin,
    Resynchronised,
    ResynchronizeResult,
    Status,
)
from softtoken.services.holdings import read_holdings
from softtoken.services.login_data import CddcSource
from softtoken.services.polling import await_session
from softtoken.services.resynchronisation import confirm_counter, synchronise
from softtoken.services.session import SessionCell
from softtoken.services.verdicts import judge, refused
from softtoken.vault.errors import VaultError
from softtoken.vault.store import Vault

if TYPE_CHECKING:  # httpx is imported when the first client is made, not with the program
    from softtoken.iaa.client import IaaClient

_LOG = logging.getLogger(__name__)


class LoginService:
    """Logins with a managed token and with a code from elsewhere, in one step or several."""

    def __init__(
        self, session: SessionCell, connect: Connect, clock: Clock, cddc: CddcSource, report: BiometricReport
    ) -> None:
        self._session = session
        self._connect = connect
        self._clock = clock
        self._cddc = cddc
        self._report = report

    def login(self, vault: Vault, event: Login) -> LoginResult:
        """Log a managed token's user in. Raises Unreachable, ServerFault or BadAnswer; the codes are spent then."""
        token = read_holdings(vault).managed(event.user_identifier)
        if token is None:
            return LoginResult(Status.INVALID_USER_ID, reason=LoginReason.TOKEN_GONE)
        return self.login_token(vault, token, event.otp, event.resynchronisation)

    def login_token(
        self, vault: Vault, token: Token, otp: str | None, codes: ResynchronisationCodes | None = None
    ) -> LoginResult:
        """Log in with this very token, which need not be in use yet: agree on the counter if asked, then log in."""
        account = token.account
        if account is None:
            return LoginResult(Status.INVALID_USER_ID)
        login = self._opened(account.origin, account.user_id, account.domain)
        login = replace(login, user_identifier=account.identifier)
        answer = None if otp is None else CodeAnswer(otp, codes)
        return self._step(vault, token, login, answer)

    def login_typed(self, event: LoginWithTypedCode) -> LoginResult:
        """Log in with a code from another authenticator. INVALID_PARAMETER: server, user or code is malformed."""
        try:
            origin = parse_origin(event.server)
            user_id, domain = parse_user(event.user, usual_domain(origin))
        except BadAddress:
            return LoginResult(Status.INVALID_PARAMETER)
        answer = None if event.otp is None else CodeAnswer(_bare(event.otp))
        return self._step(None, None, self._opened(origin, user_id, domain), answer)

    def go_on(self, vault: Vault | None, event: ContinueLogin) -> LoginResult:
        """The second call of a pending login. Raises as `login`; a lost answer is looked up in the session first."""
        return self._with_token(
            vault, event.pending, lambda token: self._step(vault, token, event.pending, event.answer)
        )

    def wait(self, vault: Vault | None, event: AwaitLogin) -> LoginResult:
        """Ask until the request has ended. INVALID_PARAMETER: it has no id to ask for."""

        def run(token: Token | None) -> LoginResult:
            epoch = self._session.epoch
            result = await_session(self._connect, self._clock, event)
            if result.status is Status.OK and vault is not None and token is not None:
                self._accepted(vault, token, None, epoch, asked=_was_asked(event.pending))
            return result

        return self._with_token(vault, event.pending, run)

    def _with_token(
        self, vault: Vault | None, pending: PendingLogin, run: Callable[[Token | None], LoginResult]
    ) -> LoginResult:
        if pending.user_identifier is None:
            return run(None)
        if vault is None:
            return LoginResult(Status.INVALID_STATE)
        token = read_holdings(vault).managed(pending.user_identifier)
        if token is None:
            return LoginResult(Status.INVALID_USER_ID, reason=LoginReason.TOKEN_GONE)
        account = token.account
        if account is None or (account.origin, f"{account.user_id}@{account.domain}") != (pending.origin, pending.user):
            return LoginResult(Status.INVALID_PARAMETER)  # a token's codes go to its own server, whatever a text says
        return run(token)

    def _opened(self, origin: str, user_id: str, domain: str) -> PendingLogin:
        """A login before its first call."""
        user = f"{user_id}@{domain}"
        return PendingLogin(origin, user, None, new_session_id(), None, None, LoginStep.TOKEN_CODE)

    def _step(
        self, vault: Vault | None, token: Token | None, login: PendingLogin, answer: CodeAnswer | PasswordAnswer | None
    ) -> LoginResult:
        """One call, after agreeing on the counter if the answer has codes for that. answer: None asks for the risk."""
        epoch, request = self._session.epoch, self._request(login, answer)
        if request is None:
            return LoginResult(Status.INVALID_PARAMETER, pending=_same(login))
        codes = answer.resynchronisation if isinstance(answer, CodeAnswer) else None
        with self._connect(login.origin) as client:
            if codes is not None and vault is not None and token is not None:
                synchronised = _synchronise(vault, client, token, codes)
                outcome = _OUTCOMES.get(synchronised.status, Resynchronised.REFUSED)
                if outcome is Resynchronised.REFUSED:  # its code would be refused, too, and count once more
                    return LoginResult(
                        synchronised.status,
                        log_correlation_id=synchronised.log_correlation_id,
                        detail=synchronised.detail,
                        resynchronised=outcome,
                        pending=_same(login),
                    )
                login = replace(login, resynchronised=outcome)
            result = self._ask(client, login, request)
            if result.status is Status.OK and vault is not None and token is not None:
                otp = answer.otp if isinstance(answer, CodeAnswer) else None
                self._accepted(vault, token, otp, epoch, asked=_was_asked(login))
                self._report.tell(vault, client, token)  # last: a server that takes its time over it holds nothing up
        return replace(result, resynchronised=login.resynchronised)

    def _ask(self, client: "IaaClient", login: PendingLogin, request: LoginRequest) -> LoginResult:
        try:
            answer = client.login(login.user, request)
        except Unreachable as error:
            if error.sent and _status_now(client, login) == SessionStatus.ACCEPTED:
                return LoginResult(Status.OK, session_status=SessionStatus.ACCEPTED, request_id=login.request_id)
            raise
        except IaaError as error:
            result = refused(error)
            if result is None:
                raise
        else:
            result = judge(answer, login, self._clock.uptime() + LIFE)
        if result.status in _MAY_GO_ON and _status_now(client, login) == SessionStatus.PENDING:
            return replace(result, pending=login)
        return result

    def _request(self, login: PendingLogin, answer: CodeAnswer | PasswordAnswer | None) -> LoginRequest | None:
        """None if a field does not fit."""
        code = answer if isinstance(answer, CodeAnswer) else None
        try:
            return LoginRequest(
                otp=code.otp if code else None,
                challenge=login.challenge if code else None,
                pass_key=answer.password if isinstance(answer, PasswordAnswer) else None,
                relationship_ref=login.user.rpartition("@")[0],
                session_id=login.session_id,
                cddc=self._cddc(),
                request_id=login.request_id,
                # asking for the risk alone: at once, and whoever has to approve shall hear of it
                timeout=0 if answer is None else None,
                orchestration_delivery=(Delivery.PUSH_NOTIFICATION,) if answer is None else (),
            )
        except InvalidRequest:
            return None

    def _accepted(self, vault: Vault, token: Token, otp: str | None, epoch: int, *, asked: bool) -> None:
        """Note it. The login stands whatever becomes of the note, so a fault of the vault does not hide it."""
        user = token.account.identifier if token.account else None
        made = next((m for m in self._session.get().made if m.user == user and m.code == otp), None)
        now = self._clock.now()
        try:
            vault.update_token(token.id, lambda state: replace(state, logged_in_once=True, last_login=now))
            if made is not None:
                confirm_counter(vault, made.credential_id, made.atc)
                forgive_after_server(vault, token, made.protection)
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


def _status_now(client: "IaaClient", login: PendingLogin) -> str | None:
    """Of the session; None if it has no id to ask for, or nothing is known of it. Nothing secret is sent."""
    if login.request_id is None:
        return None
    try:
        return client.session(login.request_id).session_status
    except IaaError:
        return None


def _same(login: PendingLogin) -> PendingLogin | None:
    """What was not sent leaves a pending login as it was; one that was never sent is none."""
    return login if login.until else None


def _was_asked(login: PendingLogin) -> bool:
    """Were codes for a resynchronisation sent with this login?"""
    return login.resynchronised is not Resynchronised.NOT_ASKED


def _bare(code: str) -> str:
    return "".join(code.split())


_OUTCOMES = {Status.OK: Resynchronised.DONE, Status.NOT_SUPPORTED: Resynchronised.UNAVAILABLE}

_MAY_GO_ON = {Status.WRONG_CREDENTIALS, Status.INVALID_PARAMETER, Status.FAILED}
"""Refusals of a step after which its session may still be open."""
