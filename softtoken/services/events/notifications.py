"""What the controller says unasked: the SDK's notifications that a desktop has a use for."""

from dataclasses import dataclass
from enum import StrEnum

from softtoken.services.events.biometrics import BiometricPrompt
from softtoken.services.events.servers import ServerReport


class ConnectionState(StrEnum):
    """The SDK's names. Every call here is a connection of its own, so only the last call's outcome is known."""

    REACHABLE = "REACHABLE"
    NOT_REACHABLE = "NOT_REACHABLE"


@dataclass(frozen=True, slots=True)
class Busy:
    """The first of the events that are now under way was posted."""


@dataclass(frozen=True, slots=True)
class Idle:
    """The last of them has its result."""


@dataclass(frozen=True, slots=True)
class ServerConnection:
    """origin: which server. Sent after each call to it."""

    origin: str
    connection_state: ConnectionState


@dataclass(frozen=True, slots=True)
class ServerChecking:
    """How far a CheckServer has come; report: what is known by now."""

    report: ServerReport


Notification = Busy | Idle | ServerConnection | ServerChecking | BiometricPrompt
