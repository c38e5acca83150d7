"""The conversation with fprintd: which reader, which fingers, and whether it is one of them.

Interface: the documentation of net.reactivated.Fprint.Manager and .Device (fprintd 1.94), and what its own PAM module
does with them. The service is asked by the unique name that owns its well-known one, and that owner must be root.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from softtoken.vault.biometrics.bus import (
    DAEMON,
    Bus,
    BusError,
    BusUnreachableError,
    InterruptedWaitError,
)
from softtoken.vault.biometrics.protocol import BiometricError, BiometricHint, BiometricProblem, Cancellation

SERVICE = "net.reactivated.Fprint"
_MANAGER_PATH = "/net/reactivated/Fprint/Manager"
_MANAGER = f"{SERVICE}.Manager"
_DEVICE = f"{SERVICE}.Device"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_ROOT = 0
_SCANS = 3
_ENDING = 1.5
"""Seconds for each call that gives the reader back; after that the end of the connection does."""

_PROBLEMS = {
    f"{SERVICE}.Error.PermissionDenied": BiometricProblem.DENIED,
    "org.freedesktop.DBus.Error.AccessDenied": BiometricProblem.DENIED,
    f"{SERVICE}.Error.AlreadyInUse": BiometricProblem.BUSY,
    f"{SERVICE}.Error.NoEnrolledPrints": BiometricProblem.NOT_ENROLLED,
    f"{SERVICE}.Error.NoSuchDevice": BiometricProblem.NO_READER,
}
_HINTS = {
    "verify-swipe-too-short": BiometricHint.TOO_SHORT,
    "verify-finger-not-centered": BiometricHint.NOT_CENTRED,
    "verify-remove-and-retry": BiometricHint.REMOVE_AND_RETRY,
}


@dataclass(frozen=True, slots=True)
class Reader:
    """path: its D-Bus object. name: of the product. fingers: those enrolled for this user, sorted; at least one."""

    path: str
    name: str
    fingers: tuple[str, ...]
    swipe: bool


class Fprintd:
    """The service, for as long as the connection lasts. Calls raise BiometricError."""

    def __init__(self, bus: Bus, owner: str, deadline: float) -> None:
        self._bus = bus
        self._owner = owner
        self._deadline = deadline

    def reader(self) -> Reader:
        """The reader that knows most fingers of this user: the one that the system's log-in would take."""
        paths = self._ask(_MANAGER_PATH, _MANAGER, "GetDevices")[0]
        if not paths:
            raise BiometricError(BiometricProblem.NO_READER)
        fingers = {path: self._fingers(path) for path in paths}
        path = max(paths, key=lambda path: len(fingers[path]))
        if not fingers[path]:
            raise BiometricError(BiometricProblem.NOT_ENROLLED)
        return Reader(path, self._property(path, "name"), fingers[path], self._property(path, "scan-type") == "swipe")

    def verify(self, reader: Reader, hint: Callable[[BiometricHint], None]) -> None:
        """Returns if it was a finger of this user.

        NO_MATCH after three that were not, and after any that was not if the question ends before the next answer.
        """
        self._ask(reader.path, _DEVICE, "Claim", "s", "")
        try:
            if self._scan(reader, hint, _first_hint(reader)):
                return
            with _no_match():
                for _ in range(_SCANS - 1):
                    if self._scan(reader, hint, BiometricHint.NOT_RECOGNISED):
                        return
        finally:
            self._end(reader, "Release")
        raise BiometricError(BiometricProblem.NO_MATCH)

    def _scan(self, reader: Reader, hint: Callable[[BiometricHint], None], first: BiometricHint) -> bool:
        self._ask(reader.path, _DEVICE, "VerifyStart", "s", "any")
        # what was reported before it began is about something else
        self._bus.forget_signals()
        try:
            hint(first)
            return self._matches(reader, hint)
        finally:
            self._end(reader, "VerifyStop")

    def _matches(self, reader: Reader, hint: Callable[[BiometricHint], None]) -> bool:
        while True:
            signal = self._bus.next_signal(self._deadline)
            if signal.sender == DAEMON:
                if signal.member == "NameOwnerChanged" and signal.body == (self._owner, self._owner, ""):
                    raise BiometricError(BiometricProblem.READER_FAILED)
                continue
            if (signal.sender, signal.path, signal.interface) != (self._owner, reader.path, _DEVICE):
                continue
            match signal.member, signal.body:
                case "VerifyStatus", ("verify-match", True):
                    return True
                case "VerifyStatus", ("verify-no-match", True):
                    return False
                case "VerifyStatus", (_, True):
                    raise BiometricError(BiometricProblem.READER_FAILED)
                case "VerifyStatus", (status, False):
                    hint(_HINTS.get(status, BiometricHint.TRY_AGAIN))
                case _:
                    continue

    def _fingers(self, path: str) -> tuple[str, ...]:
        try:
            return tuple(sorted(self._ask(path, _DEVICE, "ListEnrolledFingers", "s", "")[0]))
        except BiometricError as error:
            if error.problem is BiometricProblem.NOT_ENROLLED:
                return ()
            raise

    def _property(self, path: str, name: str) -> str:
        _, value = self._ask(path, _PROPERTIES, "Get", "ss", _DEVICE, name)[0]
        return str(value)

    def _ask(self, path: str, interface: str, member: str, signature: str = "", *arguments: Any) -> tuple[Any, ...]:
        try:
            return self._bus.call(self._owner, path, interface, member, signature, *arguments, deadline=self._deadline)
        except BusError as error:
            problem = _PROBLEMS.get(error.name, BiometricProblem.READER_FAILED)
            raise BiometricError(problem) from None

    def _end(self, reader: Reader, member: str) -> None:
        """Whatever was before, the reader is given back; the wait for that has a limit of its own."""
        deadline = time.monotonic() + _ENDING
        with suppress(BusError, BusUnreachableError, TimeoutError):
            self._bus.call(self._owner, reader.path, _DEVICE, member, deadline=deadline, interruptible=False)


