"""Logins that wait for this device: asking for them, and approving or declining what was shown."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from softtoken.engine.managed import approval_otp
from softtoken.engine.tokens import Account, ProtectionType, Token
from softtoken.iaa.errors import (
    AuthenticationFailed,
    Forbidden,
    IaaError,
    NotFound,
    RequestExpired,
    Unreachable,
    UserDisabled,
    UserLocked,
    ValidationFailed,
)
from softtoken.iaa.messages import RiskCode
from softtoken.services.biometric_report import BiometricReport
from softtoken.services.config import McConfig
from softtoken.services.connections import Connect
from softtoken.services.counting import forgive_after_server
from softtoken.services.events import (
    ApprovalResult,
    ApproveLogin,
    BiometricPurpose,
    DeclineLogin,
    ListApprovals,
    ListApprovalsResult,
    LookForApprovalsResult,
    PendingApproval,
    SessionOutdated,
    SetLookForApprovals,
    Status,
    StatusResult,
)
from softtoken.services.holdings import read_holdings
from softtoken.services.resynchronisation import confirm_counter
from softtoken.services.timing import CodeClock
from softtoken.services.unlocking import Unlocking, is_text
from softtoken.services.wishes import Refused, Unlocked, Wish, login_drift
from softtoken.vault.errors import VaultError
from softtoken.vault.store import Vault

if TYPE_CHECKING:  # httpx is imported when the first client is made, not with the program
    from softtoken.iaa.approvals import ApprovalCalls, Decided, WaitingRequest
    from softtoken.iaa.client import IaaClient

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Asking:
    """A token that may ask its server."""

    token: Token
    account: Account
    key: bytes = field(repr=False)


class ApprovalService:
    """One decision is one request, sent once; if its answer is lost the session is asked what became of it."""

    def __init__(
        self,
        connect: Connect,
        clock: CodeClock,
        unlocking: Unlocking,
        app_digest: Callable[[], bytes],
        report: BiometricReport,
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._unlocking = unlocking
        self._app_digest = app_digest
        self._report = report

    def list(self, vault: Vault, event: ListApprovals) -> ListApprovalsResult:
        """What waits. Raises IaaError for what is no answer to that."""
        asking = _find(vault, event)
        if isinstance(asking, Status):
            return ListApprovalsResult(asking)
        try:
            with self._connect(asking.account.origin) as client:
                waiting = _calls(client, asking).waiting(self._clock.now())
                self._report.tell(vault, client, asking.token)
        except IaaError as error:
            status = _refusal(error)
            if status is None:
                raise
            return ListApprovalsResult(status, (), error.message, error.log_correlation_id)
        return ListApprovalsResult(Status.OK, tuple(self._pending(asking, one) for one in waiting))

    def approve(self, vault: Vault, config: McConfig, event: ApproveLogin) -> ApprovalResult:
        """A code over what was shown, counted before it is sent."""
        approval = event.approval
        asking = _find(vault, approval)
        if isinstance(asking, Status):
            return ApprovalResult(asking)
        made = self._made(vault, config, asking, event)
        if isinstance(made, ApprovalResult):
            return made
        unlocked, code = made
        result, heard = self._decided(
            asking, approval, "accepted", lambda calls: calls.approve(approval.request_id, code)
        )
        # a session that is accepted does not tell whose code that was: another device may have been first
        if result.status is Status.OK and heard:
            _confirmed(vault, unlocked)
        return replace(result, retry_counter=unlocked.retry_counter, retry_delay=unlocked.retry_delay)

    def decline(self, vault: Vault, event: DeclineLogin) -> ApprovalResult:
        """No code: whoever has this device's key may always say no."""
        approval = event.approval
        asking = _find(vault, approval)
        if isinstance(asking, Status):
            return ApprovalResult(asking)
        return self._decided(asking, approval, "refused", lambda calls: calls.decline(approval.request_id))[0]

    def _pending(self, asking: _Asking, one: "WaitingRequest") -> PendingApproval:
        return PendingApproval(
            asking.account.identifier,
            one.request_id,
            one.kind,
            one.risk_response_code,
            _usable(one, asking.token),
            one.title,
            one.subject,
            one.challenge,
            one.client_ip,
            self._clock.uptime() + one.remaining,
        )

    def _made(
        self, vault: Vault, config: McConfig, asking: _Asking, event: ApproveLogin
    ) -> tuple[Unlocked, str] | ApprovalResult:
        """The code, or why there is none; nothing is consumed for a request that is known to be over."""
        approval = event.approval
        protection = event.protection or next(iter(approval.protections), None)
        if protection is None or protection not in approval.protections:
            return ApprovalResult(Status.INVALID_PARAMETER)
        if not approval.left(self._clock.uptime()):
            return _over(SessionOutdated.EXPIRED)
        if protection is ProtectionType.PIN and event.pin is None:
            return ApprovalResult(Status.INVALID_STATE)
        fields = covered(approval)
        # the token instead of its user: who approves something for one user goes on with another as before
        wish = Wish(
            None,
            event.pin,
            protection,
            offline=False,
            drift=login_drift,
            well_formed=is_text("".join(fields)),
            token=asking.token,
            remember=False,
            purpose=BiometricPurpose.APPROVAL,
        )
        unlocked = self._unlocking.unlock(vault, config, wish)
        if isinstance(unlocked, Refused):
            tries = (unlocked.retry_counter, unlocked.retry_delay)
            return ApprovalResult(unlocked.status, *tries, biometric=unlocked.biometric)
        key, counter, digits = unlocked.key, unlocked.counter, asking.token.profile.digits
        otp = self._clock.making(lambda at: approval_otp(key, counter, fields, self._app_digest(), at, digits))
        return unlocked, otp.code

    def _decided(
        self,
        asking: _Asking,
        approval: PendingApproval,
        wished: str,
        decide: Callable[["ApprovalCalls"], "Decided"],
    ) -> tuple[ApprovalResult, bool]:
        """What became of it, and whether that is the server's answer to this very decision."""
        with self._connect(asking.account.origin) as client:
            try:
                answer = decide(_calls(client, asking))
            except RequestExpired as error:
                ended = _outcome(_session_status(client, approval) or "", None)
                over = ended if ended.outdated else _over(SessionOutdated.UNKNOWN)
                return replace(over, detail=error.message, log_correlation_id=error.log_correlation_id), True
            except IaaError as error:
                status = _refusal(error)
                if status is not None:
                    correlation_id = error.log_correlation_id
                    return ApprovalResult(status, detail=error.message, log_correlation_id=correlation_id), True
                if isinstance(error, Unreachable) and not error.sent:
                    raise
                # perhaps it was done, and the answer was lost: the session knows
                found = _session_status(client, approval)
                if found is None or found in _UNDECIDED:
                    raise
                return _outcome(found, wished), False
            outcome = _outcome(answer.session_status, wished)
            return replace(outcome, log_correlation_id=answer.log_correlation_id), True


