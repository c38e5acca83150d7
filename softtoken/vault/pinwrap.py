"""How a credential's key is kept inside the vault: plain, sealed with the PIN, or masked with it.

Sealed, a wrong PIN is noticed here. Masked, a wrong PIN yields another key of the same shape, and nothing
stored could tell: only the server can. A masked key is never wrapped again, since two maskings of one key are
an oracle for both PINs. Behind a finger or a face there is no PIN: see biometricwrap.py.
"""

import secrets
from dataclasses import dataclass, field
from enum import StrEnum

from softtoken.secret import Key, Secret
from softtoken.vault.envelope import KEY_BYTES, KdfParameters, Tampered, derive, expand, joined, seal, unseal_secret

FORMAT = "softtoken-pin-1"
SALT_BYTES = 16
PEPPER_BYTES = 32


class KeyForm(StrEnum):
    """How the stored key comes back."""

    PLAIN = "PLAIN"
    SEALED = "SEALED"
    MASKED = "MASKED"
    BIOMETRIC = "BIOMETRIC"

    @property
    def counts_tries(self) -> bool:
        """Is a wrong PIN or a wrong finger noticed on this computer?"""
        return self in {KeyForm.SEALED, KeyForm.BIOMETRIC}


class WrongPin(ValueError):  # noqa: N818 - an outcome, named as the caller speaks of it
    """Not the PIN that this key was sealed with: an outcome to expect, not a fault."""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """blob: the key as stored. salt (16 bytes), pepper (32 bytes), kdf: empty and None for PLAIN and BIOMETRIC.

    A BIOMETRIC one is opened by biometricwrap.py.
    """

    form: KeyForm
    blob: bytes = field(repr=False)
    salt: bytes = b""
    pepper: bytes = field(default=b"", repr=False)
    kdf: KdfParameters | None = None


def wrap_plain(key: Key) -> WrappedKey:
    """Only the vault protects it."""
    return WrappedKey(KeyForm.PLAIN, bytes(key))


def seal_with_pin(key: Key, pin: str, credential_id: str, kdf: KdfParameters | None = None) -> WrappedKey:
    """A key of any length; a wrong PIN is noticed."""
    salt, pepper, kdf = _fresh_salt(), _fresh_pepper(), kdf or KdfParameters()
    info = _info(KeyForm.SEALED, credential_id)
    blob = seal(_wrapping_key(pin, salt, pepper, kdf, info), key, info)
    return WrappedKey(KeyForm.SEALED, blob, salt, pepper, kdf)


def mask_with_pin(key: Key, pin: str, credential_id: str, kdf: KdfParameters | None = None) -> WrappedKey:
    """A key of exactly 32 bytes that look random, else ValueError; a wrong PIN goes unnoticed."""
    if len(key) != KEY_BYTES:
        raise ValueError("only a 32-byte key can be masked")
    salt, pepper, kdf = _fresh_salt(), _fresh_pepper(), kdf or KdfParameters()
    mask = _wrapping_key(pin, salt, pepper, kdf, _info(KeyForm.MASKED, credential_id))
    return WrappedKey(KeyForm.MASKED, _xor(key, mask), salt, pepper, kdf)


def unwrap(wrapped: WrappedKey, credential_id: str, pin: str | None) -> Secret:
    """The credential's key. PLAIN needs no PIN and ignores one; ValueError for the others without one, and BIOMETRIC.

    Raises WrongPin (SEALED only) and Tampered if the parts do not have their lengths.
    """
    if wrapped.form is KeyForm.PLAIN:
        return Secret(wrapped.blob)
    if wrapped.form is KeyForm.BIOMETRIC:
        raise ValueError("no PIN opens a BIOMETRIC key")
    if pin is None:
        raise ValueError(f"a {wrapped.form} key needs a PIN")
    if wrapped.kdf is None or len(wrapped.salt) != SALT_BYTES or len(wrapped.pepper) != PEPPER_BYTES:
        raise Tampered
    if wrapped.form is KeyForm.MASKED and len(wrapped.blob) != KEY_BYTES:
        raise Tampered
    info = _info(wrapped.form, credential_id)
    wrapping_key = _wrapping_key(pin, wrapped.salt, wrapped.pepper, wrapped.kdf, info)
    if wrapped.form is KeyForm.MASKED:
        for place, byte in enumerate(wrapped.blob):
            wrapping_key[place] ^= byte
        return wrapping_key
    try:
        return unseal_secret(wrapping_key, wrapped.blob, info)
    except Tampered:
        raise WrongPin from None


def _fresh_salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)


def _fresh_pepper() -> bytes:
    return secrets.token_bytes(PEPPER_BYTES)


def _info(form: KeyForm, credential_id: str) -> bytes:
    return joined(FORMAT, form.value, credential_id)


def _wrapping_key(pin: str, salt: bytes, pepper: bytes, kdf: KdfParameters, info: bytes) -> Secret:
    return expand(derive(Secret(pin.encode()), salt, kdf), pepper, info)


def _xor(left: Key, right: Key) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
