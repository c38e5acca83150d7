"""Time-based codes: RFC 6238."""

from softtoken.engine.hotp import hotp
from softtoken.engine.tokens import Algorithm, Otp
from softtoken.secret import Key


def totp(key: Key, at: int, period: int, digits: int, algorithm: Algorithm) -> Otp:
    """The code at a moment (epoch seconds), with the step that it is valid in (T0 = 0).

    period: seconds per step, 1 or more. Raises ValueError for arguments out of range, as moments before 1970.
    """
    if period < 1:
        raise ValueError("a period is at least one second")
    if at < 0:
        raise ValueError("a moment is not before 1970")
    step = at // period
    return Otp(hotp(key, step, digits, algorithm), step * period, (step + 1) * period, None)
