"""Waiting for a session that is approved elsewhere: once a second, for a minute, unless cancelled (iaa-api 6.5)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, auto

from softtoken.iaa.answers import SessionAnswer
from softtoken.iaa.checks import InvalidRequest
from softtoken.iaa.errors import BadAnswer, IaaError, ServerFault, Unreachable
from softtoken.iaa.outcomes import Outcome

INTERVAL = 1.0
"""Seconds between two questions."""
DEADLINE = 60.0
"""Seconds after which the vendor's sessions are over."""


class Ending(StrEnum):
    """Why the waiting ended. SETTLED: the answer is final."""

    SETTLED = auto()
    DEADLINE = auto()
    CANCELLED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """answer: the last one, None if there was none. error: what the last question met, if it got no answer."""

    ending: Ending
    answer: SessionAnswer | None
    error: IaaError | None = None

    @property
    def outcome(self) -> Outcome:
        """WAITING if it was still pending when we stopped; UNKNOWN if no server ever said."""
        return self.answer.outcome if self.answer is not None else Outcome.UNKNOWN


def wait_for(
    ask: Callable[[float], SessionAnswer],
    *,
    interval: float,
    deadline: float,
    cancelled: Callable[[], bool],
    told: Callable[[SessionAnswer], None],
    sleep: Callable[[float], None],
    monotonic: Callable[[], float],
) -> Waited:
    """Ask until the session is no longer pending, the time is up, or `cancelled` is true.

    ask: is given the seconds that it may take. A server that for a while cannot be reached, or a network that
    answers in its place, ends nothing, as the approval is made elsewhere; any other IaaError does. Raises
    InvalidRequest.
    """
    if interval <= 0:
        raise InvalidRequest("interval")
    end = monotonic() + deadline
    answer: SessionAnswer | None = None
    error: IaaError | None = None
    while not cancelled():
        left = end - monotonic()
        if left <= 0:
            return Waited(ending=Ending.DEADLINE, answer=answer, error=error)
        try:
            answer, error = ask(min(left, _LONGEST_QUESTION)), None
        except (Unreachable, ServerFault, BadAnswer) as passing:
            if isinstance(passing, Unreachable) and not passing.reason.passing:
                raise
            error = passing
        else:
            told(answer)
            if answer.outcome is not Outcome.WAITING:
                return Waited(ending=Ending.SETTLED, answer=answer)
        _pause(min(interval, max(0.0, end - monotonic())), cancelled, sleep, monotonic)
    return Waited(ending=Ending.CANCELLED, answer=answer, error=error)


_LONGEST_QUESTION = 5.0
_SLICE = 0.1
"""Seconds: as long as a cancelled wait may go on between two questions."""


def _pause(
    seconds: float, cancelled: Callable[[], bool], sleep: Callable[[float], None], monotonic: Callable[[], float]
) -> None:
    end = monotonic() + seconds
    while not cancelled() and (left := end - monotonic()) > 0:
        sleep(min(left, _SLICE))
