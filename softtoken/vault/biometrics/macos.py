"""Touch ID: LocalAuthentication says yes or no; the key is in the vault, sealed under the keychain's secret.

A keychain item behind biometryCurrentSet would bind the key to the sensor, but macOS has such items only in the data
protection keychain, for programs signed with an entitlement of a provisioning profile. A Python program and an ad
hoc signed application get errSecMissingEntitlement. Not verified on hardware yet (docs/biometrics.md).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from softtoken.secret import Key, Secret
from softtoken.vault.biometrics.aside import Aside
from softtoken.vault.biometrics.protocol import Binding, BiometricError, BiometricProblem, Prompt
from softtoken.vault.biometrics.sealed import SealedKeys, enrolment
from softtoken.vault.keystore import Keystore

# LAError.h
_PROBLEMS = {
    -1: BiometricProblem.NO_MATCH,  # authenticationFailed
    -2: BiometricProblem.CANCELLED,  # userCancel
    -3: BiometricProblem.CANCELLED,  # userFallback: "use another way", which is the PIN
    -4: BiometricProblem.CANCELLED,  # systemCancel
    -5: BiometricProblem.NOT_ENROLLED,  # passcodeNotSet
    -6: BiometricProblem.NO_READER,  # biometryNotAvailable
    -7: BiometricProblem.NOT_ENROLLED,  # biometryNotEnrolled
    -8: BiometricProblem.LOCKED_OUT,  # biometryLockout
    -9: BiometricProblem.CANCELLED,  # appCancel
    -12: BiometricProblem.NO_READER,  # biometryNotPaired
    -13: BiometricProblem.NO_READER,  # biometryDisconnected
    -1004: BiometricProblem.DENIED,  # notInteractive
}


class Context(Protocol):
    """One LAContext, good for one question."""

    def fault(self) -> int | None:
        """The LAError that keeps biometrics from being asked for; None if nothing does. Asks nothing."""
        ...

    def domain_state(self) -> bytes:
        """What is enrolled, opaque; changes with it. After `fault` was None; empty where the system does not tell."""
        ...

    def ask(self, reason: str) -> int | None:
        """Blocks until there is an answer: None for yes, else the LAError."""
        ...

    def dismiss(self) -> None:
        """From any thread: takes the question off the screen; `ask` then returns appCancel."""
        ...


class Authentication(Protocol):
    """The LocalAuthentication framework. May raise OSError."""

    def context(self) -> Context: ...


class MacBiometrics:
    """Any finger that is enrolled for this user."""

    name = "Touch ID"
    binding = Binding.PROMPT

    def __init__(self, vault_id: str, keystore: Keystore, authentication: Authentication) -> None:
        self._authentication = authentication
        self._keys = SealedKeys(self.name, vault_id, keystore)
        self._aside = Aside()

    def problem(self) -> BiometricProblem | None:
        try:
            with self._usable():
                return None
        except BiometricError as error:
            return error.problem

    def wrap(self, key: Key, credential_id: str, prompt: Prompt) -> bytes:
        self._keys.require_keyring()
        with self._usable() as context:
            self._verify(context, prompt)
            enrolled = _enrolled(context)
        return self._keys.sealed(key, credential_id, enrolled)

    def unwrap(self, blob: bytes, credential_id: str, prompt: Prompt) -> Secret:
        with self._usable() as context:
            self._keys.check(blob, _enrolled(context))
            self._verify(context, prompt)
            # a finger that was added while the question stood there
            self._keys.check(blob, _enrolled(context))
        return self._keys.opened(blob, credential_id)

    def forget(self, credential_id: str) -> None:
        """Nothing is kept for one credential: the keychain's item is the vault's, and goes with it."""

    @contextmanager
    def _usable(self) -> Iterator[Context]:
        try:
            context = self._authentication.context()
            fault = context.fault()
        except OSError:
            raise BiometricError(BiometricProblem.NOT_SUPPORTED) from None
        _require(fault)
        yield context

    def _verify(self, context: Context, prompt: Prompt) -> None:
        _require(self._aside.ask(lambda: context.ask(prompt.reason), prompt, context.dismiss))


def _require(fault: int | None) -> None:
    if fault is not None:
        raise BiometricError(_PROBLEMS.get(fault, BiometricProblem.READER_FAILED))


def _enrolled(context: Context) -> bytes:
    state = context.domain_state()
    if not state:
        # it would be the same whoever is enrolled
        raise BiometricError(BiometricProblem.READER_FAILED)
    return enrolment([state])
