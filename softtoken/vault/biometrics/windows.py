"""Windows Hello: the credential's key is sealed under a secret that only a key behind Hello decrypts.

Not verified on hardware yet (docs/biometrics.md).
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from softtoken.secret import Key, Secret
from softtoken.vault.biometrics.aside import Aside
from softtoken.vault.biometrics.protocol import Binding, BiometricError, BiometricProblem, Prompt
from softtoken.vault.envelope import KEY_BYTES, expand, joined, seal, unseal_secret
from softtoken.vault.errors import Tampered

_HEADER = joined("softtoken-biometric-1", "Windows Hello")
_LENGTH = 2

# winerror.h, as unsigned numbers
_CANCELLED = {0x80090036, 0x800704C7}  # NTE_USER_CANCELLED, HRESULT of ERROR_CANCELLED
_GONE = {0x8009000D, 0x80090011, 0x80090016, 0x80090005}  # NTE_NO_KEY, NTE_NOT_FOUND, NTE_BAD_KEYSET, NTE_BAD_DATA
_NOT_SET_UP = {0x80090029, 0x80090030}  # NTE_NOT_SUPPORTED, NTE_DEVICE_NOT_READY
_LOCKED_OUT = {0x80280921, 0x80280803}  # TPM_20_E_LOCKOUT, TPM_E_DEFEND_LOCK_RUNNING


class StatusError(Exception):
    """Windows refused. status: a SECURITY_STATUS or HRESULT as an unsigned number."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status:#010x}")
        self.status = status


class HelloKeys(Protocol):
    """What is asked of Windows: RSA keys by name, behind Hello. Every method may raise StatusError or OSError."""

    def available(self) -> bool:
        """Whether this user has set up Hello. Asks nothing."""
        ...

    def create(self, name: str, reason: str) -> None:
        """A new key that wants Hello's yes each time that it decrypts, in place of an older one. Asks."""
        ...

    def encrypt(self, name: str, secret: bytes) -> bytes:
        """For that key. Asks nothing."""
        ...

    def decrypt(self, name: str, ciphertext: bytes, reason: str) -> bytes:
        """Asks. NTE_NO_KEY for a key that is not one that `create` makes, too."""
        ...

    def delete(self, name: str) -> None:
        """None there is fine. Asks nothing."""
        ...


class WindowsBiometrics:
    """One key in Hello's container for each credential. The yes may be a face, a finger or Hello's own PIN."""

    name = "Windows Hello"
    binding = Binding.HARDWARE

    def __init__(self, hello: HelloKeys) -> None:
        self._hello = hello
        self._aside = Aside()

    def problem(self) -> BiometricProblem | None:
        try:
            return None if self._hello.available() else BiometricProblem.NOT_ENROLLED
        except StatusError:
            return BiometricProblem.NOT_ENROLLED
        except OSError:
            # a Windows without Hello's libraries
            return BiometricProblem.NOT_SUPPORTED

    def wrap(self, key: Key, credential_id: str, prompt: Prompt) -> bytes:
        secret = secrets.token_bytes(KEY_BYTES)

        def enrol() -> bytes:
            self._hello.create(credential_id, prompt.reason)
            return self._hello.encrypt(credential_id, secret)

        with _refusals():
            ciphertext = self._aside.ask(enrol, prompt)
        header = _HEADER + len(ciphertext).to_bytes(_LENGTH, "big") + ciphertext
        return header + seal(_slot_key(secret, credential_id), key, _associated(header, credential_id))

    def unwrap(self, blob: bytes, credential_id: str, prompt: Prompt) -> Secret:
        header, ciphertext = _parsed(blob)
        with _refusals():
            secret = self._aside.ask(lambda: self._hello.decrypt(credential_id, ciphertext, prompt.reason), prompt)
        try:
            return unseal_secret(
                _slot_key(secret, credential_id), blob[len(header) :], _associated(header, credential_id)
            )
        except Tampered:
            raise BiometricError(BiometricProblem.CHANGED) from None

    def forget(self, credential_id: str) -> None:
        with _refusals():
            self._hello.delete(credential_id)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except StatusError as error:
        raise BiometricError(_problem(error.status)) from None
    except OSError:
        raise BiometricError(BiometricProblem.NOT_SUPPORTED) from None


def _problem(status: int) -> BiometricProblem:
    if status in _CANCELLED:
        return BiometricProblem.CANCELLED
    if status in _GONE:
        return BiometricProblem.CHANGED
    if status in _NOT_SET_UP:
        return BiometricProblem.NOT_ENROLLED
    if status in _LOCKED_OUT:
        return BiometricProblem.LOCKED_OUT
    return BiometricProblem.READER_FAILED


def _parsed(blob: bytes) -> tuple[bytes, bytes]:
    """The header and the ciphertext in it; CHANGED if it is no blob of this system, so that nobody is asked in vain."""
    start = len(_HEADER) + _LENGTH
    end = start + int.from_bytes(blob[len(_HEADER) : start], "big")
    if not blob.startswith(_HEADER) or not start < end < len(blob):
        raise BiometricError(BiometricProblem.CHANGED)
    return blob[:end], blob[start:end]


def _slot_key(secret: bytes, credential_id: str) -> Secret:
    return expand(secret, b"", joined("softtoken-biometric-1", credential_id))


def _associated(header: bytes, credential_id: str) -> bytes:
    return joined(header, credential_id)
