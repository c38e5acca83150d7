"""What every biometric system does for a credential's key, what can go wrong with it, and how a prompt is handed in."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from softtoken.errors import SoftTokenError
from softtoken.secret import Key, Secret


class Binding(StrEnum):
    """HARDWARE: the key cannot be used without the sensor's yes. PROMPT: it is only asked for, the key is elsewhere."""

    HARDWARE = "HARDWARE"
    PROMPT = "PROMPT"


class BiometricProblem(StrEnum):
    """Why there was no yes. After each of them the PIN is the way on.

    NO_SERVICE: the system's part is missing or not running. NO_READER: no sensor is there. NOT_ENROLLED: the person
    has shown it no finger or face yet. BUSY: another program has the sensor. DENIED: the system does not let this
    session ask. READER_FAILED: the sensor or its service broke off. NO_MATCH: asked, and it was somebody else,
    whatever ended the question then.
    CANCELLED: the person or the caller stopped it. TIMED_OUT: nobody came. LOCKED_OUT: too many failures, the system
    wants its own password first. CHANGED: the blob is not for what is enrolled or stored now, or was damaged; it is
    of no use any more and must be made anew. NOT_SUPPORTED: this system has no such thing.
    """

    NO_SERVICE = "NO_SERVICE"
    NO_READER = "NO_READER"
    NOT_ENROLLED = "NOT_ENROLLED"
    BUSY = "BUSY"
    DENIED = "DENIED"
    READER_FAILED = "READER_FAILED"
    NO_MATCH = "NO_MATCH"
    CANCELLED = "CANCELLED"
    TIMED_OUT = "TIMED_OUT"
    LOCKED_OUT = "LOCKED_OUT"
    CHANGED = "CHANGED"
    NOT_SUPPORTED = "NOT_SUPPORTED"


class BiometricHint(StrEnum):
    """What to show while the person is waited for. SYSTEM_PROMPT: the system shows a window of its own.

    NOT_RECOGNISED: it was read, and is nobody's who is enrolled; it is asked once more. TRY_AGAIN: it was not read.
    """

    TOUCH = "TOUCH"
    SWIPE = "SWIPE"
    NOT_RECOGNISED = "NOT_RECOGNISED"
    TRY_AGAIN = "TRY_AGAIN"
    TOO_SHORT = "TOO_SHORT"
    NOT_CENTRED = "NOT_CENTRED"
    REMOVE_AND_RETRY = "REMOVE_AND_RETRY"
    SYSTEM_PROMPT = "SYSTEM_PROMPT"


class BiometricError(SoftTokenError):
    """There was no yes, and so no key."""

    def __init__(self, problem: BiometricProblem) -> None:
        super().__init__(problem)
        self.problem = problem


class Cancellation:
    """Stops a prompt from another thread, and wakes whoever waits in the system's call meanwhile."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._wakes: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    def cancel(self) -> None:
        """Once and for all; again is fine."""
        with self._lock:
            if self._cancelled:
                return
            self._cancelled = True
            for wake in self._wakes:
                wake()

    @contextmanager
    def waking(self, wake: Callable[[], None]) -> Iterator[None]:
        """Within the block, cancel() calls this, from its own thread; at once if it was called before.

        wake: quick, never raises, and takes no lock that is held over the block. Not called after the block.
        """
        with self._lock:
            if self._cancelled:
                wake()
            self._wakes.append(wake)
        try:
            yield
        finally:
            with self._lock:
                self._wakes.remove(wake)


@dataclass(frozen=True, slots=True)
class Prompt:
    """How a person is asked.

    reason: a sentence for people, in their language; a system with a window of its own shows it. Some of them refuse
    an empty one, so all do (ValueError). hint: told what to show, from any thread. cancellation: ends it with
    CANCELLED at once. seconds: until it ends with TIMED_OUT.
    """

    reason: str
    hint: Callable[[BiometricHint], None]
    cancellation: Cancellation
    seconds: float

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError("a prompt says what it is for")


class Biometrics(Protocol):
    """One system's way of asking for a finger or a face.

    Every method may block for as long as its prompt allows, so none but `name` and `binding` belongs on a window's
    thread. credential_id: as in the vault; a blob opens for the id that it was made for and no other.
    """

    @property
    def name(self) -> str:
        """As people know it: `fprintd`, `Windows Hello`, `Touch ID`."""
        ...

    @property
    def binding(self) -> Binding:
        """What its yes is worth."""
        ...

    def problem(self) -> BiometricProblem | None:
        """Why it cannot be used now; None if it can. Quick, never prompts, never raises."""
        ...

    def wrap(self, key: Key, credential_id: str, prompt: Prompt) -> bytes:
        """An opaque blob for the vault that only `unwrap` opens. Asks the person first. Raises BiometricError.

        Raises KeystoreError where the blob's other half goes to the OS keyring and that does not take it.
        """
        ...

    def unwrap(self, blob: bytes, credential_id: str, prompt: Prompt) -> Secret:
        """The key, after the person was asked. Raises BiometricError, and KeystoreError as for `wrap`."""
        ...

    def forget(self, credential_id: str) -> None:
        """Remove what the system keeps for this credential; nothing there is fine. Raises BiometricError."""
        ...
