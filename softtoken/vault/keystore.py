"""Where the device key is kept: the OS keyring behind one small interface, with a limit on waiting."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, TypeVar

from softtoken.vault.errors import KeystoreError, KeystoreProblem
from softtoken.vault.oskeystore import OsKeystore

__all__ = ["Keystore", "KeystoreError", "KeystoreProblem", "OsKeystore", "TimeLimitedKeystore"]

_T = TypeVar("_T")


class Keystore(Protocol):
    """Holds one device key (32 bytes) for each vault id. Every method may raise KeystoreError."""

    def provider(self) -> str | None:
        """The name of the back end that would be used; None if there is none."""
        ...

    def read(self, vault_id: str) -> bytes | None:
        """The device key; None if it holds none for this vault. An item that is no such key is FAILED."""
        ...

    def write(self, vault_id: str, device_key: bytes) -> None:
        """Store it; when this returns it was read back and is the same. An older one is replaced."""
        ...

    def delete(self, vault_id: str) -> None:
        """Forget it; none there is fine."""
        ...


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

    def delete(self, vault_id: str) -> None:
        self._limited(lambda: self._keystore.delete(vault_id))

    def _limited(self, call: Callable[[], _T]) -> _T:
        outcome: Future[_T] = Future()

        def run() -> None:
            try:
                outcome.set_result(call())
            except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
                outcome.set_exception(error)

        # not an executor: the interpreter would wait for its thread at exit
        threading.Thread(target=run, name="keystore", daemon=True).start()
        try:
            return outcome.result(self._seconds)
        except TimeoutError:
            if outcome.done():
                raise
            raise KeystoreError(KeystoreProblem.NO_ANSWER) from None