@contextmanager
def fprintd(socket: str, seconds: float, cancellation: Cancellation | None = None) -> Iterator[Fprintd]:
    """A conversation with the service of the bus at this socket, started by the bus if need be.

    Within the block and at its beginning: CANCELLED, TIMED_OUT after so many seconds, NO_SERVICE.
    """
    deadline = time.monotonic() + seconds
    try:
        bus = Bus(socket, deadline)
    except (BusUnreachableError, BusError):
        raise BiometricError(BiometricProblem.NO_SERVICE) from None
    except TimeoutError:
        raise BiometricError(BiometricProblem.TIMED_OUT) from None
    try:
        with (cancellation or Cancellation()).waking(bus.interrupt):
            yield Fprintd(bus, _owner(bus, deadline), deadline)
    except InterruptedWaitError:
        raise BiometricError(BiometricProblem.CANCELLED) from None
    except TimeoutError:
        raise BiometricError(BiometricProblem.TIMED_OUT) from None
    except BusUnreachableError:
        raise BiometricError(BiometricProblem.READER_FAILED) from None
    finally:
        bus.close()


@contextmanager
def _no_match() -> Iterator[None]:
    """After a finger that did not match: who cancels, waits or unplugs now would otherwise try one after another."""
    try:
        yield
    except (BiometricError, InterruptedWaitError, TimeoutError, BusUnreachableError):
        raise BiometricError(BiometricProblem.NO_MATCH) from None


def _owner(bus: Bus, deadline: float) -> str:
    """Its unique name, after making sure that it is root's: anybody may run a bus, not anybody a process of root."""
    try:
        if not bus.ask_daemon("NameHasOwner", "s", SERVICE, deadline=deadline)[0]:
            bus.ask_daemon("StartServiceByName", "su", SERVICE, 0, deadline=deadline)
        owner = str(bus.ask_daemon("GetNameOwner", "s", SERVICE, deadline=deadline)[0])
        user = bus.ask_daemon("GetConnectionUnixUser", "s", owner, deadline=deadline)[0]
        if user != _ROOT:
            raise BiometricError(BiometricProblem.NO_SERVICE)
        bus.trust(owner)
        ends = f"type='signal',sender='{DAEMON}',member='NameOwnerChanged',arg0='{owner}'"
        bus.ask_daemon("AddMatch", "s", ends, deadline=deadline)
    except BusError:
        raise BiometricError(BiometricProblem.NO_SERVICE) from None
    return owner


def _first_hint(reader: Reader) -> BiometricHint:
    return BiometricHint.SWIPE if reader.swipe else BiometricHint.TOUCH
