"""The two clocks that the product reads, handed in so that tests can set them."""

import sys
import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Wall time for codes and expiry; uptime for delays that nobody may shorten."""

    def now(self) -> int:
        """Seconds since the epoch. The user can set it."""
        ...

    def uptime(self) -> int:
        """Seconds since this machine started. No clock setting changes it; it starts again at a reboot."""
        ...


@dataclass(frozen=True, slots=True)
class ClockCorrection:
    """A choice to make codes for another clock's time: this one's plus so many seconds (positive: this one is slow).

    measured_at: epoch seconds of this clock. server: the origin whose Date header told it.
    """

    seconds: int
    measured_at: int
    server: str


class SystemClock:
    """The machine's clocks."""

    def now(self) -> int:
        return int(time.time())

    def uptime(self) -> int:
        # CLOCK_BOOTTIME counts suspend too; elsewhere monotonic() stands in, which can only lengthen a delay
        if sys.platform == "linux":
            return int(time.clock_gettime(time.CLOCK_BOOTTIME))
        else:  # noqa: RET505 - the type checker follows platforms by branches
            return int(time.monotonic())
