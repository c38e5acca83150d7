"""The application transaction counter of managed credentials: limits on its drift from the server."""

from dataclasses import dataclass
from enum import StrEnum

ATC_END = 65535
"""The counter is 16 bits wide (mc-sdk: uint16); this value is never used for a code."""


@dataclass(frozen=True, slots=True)
class AtcPolicy:
    """Codes that may be made since the last synchronisation: a warning from `warn` on, none from `limit` on."""

    warn: int = 15
    limit: int = 20


@dataclass(frozen=True, slots=True)
class AtcState:
    """used: counters taken or skipped since the server last confirmed one; it expects none that is further behind."""

    used: int = 0

    def left(self, policy: "AtcPolicy") -> int:
        """Codes that may still be made before a login is required."""
        return max(0, policy.limit - self.used)


class AtcVerdict(StrEnum):
    """What the counter says before a code is made."""

    OK = "OK"
    EXPIRES_SOON = "EXPIRES_SOON"
    LIMIT_REACHED = "LIMIT_REACHED"
    EXPIRED = "EXPIRED"


def judge(counter: int, state: AtcState, policy: AtcPolicy, *, exempt: bool = False, codes: int = 1) -> AtcVerdict:
    """May so many codes be made, from this counter on?

    exempt: codes for activation, login and resynchronisation ignore the drift limit, or nobody could log in again.
    The verdict is on the code about to be made: with warn 15 the sixteenth code carries the warning.
    """
    if not exempt and state.used >= policy.limit:
        return AtcVerdict.LIMIT_REACHED
    if counter + codes > ATC_END:
        return AtcVerdict.EXPIRED
    if state.used >= policy.warn:
        return AtcVerdict.EXPIRES_SOON
    return AtcVerdict.OK
