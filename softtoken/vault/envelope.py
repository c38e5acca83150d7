"""Authenticated encryption and key derivation, and the one way in which fields are joined to bytes."""

import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from softtoken.argon2 import argon2id
from softtoken.secret import Key, Secret
from softtoken.vault.errors import Tampered

__all__ = ["KEY_BYTES", "KdfParameters", "Tampered", "derive", "expand", "joined", "seal", "unseal", "unseal_secret"]

KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_MEMORY_KIB = range(8 * 1024, 1024 * 1024 + 1)
_PASSES = range(1, 17)
_LANES = range(1, 17)


@dataclass(frozen=True, slots=True)
class KdfParameters:
    """The cost of Argon2id (RFC 9106), stored beside what it protects.

    Bounded on both ends: a file may neither weaken the derivation nor ask for all of the memory.
    Raises ValueError outside 8 MiB to 1 GiB, 1 to 16 passes, 1 to 16 lanes.
    """

    memory_kib: int = 65536
    passes: int = 3
    lanes: int = 4

    def __post_init__(self) -> None:
        if self.memory_kib not in _MEMORY_KIB or self.passes not in _PASSES or self.lanes not in _LANES:
            raise ValueError("KDF parameters out of bounds")


def seal(key: Key, plaintext: Key, associated: bytes) -> bytes:
    """AES-256-GCM: a fresh random nonce of 12 bytes, then the ciphertext with its tag of 16 bytes."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, associated)


def unseal_secret(key: Key, sealed: bytes, associated: bytes) -> Secret:
    """As `unseal`, for a plaintext that is a key."""
    secret = Secret(max(len(sealed) - _NONCE_BYTES - _TAG_BYTES, 0))
    try:
        AESGCM(key).decrypt_into(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], associated, secret)
    except (InvalidTag, ValueError):
        raise Tampered from None
    return secret


def unseal(key: Key, sealed: bytes, associated: bytes) -> bytes:
    """The plaintext of `seal` with the same key and associated data, else Tampered."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], associated)
    except (InvalidTag, ValueError):
        # from None: the cause carries nothing but would be printed beside a secret's frame
        raise Tampered from None


def derive(secret: Key, salt: bytes, parameters: KdfParameters) -> Secret:
    """Argon2id: 32 bytes from something that a person can remember. Slow on purpose; releases the GIL."""
    return argon2id(secret, salt, memory_kib=parameters.memory_kib, passes=parameters.passes, lanes=parameters.lanes)


def expand(secret: Key, salt: bytes, info: bytes) -> Secret:
    """HKDF-SHA256 (RFC 5869): 32 bytes for one purpose, named by info."""
    key = Secret(KEY_BYTES)
    HKDF(SHA256(), KEY_BYTES, salt, info).derive_into(secret, key)
    return key


def joined(*fields: str | bytes) -> bytes:
    """Each field (text as UTF-8) behind its length as four bytes, big-endian: no two lists collide."""
    raw = [field.encode() if isinstance(field, str) else field for field in fields]
    return b"".join(len(field).to_bytes(4, "big") + field for field in raw)
