"""How far a server's clock is from this computer's, as its Date header tells."""

from dataclasses import dataclass
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class ClockSkew:
    """seconds: the server's clock minus this one's; positive where this one is slow. uncertainty: at most so far off.

    measured_at: epoch seconds of this computer's clock.
    """

    seconds: int
    uncertainty: int
    measured_at: int


def measure(date: str | None, sent_at: int, received_at: int) -> ClockSkew | None:
    """From a Date header and this clock's seconds before and after; None without a date that can be read.

    The header names a whole second, as this clock does, and may have been written at any moment of the round trip. So
    a quick answer is good for one second on either side, a slow one for less.
    """
    server = _epoch(date)
    if server is None or received_at < sent_at:  # this clock was set meanwhile
        return None
    # this clock showed a second between `sent_at` and the end of `received_at`, the server's one of its own
    least, most = server - received_at - 1, server + 1 - sent_at
    return ClockSkew((least + most) // 2, (most - least + 1) // 2, received_at)


def _epoch(date: str | None) -> int | None:
    try:
        moment = parsedate_to_datetime(date or "")
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    if moment.tzinfo is None:  # RFC 9110 5.6.7: always GMT; "-0000" gives a naive one
        return None
    try:
        return int(moment.timestamp())
    except (ValueError, OverflowError, OSError):
        return None
