"""Messages that one device alone can open, and the notation that their contexts are written in (docs/activation.md)."""

import base64
import binascii
import re

from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

SUITE_NAME = "MLKEM768-X25519/HKDF-SHA256/AES-256-GCM"
_MLKEM_LENGTH = 1184
PUBLIC_KEY_LENGTH = _MLKEM_LENGTH + 32


def lp(value: bytes) -> bytes:
    """The value behind its length."""
    return len(value).to_bytes(4, "big") + value


def seal(plaintext: bytes, public_key: bytes, info: bytes) -> str:
    """base64url of the HPKE ciphertext. Raises ValueError for a public key that is none."""
    key = hpke.MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public_key[:_MLKEM_LENGTH]),
        X25519PublicKey.from_public_bytes(public_key[_MLKEM_LENGTH:]),
    )
    return base64.urlsafe_b64encode(_SUITE.encrypt(plaintext, key, info)).rstrip(b"=").decode()


def read_base64url(text: str) -> bytes:
    """base64url without padding. Raises ValueError."""
    if re.fullmatch("[0-9A-Za-z_-]*", text) is None:
        raise ValueError("must be base64url without padding")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError("must be base64url without padding") from None


_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
