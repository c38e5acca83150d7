"""Logins elsewhere that this computer approves or declines: what waits, and the page of one of them."""

from dataclasses import dataclass
from enum import StrEnum

from softtoken.engine.tokens import ProtectionType, Token
from softtoken.services.events import ApprovalResult, PendingApproval
from softtoken.ui.states.problems import Problem


class Decision(StrEnum):
    """What a person does with a login that waits."""

    APPROVE = "APPROVE"
    DECLINE = "DECLINE"


class Gone(StrEnum):
    """Why a request that was shown waits no longer: its time is over, or it ended elsewhere."""

    EXPIRED = "EXPIRED"
    ELSEWHERE = "ELSEWHERE"


@dataclass(frozen=True, slots=True)
class ApprovalPage:
    """A login that waits, as its server tells it.

    protection: what approving asks for here, None if this computer has nothing that would do. ask_pin: the person wants
    to approve, and the PIN is wanted. deciding: what is being told the server. gone: there is nothing left to decide.
    delay_until: uptime before which no PIN is evaluated. tries_left: of the PIN, None where nothing local counts.
    """

    token: Token
    approval: PendingApproval
    protection: ProtectionType | None
    ask_pin: bool = False
    deciding: Decision | None = None
    gone: Gone | None = None
    delay_until: int | None = None
    tries_left: int | None = None
    problem: Problem | None = None

    @property
    def pin_instead(self) -> bool:
        """Does the PIN do in place of the finger or face that is asked for?"""
        return self.protection is ProtectionType.BIOMETRIC and ProtectionType.PIN in self.approval.protections


@dataclass(frozen=True, slots=True)
class ApprovalDone:
    """What the server said to a decision that it took, or why there was nothing left to decide."""

    token: Token
    approval: PendingApproval
    decision: Decision
    result: ApprovalResult


@dataclass(frozen=True, slots=True)
class Looked:
    """Somebody asked for logins to approve, and none waits. unsupported: no token here has a server that offers it."""

    unsupported: bool = False


@dataclass(frozen=True, slots=True)
class ApprovalNews:
    """A decision whose page was left has ended. problem: what came between, with result None."""

    who: str
    decision: Decision
    result: ApprovalResult | None
    problem: Problem | None = None
