"""Servers: testing a connection, correcting the time of codes, and what a login tells of this computer."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from softtoken.clock import ClockCorrection
from softtoken.engine.tokens import UserIdentifier
from softtoken.iaa.errors import Reason
from softtoken.iaa.fingerprint import CddcExtent, CddcForm
from softtoken.iaa.skew import ClockSkew
from softtoken.services.events.pending import Cancellation
from softtoken.services.events.vocabulary import Event, Status, StatusResult

CLOCK_TOLERANCE = 5
"""Seconds that two clocks may differ before a correction is worth a word."""

LONGEST_CORRECTION = 86400
"""Seconds: a clock that is further off has to be set, as certificates look wrong, too."""


class ServerStep(StrEnum):
    """What a check looks at, in this order."""

    NAME = "NAME"
    CONNECTION = "CONNECTION"
    TLS = "TLS"
    ANSWER = "ANSWER"
    TENANT = "TENANT"
    CLOCK = "CLOCK"


class StepState(StrEnum):
    """SKIPPED: there is nothing to look at, such as TLS on this very computer."""

    GOOD = "GOOD"
    WARNING = "WARNING"
    BAD = "BAD"
    SKIPPED = "SKIPPED"


class ServerVerdict(StrEnum):
    """TENANT: an IAA tenant. LIKELY: answers like one, and not to this question. REFUSES: it lets nobody in like this
    (401, 403), as a gateway that wants a device certificate does. OTHER: some other web server. FAULT: 5xx.
    """

    TENANT = "TENANT"
    LIKELY = "LIKELY"
    REFUSES = "REFUSES"
    OTHER = "OTHER"
    FAULT = "FAULT"
    UNREACHABLE = "UNREACHABLE"


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """Of a verified connection. issuer: who signed the certificate. valid_until: epoch seconds, None if unreadable."""

    version: str
    issuer: str
    valid_until: int | None


@dataclass(frozen=True, slots=True)
class CheckServer(Event["ServerReport"]):
    """Try a server and say what was found; progress comes as ServerChecking. Waits for a network.

    server: as for a login, or empty for the server of the managed token of `user_identifier`. What is sent is the
    question whether a made-up user has an activation under way: it counts no try, changes nothing, and carries no
    secret and no user of this computer. INVALID_PARAMETER: not an address. INVALID_USER_ID: no such token.
    USER_CANCEL: `cancellation` was used; what is still under way ends by itself and is not heard of again.
    """

    server: str = ""
    user_identifier: UserIdentifier | None = None
    cancellation: Cancellation = field(default_factory=Cancellation, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class ServerReport:
    """OK: the server can be used. FAILED: it cannot. None in a field: not known, or not known yet.

    steps: those that ended, in their order. proxy: the host that was connected to instead of the server's. addresses:
    of whom was connected to, and `address` the one that answered. reason: of UNREACHABLE. verdict: None while the
    check is under way. skew: the server's clock against this one's, uncorrected; correction: what holds for codes now.
    """

    status: Status
    origin: str = ""
    steps: tuple[tuple[ServerStep, StepState], ...] = ()
    proxy: str | None = None
    addresses: tuple[str, ...] = ()
    address: str | None = None
    tls: TlsFacts | None = None
    http_status: int | None = None
    verdict: ServerVerdict | None = None
    reason: Reason | None = None
    skew: ClockSkew | None = None
    correction: int = 0
    log_correlation_id: str | None = None

    @property
    def clock_off(self) -> bool:
        """Do codes, as they are corrected now, differ from the server's time by more than the tolerance?"""
        return self.skew is not None and abs(self.skew.seconds - self.correction) > CLOCK_TOLERANCE

    @property
    def offered(self) -> ClockSkew | None:
        """A correction worth choosing; one of 0 seconds takes the present one away.

        Only a server that can be used is asked for the time, and only an answer that came quickly tells it.
        """
        skew = self.skew
        if skew is None or not self.clock_off or self.status is not Status.OK:
            return None
        if skew.uncertainty > CLOCK_TOLERANCE or abs(skew.seconds) > LONGEST_CORRECTION:
            return None
        within = abs(skew.seconds) <= CLOCK_TOLERANCE
        return ClockSkew(0, skew.uncertainty, skew.measured_at) if within else skew

    def corrected_by(self, seconds: int) -> "ServerReport":
        """The same, once codes are corrected by so many seconds."""
        report = replace(self, correction=seconds)
        clock = StepState.WARNING if report.clock_off else StepState.GOOD
        steps = tuple((step, clock if step is ServerStep.CLOCK else state) for step, state in self.steps)
        return replace(report, steps=steps)


@dataclass(frozen=True, slots=True)
class CorrectClock(Event[StatusResult]):
    """Make codes for the time of this server from now on; a skew of 0 seconds removes the correction.

    Only codes: what this computer's clock says, how long a code is shown and the delays after wrong PINs stay as they
    are. server: an origin. INVALID_STATE: vault not open. INVALID_PARAMETER: more than LONGEST_CORRECTION.
    """

    server: str
    skew: ClockSkew


@dataclass(frozen=True, slots=True)
class RemoveClockCorrection(Event[StatusResult]):
    """Codes go by this computer's clock again. INVALID_STATE: vault not open."""


@dataclass(frozen=True, slots=True)
class GetClockCorrection(Event["ClockInformation"]):
    """The correction that holds now."""


@dataclass(frozen=True, slots=True)
class ClockInformation:
    """correction: None for none. INVALID_STATE: the vault is not open, so none holds."""

    status: Status
    correction: ClockCorrection | None = None


@dataclass(frozen=True, slots=True)
class GetLoginData(Event["LoginData"]):
    """What a login tells of this computer, as it would be sent now. Works in any state."""


@dataclass(frozen=True, slots=True)
class LoginData:
    """extent: what holds. decided: the configuration decides it. known: False while a vault is closed: what was chosen
    is not known then, and nothing is told. form: which of the two it goes in. cddc: the member of the request's body
    exactly as it is sent (JSON), empty for none; raw and hash: the two texts in it. user_agent: the header of every
    request.
    """

    status: Status
    extent: CddcExtent
    decided: bool
    known: bool
    form: CddcForm
    cddc: str
    raw: str
    hash: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class SetLoginData(Event[StatusResult]):
    """How much a login tells. INVALID_STATE: vault not open. ACCESS_DENIED: mc_config.json decides it."""

    extent: CddcExtent
