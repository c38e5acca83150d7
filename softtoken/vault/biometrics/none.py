"""A system without biometrics that this product knows of."""
# ruff: noqa: ARG002 - the same method for every system

from typing import NoReturn

from softtoken.secret import Key
from softtoken.vault.biometrics.protocol import Binding, BiometricError, BiometricProblem, Prompt


class NoBiometrics:
    """Says NOT_SUPPORTED, whatever is asked."""

    name = ""
    binding = Binding.PROMPT

    def problem(self) -> BiometricProblem:
        return BiometricProblem.NOT_SUPPORTED

    def wrap(self, key: Key, credential_id: str, prompt: Prompt) -> NoReturn:
        raise BiometricError(BiometricProblem.NOT_SUPPORTED)

    def unwrap(self, blob: bytes, credential_id: str, prompt: Prompt) -> NoReturn:
        raise BiometricError(BiometricProblem.NOT_SUPPORTED)

    def forget(self, credential_id: str) -> None:
        """It keeps nothing."""
