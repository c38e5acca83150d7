"""The device's key pair for one exchange, and how what is sealed to it is opened (docs/activation.md)."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite

from softtoken.iaa.package import BadActivationMessage, MessageFault

SUITE_NAME = b"MLKEM768-X25519/HKDF-SHA256/AES-256-GCM"
_MAX_MESSAGE = 65536


class SealedAnswer:
    """A fresh key pair. public: 1216 bytes, ML-KEM-768 then X25519. The private key exists in this value alone."""

    __slots__ = ("_private", "public")

    def __init__(self) -> None:
        mlkem, x25519 = MLKEM768PrivateKey.generate(), X25519PrivateKey.generate()
        self._private = MLKEM768X25519PrivateKey(mlkem, x25519)
        self.public: bytes = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()

    def open(self, message: str, info: bytes) -> bytes:
        """The plaintext of a base64url message. Raises BadActivationMessage (ENCODING, NOT_OURS)."""
        sealed = _decoded(message)
        with suppress(InvalidTag, ValueError):
            return Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM).decrypt(sealed, self._private, info)
        raise BadActivationMessage(MessageFault.NOT_OURS)


def lp(part: bytes) -> bytes:
    """A part behind its length (4 bytes, big-endian)."""
    return len(part).to_bytes(4, "big") + part


def encoded(raw: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decoded(text: str) -> bytes:
    if len(text) > _MAX_MESSAGE or not re.fullmatch("[A-Za-z0-9_-]+", text) or len(text) % 4 == 1:
        raise BadActivationMessage(MessageFault.ENCODING)
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    # the last symbol may carry bits that no byte holds: only one spelling is the message
    if encoded(raw) != text:
        raise BadActivationMessage(MessageFault.ENCODING)
    return raw
