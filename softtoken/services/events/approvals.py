"""Logins that somebody began elsewhere and this device approves or declines (docs/approvals.md)."""

from dataclasses import dataclass, field
from enum import StrEnum

from softtoken.engine.tokens import ProtectionType, UserIdentifier
from softtoken.services.events.vocabulary import Event, Status, StatusResult
from softtoken.vault.biometrics.protocol import BiometricProblem


@dataclass(frozen=True, slots=True)
class ListApprovals(Event["ListApprovalsResult"]):
    """Ask a managed token's server for logins that wait for this device.

    Raises Unreachable, ServerFault or BadAnswer. Not Busy: a window asks every few seconds.
    """

    user_identifier: UserIdentifier


@dataclass(frozen=True, slots=True)
class PendingApproval:
    """A login, event or transaction that waits; kind says which, in its server's word.

    until: uptime at which the server gives it up. protections: with which of them it may be approved here, the
    strongest first; none if this device has nothing that would do, and it can only be declined. The texts are the
    server's own, as the approval's code covers them: shown as plain text, and never before control characters were
    taken out. client_ip: where it comes from, as the server says.
    """

    user_identifier: UserIdentifier
    request_id: str
    kind: str
    risk_response_code: int | None
    protections: tuple[ProtectionType, ...]
    title: str
    subject: str
    challenge: str
    client_ip: str
    until: int

    def left(self, uptime: int) -> int:
        """Seconds before the server gives it up."""
        return max(0, self.until - uptime)


@dataclass(frozen=True, slots=True)
class ListApprovalsResult:
    """approvals: latest first.

    NOT_SUPPORTED: the token has no approval key, or its server no approvals; asking again is of no use.
    INVALID_USER_ID: no such token here, or its server knows this device no more. INVALID_STATE: the vault is not open.
    """

    status: Status
    approvals: tuple[PendingApproval, ...] = ()
    detail: str = ""
    log_correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class ApproveLogin(Event["ApprovalResult"]):
    """Approve what was shown. protection: among those of the approval; None for its first.

    pin: always given where the protection is PIN; a PIN that is remembered approves nothing. May wait for a network and
    for the PIN's key, so post it on a lane of its own. Raises Unreachable, ServerFault or BadAnswer if it stays unknown
    what became of it; the code is spent then.
    """

    approval: PendingApproval
    pin: str | None = field(default=None, repr=False)
    protection: ProtectionType | None = None


@dataclass(frozen=True, slots=True)
class DeclineLogin(Event["ApprovalResult"]):
    """Refuse the login; needs no code. Raises as ApproveLogin."""

    approval: PendingApproval


class SessionOutdated(StrEnum):
    """Why a request can no longer be decided; the vendor's reasons (iaa-api section 10)."""

    EXPIRED = "EXPIRED"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class ApprovalResult:
    """OK: the server has let the login in, or refused it, as was wished.

    USER_CONFIRMATION_TIMEOUT (outdated EXPIRED), INVALID_STATE (every other outdated): it is over. Without `outdated`,
    INVALID_STATE is a PIN that was not given, or a vault that is not open. INVALID_PIN, TEMPORARY_LOCKED, PIN_BLOCKED,
    ATC_EXPIRED: as for a code, with retry fields. LOGIN_REQUIRED: too many codes were made since the server last
    confirmed one. WRONG_CREDENTIALS: the server refused the code, and counted it: a wrong PIN, or it shows something
    else than was approved. LOCKED_USER: locked or disabled there. INVALID_PARAMETER: a protection that does not do.
    NOT_SUPPORTED, INVALID_USER_ID: as in ListApprovalsResult. FAILED: an answer without a clear meaning. biometric: as
    for a code; nothing was sent then, and the login still waits.
    """

    status: Status
    retry_counter: int | None = None
    retry_delay: int | None = None
    outdated: SessionOutdated | None = None
    detail: str = ""
    log_correlation_id: str | None = None
    biometric: BiometricProblem | None = None


@dataclass(frozen=True, slots=True)
class SetLookForApprovals(Event[StatusResult]):
    """The setting: may a window ask servers unasked, every few seconds while it is in use? INVALID_STATE: not open."""

    enabled: bool


@dataclass(frozen=True, slots=True)
class GetLookForApprovals(Event["LookForApprovalsResult"]):
    """The setting as it is. Asks nobody."""


@dataclass(frozen=True, slots=True)
class LookForApprovalsResult:
    """enabled: on unless somebody switched it off. INVALID_STATE: the vault is not open."""

    status: Status
    enabled: bool = False
