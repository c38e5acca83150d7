"""What is asked of a credential, and what comes of it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from softtoken.engine.atc import AtcPolicy
from softtoken.engine.resync import LOOK_AHEAD
from softtoken.engine.tokens import CredentialState, ProtectionType, Token, UserIdentifier
from softtoken.secret import Secret
from softtoken.services.events import BiometricProblem, BiometricPurpose, Status
from softtoken.vault.store import Credential

Drift = Callable[[CredentialState, AtcPolicy], int | None]


def offline_drift(_: CredentialState, atc: AtcPolicy) -> int:
    """As the policy says: no code without an answer of the server for too long."""
    return atc.limit


def login_drift(state: CredentialState, atc: AtcPolicy) -> int | None:
    """A login is the way back from the limit. Beyond what the server searches its code would only cost a try there."""
    reach = max(atc.limit, LOOK_AHEAD)
    # a help desk may have told the server of a later counter
    near = state.told is not None and state.counter - state.told <= reach + 1
    return None if near else reach + 1


def any_drift(_state: CredentialState, _atc: AtcPolicy) -> None:
    """For what is right at any distance, resynchronisation before all: else nobody could log in again."""
    return


def beyond(drift: int | None, state: CredentialState) -> bool:
    """Would a wish of this drift meet LOGIN_REQUIRED?"""
    return drift is not None and state.atc.used >= drift


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a credential. user: None for the current one. pin: None for the cached one, or none.

    offline: an offline function, which has to be on and needs one login before. drift: from how many codes since the
    server last confirmed the counter on it is LOGIN_REQUIRED; None for never.
    counters: how many to take in this state; least: how few will do at the counter's end. Without any the PIN is
    proved and nothing else happens. well_formed: what else came with it is. token: stands in for looking the user up.
    told: the counter will be read out. remember: a right PIN may be cached; not for a token that is not in use, since
    its user's other one has another PIN. purpose: what a finger or a face would be asked for.
    """

    user: UserIdentifier | None
    pin: str | None = field(repr=False)
    protection: ProtectionType | None = None
    offline: bool = True
    drift: Drift = offline_drift
    counters: Callable[[CredentialState, AtcPolicy], int] = lambda _state, _atc: 1
    least: int = 1
    well_formed: bool = True
    token: Token | None = None
    told: bool = False
    remember: bool = True
    purpose: BiometricPurpose = BiometricPurpose.CODE


@dataclass(frozen=True, slots=True)
class Refused:
    """Why not. retry_counter, retry_delay: None where nothing local counts. biometric: why a sensor brought nothing."""

    status: Status
    retry_counter: int | None = None
    retry_delay: int | None = None
    biometric: BiometricProblem | None = None


@dataclass(frozen=True, slots=True)
class Unlocked:
    """The key, and `taken` counters from `counter` on. soon: a login will be required before long."""

    token: Token
    user: UserIdentifier
    credential: Credential
    key: Secret = field(repr=False)
    counter: int
    taken: int
    soon: bool
    retry_counter: int | None
    retry_delay: int | None
    epoch: int
