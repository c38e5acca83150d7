"""Asking for a finger or a face: what the services need of the sensor, its hints told on, stopped from any thread."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from softtoken.engine.tokens import ProtectionType, Token
from softtoken.services.events import (
    BiometricHint,
    BiometricInformation,
    BiometricPrompt,
    BiometricPurpose,
    Notification,
    Status,
)
from softtoken.vault.biometrics.protocol import BiometricError, Biometrics, Cancellation, Prompt
from softtoken.vault.errors import KeystoreError, VaultError
from softtoken.vault.store import Vault

PROMPT_SECONDS = 30
"""How long a person is waited for."""

Systems = Callable[[str], Biometrics]
"""The computer's biometrics, for the credentials of the vault with this id."""

Reasons = Callable[[BiometricPurpose, str], str]
"""What a system's own window says to the person. The text is what the token is called."""


class BiometricPrompts:
    """No lock is held while a person is waited for."""

    def __init__(self, systems: Systems, reasons: Reasons, tell: Callable[[Notification], None]) -> None:
        self._systems = systems
        self._reasons = reasons
        self._tell = tell
        self._changed = threading.Condition()
        self._waiting: list[Cancellation] = []

    def system(self, vault: Vault) -> Biometrics:
        return self._systems(vault.vault_id)

    def information(self, vault: Vault | None) -> BiometricInformation:
        """Without a vault as well: what is there does not depend on one."""
        system = self._systems(vault.vault_id if vault else "")
        return BiometricInformation(Status.OK, system.name, system.binding, system.problem())

    @contextmanager
    def asking(self, purpose: BiometricPurpose, name: str) -> Iterator[Prompt]:
        """Around a prompt and what is written of its outcome. name: what the token is called."""
        cancellation = Cancellation()

        def hint(what: BiometricHint) -> None:
            self._tell(BiometricPrompt(purpose, what))

        with self._changed:
            self._waiting.append(cancellation)
        try:
            yield Prompt(self._reasons(purpose, name), hint, cancellation, PROMPT_SECONDS)
        finally:
            with self._changed:
                self._waiting.remove(cancellation)
                self._changed.notify_all()
            self._tell(BiometricPrompt(purpose, None))

    def cancel(self) -> None:
        """Stop every prompt, from any thread and at once; none is fine."""
        with self._changed:
            waiting = tuple(self._waiting)
        for one in waiting:
            one.cancel()

    def settle(self, seconds: float) -> None:
        """Stop every prompt and wait for what is written of it: a try that was stopped must not stay counted."""
        self.cancel()
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting, seconds)

    def forget(self, vault_id: str, credential_ids: Iterable[str]) -> None:
        """What the system keeps for credentials that are gone. What it refuses to remove opens nothing any more."""
        for credential_id in credential_ids:
            with suppress(BiometricError, KeystoreError):
                self._systems(vault_id).forget(credential_id)


def biometric_ids(vault: Vault, tokens: Iterable[Token]) -> tuple[str, ...]:
    """The credentials for which the system may keep something. One that cannot be read is passed over."""
    found = []
    for token in tokens:
        if ProtectionType.BIOMETRIC in token.protections:
            with suppress(VaultError):
                credential = vault.credential(token.id, ProtectionType.BIOMETRIC)
                found.extend([credential.id] if credential else [])
    return tuple(found)
