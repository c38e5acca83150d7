"""A credential's key behind a finger or a face: sealed under a random key that only the system's part gives back.

The person is asked before there is a credential's key to keep: an activation code works once, and must not be spent
on a sensor that then says no.
"""

import secrets
from dataclasses import dataclass, field

from softtoken.secret import Key, Secret
from softtoken.vault.biometrics.protocol import BiometricError, BiometricProblem, Biometrics, Prompt
from softtoken.vault.envelope import KEY_BYTES, Tampered, joined, seal, unseal_secret
from softtoken.vault.pinwrap import KeyForm, WrappedKey

FORMAT = "softtoken-biometric-1"


@dataclass(frozen=True, slots=True)
class BiometricLock:
    """What the person proved, for one credential. wrapping_key: 32 bytes. blob: what the system opens it with.

    Let go of, never wiped: an activation that a lock came in between of may be sealing with it at that moment.
    """

    credential_id: str
    wrapping_key: Secret = field(repr=False)
    blob: bytes = field(repr=False)


def make_lock(biometrics: Biometrics, credential_id: str, prompt: Prompt) -> BiometricLock:
    """Ask the person. Raises BiometricError and KeystoreError; nothing is kept then."""
    wrapping_key = Secret(secrets.token_bytes(KEY_BYTES))
    return BiometricLock(credential_id, wrapping_key, biometrics.wrap(wrapping_key, credential_id, prompt))


def seal_with_lock(key: Key, lock: BiometricLock) -> WrappedKey:
    """Asks nobody. ValueError for a key that has not 32 bytes."""
    if len(key) != KEY_BYTES:
        raise ValueError("a credential's key has 32 bytes")
    sealed = seal(lock.wrapping_key, key, _info(lock.credential_id))
    return WrappedKey(KeyForm.BIOMETRIC, sealed + lock.blob)


def open_with_biometrics(wrapped: WrappedKey, credential_id: str, biometrics: Biometrics, prompt: Prompt) -> Secret:
    """The credential's key, after the person was asked. Raises BiometricError and KeystoreError."""
    sealed, blob = wrapped.blob[:_SEALED_BYTES], wrapped.blob[_SEALED_BYTES:]
    wrapping_key = biometrics.unwrap(blob, credential_id, prompt)
    try:
        return unseal_secret(wrapping_key, sealed, _info(credential_id))
    except Tampered:
        raise BiometricError(BiometricProblem.CHANGED) from None


_SEALED_BYTES = 12 + KEY_BYTES + 16
"""Nonce, key, tag: every credential's key has 32 bytes."""


def _info(credential_id: str) -> bytes:
    return joined(FORMAT, KeyForm.BIOMETRIC.value, credential_id)
