"""The device's side of an activation: its device code, and what the server seals (docs/activation.md)."""

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Set as AbstractSet
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from softtoken.engine.tokens import ProtectionType
from softtoken.iaa.address import parse_origin, parse_user
from softtoken.iaa.package import (
    ActivationPackage,
    BadActivationMessage,
    IssuedCredential,
    MessageFault,
    read_package,
)

__all__ = ["ActivationPackage", "BadActivationMessage", "DeviceEnrolment", "IssuedCredential", "MessageFault"]


class DeviceEnrolment:
    """One attempt to activate this device. Takes some 150 ms and 64 MiB to make, for Argon2id.

    origin: the server as the device addresses it. user: `user@domain`. password: the activation password,
    not kept. device_code: what add-device sends; the same for the life of this value, so a lost answer can
    be asked for again. The private key exists in this value alone. Raises BadAddress; ValueError without a
    protection.
    """

    __slots__ = ("_domain", "_info", "_private", "_protections", "_user_id", "device_code")

    def __init__(
        self,
        origin: str,
        user: str,
        registration_id: str,
        password: str,
        protections: AbstractSet[ProtectionType],
    ) -> None:
        if not protections:
            raise ValueError("no protection type")
        self._user_id, self._domain = parse_user(user, "")
        self._protections = frozenset(protections)
        mlkem, x25519 = MLKEM768PrivateKey.generate(), X25519PrivateKey.generate()
        public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        key = _password_key(password, registration_id)
        address = f"{self._user_id}@{self._domain}"
        transcript = _transcript(parse_origin(origin), address, registration_id, public)
        head = bytes([_VERSION, sum(_BITS[protection] for protection in protections)])
        tag = hmac.digest(key, _lp(b"device") + transcript + head, "sha256")
        self._private = MLKEM768X25519PrivateKey(mlkem, x25519)
        self._info = _lp(b"am2") + _lp(key) + _lp(transcript)
        self.device_code: str = urlsafe_b64encode(head + public + tag).rstrip(b"=").decode("ascii")

    def open(self, activation_message_2: str) -> ActivationPackage:
        """What the server issued. Raises BadActivationMessage; the value stays usable for another message."""
        sealed = _decoded(activation_message_2)
        plaintext = None
        with suppress(InvalidTag, ValueError):
            plaintext = _suite().decrypt(sealed, self._private, self._info)
        if plaintext is None:
            raise BadActivationMessage(MessageFault.NOT_OURS)
        return read_package(plaintext, self._user_id, self._domain, self._protections)


_VERSION = 1
_PROTOCOL = b"softtoken-activation-1"
_SUITE = b"MLKEM768-X25519/HKDF-SHA256/AES-256-GCM"
_BITS = {ProtectionType.NO_PIN: 1, ProtectionType.PIN: 2, ProtectionType.BIOMETRIC: 4}
_MAX_MESSAGE = 65536


def _suite() -> Suite:
    return Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def _password_key(password: str, registration_id: str) -> bytes:
    salt = hashlib.sha256(registration_id.encode()).digest()[:16]
    return Argon2id(salt=salt, length=32, iterations=3, lanes=4, memory_cost=65536).derive(password.encode())


def _transcript(origin: str, user: str, registration_id: str, public: bytes) -> bytes:
    parts = (_PROTOCOL, _SUITE, origin.encode(), user.encode(), registration_id.encode(), public)
    return hashlib.sha256(b"".join(map(_lp, parts))).digest()


def _lp(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


def _decoded(text: str) -> bytes:
    if len(text) > _MAX_MESSAGE or not re.fullmatch("[A-Za-z0-9_-]+", text) or len(text) % 4 == 1:
        raise BadActivationMessage(MessageFault.ENCODING)
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    # the last symbol may carry bits that no byte holds: only one spelling is the message
    if urlsafe_b64encode(raw).rstrip(b"=").decode("ascii") != text:
        raise BadActivationMessage(MessageFault.ENCODING)
    return raw
