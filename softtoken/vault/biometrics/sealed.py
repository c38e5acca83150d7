"""A credential's key where the sensor only says yes or no: sealed under the keyring's secret (docs/biometrics.md)."""

import hashlib
import secrets
from collections.abc import Iterable

from softtoken.secret import Key, Secret
from softtoken.vault.biometrics.protocol import BiometricError, BiometricProblem
from softtoken.vault.envelope import KEY_BYTES, expand, joined, seal, unseal_secret
from softtoken.vault.errors import KeystoreError, KeystoreProblem, Tampered
from softtoken.vault.keystore import Keystore

_DOMAIN = "softtoken-biometric-1"
_SALT_BYTES = 16
_ENROLLED_BYTES = 32


class SealedKeys:
    """Makes and opens the blobs of one vault on one system.

    What was enrolled when a blob was made is in its authenticated header. A blob for other fingers, another
    credential, vault, system or keyring item, or a damaged one, is CHANGED. Keyring calls raise KeystoreError.
    """

    def __init__(self, system: str, vault_id: str, keystore: Keystore) -> None:
        self._vault_id = vault_id
        self._keystore = keystore
        self._prefix = joined(_DOMAIN, system)

    def require_keyring(self) -> None:
        """Raises KeystoreError where there is none, so that nobody is asked for a finger in vain."""
        if self._keystore.provider() is None:
            raise KeystoreError(KeystoreProblem.MISSING)

    def sealed(self, key: Key, credential_id: str, enrolled: bytes) -> bytes:
        """The blob; makes the keyring's secret if this is the vault's first. enrolled: of `enrolment`."""
        secret = self._keystore.read_biometric(self._vault_id)
        if secret is None:
            secret = secrets.token_bytes(KEY_BYTES)
            self._keystore.write_biometric(self._vault_id, secret)
        salt = secrets.token_bytes(_SALT_BYTES)
        header = self._prefix + joined(salt, enrolled)
        return header + seal(self._slot_key(secret, salt, credential_id), key, self._associated(header, credential_id))

    def check(self, blob: bytes, enrolled: bytes) -> None:
        """CHANGED unless it may open: made for what is enrolled now, by its own word, and the secret is there.

        Opens nothing: this is so that nobody is asked for a finger in vain.
        """
        header = blob[: self._header_bytes]
        salt = header[len(self._prefix) + 4 :][:_SALT_BYTES]
        fits = header == self._prefix + joined(salt, enrolled)
        if not fits or self._keystore.read_biometric(self._vault_id) is None:
            raise BiometricError(BiometricProblem.CHANGED)

    def opened(self, blob: bytes, credential_id: str) -> Secret:
        """The key. Only after a yes: what `check` read is believed from here on."""
        secret = self._keystore.read_biometric(self._vault_id)
        header, sealed = blob[: self._header_bytes], blob[self._header_bytes :]
        salt = header[len(self._prefix) + 4 :][:_SALT_BYTES]
        if secret is None:
            raise BiometricError(BiometricProblem.CHANGED)
        try:
            key = self._slot_key(secret, salt, credential_id)
            return unseal_secret(key, sealed, self._associated(header, credential_id))
        except Tampered:
            raise BiometricError(BiometricProblem.CHANGED) from None

    @property
    def _header_bytes(self) -> int:
        return len(self._prefix) + 4 + _SALT_BYTES + 4 + _ENROLLED_BYTES

    def _slot_key(self, secret: bytes, salt: bytes, credential_id: str) -> Secret:
        return expand(secret, salt, joined(_DOMAIN, self._vault_id, credential_id))

    def _associated(self, header: bytes, credential_id: str) -> bytes:
        return joined(header, self._vault_id, credential_id)


def enrolment(parts: Iterable[str | bytes]) -> bytes:
    """What was enrolled, as 32 bytes that change with it."""
    return hashlib.sha256(joined("softtoken-enrolment-1", *parts)).digest()
