"""Enabling the biometric protection: the person's yes before an activation code is spent."""

from collections.abc import Set as AbstractSet

from softtoken.engine.tokens import ProtectionType
from softtoken.services.biometric_prompts import BiometricPrompts
from softtoken.services.events import BiometricProblem, BiometricPurpose
from softtoken.vault.biometrics.protocol import BiometricError
from softtoken.vault.biometricwrap import BiometricLock, make_lock
from softtoken.vault.store import Vault, new_id


class BiometricSetup:
    """Holds what the person proved until there is a key for it, so that nobody is asked twice for one activation."""

    def __init__(self, prompts: BiometricPrompts) -> None:
        self._prompts = prompts
        self._vault_id = ""
        self._lock: BiometricLock | None = None

    @property
    def lock(self) -> BiometricLock | None:
        return self._lock

    def prove(self, vault: Vault, protections: AbstractSet[ProtectionType], name: str) -> BiometricProblem | None:
        """Ask the person where these protections need it. None: go on. Raises KeystoreError."""
        if ProtectionType.BIOMETRIC not in protections:
            self.forget()
            return None
        if self._lock is not None and self._vault_id == vault.vault_id:
            return None
        try:
            with self._prompts.asking(BiometricPurpose.SET_UP, name) as prompt:
                self._lock = make_lock(self._prompts.system(vault), new_id(), prompt)
        except BiometricError as error:
            return error.problem
        self._vault_id = vault.vault_id
        return None

    def stored(self) -> None:
        """The credential is in the vault, and with it what opens it."""
        self._lock = None

    def forget(self) -> None:
        """Nothing came of it: what the system keeps for it goes, too."""
        lock, self._lock = self._lock, None
        if lock is not None:
            self._prompts.forget(self._vault_id, [lock.credential_id])
