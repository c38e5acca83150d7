"""What the OS keyring keeps for a vault, behind one small interface, with a limit on waiting."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, TypeVar

from softtoken.vault.errors import KeystoreError, KeystoreProblem
from softtoken.vault.evidence import Evidence
from softtoken.vault.oskeystore import OsKeystore

__all__ = ["Keystore", "KeystoreError", "KeystoreProblem", "OsKeystore", "TimeLimitedKeystore", "begun"]

_T = TypeVar("_T")


class Keystore(Protocol):
    """Holds for each vault id a device key (32 bytes), evidence of how far its file has come, and a biometric secret.

    Every method may raise KeystoreError.
    """

    def provider(self) -> str | None:
        """The name of the back end that would be used; None if there is none."""
        ...

    def read(self, vault_id: str) -> bytes | None:
        """The device key; None if it holds none for this vault. An item that is no such key is FAILED."""
        ...

    def write(self, vault_id: str, device_key: bytes) -> None:
        """Store it; when this returns it was read back and is the same. An older one is replaced."""
        ...

    def read_evidence(self, vault_id: str) -> Evidence | None:
        """The evidence; None if it holds none for this vault, or an item that is none."""
        ...

    def write_evidence(self, vault_id: str, evidence: Evidence) -> None:
        """Store it, unless one of that generation or a higher one is there. Read back as for `write`."""
        ...

    def read_biometric(self, vault_id: str) -> bytes | None:
        """The secret (32 bytes) that biometric keys are sealed under; None if there is none, or it is damaged."""
        ...

    def write_biometric(self, vault_id: str, secret: bytes) -> None:
        """Store it, in place of an older one. Read back as for `write`."""
        ...

    def delete(self, vault_id: str) -> None:
        """Forget all of them; none there is fine."""
        ...


def begun(call: Callable[[], _T], seconds: float) -> Callable[[], _T]:
    """Start the call in a daemon thread. What is returned waits for it and returns or raises what it did.

    So many seconds after the start the wait is given up with NO_ANSWER.
    """
    outcome: Future[_T] = Future()
    give_up = time.monotonic() + seconds

    def run() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            outcome.set_exception(error)

    def wait() -> _T:
        try:
            return outcome.result(max(0.0, give_up - time.monotonic()))
        except TimeoutError:
            if outcome.done():
                return outcome.result()  # its own TimeoutError, or an answer at the last moment
            raise KeystoreError(KeystoreProblem.NO_ANSWER) from None

    # not an executor: the interpreter would wait for its thread at exit
    threading.Thread(target=run, name="keystore", daemon=True).start()
    return wait


class TimeLimitedKeystore:
    """Gives up any call after so many seconds with NO_ANSWER: the system may be waiting for a person.

    What was given up goes on in its daemon thread: a prompt that is answered late may still store an item, but
    nothing holds up the end of the program.
    """

    def __init__(self, keystore: Keystore, seconds: float) -> None:
        self._keystore = keystore
        self._seconds = seconds

    def provider(self) -> str | None:
        return self._limited(self._keystore.provider)

    def read(self, vault_id: str) -> bytes | None:
        return self._limited(lambda: self._keystore.read(vault_id))

    def write(self, vault_id: str, device_key: bytes) -> None:
        self._limited(lambda: self._keystore.write(vault_id, device_key))

    def read_evidence(self, vault_id: str) -> Evidence | None:
        return self._limited(lambda: self._keystore.read_evidence(vault_id))

    def write_evidence(self, vault_id: str, evidence: Evidence) -> None:
        self._limited(lambda: self._keystore.write_evidence(vault_id, evidence))

    def read_biometric(self, vault_id: str) -> bytes | None:
        return self._limited(lambda: self._keystore.read_biometric(vault_id))

    def write_biometric(self, vault_id: str, secret: bytes) -> None:
        self._limited(lambda: self._keystore.write_biometric(vault_id, secret))

    def delete(self, vault_id: str) -> None:
        self._limited(lambda: self._keystore.delete(vault_id))

    def _limited(self, call: Callable[[], _T]) -> _T:
        return begun(call, self._seconds)()