def set_look_for_approvals(vault: Vault, event: SetLookForApprovals) -> StatusResult:
    """A person's choice."""
    vault.update_server_choices(lambda choices: replace(choices, look_for_approvals=event.enabled))
    return StatusResult(Status.OK)


def look_for_approvals(vault: Vault) -> LookForApprovalsResult:
    """The choice as it is kept."""
    return LookForApprovalsResult(Status.OK, vault.server_choices().look_for_approvals)


def covered(approval: PendingApproval) -> tuple[str, ...]:
    """The fields that the approval's code is made over, in their order (docs/approvals.md)."""
    texts = (approval.title, approval.subject, approval.challenge)
    return (approval.request_id, approval.kind, approval.client_ip, *texts)


def _find(vault: Vault, event: ListApprovals | PendingApproval) -> _Asking | Status:
    token = read_holdings(vault).managed(event.user_identifier)
    if token is None or token.account is None:
        return Status.INVALID_USER_ID
    key = vault.token_state(token.id).approval_key
    return Status.NOT_SUPPORTED if key is None else _Asking(token, token.account, key)


def _calls(client: "IaaClient", asking: _Asking) -> "ApprovalCalls":
    from softtoken.iaa.approvals import ApprovalCalls  # with httpx, which the client has imported by now

    return ApprovalCalls(client, asking.key)


def _session_status(client: "IaaClient", approval: PendingApproval) -> str | None:
    """None: that stays unknown, too."""
    try:
        return client.session(approval.request_id).session_status
    except IaaError:
        return None


def _refusal(error: IaaError) -> Status | None:
    """None for what says neither yes nor no."""
    if error.http_status in _BY_HTTP:
        return _BY_HTTP[error.http_status]
    return next((status for kind, status in _REFUSALS if isinstance(error, kind)), None)


def _outcome(status: str, wished: str | None) -> ApprovalResult:
    if status == wished:
        return ApprovalResult(Status.OK)
    if status in _WRONG:
        return ApprovalResult(Status.WRONG_CREDENTIALS)
    outdated = _OUTDATED.get(status)
    return ApprovalResult(Status.FAILED, detail=status) if outdated is None else _over(outdated)


def _over(reason: SessionOutdated) -> ApprovalResult:
    expired = reason is SessionOutdated.EXPIRED
    return ApprovalResult(Status.USER_CONFIRMATION_TIMEOUT if expired else Status.INVALID_STATE, outdated=reason)


def _confirmed(vault: Vault, unlocked: Unlocked) -> None:
    """The approval stands whatever becomes of the note."""
    try:
        confirm_counter(vault, unlocked.credential.id, unlocked.counter)
        forgive_after_server(vault, unlocked.token, unlocked.credential.protection)
    except VaultError as error:
        _LOG.warning("the login was approved, but the vault could not note it: %s", type(error).__name__)


def _usable(one: "WaitingRequest", token: Token) -> tuple[ProtectionType, ...]:
    """What was asked for comes first: where that is a finger or a face, the PIN is for when the sensor fails."""
    biometric = one.risk_response_code in {RiskCode.CHALLENGE_FINGERPRINT, RiskCode.CHALLENGE_FACE}
    order = (ProtectionType.BIOMETRIC, *_BY_STRENGTH) if biometric else _BY_STRENGTH
    return tuple(dict.fromkeys(each for each in order if each in one.protections and each in token.protections))


_BY_STRENGTH = (ProtectionType.PIN, ProtectionType.BIOMETRIC, ProtectionType.NO_PIN)
_WRONG = frozenset({"failed", "failure"})
_UNDECIDED = frozenset({"pending", "unknown"})
_OUTDATED = {
    "timeout": SessionOutdated.EXPIRED,
    "accepted": SessionOutdated.ACCEPTED,
    "refused": SessionOutdated.REFUSED,
    "unknown": SessionOutdated.UNKNOWN,
}
_BY_HTTP = {
    401: Status.INVALID_USER_ID,
    405: Status.NOT_SUPPORTED,
    501: Status.NOT_SUPPORTED,
}
_REFUSALS: tuple[tuple[type[IaaError], Status], ...] = (
    (AuthenticationFailed, Status.WRONG_CREDENTIALS),
    (UserLocked, Status.LOCKED_USER),
    (UserDisabled, Status.LOCKED_USER),
    (NotFound, Status.NOT_SUPPORTED),
    (Forbidden, Status.NOT_SUPPORTED),
    (ValidationFailed, Status.NOT_SUPPORTED),
)
