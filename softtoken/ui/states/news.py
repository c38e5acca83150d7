"""What is told above whatever page is shown."""

from dataclasses import dataclass
from enum import StrEnum

from softtoken.services.events import LoginResult
from softtoken.ui.states.approvals import ApprovalNews, Looked
from softtoken.ui.states.problems import Failure, Problem


@dataclass(frozen=True, slots=True)
class LoginNews:
    """A login that was left has ended."""

    who: str
    result: LoginResult | None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ActivationNews:
    """An activation that was left has ended; problem is None if it worked."""

    who: str
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ResyncNews:
    """A resynchronisation that was left has ended; problem is None if it worked."""

    who: str
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class PinNews:
    """A change of the PIN that was left has ended; problem is None if it worked."""

    who: str
    problem: Problem | None = None


class Done(StrEnum):
    """Things that worked and are worth a word."""

    REMOVED = "REMOVED"
    ADDED = "ADDED"
    RESET = "RESET"
    RENAMED = "RENAMED"
    PIN_CHANGED = "PIN_CHANGED"
    LOGGED_OUT = "LOGGED_OUT"
    CODE_NOT_SENT = "CODE_NOT_SENT"
    SAVED = "SAVED"
    RECOVERY_CONFIRMED = "RECOVERY_CONFIRMED"
    PUT_BACK = "PUT_BACK"
    BAD_LINK = "BAD_LINK"
    LINK_WAITS = "LINK_WAITS"


@dataclass(frozen=True, slots=True)
class Crash:
    """A fault of the program. where: type, file and line; never a message, which could hold a secret."""

    where: str


News = ApprovalNews | Looked | LoginNews | ActivationNews | ResyncNews | PinNews | Done | Crash | Failure
