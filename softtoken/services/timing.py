"""The time that codes are made for: this computer's clock, corrected where a person chose that."""

from collections.abc import Callable
from dataclasses import replace

from softtoken.clock import Clock, ClockCorrection
from softtoken.engine.tokens import Otp
from softtoken.services.events import (
    LONGEST_CORRECTION,
    ClockInformation,
    CorrectClock,
    GetClockCorrection,
    RemoveClockCorrection,
    Status,
    StatusResult,
)
from softtoken.vault.store import Vault


class CodeClock:
    """A Clock that reads as the machine's does, and makes codes for the corrected time.

    The correction reaches nothing but codes: life spans stay in this clock's time, so that a countdown agrees with
    what the window's clock says, and delays go by uptime.
    """

    def __init__(self, clock: Clock, correction: Callable[[], int]) -> None:
        self._clock = clock
        self._correction = correction

    def now(self) -> int:
        return self._clock.now()

    def uptime(self) -> int:
        return self._clock.uptime()

    def making(self, make: Callable[[int], Otp]) -> Otp:
        """What `make` makes for the corrected time, with its life span in this clock's time."""
        seconds = self._correction()
        otp = make(max(0, self._clock.now() + seconds))
        until = None if otp.valid_until is None else otp.valid_until - seconds
        return replace(otp, valid_from=otp.valid_from - seconds, valid_until=until, corrected=seconds)


def correction_seconds(vault: Vault | None) -> int:
    """0 without a vault, and without a correction."""
    clock = None if vault is None else vault.server_choices().clock
    return 0 if clock is None else clock.seconds


def correct_clock(vault: Vault, event: CorrectClock) -> StatusResult:
    """Keep what was measured."""
    skew = event.skew
    if abs(skew.seconds) > LONGEST_CORRECTION or skew.measured_at < 0:
        return StatusResult(Status.INVALID_PARAMETER)
    clock = ClockCorrection(skew.seconds, skew.measured_at, event.server) if skew.seconds else None
    vault.update_server_choices(lambda choices: replace(choices, clock=clock))
    return StatusResult(Status.OK)


def remove_correction(vault: Vault, _: RemoveClockCorrection) -> StatusResult:
    """None is left."""
    vault.update_server_choices(lambda choices: replace(choices, clock=None))
    return StatusResult(Status.OK)


def clock_correction(vault: Vault, _: GetClockCorrection) -> ClockInformation:
    """What holds now."""
    return ClockInformation(Status.OK, vault.server_choices().clock)
