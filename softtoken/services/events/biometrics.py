"""Fingers and faces: what the computer offers, and what is said while a person is waited for."""

from dataclasses import dataclass
from enum import StrEnum

from softtoken.services.events.vocabulary import Event, Status, StatusResult
from softtoken.vault.biometrics.protocol import Binding, BiometricHint, BiometricProblem


class BiometricPurpose(StrEnum):
    """What a finger or a face is asked for. SET_UP: once, to enable the protection."""

    SET_UP = "SET_UP"
    CODE = "CODE"
    APPROVAL = "APPROVAL"


@dataclass(frozen=True, slots=True)
class GetBiometricInformation(Event["BiometricInformation"]):
    """What this computer offers. Asks no person; takes up to a few seconds, so not for a window's thread."""


@dataclass(frozen=True, slots=True)
class BiometricInformation:
    """Always OK. name: as people know it, "" for none. problem: why it cannot be used now; None if it can.

    binding: HARDWARE if the key cannot be used without the sensor's yes, PROMPT if the sensor is only asked and the key
    is kept elsewhere.
    """

    status: Status
    name: str
    binding: Binding
    problem: BiometricProblem | None

    @property
    def usable(self) -> bool:
        return self.problem is None


@dataclass(frozen=True, slots=True)
class CancelBiometric(Event[StatusResult]):
    """Stop every prompt: what waits for one has USER_CANCEL. OK at once, and from any thread, a window's, too."""


@dataclass(frozen=True, slots=True)
class BiometricPrompt:
    """A person is waited for at the sensor, and what to show meanwhile; hint: None once that is over."""

    purpose: BiometricPurpose
    hint: BiometricHint | None


def status_of_problem(problem: BiometricProblem) -> Status:
    """The status of a result that has no key because of this."""
    return _STATUSES.get(problem, Status.BIOMETRIC_UNAVAILABLE)


_STATUSES = {
    BiometricProblem.NO_MATCH: Status.BIOMETRIC_FAILED,
    BiometricProblem.LOCKED_OUT: Status.BIOMETRIC_BLOCKED,
    BiometricProblem.CHANGED: Status.BIOMETRIC_CHANGED,
    BiometricProblem.CANCELLED: Status.USER_CANCEL,
    BiometricProblem.TIMED_OUT: Status.USER_CONFIRMATION_TIMEOUT,
}
