"""The rules as a small model beside the product: how one credential stands, and what each step may do to it.

It shares no code with the product but the arithmetic of a single code. Where a crash leaves two ends open, the
driver keeps both until something seen from outside decides.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from support.flows import DIGEST

from softtoken.engine import managed
from softtoken.engine.distrust import Seen
from softtoken.engine.tokens import ProtectionType
from softtoken.services.events import Status

TRIES, FREE, FIRST_DELAY, LONGEST_DELAY = 5, 3, 60, 3600
WARN, LIMIT = 15, 20
REACH = 20
"""How far beyond the expected counter the server searches for a code."""
END = 65535
SKIP = 900
"""Counters that a restored file is moved ahead by: the server searches 1,000 (docs/offline.md)."""
UNTOLD = 200
"""The same where the keyring knows the counter but for what it may not have been told."""
DIGITS = 8


class Kind(StrEnum):
    """What a code was made for."""

    OTP = "OTP"
    SEQUENCE = "SEQUENCE"
    SIGNATURE = "SIGNATURE"
    RESYNC = "RESYNC"


@dataclass(eq=False, slots=True)
class Made:
    """A code that was shown. key: the server's that makes it; None for one made with a wrong PIN.

    at: epoch seconds of the device's clock. run: of the program that made it. used: the server accepted it.
    """

    user: str
    serial: str
    protection: ProtectionType
    kind: Kind
    atc: int
    text: str
    data: bytes | tuple[str, ...] | None
    at: int
    key: bytes | None = field(repr=False)
    run: int
    used: bool = False


def is_made_by(made: Made, key: bytes) -> bool:
    """Does this key make this code?"""
    data = made.data if isinstance(made.data, bytes) else None
    match made.kind:
        case Kind.OTP:
            question, step = managed.data_question(data), made.at // managed.STEP
            return made.text == managed.managed_code(key, made.atc, question, DIGEST, step, DIGITS)
        case Kind.SEQUENCE:
            mac = managed.secure_sequence(key, made.atc, data, DIGEST)
            return made.text == managed.sequence_message(made.atc, mac).hex()
        case Kind.SIGNATURE:
            assert isinstance(made.data, tuple)
            return made.text == managed.signature_code(key, made.atc, made.data, DIGEST)
        case Kind.RESYNC:
            return made.text == managed.resynchronisation_code(key, made.atc, DIGEST)


@dataclass(frozen=True, slots=True)
class Standing:
    """One credential. failed, delay (seconds), started (uptime): of the retry ladder. pin: empty for NO_PIN."""

    counter: int
    used: int
    resync: bool
    failed: int
    delay: int
    started: int
    pin: str
    key: bytes = field(repr=False)
    sealed: bool
    told: int | None = None

    def left(self) -> int:
        return max(0, TRIES - self.failed)

    def wait(self, up: int) -> int:
        passed = up - self.started if up >= self.started else up
        return max(0, self.delay - passed)

    def tries(self, up: int) -> tuple[int | None, int | None]:
        return (self.left(), self.wait(up)) if self.sealed else (None, None)

    def charged(self, up: int) -> "Standing":
        failed, delay = self.failed + 1, 0
        if FREE < failed < TRIES:
            delay = min(FIRST_DELAY << (failed - FREE - 1), LONGEST_DELAY)
        return replace(self, failed=failed, delay=delay, started=up if delay else 0)

    def refunded(self) -> "Standing":
        """After a keyring that did not take the try: it is given back, and no other."""
        return self.reset() if self.failed <= 1 else replace(self, failed=self.failed - 1)

    def reset(self) -> "Standing":
        return replace(self, failed=0, delay=0, started=0)

    def taken(self, counters: int) -> "Standing":
        return replace(self, counter=self.counter + counters, used=self.used + counters)

    def confirmed(self, atc: int) -> "Standing":
        return replace(self, used=max(0, self.counter - atc - 1), resync=False)

    def skipped(self, counters: int) -> "Standing":
        ahead = min(self.counter + counters, END)
        return replace(self, counter=ahead, used=self.used + ahead - self.counter)

    def distrusted(self, seen: Seen | None) -> "Standing":
        """seen: what the keyring says of it."""
        last = self
        if seen is not None:
            counter, heard = max(self.counter, seen.counter), max(self.counter - self.used, seen.counter - seen.used)
            last = replace(self, counter=counter, used=counter - heard, failed=max(self.failed, seen.failed))
        ahead = last.skipped(max(0, min(SKIP if seen is None else UNTOLD, SKIP - last.used)))
        return replace(ahead, used=max(ahead.used, LIMIT), failed=max(last.failed, TRIES - 1), resync=True)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An operation on a credential. exempt: from LOGIN_REQUIRED. offline: needs a login before. login: takes more
    counters where it shall resynchronise; `always` says that it does anyway. told: the counter is read out.
    """

    pin: str
    counters: int = 1
    exempt: bool = False
    offline: bool = True
    login: bool = False
    always: bool = False
    told: bool = False


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What should come of it. stages: each state on the disk in turn, the first one unchanged; atc: the first taken."""

    status: Status
    tries: tuple[int | None, int | None]
    stages: tuple[Standing, ...]
    atc: int = 0
    taken: int = 0

    @property
    def end(self) -> Standing:
        return self.stages[-1]


def foreseen(start: Standing, wanted: Wanted, up: int, *, logged_in_once: bool) -> Foreseen:
    """The decision table of docs/offline.md, from P6 on."""
    if wanted.offline and not logged_in_once:
        return Foreseen(Status.LOGIN_REQUIRED, (None, None), (start,))
    if start.sealed and not start.left():
        return Foreseen(Status.PIN_BLOCKED, (0, 0), (start,))
    if start.sealed and start.wait(up):
        return Foreseen(Status.TEMPORARY_LOCKED, start.tries(up), (start,))
    first = wanted.login and (wanted.always or start.resync)
    near = start.told is not None and start.counter - start.told <= REACH + 1
    unheard = wanted.login and not first and not near and start.used > REACH
    if unheard or (not wanted.exempt and start.used >= LIMIT):
        return Foreseen(Status.LOGIN_REQUIRED, start.tries(up), (start,))
    least = 1 if wanted.login else wanted.counters
    if start.counter + least > END:
        return Foreseen(Status.ATC_EXPIRED, start.tries(up), (start,))
    stages = [start]
    if start.sealed:
        stages.append(start.charged(up))
        if wanted.pin != start.pin:
            status = Status.INVALID_PIN if stages[-1].left() else Status.PIN_BLOCKED
            return Foreseen(status, stages[-1].tries(up), tuple(stages))
    counters = 3 if first else wanted.counters
    if start.counter + counters > END:
        counters = least
    after = start.reset().taken(counters)
    stages.append(replace(after, told=start.counter) if wanted.told else after)
    soon = start.used >= WARN and not wanted.exempt
    status = Status.ATC_EXPIRES_SOON if soon else Status.OK
    return Foreseen(status, stages[-1].tries(up), tuple(stages), start.counter, counters)
